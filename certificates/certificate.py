"""The service certificate: a W3C Verifiable Credential 2.0 in the shape of an Open Badges 3.0 credential.

Version 2 is a fixed template: its every member follows from the evidence, the issuing key and site, the time of issue, and the
position in the status lists. A verifier makes the document again and compares, so nothing can be said in a certificate that the
ledger does not show. A change of the template is a new version, since certificates are kept for decades.
"""

from dataclasses import dataclass
from typing import Final

from certificates.credential_status import build_credential_status, read_position
from certificates.data_integrity import JCS, RDFC, add_proof
from certificates.datetimes import format_datetime
from certificates.dids import Method, format_method
from certificates.evidence import Evidence, format_evidence
from certificates.gap import Gap
from certificates.jcs import JsonObject, JsonValue
from certificates.register import format_number
from certificates.statement import (
    Statement,
    compute_statement,
    is_volunteers_key,
    read_chain_id,
    read_organisation,
    read_records,
)
from certificates.terms import CONTEXTS
from contracts.certificates.numbers import compute_number
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError
from ledger.genesis import to_date
from ledger.types import Day, Hash, TimeMs

TEMPLATE_VERSION: Final = "2"
_NAME: Final = "Certificate of voluntary service · 志愿服务证明"
_SELF_NAME: Final = "The volunteer · 志愿者本人"
_MS_PER_DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Issue:
    """What a certificate depends on besides its evidence: who signs, when, and the position in the status lists.

    `by_volunteer` tells whether the key is that of the volunteer's account, and not an officer's.
    """

    method: Method
    issued_ms: TimeMs
    by_volunteer: bool = False
    position: int | None = None


def issue_certificate(
    evidence: Evidence, key: SigningKey, issued_ms: TimeMs, *, host: str | None = None, position: int | None = None
) -> JsonObject:
    """Return a signed certificate over the records in `evidence`, which must hold the organisation's value.

    It is the volunteer's own where the evidence shows that `key` is the account's. `host` is the site under whose name an
    officer signs. Issuing proves nothing by itself: the checks are the verifier's. Raises `CodecError` or `ProofError` where
    the evidence cannot carry a certificate.
    """
    entries = {item.index: item.entry for item in evidence.bundle.entries}
    values = {item.key: item.value for item in evidence.bundle.values}
    records = read_records(entries)
    organisation = read_organisation(values, next(iter(records.values())).organisation)
    statement = compute_statement(read_chain_id(entries), organisation, records.values())
    by_volunteer = is_volunteers_key(values, statement.volunteer, key.public_key)
    issue = Issue(Method(key.public_key, host), issued_ms, by_volunteer, position)
    document = build_document(statement, format_evidence(evidence), issue)
    for cryptosuite in (JCS, RDFC):
        document = add_proof(document, key, format_method(issue.method), issued_ms, cryptosuite=cryptosuite)
    return document


def build_document(statement: Statement, evidence_uri: str, issue: Issue, gap: Gap | None = None) -> JsonObject:
    """Return the certificate without its proofs. With a gap in the evidence it has that, too."""
    issued = format_datetime(issue.issued_ms)
    content = compute_content(issue.method.did, issued, issue.position, evidence_uri, gap)
    document: JsonObject = {
        "@context": list(CONTEXTS),
        "id": format_number(compute_number(statement.organisation, content)),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _NAME,
        "issuer": _build_issuer(statement, issue),
        "validFrom": issued,
        "awardedDate": issued,
        "credentialSubject": _build_subject(statement),
        "evidence": [
            {
                "id": evidence_uri,
                "type": ["Evidence"],
                "name": "Proof from the ledger · 账本证明",
                "narrative": "The records, proven under a checkpoint that the region's authorities have cosigned. "
                "记录及其账本证明,检查点由地区各受信任机构联合签署。",
            }
        ],
    }
    if issue.position is not None:
        document["credentialStatus"] = build_credential_status(statement.chain_id, issue.position)
    return document


