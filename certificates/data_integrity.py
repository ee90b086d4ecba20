"""W3C Data Integrity proofs with Ed25519: a signed JSON document that carries its own signatures.

Sources: Data Integrity EdDSA Cryptosuites 1.0, sections 3.2 and 3.3, and Verifiable Credential Data Integrity 1.0, sections 2.1
and 4. Signed is SHA-256 of the proof's options followed by SHA-256 of the document without `proof`, both in canonical form:
canonical JSON for eddsa-jcs-2022, canonical RDF for eddsa-rdfc-2022.

Stricter than the specification, which leaves room for what our verifiers should not have to interpret. `created` and
`verificationMethod` are required. A document's `@context` stands in a proof of eddsa-jcs-2022, too, and contexts added later
are refused. So are proof chains and members that our own proofs do not have. Keys are named by did:key, or by did:web with the
key in the fragment, so that nothing is fetched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from certificates.datetimes import format_datetime, parse_datetime
from certificates.dids import parse_method
from certificates.gap import Gap
from certificates.jcs import JsonObject, encode_validated, validate_json
from certificates.multibase import format_multibase, parse_multibase
from certificates.rdfc import canonicalise
from certificates.terms import VOCABULARIES, Vocabulary
from ledger.crypto import Context, SigningKey, sha256, verify_signature
from ledger.errors import CodecError, SignatureError
from ledger.reasons import Reason
from ledger.types import SIGNATURE_BYTES, Hash, PublicKey, Signature, TimeMs

JCS = "eddsa-jcs-2022"
RDFC = "eddsa-rdfc-2022"
CRYPTOSUITES = (JCS, RDFC)
PROOF_TYPE = "DataIntegrityProof"
ASSERTION_METHOD = "assertionMethod"
MAX_PROOFS = 16

Canonicalise: TypeAlias = Callable[[JsonObject, Vocabulary, Gap | None], bytes]
"""Writes the canonical RDF of a document."""

_TEXT_MEMBERS = frozenset({"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue"})


@dataclass(frozen=True, slots=True)
class VerifiedProof:
    """A proof whose signature holds. Whether its key may speak for the issuer is the caller's question."""

    cryptosuite: str
    verification_method: str
    public_key: PublicKey
    created: TimeMs
    purpose: str


@dataclass(frozen=True, slots=True)
class VerifiedProofs:
    """What the proofs of one document came to: at least one is verified, and no key made two of one cryptosuite.

    A proof set does not protect its own members: anybody can take one away or put an unchecked one in.
    """

    verified: tuple[VerifiedProof, ...]
    unchecked: tuple[str, ...]
    """The cryptosuites of proofs that this module does not know, one for each such proof."""
    document_hash: Hash | None
    """What `compute_document_hash` gives for the document, None where no proof is of eddsa-jcs-2022."""


def add_proof(
    document: JsonObject,
    key: SigningKey,
    verification_method: str,
    created: TimeMs,
    proof_purpose: str = ASSERTION_METHOD,
    cryptosuite: str = JCS,
) -> JsonObject:
    """Return `document` with a proof by `key` after those that it has; the argument stays as it is.

    `proof` is a list even for one, because the JSON schema of Open Badges 3.0 takes nothing else. Raise `CodecError` for a
    document without canonical form, or when `verification_method` does not name `key`.
    """
    if parse_method(verification_method).key != key.public_key:
        raise CodecError("the verification method names another key than the one that signs")
    options: JsonObject = {
        "type": PROOF_TYPE,
        "cryptosuite": cryptosuite,
        "created": format_datetime(created),
        "verificationMethod": verification_method,
        "proofPurpose": proof_purpose,
    }
    if cryptosuite == JCS and "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(Context.PLAIN, compute_hash_data(options, document))
    proof: JsonObject = {**options, "proofValue": format_multibase(signature)}
    earlier = _list_proofs(document) if "proof" in document else []
    if len(earlier) >= MAX_PROOFS:
        raise CodecError(f"a document has at most {MAX_PROOFS} proofs")
    return {**document, "proof": [*earlier, proof]}


