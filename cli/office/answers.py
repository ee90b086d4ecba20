"""What a node answers, as values: parsed from its JSON, or refused with one typed error."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ledger.errors import HourledgerError, RowOutcome
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, PUBLIC_KEY_BYTES, EntryIndex, Hash, Height, Identifier, PublicKey, TimeMs

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Status:
    """Where a node stands."""

    chain_id: str
    region: str
    height: Height
    time_ms: TimeMs
    document: dict[str, Any]
    """The whole answer, for showing."""


@dataclass(frozen=True, slots=True)
class NodeOutcome:
    """What became of a transaction, as the node tells it.

    The events of an accepted transaction are the entries from `first_event_index` on, before `entry_index`, which is the
    outcome's own. Both are None in the answer to a dry run.
    """

    reason: Reason | None
    value: str
    detail: str
    rows: tuple[RowOutcome | None, ...]
    event_count: int
    entry_index: EntryIndex | None
    first_event_index: EntryIndex | None
    document: dict[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Whether the transaction took effect."""
        return self.reason is None

    def require_accepted(self) -> None:
        """Raise `HourledgerError` with the node's reason when the transaction was refused."""
        if self.reason is not None:
            raise HourledgerError(self.reason, self.detail or "the transaction was refused", self.value)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to sending or asking for a transaction; `outcome` is None while it is not final."""

    transaction_id: Hash
    outcome: NodeOutcome | None


@dataclass(frozen=True, slots=True)
class OrganisationAnswer:
    """An organisation as everybody may see it."""

    name: str
    officers: tuple[PublicKey, ...]
    approvals: int
    preparers: tuple[PublicKey, ...] = ()

    def is_met_by(self, signers: Iterable[PublicKey]) -> bool:
        """Whether the policy is met: as many approvals as it asks for, and a preparer where there are any."""
        officers, preparers = set(self.officers).intersection(signers), set(self.preparers)
        return len(officers - preparers) >= self.approvals and not (preparers and officers.isdisjoint(preparers))


def parse_answer(parser: Callable[[Any], T], document: object) -> T:
    """Return what `parser` makes of the answer; raise `HourledgerError` when the answer has another form."""
    try:
        return parser(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        detail = "the node's answer has a form that is not known here"
        raise HourledgerError(Reason.UNSUPPORTED_VERSION, detail, str(error)[:60]) from error


def parse_status(document: dict[str, Any]) -> Status:
    """Return the answer of /v1/status."""
    return Status(
        str(document["chain_id"]),
        str(document["region"]),
        Height(int(document["height"])),
        TimeMs(int(document["time_ms"])),
        document,
    )


def parse_submitted(document: dict[str, Any]) -> Submitted:
    """Return the answer of /v1/transactions."""
    outcome = document.get("outcome")
    is_final = document["status"] == "final"
    return Submitted(parse_hash(document["transaction_id"]), parse_outcome(outcome) if is_final and outcome else None)


def parse_outcome(document: dict[str, Any]) -> NodeOutcome:
    """Return the object that tells an outcome."""
    reason = document["reason"]
    return NodeOutcome(
        None if reason is None else Reason(reason),
        str(document.get("value") or ""),
        str(document.get("detail") or ""),
        tuple(_parse_row(row) for row in document.get("rows") or ()),
        int(document.get("event_count") or 0),
        _parse_index(document.get("entry_index")),
        _parse_index(document.get("first_event_index")),
        document,
    )


def _parse_row(row: dict[str, Any] | None) -> RowOutcome | None:
    return None if row is None else RowOutcome(Reason(row["reason"]), str(row["value"]))


def _parse_index(value: int | None) -> EntryIndex | None:
    return None if value is None else EntryIndex(int(value))


def parse_organisation(document: dict[str, Any]) -> OrganisationAnswer:
    """Return the answer of /v1/organisations/{id}."""
    officers = tuple(parse_public_key(key) for key in document["officers"])
    preparers = tuple(parse_public_key(key) for key in document["preparers"])
    return OrganisationAnswer(str(document["name"]), officers, int(document["approvals"]), preparers)


def parse_hash(text: str) -> Hash:
    """Return 32 bytes from hexadecimal; raise `HourledgerError` with USAGE for anything else."""
    return Hash(_parse_hex(text, HASH_BYTES, "a hash"))


def parse_identifier_hex(text: str) -> Identifier:
    """Return 16 bytes from hexadecimal; raise `HourledgerError` with USAGE for anything else."""
    return Identifier(_parse_hex(text, IDENTIFIER_BYTES, "an identifier"))


def parse_public_key(text: str) -> PublicKey:
    """Return 32 bytes from hexadecimal; raise `HourledgerError` with USAGE for anything else."""
    return PublicKey(_parse_hex(text, PUBLIC_KEY_BYTES, "a public key"))


def _parse_hex(text: str, length: int, name: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != length or len(text) != 2 * length:
        raise HourledgerError(Reason.USAGE, f"{name} has {2 * length} hexadecimal digits", text[:80])
    return data
