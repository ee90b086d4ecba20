"""What the terms of our documents mean in JSON-LD: exactly the terms that our templates use, and no others.

Written down from the published contexts that the documents name, https://www.w3.org/ns/credentials/v2 (Verifiable Credentials
Data Model 2.0, appendix B) and https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json (Open Badges 3.0), so that nothing is
ever fetched and no context processor is needed. The tests of tests/outside canonicalise the same documents with the contexts
themselves.

Two oddities are theirs. Open Badges writes the types of XML Schema with https, where their names have http; and it types
`awardedDate` as `xsd:dateTime` without saying what `xsd` is, so that text is the type's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
"""What a certificate names as its contexts."""

VC: Final = "https://www.w3.org/2018/credentials#"
SECURITY: Final = "https://w3id.org/security#"
STATUS: Final = "https://www.w3.org/ns/credentials/status#"
BADGES: Final = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
SCHEMA: Final = "https://schema.org/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
BADGES_XSD: Final = "https://www.w3.org/2001/XMLSchema#"


@dataclass(frozen=True, slots=True)
class Term:
    """A property. A text or number is a literal of `datatype`, or the name of a node, or a word of `words`."""

    iri: str
    datatype: str = XSD + "string"
    is_name: bool = False
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    written: bytes = field(init=False)
    """Its name as N-Quads write it."""
    ending: str = field(init=False)
    """How N-Quads end a literal of its datatype."""
    is_literal: bool = field(init=False)
    """Whether its values are neither names nor words."""

    def __post_init__(self) -> None:
        """Write what is written for all documents alike."""
        object.__setattr__(self, "written", f"<{self.iri}>".encode())
        object.__setattr__(self, "is_literal", not self.is_name and not self.words)
        object.__setattr__(self, "ending", '"' if self.datatype == XSD + "string" else f'"^^<{self.datatype}>')


@dataclass(frozen=True, slots=True)
class NodeType:
    """A type of nodes, and the properties that only its nodes have."""

    iri: str
    terms: Mapping[str, Term] = field(default_factory=lambda: MappingProxyType({}))
    written: bytes = field(init=False)
    """Its name as N-Quads write it."""

    def __post_init__(self) -> None:
        """Write the name, once for all documents."""
        object.__setattr__(self, "written", f"<{self.iri}>".encode())


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All types by name, and the properties that every node may have."""

    terms: Mapping[str, Term]
    types: Mapping[str, NodeType]
    terms_by_type: Mapping[str, Mapping[str, Term]] = field(init=False)
    """All properties of the nodes of one type."""

    def __post_init__(self) -> None:
        """Join the properties of all nodes and those of each type."""
        joined = {name: {**self.terms, **item.terms} for name, item in self.types.items()}
        object.__setattr__(self, "terms_by_type", joined)


