"""The shapes of what is sent and answered, as JSON Schema 2020-12 for the description of the interface."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from certificates.words import KINDS
from contracts.card_table import CardStatus
from contracts.certificates.registry import CertificateStatus
from contracts.certificates.stars import StarStatus
from contracts.hours import Correction, Resolution
from contracts.identity.parties import Role
from contracts.orders.placed import OrderStatus
from contracts.sanctions import SanctionReason, SanctionStatus
from ledger.codec import MAX_TIME_MS
from ledger.proofs import MEDIA_TYPE
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, PUBLIC_KEY_BYTES
from ledger.verification import Verdict

Schema: TypeAlias = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
TIME_MS: Final[Schema] = {
    "type": "integer",
    "minimum": 0,
    "maximum": MAX_TIME_MS,
    "description": "Milliseconds since 1970-01-01T00:00:00Z.",
}
DAY: Final[Schema] = {"type": "string", "format": "date"}
DATE_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
BASE64: Final[Schema] = {"type": "string", "contentEncoding": "base64"}


def bytes_in_hex(count: int) -> Schema:
    """Return the schema of so many bytes in lower-case hex."""
    return {"type": "string", "pattern": f"^[0-9a-f]{{{2 * count}}}$"}


def some_bytes_in_hex(max_bytes: int) -> Schema:
    """Return the schema of one to `max_bytes` bytes in lower-case hex."""
    return {"type": "string", "pattern": "^([0-9a-f]{2})+$", "maxLength": 2 * max_bytes}


IDENTIFIER: Final = bytes_in_hex(IDENTIFIER_BYTES)
HASH: Final = bytes_in_hex(HASH_BYTES)
PUBLIC_KEY: Final = bytes_in_hex(PUBLIC_KEY_BYTES)
REASON: Final[Schema] = {"type": "string", "enum": [reason.value for reason in Reason]}
VERDICT: Final[Schema] = {"type": "string", "enum": [verdict.value for verdict in Verdict]}


def one_of(*names: str) -> Schema:
    """Return the schema of one of these texts."""
    return {"type": "string", "enum": list(names)}


def list_of(item: Schema, max_items: int | None = None) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item} | ({} if max_items is None else {"maxItems": max_items})


def nullable(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def members(required: Mapping[str, Schema], optional: Mapping[str, Schema] = MappingProxyType({})) -> Schema:
    """Return the schema of an object with these members."""
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def ref(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


_ERROR_MEMBERS: Final = {"reason": REASON, "detail": TEXT, "value": TEXT, "next_step": TEXT}
_PARTY: Final = {"name": TEXT, "standing": one_of("active", "suspended")}
_OUTCOME: Final = {
    "height": NUMBER,
    "accepted": BOOLEAN,
    "reason": nullable(REASON),
    "value": TEXT,
    "detail": TEXT,
    "next_step": TEXT,
    "rows": list_of(nullable(members({"reason": REASON, "value": TEXT}))),
    "event_count": NUMBER,
    "entry_index": nullable(NUMBER),
    "first_event_index": nullable(NUMBER),
}
_SIGN_UP_TERMS: Final = members(
    {
        "last_day": DAY,
        "risk": one_of("ordinary", "hazardous"),
        "trainings": list_of(TEXT),
        "places": NUMBER,
        "taken": NUMBER,
        "may_wait": NUMBER,
        "waiting": NUMBER,
    }
)
_CORRECTION: Final = one_of(*(item.name.lower() for item in Correction))
_OPEN_COUNT: Final = members({"open": NUMBER, "overdue": NUMBER, "is_complete": BOOLEAN})
_RECORD: Final = members(
    {
        "record": IDENTIFIER,
        "organisation": IDENTIFIER,
        "day": DAY,
        "start_minute": nullable(NUMBER),
        "minutes": NUMBER,
        "points": NUMBER,
        "is_late": BOOLEAN,
        "is_backfilled": BOOLEAN,
        "status": one_of("counted", "void", "moved"),
        "is_cosigned": BOOLEAN,
        "dispute": nullable(
            members(
                {
                    "grounds": _CORRECTION,
                    "deadline_day": DAY,
                    "is_overdue": BOOLEAN,
                    "resolution": nullable(one_of(*(item.name.lower() for item in Resolution))),
                }
            )
        ),
    }
)
_BUNDLE_ENTRY: Final = members({"index": NUMBER, "entry": BASE64})
_BUNDLE_VALUE: Final = members({"key": BASE64, "value": nullable(BASE64), "depth": NUMBER}, {"leaf": BASE64})
_WORDS: Final = members({"en": TEXT, "zh": TEXT})
_TABLE_OF_WORDS: Final = {"type": "object", "additionalProperties": _WORDS}
_CHECK: Final = members(
    {
        "name": TEXT,
        "title": _WORDS,
        "verdict": VERDICT,
        "detail": TEXT,
        "against": TEXT,
        "as_of": nullable(DATE_TIME),
        "reason": nullable(REASON),
    }
)
_AUTHORITY: Final = members({"name": TEXT, "key": PUBLIC_KEY, "cosigner_key": PUBLIC_KEY, "log_key": PUBLIC_KEY})
_SCORE_INPUTS: Final = members(dict.fromkeys(("attended_days", "absent_days", "minutes", "rating_count", "rating_sum"), NUMBER))
_REGION: Final = members({"region": TEXT, "trust": TEXT, "checkpoint": nullable(members({"size": NUMBER, "root": HASH}))})
_APPROVAL: Final = members({"authority": TEXT, "effective_height": NUMBER, "authorities_hash": HASH})
_NUMBERS: Final = {"type": "object", "additionalProperties": {"type": "integer"}}
_DAYS_OF_CALENDAR: Final = {"holidays": list_of(DAY), "working_weekends": list_of(DAY)}

SCHEMAS: Final[Mapping[str, Schema]] = MappingProxyType(
    {
        "Error": members(_ERROR_MEMBERS),
        "Outcome": members(_OUTCOME),
        "Final": members({"transaction_id": HASH, "status": one_of("final"), "outcome": ref("Outcome")}),
        "Pending": members({"transaction_id": HASH, "status": one_of("pending")}),
        "Refused": members({"status": one_of("refused"), "error": ref("Error")}),
        "Together": members({"results": list_of({"oneOf": [ref("Final"), ref("Pending"), ref("Refused")]})}),
        "DryRun": members({"outcome": ref("Outcome")}),
        "Status": members(
            {
                "chain_id": TEXT,
                "region": TEXT,
                "genesis_hash": HASH,
                "height": NUMBER,
                "time_ms": TIME_MS,
                "block_hash": HASH,
                "log_size": NUMBER,
                "checkpoint_size": NUMBER,
                "rule_book_version": NUMBER,
                "software_version": TEXT,
                "authorities": list_of(TEXT),
                "pending": NUMBER,
                "round": NUMBER,
                "peers": list_of(TEXT),
                "behind": NUMBER,
            }
        ),
        "Health": members({"status": one_of("ok"), "height": NUMBER}),
        "Unhealthy": members({"status": one_of("failed"), **_ERROR_MEMBERS}),
        "Genesis": members(
            {
                "version": NUMBER,
                "chain_id": TEXT,
                "region": TEXT,
                "time_ms": TIME_MS,
                "authorities": list_of(_AUTHORITY),
                "recovery_keys": list_of(PUBLIC_KEY),
                "parameters": _NUMBERS,
                **_DAYS_OF_CALENDAR,
            }
        ),
        "Authorities": members(
            {
                "height": NUMBER,
                "quorum": NUMBER,
                "authorities": list_of(_AUTHORITY),
                "next": nullable(members({"effective_height": NUMBER, "authorities": list_of(_AUTHORITY)})),
                "approvals": list_of(_APPROVAL),
            }
        ),
        "Governance": members(
            {
                "height": NUMBER,
                "quorum": NUMBER,
                "parameters": _NUMBERS,
                "calendar": members(_DAYS_OF_CALENDAR),
                "rule_book": NUMBER,
                "known_rule_books": list_of(NUMBER),
                "next_parameters": nullable(members({"effective_height": NUMBER, "parameters": _NUMBERS})),
                "next_calendar": nullable(members({"effective_height": NUMBER, **_DAYS_OF_CALENDAR})),
                "next_rule_book": nullable(members({"effective_height": NUMBER, "version": NUMBER})),
                "approvals": list_of(members({"authority": TEXT, "subject": TEXT, "proposal_hash": HASH})),
            }
        ),
        "Score": members({"volunteer": IDENTIFIER, "score": NUMBER, "formula_version": NUMBER, "inputs": _SCORE_INPUTS}),
        "Party": members({"role": one_of(*(item.name.lower() for item in Role)), "party": IDENTIFIER}),
        "RegionSums": members(
            {
                "time_ms": TIME_MS,
                "floor": NUMBER,
                "is_withheld": BOOLEAN,
                **{name: nullable(NUMBER) for name in ("people", "records", "minutes")},
            }
        ),
        "ActivitySums": members(
            {
                "floor": NUMBER,
                "is_withheld": BOOLEAN,
                "people": nullable(NUMBER),
                "days": nullable(NUMBER),
                "is_complete": nullable(BOOLEAN),
            }
        ),
        "Regions": members({"regions": list_of(_REGION)}),
        "Handovers": members(
            {
                "handovers": list_of(members({"effective_height": NUMBER, "bundle": ref("Bundle")})),
                "next": nullable(NUMBER),
            }
        ),
        "Consistency": members({"old_size": NUMBER, "new_size": NUMBER, "hashes": list_of(HASH)}),
        "Bundle": members(
            {
                "mediaType": one_of(MEDIA_TYPE),
                "checkpoint": TEXT,
                "entries": list_of(_BUNDLE_ENTRY),
                "logProof": BASE64,
                "values": list_of(_BUNDLE_VALUE),
                "stateProof": BASE64,
            }
        ),
        "Organisation": members(
            {
                "organisation": IDENTIFIER,
                **_PARTY,
                "officers": list_of(PUBLIC_KEY),
                "approvals": NUMBER,
                "preparers": list_of(PUBLIC_KEY),
                "successor": nullable(IDENTIFIER),
                "guide": nullable(IDENTIFIER),
            }
        ),
        "Overdue": members({"organisation": IDENTIFIER, "day": DAY, "disputes": _OPEN_COUNT, "claims": _OPEN_COUNT}),
        "Disputes": members(
            {
                "disputes": list_of(
                    members(
                        {
                            "record": IDENTIFIER,
                            "volunteer": IDENTIFIER,
                            "recorded_day": DAY,
                            "grounds": _CORRECTION,
                            "disputed_day": DAY,
                            "deadline_day": DAY,
                            "is_overdue": BOOLEAN,
                        }
                    )
                ),
                "next": nullable(TEXT),
            }
        ),
        "Claims": members(
            {
                "claims": list_of(
                    members(
                        {
                            "claim": IDENTIFIER,
                            "volunteer": IDENTIFIER,
                            "activity": IDENTIFIER,
                            "day": DAY,
                            "claimed_day": DAY,
                            "deadline_day": DAY,
                            "is_overdue": BOOLEAN,
                        }
                    )
                ),
                "next": nullable(TEXT),
            }
        ),
        "Records": members({"records": list_of(_RECORD), "next": nullable(TEXT)}),
        "Merits": members(
            {
                "volunteer": IDENTIFIER,
                "totals": list_of(
                    members(
                        {
                            "organisation": IDENTIFIER,
                            "source": HASH,
                            "first_day": DAY,
                            "last_day": DAY,
                            "minutes": NUMBER,
                            "evidence": HASH,
                        }
                    )
                ),
                "trainings": list_of(
                    members({"training": TEXT, "organisation": IDENTIFIER, "completed_day": DAY, "expires_day": DAY})
                ),
                "awards": list_of(members({"award": IDENTIFIER, "organisation": IDENTIFIER, "day": DAY})),
            }
        ),
        "TimeAccount": members(
            {
                "volunteer": IDENTIFIER,
                "minutes": NUMBER,
                "spendable_minutes": NUMBER,
                "saved_minutes": NUMBER,
                "is_of_age": BOOLEAN,
                "is_place_due": BOOLEAN,
                "lots": list_of(
                    members(
                        {
                            "minutes": NUMBER,
                            "saved_day": DAY,
                            "is_gift_only": BOOLEAN,
                            "batch": IDENTIFIER,
                            "row": NUMBER,
                        }
                    )
                ),
            }
        ),
        "TimeBank": members({"pool_minutes": NUMBER, "issuer_minutes": {"type": "integer", "maximum": 0}}),
        "Merchant": members({"merchant": IDENTIFIER, **_PARTY, "key": PUBLIC_KEY}),
        "MerchantAccount": members({"merchant": IDENTIFIER, "balance": {"type": "integer"}, "time_minutes": NUMBER}),
        "Activity": members(
            {
                "activity": IDENTIFIER,
                "organisation": IDENTIFIER,
                "class": one_of("service", "meeting", "training", "commendation"),
                "first_day": DAY,
                "last_day": DAY,
                "details": HASH,
                "coefficient": NUMBER,
                "is_open": BOOLEAN,
                "status": one_of("open", "closed", "cancelled"),
                "project": nullable(IDENTIFIER),
                "sign_up": nullable(_SIGN_UP_TERMS),
                "notices": list_of(members({"subject": one_of("risk", "change", "other"), "text": HASH, "time_ms": TIME_MS})),
            }
        ),
        "SignUp": members(
            {
                "activity": IDENTIFIER,
                "volunteer": IDENTIFIER,
                "standing": one_of("confirmed", "waiting", "withdrawn"),
                "first_day": DAY,
                "place_in_line": nullable(NUMBER),
            }
        ),
        "Erasure": members({"volunteer": IDENTIFIER, "erased_day": DAY}),
        "Project": members(
            {
                "project": IDENTIFIER,
                "organisation": IDENTIFIER,
                "status": one_of("open", "closed", "evaluated"),
                "open_activities": NUMBER,
                "details": HASH,
            }
        ),
        "Offer": members(
            {
                "offer": IDENTIFIER,
                "merchant": IDENTIFIER,
                "points": NUMBER,
                "first_day": nullable(DAY),
                "last_day": DAY,
                "details": HASH,
                "is_open": BOOLEAN,
                "stock": nullable(NUMBER),
                "taken": NUMBER,
            }
        ),
        "Volunteer": members(
            {
                "volunteer": IDENTIFIER,
                "key": nullable(PUBLIC_KEY),
                "replacement": nullable(members({"key": PUBLIC_KEY, "from_ms": TIME_MS})),
                "guardian": nullable(PUBLIC_KEY),
                "enrolled_by": IDENTIFIER,
                "block": nullable(members({"sanction": IDENTIFIER, "last_day": DAY})),
                "balance": NUMBER,
                "lots": list_of(members({"points": NUMBER, "expires_day": DAY, "batch": IDENTIFIER, "row": NUMBER})),
            }
        ),
        "Entries": members(
            {
                "entries": list_of(members({"index": NUMBER, "type": TEXT, "entry": some_bytes_in_hex(65_535)})),
                "next": nullable(NUMBER),
            }
        ),
        "Hold": members(
            {
                "hold": IDENTIFIER,
                "volunteer": IDENTIFIER,
                "merchant": IDENTIFIER,
                "offer": IDENTIFIER,
                "status": one_of("open", "captured", "released", "expired"),
                "expires_ms": TIME_MS,
                "points": NUMBER,
                "quantity": NUMBER,
                "is_delivered": BOOLEAN,
            }
        ),
        "MerchantCard": members(
            {
                "card": TEXT,
                "hold": IDENTIFIER,
                "merchant": IDENTIFIER,
                "offer": IDENTIFIER,
                "quantity": NUMBER,
                "points": NUMBER,
                "until": DATE_TIME,
            }
        ),
        "DeskCard": members({"card": TEXT, "volunteer": IDENTIFIER, "stars": NUMBER, "position": NUMBER, "until": DATE_TIME}),
        "Card": members(
            {
                "volunteer": IDENTIFIER,
                "position": NUMBER,
                "key": PUBLIC_KEY,
                "status": one_of(*(item.name.lower() for item in CardStatus)),
                "registered_day": DAY,
                "suspended_by_authority": BOOLEAN,
            }
        ),
        "FreePosition": members({"position": NUMBER}),
        "RegisteredCertificate": members(
            {
                "number": IDENTIFIER,
                "period": members({"first_day": DAY, "last_day": DAY}),
                "minutes": NUMBER,
                "status": one_of(*(item.name.lower() for item in CertificateStatus)),
            }
        ),
        "Star": members(
            {
                "award": IDENTIFIER,
                "organisation": IDENTIFIER,
                "volunteer": IDENTIFIER,
                "stars": NUMBER,
                "effective_day": DAY,
                "status": one_of(*(item.name.lower() for item in StarStatus)),
                "objections": NUMBER,
            }
        ),
        "Sanction": members(
            {
                "sanction": IDENTIFIER,
                "organisation": IDENTIFIER,
                "volunteer": IDENTIFIER,
                "reason": one_of(*(item.name.lower() for item in SanctionReason)),
                "last_day": DAY,
                "status": one_of(*(item.name.lower() for item in SanctionStatus)),
            }
        ),
        "Order": members(
            {
                "order": IDENTIFIER,
                "organisation": IDENTIFIER,
                "activity": IDENTIFIER,
                "status": one_of(*(item.name.lower() for item in OrderStatus)),
                "volunteer": nullable(IDENTIFIER),
                "minutes": NUMBER,
                "changed_day": DAY,
                "is_rated": BOOLEAN,
                "record": nullable(IDENTIFIER),
            }
        ),
        "AnchoredReport": members({"report": HASH, "organisation": nullable(IDENTIFIER), "height": NUMBER, "time_ms": TIME_MS}),
        "StateValue": members(
            {
                "key": some_bytes_in_hex(256),
                "table": TEXT,
                "value": nullable({"type": "string", "pattern": "^([0-9a-f]{2})*$"}),
                "proof": BASE64,
                "height": NUMBER,
                "state_root": HASH,
            }
        ),
        "Words": members(dict.fromkeys(("kinds", "verdicts", "checks", "notes", "reasons"), _TABLE_OF_WORDS)),
        "Report": members(
            {
                "kind": one_of(*KINDS),
                "verdict": VERDICT,
                "as_of": nullable(DATE_TIME),
                "statement": nullable({"type": "object"}),
                "register": nullable(TEXT),
                "checks": list_of(_CHECK),
                "notes": list_of(_WORDS),
            },
            {"parts": list_of(ref("Report"))},
        ),
    }
)