def verify_proof(document: JsonObject, proof_purpose: str = ASSERTION_METHOD) -> VerifiedProof:
    """Verify a document that one key signed; as `verify_proofs`, and `SignatureError` when several keys did."""
    proofs = verify_proofs(document, proof_purpose)
    if len({proof.public_key for proof in proofs.verified}) != 1:
        raise SignatureError("one signature was expected", str(len(proofs.verified)))
    return proofs.verified[0]


def verify_proofs(document: JsonObject, proof_purpose: str = ASSERTION_METHOD) -> VerifiedProofs:
    """Verify every proof of `document` that is of one of our cryptosuites: all must hold and be made for `proof_purpose`.

    Raise `SignatureError` for one that does not, `CodecError` for a document or proof of another shape, and `CodecError` with
    `Reason.UNSUPPORTED_VERSION` when all its proofs are of cryptosuites unknown here.
    """
    validate_json(document)
    return verify_parsed_proofs(document, proof_purpose)


def verify_parsed_proofs(
    document: JsonObject,
    proof_purpose: str = ASSERTION_METHOD,
    gap: Gap | None = None,
    write_rdf: Canonicalise = canonicalise,
) -> VerifiedProofs:
    """Do the same as `verify_proofs` for a document that has been parsed, or let pass by `validate_json`.

    The document may have a gap, and its canonical RDF a faster way than the plain one.
    """
    content = without(document, "proof")
    # A large document with many proofs is hashed once for each cryptosuite, not for each proof.
    hash_document = cache(lambda cryptosuite: _compute_hash(content, cryptosuite, gap, write_rdf))
    verified: list[VerifiedProof] = []
    unchecked: list[str] = []
    for proof in _list_proofs(document):
        cryptosuite = _read_cryptosuite(proof)
        if cryptosuite in CRYPTOSUITES:
            _validate_members(document, proof)
            verified.append(_verify_one(document, proof, proof_purpose, hash_document))
        else:
            unchecked.append(cryptosuite)
    if not verified:
        raise CodecError("no proof of a cryptosuite that is known here", Reason.UNSUPPORTED_VERSION)
    if len({(proof.cryptosuite, proof.public_key) for proof in verified}) != len(verified):
        raise CodecError("two proofs of one cryptosuite by one key")
    document_hash = hash_document(JCS) if any(proof.cryptosuite == JCS for proof in verified) else None
    return VerifiedProofs(tuple(verified), tuple(unchecked), document_hash)


def compute_document_hash(document: JsonObject, cryptosuite: str = JCS) -> Hash:
    """SHA-256 of the canonical form of `document` without its proofs; raise `CodecError` where it has none."""
    content = without(document, "proof")
    validate_json(content)
    return _compute_hash(content, cryptosuite)


def compute_hash_data(proof: JsonObject, document: JsonObject) -> bytes:
    """Return the 64 bytes that are signed: the hash of the proof without its `proofValue`, then the document's."""
    validate_json(proof)
    return _hash_options(proof, document) + compute_document_hash(document, _read_cryptosuite(proof))


def _hash_options(proof: JsonObject, document: JsonObject) -> Hash:
    cryptosuite = _read_cryptosuite(proof)
    options = without(proof, "proofValue")
    if cryptosuite == RDFC and "@context" in document:
        options["@context"] = document["@context"]
    return _compute_hash(options, cryptosuite)


def _compute_hash(
    document: JsonObject, cryptosuite: str, gap: Gap | None = None, write_rdf: Canonicalise = canonicalise
) -> Hash:
    """SHA-256 of the canonical form of a document that `validate_json` has let pass, with what belongs into its gap."""
    written = encode_validated(document) if cryptosuite == JCS else write_rdf(document, _find_vocabulary(document), gap)
    return sha256(written) if gap is None else gap.hash(written)


