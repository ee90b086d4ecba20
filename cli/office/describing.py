"""Transactions and outcomes in words and as JSON, so that an officer sees what a signature is given for."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from contracts.hours import CertifyHours
from contracts.identity.volunteers import EnrolVolunteers
from contracts.rulebook import KINDS
from ledger.codec import decode, has_fields, list_fields
from ledger.errors import CodecError, RowOutcome
from ledger.genesis import to_date
from ledger.reasons import EXPLANATIONS, Reason
from ledger.transactions import MAX_TRANSACTION_BYTES, SignedTransaction, Transaction, decode_payload
from ledger.types import Day

_DAYS = frozenset({"day", "first_day", "last_day", "recorded_day", "expires_day"})


def decode_body(transaction: Transaction) -> Any:  # noqa: ANN401 - the dataclass of the kind
    """Return the content, or None for a kind that this version does not know."""
    kind = KINDS.get(transaction.kind)
    if kind is None:
        return None
    try:
        return decode(kind.codec, transaction.body, max_bytes=MAX_TRANSACTION_BYTES)
    except CodecError:
        return None


def format_transaction(signed: SignedTransaction) -> dict[str, Any]:
    """Return the JSON object of an envelope with everything that it says."""
    transaction = decode_payload(signed)
    body = decode_body(transaction)
    return {
        "transaction_id": signed.transaction_id.hex(),
        "chain_id": transaction.chain_id,
        "kind": transaction.kind,
        "valid_until": format_time(transaction.valid_until_ms),
        "body": {"bytes": transaction.body.hex()} if body is None else to_plain(body),
        "signers": [key.hex() for key in signed.signers],
    }


def describe_transaction(signed: SignedTransaction) -> str:
    """Return an envelope in a few lines."""
    transaction = decode_payload(signed)
    lines = [
        f"{transaction.kind} on {transaction.chain_id}",
        f"  transaction  {signed.transaction_id.hex()}",
        f"  valid until  {format_time(transaction.valid_until_ms)}",
        *(f"  {line}" for line in _describe_body(decode_body(transaction))),
        f"  signed by    {', '.join(key.hex() for key in signed.signers) or 'nobody yet'}",
    ]
    return "\n".join(lines)


def _describe_body(body: object) -> list[str]:
    match body:
        case None:
            return ["what it does is not known to this version: do not sign it"]
        case CertifyHours():
            days = [row.day for row in body.rows]
            minutes = sum(row.minutes for row in body.rows)
            return [
                f"organisation {body.organisation.hex()}",
                f"certifies    {len(body.rows)} records, {minutes} minutes ({minutes // 60} h {minutes % 60} min)",
                f"volunteers   {len({row.volunteer for row in body.rows})}",
                f"activities   {len({row.activity for row in body.rows})}",
                f"days         {to_date(min(days))} to {to_date(max(days))}",
                f"entered      {'later, without check-in' if body.is_backfilled else 'by check-in and check-out'}",
                f"if one fails {'nothing counts' if body.mode.name == 'ATOMIC' else 'the others count'}",
            ]
        case EnrolVolunteers():
            return [f"organisation {body.organisation.hex()}", f"enrols       {len(body.rows)} volunteers"]
        case _:
            plain = to_plain(body)
            return [f"{name:<12} {value}" for name, value in plain.items()] if isinstance(plain, dict) else [str(plain)]


def to_plain(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any field of any body
    """Return a value as JSON has it: bytes as hexadecimal, days as dates, members of enumerations as their names."""
    if has_fields(value):
        return {field: to_plain(getattr(value, field), field) for field in list_fields(type(value))}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int) and name in _DAYS:
        return to_date(Day(value)).isoformat()
    if isinstance(value, int) and name.endswith("_ms"):
        return format_time(value)
    return value.hex() if isinstance(value, bytes) else value


def format_time(time_ms: int) -> str:
    """Return a time as text in UTC."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_refusal(refusal: RowOutcome | None, names: Sequence[str] = ()) -> str:
    """Return why a row was refused, and what to do; `names` say in words what the value stands for."""
    if refusal is None:
        return ""
    explanation = EXPLANATIONS[refusal.reason]
    value = _describe_value(refusal)
    shown = ", ".join(item for item in (*names, value if not names else "") if item)
    return f"{explanation.meaning}{f' ({shown})' if shown else ''}: {explanation.next_step}"


def _describe_value(refusal: RowOutcome) -> str:
    match refusal.reason:
        case Reason.OUTSIDE_ACTIVITY | Reason.FUTURE_DATE if refusal.value.isdecimal():
            return to_date(Day(int(refusal.value))).isoformat()
        case Reason.DAILY_CAP:
            return f"{refusal.value} minutes on that day"
        case Reason.INVALID_MINUTES:
            return f"{refusal.value} minutes"
        case Reason.BATCH_REFUSED:
            return f"row {refusal.value} of the batch"
        case _:
            return refusal.value
