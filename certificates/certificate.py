"""The service certificate: a W3C Verifiable Credential 2.0 in the shape of an Open Badges 3.0 credential.

Version 1 is a fixed template: its every member follows from the evidence, the issuing key and the time of issue. A verifier
makes the document again and compares, so nothing can be said in a certificate that the ledger does not show. A change of the
template is a new version beside the old one, since certificates are kept for decades.
"""

from typing import Final

from certificates.data_integrity import add_proof
from certificates.datetimes import format_datetime
from certificates.evidence import Evidence, format_evidence
from certificates.jcs import JsonObject, JsonValue
from certificates.multibase import format_did_key, format_verification_method
from certificates.register import format_number
from certificates.statement import Statement, compute_statement, read_chain_id, read_organisation, read_records
from contracts.certificates.numbers import compute_number
from ledger.crypto import SigningKey, sha256
from ledger.genesis import to_date
from ledger.types import Day, Hash, PublicKey, TimeMs

TEMPLATE_VERSION: Final = "1"
CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
_NAME: Final = "Certificate of voluntary service · 志愿服务证明"
_MS_PER_DAY: Final = 86_400_000


def issue_certificate(evidence: Evidence, key: SigningKey, issued_ms: TimeMs) -> JsonObject:
    """Return a signed certificate over the records in `evidence`, which must hold the organisation's value.

    Issuing proves nothing by itself: the checks are the verifier's. Raises `CodecError` or `ProofError` where the evidence
    cannot carry a certificate.
    """
    entries = {item.index: item.entry for item in evidence.bundle.entries}
    values = {item.key: item.value for item in evidence.bundle.values}
    records = read_records(entries)
    organisation = read_organisation(values, next(iter(records.values())).organisation)
    statement = compute_statement(read_chain_id(entries), organisation, records.values())
    document = build_document(statement, format_evidence(evidence), key.public_key, issued_ms)
    return add_proof(document, key, format_verification_method(key.public_key), issued_ms)


def build_document(statement: Statement, evidence_uri: str, issuer: PublicKey, issued_ms: TimeMs) -> JsonObject:
    """Return the certificate without its proof."""
    return {
        "@context": list(CONTEXTS),
        "id": format_number(compute_number(statement.organisation, compute_content(evidence_uri))),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _NAME,
        "issuer": _build_issuer(statement, issuer),
        "validFrom": format_datetime(issued_ms),
        "awardedDate": format_datetime(issued_ms),
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


def compute_content(evidence_uri: str) -> Hash:
    """Return the hash that a certificate's number is made of, together with the organisation (`compute_number`)."""
    return sha256(b"hourledger/certificate-id/v1\x00", evidence_uri.encode())


def _build_issuer(statement: Statement, issuer: PublicKey) -> JsonObject:
    return {
        "id": format_did_key(issuer),
        "type": ["Profile"],
        "name": statement.organisation_name,
        "otherIdentifier": [
            {
                "type": "IdentifierEntry",
                "identifier": f"{statement.chain_id}/organisations/{statement.organisation.hex()}",
                "identifierType": "ext:hourledger-organisation",
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
    return {
        "id": f"{base}/organisations/{statement.organisation.hex()}/service",
        "type": ["Achievement"],
        "achievementType": "CommunityService",
        "version": TEMPLATE_VERSION,
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