def without(document: JsonObject, name: str) -> JsonObject:
    """Return a copy without one member."""
    return {member: value for member, value in document.items() if member != name}


def _find_vocabulary(document: JsonObject) -> Vocabulary:
    contexts = document.get("@context")
    for known, vocabulary in VOCABULARIES.items():
        if contexts == list(known):
            return vocabulary
    raise CodecError("linked data with other contexts than those of our templates", Reason.UNSUPPORTED_VERSION)


def _split_options() -> tuple[bytes, bytes, bytes]:
    """Return the canonical RDF of a proof's options, without the two that differ from one certificate to the next."""
    created, method = "CREATED", "did:METHOD"
    options: JsonObject = {"type": PROOF_TYPE, "cryptosuite": RDFC, "proofPurpose": ASSERTION_METHOD}
    written = canonicalise({**options, "created": created, "verificationMethod": method})
    before, _, rest = written.partition(created.encode())
    between, _, after = rest.partition(method.encode())
    return before, between, after


_OPTIONS = _split_options()


def hash_our_options(proof: JsonObject, document: JsonObject) -> Hash:
    """Do the same as `_hash_options` for a proof of eddsa-rdfc-2022 whose members have been looked at.

    Neither a time nor the name of a key has a character that is written otherwise in linked data.
    """
    _find_vocabulary(document)
    before, between, after = _OPTIONS
    created, method = _read_text(proof, "created"), _read_text(proof, "verificationMethod")
    return sha256(before, created.encode(), between, method.encode(), after)


def _list_proofs(document: JsonObject) -> list[JsonObject]:
    value = document.get("proof")
    items = value if isinstance(value, list) else [value]
    proofs = [item for item in items if isinstance(item, dict)]
    if len(proofs) != len(items) or not 1 <= len(proofs) <= MAX_PROOFS:
        raise CodecError(f"a signed document has a proof, or a list of up to {MAX_PROOFS}")
    return proofs


def _read_cryptosuite(proof: JsonObject) -> str:
    if proof.get("type") != PROOF_TYPE:
        raise CodecError(f"a proof whose type is not {PROOF_TYPE}")
    return _read_text(proof, "cryptosuite")


def _verify_one(document: JsonObject, proof: JsonObject, purpose: str, hash_document: Callable[[str], Hash]) -> VerifiedProof:
    if proof["proofPurpose"] != purpose:
        raise SignatureError(f"the signature was not made for the purpose {purpose}", _read_text(proof, "proofPurpose"))
    method = _read_text(proof, "verificationMethod")
    key = parse_method(method).key
    created = parse_datetime(_read_text(proof, "created"))
    signature = parse_multibase(_read_text(proof, "proofValue"))
    if len(signature) != SIGNATURE_BYTES:
        raise CodecError(f"a proofValue of {len(signature)} bytes instead of {SIGNATURE_BYTES}")
    cryptosuite = _read_cryptosuite(proof)
    is_ours = cryptosuite == RDFC and purpose == ASSERTION_METHOD
    options = hash_our_options(proof, document) if is_ours else _hash_options(proof, document)
    hashes = options + hash_document(cryptosuite)
    verify_signature(key, Context.PLAIN, hashes, Signature(signature))
    return VerifiedProof(cryptosuite, method, key, created, purpose)


def _validate_members(document: JsonObject, proof: JsonObject) -> None:
    has_context = proof["cryptosuite"] == JCS and "@context" in document
    expected = _TEXT_MEMBERS | ({"@context"} if has_context else set())
    for name in sorted(proof.keys() ^ expected):
        raise CodecError(f"a proof with an unknown member {name}" if name in proof else f"a proof without {name}")
    if has_context and proof["@context"] != document["@context"]:
        raise CodecError("a proof whose @context is not that of the document")


def _read_text(proof: JsonObject, name: str) -> str:
    value = proof.get(name)
    if not isinstance(value, str):
        raise CodecError(f"a proof whose {name} is no text")
    return value