_PROOF: Final = {
    "created": Term("http://purl.org/dc/terms/created", XSD + "dateTime"),
    "cryptosuite": Term(SECURITY + "cryptosuite", SECURITY + "cryptosuiteString"),
    "proofPurpose": Term(SECURITY + "proofPurpose", words={"assertionMethod": SECURITY + "assertionMethod"}),
    "verificationMethod": Term(SECURITY + "verificationMethod", is_name=True),
}
_CREDENTIAL: Final = {
    "credentialStatus": Term(VC + "credentialStatus", is_name=True),
    "credentialSubject": Term(VC + "credentialSubject", is_name=True),
    "evidence": Term(VC + "evidence", is_name=True),
    "issuer": Term(VC + "issuer", is_name=True),
    "validFrom": Term(VC + "validFrom", XSD + "dateTime"),
}
_STATUS_ENTRY: Final = {
    "statusListCredential": Term(STATUS + "statusListCredential", is_name=True),
    "statusListIndex": Term(STATUS + "statusListIndex"),
    "statusPurpose": Term(STATUS + "statusPurpose"),
}
_SUBJECT: Final = {
    "achievement": Term(BADGES + "achievement"),
    "activityEndDate": Term(BADGES + "activityEndDate", BADGES_XSD + "date"),
    "activityStartDate": Term(BADGES + "activityStartDate", BADGES_XSD + "date"),
    "creditsEarned": Term(BADGES + "creditsEarned", BADGES_XSD + "float"),
    "result": Term(BADGES + "result"),
}
_ACHIEVEMENT: Final = {
    "achievementType": Term(BADGES + "achievementType"),
    "creator": Term(BADGES + "creator"),
    "criteria": Term(BADGES + "Criteria", is_name=True),
    "resultDescription": Term(BADGES + "resultDescription"),
    "version": Term(BADGES + "version"),
}
_RESULT: Final = {
    "resultDescription": Term(BADGES + "resultDescription", BADGES_XSD + "anyURI"),
    "value": Term(SCHEMA + "value"),
}
_IDENTIFIER: Final = {
    "identifier": Term(BADGES + "identifier"),
    "identifierType": Term(BADGES + "identifierType"),
}
COMMON: Final = {
    "awardedDate": Term(BADGES + "awardedDate", "xsd:dateTime"),
    "description": Term(SCHEMA + "description"),
    "name": Term(SCHEMA + "name"),
    "narrative": Term(BADGES + "narrative"),
}
PROOF: Final = NodeType(SECURITY + "DataIntegrityProof", _PROOF)
CREDENTIAL: Final = NodeType(VC + "VerifiableCredential", _CREDENTIAL)

CERTIFICATE: Final = Vocabulary(
    COMMON,
    {
        "Achievement": NodeType(BADGES + "Achievement", _ACHIEVEMENT),
        "AchievementSubject": NodeType(BADGES + "AchievementSubject", _SUBJECT),
        "BitstringStatusListEntry": NodeType(STATUS + "BitstringStatusListEntry", _STATUS_ENTRY),
        "DataIntegrityProof": PROOF,
        "Evidence": NodeType(BADGES + "Evidence"),
        "IdentifierEntry": NodeType(BADGES + "IdentifierEntry", _IDENTIFIER),
        "OpenBadgeCredential": NodeType(BADGES + "OpenBadgeCredential"),
        "Profile": NodeType(BADGES + "Profile", {"otherIdentifier": Term(BADGES + "otherIdentifier")}),
        "Result": NodeType(BADGES + "Result", _RESULT),
        "ResultDescription": NodeType(BADGES + "ResultDescription", {"resultType": Term(BADGES + "resultType")}),
        "VerifiableCredential": CREDENTIAL,
    },
)
"""The two contexts of a certificate together."""

LIST_CONTEXTS: Final = CONTEXTS[:1]
"""What a status list names as its context."""
_LIST: Final = {
    "encodedList": Term(STATUS + "encodedList", SECURITY + "multibase"),
    "statusPurpose": Term(STATUS + "statusPurpose"),
}
_LISTED: Final = {
    "credentialSubject": Term(VC + "credentialSubject", is_name=True),
    "issuer": Term(VC + "issuer", is_name=True),
    "validFrom": Term(VC + "validFrom", XSD + "dateTime"),
    "validUntil": Term(VC + "validUntil", XSD + "dateTime"),
}
STATUS_LIST: Final = Vocabulary(
    {},
    {
        "BitstringStatusList": NodeType(STATUS + "BitstringStatusList", _LIST),
        "BitstringStatusListCredential": NodeType(STATUS + "BitstringStatusListCredential"),
        "DataIntegrityProof": PROOF,
        "VerifiableCredential": NodeType(VC + "VerifiableCredential", _LISTED),
    },
)
"""The context of a status list."""
VOCABULARIES: Final = MappingProxyType({CONTEXTS: CERTIFICATE, LIST_CONTEXTS: STATUS_LIST})
"""By the contexts that a document names."""