def compute_content(did: str, issued: str, position: int | None, evidence_uri: str, gap: Gap | None = None) -> Hash:
    """Return the hash that a certificate's number is made of, together with the organisation (`compute_number`).

    It is the hash of all that the document depends on: who signs, when it is issued, its position and its evidence.
    """
    parts = (did, issued, "" if position is None else str(position), evidence_uri)
    written = b"hourledger/certificate-id/v2\x00" + "\x00".join(parts).encode()
    return sha256(written) if gap is None else gap.hash(written)


def read_content(document: JsonObject) -> Hash:
    """Return the same hash from a certificate; raise `CodecError`."""
    match document:
        case {"issuer": {"id": str(did)}, "validFrom": str(issued), "evidence": [{"id": str(evidence_uri)}]}:
            return compute_content(did, issued, read_position(document), evidence_uri)
    raise CodecError("the file is not a certificate of this ledger")


def _build_issuer(statement: Statement, issue: Issue) -> JsonObject:
    party = f"volunteers/{statement.volunteer.hex()}" if issue.by_volunteer else f"organisations/{statement.organisation.hex()}"
    kind = "volunteer" if issue.by_volunteer else "organisation"
    return {
        "id": issue.method.did,
        "type": ["Profile"],
        "name": _SELF_NAME if issue.by_volunteer else statement.organisation_name,
        "otherIdentifier": [
            {
                "type": "IdentifierEntry",
                "identifier": f"{statement.chain_id}/{party}",
                "identifierType": f"ext:hourledger-{kind}",
            }
        ],
    }


def _build_subject(statement: Statement) -> JsonObject:
    base = f"https://{statement.chain_id}"
    return {
        "id": f"{base}/volunteers/{statement.volunteer.hex()}",
        "type": ["AchievementSubject"],
        "activityStartDate": _format_day(statement.first_day),
        "activityEndDate": _format_day(statement.last_day),
        "creditsEarned": statement.minutes // 60,
        "narrative": describe(statement),
        "achievement": _build_achievement(base, statement),
        "result": [
            _build_result(base, "minutes", statement.minutes),
            _build_result(base, "records", statement.records),
        ],
    }


def _build_achievement(base: str, statement: Statement) -> JsonObject:
    organisation = f"{base}/organisations/{statement.organisation.hex()}"
    return {
        "id": f"{organisation}/service",
        "type": ["Achievement"],
        "achievementType": "CommunityService",
        "version": TEMPLATE_VERSION,
        "creator": {"id": organisation, "type": ["Profile"], "name": statement.organisation_name},
        "name": "Voluntary service · 志愿服务",
        "description": "Hours of voluntary service, certified by the organisation that ran the activities. "
        "由开展活动的志愿服务组织记录并证明的志愿服务时间。",
        "criteria": {
            "narrative": "Each record is the time actually given, certified by as many officers as the organisation's policy "
            "asks for. 每条记录为实际付出的服务时间,由该组织规定人数的经办人签署。"
        },
        "resultDescription": [
            _build_result_description(base, "minutes", "Minutes of service · 服务分钟数"),
            _build_result_description(base, "records", "Number of records · 记录条数"),
        ],
    }


def _build_result_description(base: str, name: str, title: str) -> JsonValue:
    return {"id": f"{base}/results/{name}", "type": ["ResultDescription"], "name": title, "resultType": "RawScore"}


def _build_result(base: str, name: str, value: int) -> JsonValue:
    return {"type": ["Result"], "resultDescription": f"{base}/results/{name}", "value": str(value)}


def _format_day(day: Day) -> str:
    """Midnight UTC stands for the calendar day on the region's clock; the schema of Open Badges wants a date and time."""
    return format_datetime(TimeMs(day * _MS_PER_DAY))


def describe(statement: Statement) -> str:
    """Return the statement in words, in English and Chinese."""
    hours, minutes = divmod(statement.minutes, 60)
    first, last = to_date(statement.first_day).isoformat(), to_date(statement.last_day).isoformat()
    return (
        f"{hours} h {minutes} min in {statement.records} records from {first} to {last}, "
        f"recorded by {statement.organisation_name}. "
        f"{first}至{last},共{statement.records}条记录,{hours}小时{minutes}分钟,记录单位:{statement.organisation_name}。"
    )
