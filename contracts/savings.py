"""Saved time: accounts of lots in minutes, which records have been saved, and which services were paid with saved time.

The time bank's rules (`contracts.timebank`) move it; a correction of hours takes back what its record no longer carries, so the
accounts are here, below both. Every saved minute came out of the issuer's account for a record and is in a person's account, in
the pool, in a merchant's balance or back with the issuer: the sum of all is zero, the issuer's being negative.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from contracts.identity.departed import VOLUNTEERS, resolve_account
from contracts.lots import row_codec
from contracts.parameters import get_parameter
from contracts.records import Record, is_void
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Minutes

MINUTES_PER_HOUR: Final = 60
MAX_LOTS: Final = 8_192
"""Of one account when more comes in. What comes back for a service made void may go beyond."""
MAX_LOTS_STORED: Final = 2 * MAX_LOTS
MAX_PAID_LOTS: Final = 1_440
"""Of one service: a record has no more minutes."""


@dataclass(frozen=True, slots=True, order=True)
class TimeLot:
    """Minutes of one source, saved or received on `saved_day`; `is_gift_only` says that they cannot be spent.

    The source is a record, row `row` of batch `batch`; or with row 0 the transaction whose identifier begins with `batch`. The
    order of the fields is the order in which lots are used.
    """

    saved_day: Day
    batch: Identifier
    row: int
    is_gift_only: bool
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class TimeAccount:
    """A person's saved time. `saved_minutes` are those saved from own records in all, spent or not, corrections taken off.

    `is_place_due` says that these have come to what makes a place in a public home due.
    """

    lots: tuple[TimeLot, ...]
    saved_minutes: Minutes
    is_place_due: bool


@dataclass(frozen=True, slots=True)
class PaidService:
    """Whose time paid for a service, and which lots, so that they can come back."""

    volunteer: Identifier
    lots: tuple[TimeLot, ...]


@dataclass(frozen=True, slots=True)
class TimeReturned:
    """Event: a record was corrected, and what was left of its saved time went back to the issuer."""

    volunteer: Identifier
    batch: Identifier
    row: int
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class TimeRefunded:
    """Event: the record of a service was corrected, and time that had paid for it went back to `volunteer`."""

    volunteer: Identifier
    batch: Identifier
    row: int
    minutes: Minutes


@dataclass(frozen=True, slots=True)
class PlaceDue:
    """Event: saved time has come to what makes a place in a public home due, or is below it after a correction."""

    volunteer: Identifier
    is_due: bool


@dataclass(frozen=True, slots=True)
class TimeEnded:
    """Event: a person's account ended, and its saved time went back to the issuer."""

    volunteer: Identifier
    minutes: Minutes


_balance: Codec[int] = codec.integer("balance", -codec.MAX_POINTS, codec.MAX_POINTS)
_lot: Codec[TimeLot] = codec.struct(TimeLot, codec.day, codec.identifier, row_codec, codec.boolean, codec.minutes)
_moved = (codec.identifier, codec.identifier, row_codec, codec.minutes)

TIME_ACCOUNTS: Final[Table[TimeAccount]] = Table(
    b"time-account",
    codec.struct(TimeAccount, codec.sequence(_lot, 0, MAX_LOTS_STORED), codec.minutes, codec.boolean),
)
TIME_ISSUED: Final[Table[int]] = Table(b"time-issuer", _balance, is_public=True)
"""The issuer's account: minus all saved minutes that are in other hands."""
TIME_POOL: Final[Table[int]] = Table(b"time-pool", _balance, is_public=True)
MERCHANT_TIME: Final[Table[int]] = Table(b"merchant-time", _balance)
SAVED_RECORDS: Final[Table[Minutes]] = Table(b"saved-record", codec.minutes)
"""Key: batch and row. Minutes of the record that are saved, whoever has them now."""
PAID_SERVICES: Final[Table[PaidService]] = Table(
    b"paid-service", codec.struct(PaidService, codec.identifier, codec.sequence(_lot, 1, MAX_PAID_LOTS))
)
"""Key: batch and row of the record that certifies the service, which is paid for once."""
TABLES: Final = (TIME_ACCOUNTS, TIME_ISSUED, TIME_POOL, MERCHANT_TIME, SAVED_RECORDS, PAID_SERVICES)

TIME_RETURNED: Final[EventType[TimeReturned]] = EventType(
    "timebank.returned", codec.struct(TimeReturned, *_moved), lambda event: (event.volunteer,)
)
TIME_REFUNDED: Final[EventType[TimeRefunded]] = EventType(
    "timebank.refunded", codec.struct(TimeRefunded, *_moved), lambda event: (event.volunteer,)
)
PLACE_DUE: Final[EventType[PlaceDue]] = EventType(
    "timebank.place_due", codec.struct(PlaceDue, codec.identifier, codec.boolean), lambda event: (event.volunteer,)
)
TIME_ENDED: Final[EventType[TimeEnded]] = EventType(
    "timebank.ended", codec.struct(TimeEnded, codec.identifier, codec.minutes), lambda event: (event.volunteer,)
)
EVENTS: Final = (TIME_RETURNED, TIME_REFUNDED, PLACE_DUE, TIME_ENDED)
_NOTHING: Final = TimeAccount((), Minutes(0), is_place_due=False)


def compute_row_key(batch: Identifier, row: int) -> tuple[bytes, bytes]:
    """Parts of the key under which something about a record is kept."""
    return batch, row.to_bytes(2, "big")


def get_account(view: View, volunteer: Identifier) -> TimeAccount:
    """Return a person's account, an empty one where there is none."""
    return TIME_ACCOUNTS.get(view, volunteer) or _NOTHING


def put_account(state: Overlay, volunteer: Identifier, account: TimeAccount) -> None:
    """Set a person's account; an empty one is not kept."""
    if account != _NOTHING:
        TIME_ACCOUNTS.put(state, account, volunteer)
    elif TIME_ACCOUNTS.has(state, volunteer):
        TIME_ACCOUNTS.delete(state, volunteer)


def put_lots(state: Overlay, volunteer: Identifier, lots: tuple[TimeLot, ...]) -> None:
    """Set the lots of an account."""
    put_account(state, volunteer, replace(get_account(state, volunteer), lots=lots))


def compute_minutes(lots: Iterable[TimeLot]) -> Minutes:
    """Minutes of all lots together."""
    return Minutes(sum(lot.minutes for lot in lots))


def compute_spendable(lots: Iterable[TimeLot]) -> Minutes:
    """Minutes that may be spent, and not only given."""
    return compute_minutes(lot for lot in lots if not lot.is_gift_only)


def add_lots(lots: Iterable[TimeLot], added: Iterable[TimeLot]) -> tuple[TimeLot, ...]:
    """Put lots in their place, parts of one lot joined; a lot of negative minutes is taken off."""
    merged: dict[tuple[Day, Identifier, int, bool], int] = {}
    for lot in (*lots, *added):
        key = (lot.saved_day, lot.batch, lot.row, lot.is_gift_only)
        merged[key] = merged.get(key, 0) + lot.minutes
    return tuple(sorted(TimeLot(*key, Minutes(minutes)) for key, minutes in merged.items() if minutes))


def _negate(lots: Iterable[TimeLot]) -> tuple[TimeLot, ...]:
    return tuple(replace(lot, minutes=Minutes(-lot.minutes)) for lot in lots)


def take_time(state: Overlay, volunteer: Identifier, minutes: int, *, to_give: bool) -> tuple[TimeLot, ...]:
    """Take minutes off an account, oldest first, and return their lots; raise `Rejection` where they are not there.

    What is given away is taken first from what can only be given; what is spent, never.
    """
    lots = get_account(state, volunteer).lots
    usable = sorted((lot for lot in lots if to_give or not lot.is_gift_only), key=lambda lot: not lot.is_gift_only)
    balance = compute_minutes(usable)
    if balance < minutes:
        raise Rejection(Reason.INSUFFICIENT_TIME, f"{minutes} minutes are needed, {balance} are there", str(balance))
    taken = _take_first(usable, minutes)
    put_lots(state, volunteer, add_lots(lots, _negate(taken)))
    return taken


def _take_first(lots: Iterable[TimeLot], minutes: int) -> tuple[TimeLot, ...]:
    """Return the first `minutes` of the lots, the last lot divided."""
    taken: list[TimeLot] = []
    for lot in lots:
        part = min(lot.minutes, minutes)
        if part:
            taken.append(replace(lot, minutes=Minutes(part)))
            minutes -= part
    return tuple(taken)


def receive_lots(state: Overlay, volunteer: Identifier, lots: Iterable[TimeLot]) -> None:
    """Put lots into an account. What is above the region's cap can only be given on (Nanjing and Guangzhou: 1,500 hours)."""
    account = get_account(state, volunteer)
    put_lots(state, volunteer, add_lots(account.lots, split_at_cap(state, account, lots)))


def split_at_cap(view: View, account: TimeAccount, lots: Iterable[TimeLot]) -> tuple[TimeLot, ...]:
    """Return lots that come to an account, those above the cap marked as only to be given."""
    cap = get_parameter(view, "time_cap_hours") * MINUTES_PER_HOUR
    room = max(cap - compute_spendable(account.lots), 0)
    found: list[TimeLot] = []
    for lot in lots:
        part = lot.minutes if lot.is_gift_only or not cap else min(lot.minutes, room)
        room -= 0 if lot.is_gift_only else part
        found.append(replace(lot, minutes=Minutes(part)))
        found.append(replace(lot, minutes=Minutes(lot.minutes - part), is_gift_only=True))
    return tuple(lot for lot in found if lot.minutes)


def require_room(view: View, volunteer: Identifier) -> None:
    """Raise `Rejection` for an account that can take no more lots."""
    if len(get_account(view, volunteer).lots) > MAX_LOTS - 2:
        raise Rejection(Reason.ACCOUNT_FULL, f"an account has at most {MAX_LOTS} lots of time", volunteer.hex())


def add_time_issued(state: Overlay, minutes: int) -> None:
    """Move minutes out of the issuer's account, or back when negative."""
    if minutes:
        TIME_ISSUED.put(state, (TIME_ISSUED.get(state) or 0) - minutes)


def add_to_pool(state: Overlay, minutes: int) -> None:
    """Move minutes into the pool, or out of it when negative."""
    TIME_POOL.put(state, (TIME_POOL.get(state) or 0) + minutes)


def count_saved(state: Overlay, volunteer: Identifier, minutes: int) -> list[bytes]:
    """Count minutes saved from own records, or fewer; return the event where a place becomes due, or is due no more."""
    if not VOLUNTEERS.has(state, volunteer):
        return []  # the account ended, and its record was corrected afterwards
    account = get_account(state, volunteer)
    level = get_parameter(state, "time_home_hours") * MINUTES_PER_HOUR
    saved = Minutes(account.saved_minutes + minutes)
    is_due = 0 < level <= saved if minutes > 0 or saved < level else account.is_place_due
    put_account(state, volunteer, replace(account, saved_minutes=saved, is_place_due=is_due))
    return [] if is_due is account.is_place_due else [PLACE_DUE.encode(PlaceDue(volunteer, is_due))]


def end_account(state: Overlay, volunteer: Identifier) -> list[bytes]:
    """End the account of a person who is erased: what is left goes to the issuer. Return the event, if there is any time."""
    minutes = compute_minutes(get_account(state, volunteer).lots)
    put_account(state, volunteer, _NOTHING)
    add_time_issued(state, -minutes)
    return [TIME_ENDED.encode(TimeEnded(volunteer, minutes))] if minutes else []


def merge_accounts(state: Overlay, volunteer: Identifier, remaining: Identifier) -> list[bytes]:
    """Let what a person saved in one account stand with another; return the event where a place becomes due by that."""
    gone, kept = get_account(state, volunteer), get_account(state, remaining)
    if len(gone.lots) + len(kept.lots) > MAX_LOTS:
        raise Rejection(Reason.ACCOUNT_FULL, f"an account has at most {MAX_LOTS} lots of time", remaining.hex())
    put_account(state, volunteer, _NOTHING)
    receive_lots(state, remaining, gone.lots)
    return count_saved(state, remaining, gone.saved_minutes) if gone.saved_minutes else []


def floor_to_unit(view: View, minutes: int) -> int:
    """Minutes of a record that can be saved: whole units of the region (Guangzhou: hours), none where it has no time bank."""
    unit = get_parameter(view, "time_unit_minutes")
    return minutes - minutes % unit if unit else 0


def correct_savings(state: Overlay, volunteer: Identifier, record: Record, *, is_other_activity: bool = False) -> list[bytes]:
    """Take back saved time that a corrected record no longer carries, and return what was paid for it; return the events.

    Called once the record stands corrected. As with points, what is left of the record's own time goes back and no more
    (ADR 0009). A record moved to another activity gives all back and can be saved anew, since one is for a group and another
    is not.
    """
    volunteer = resolve_account(state, volunteer)
    is_gone = is_void(state, record.batch, record.row)
    limit = 0 if is_gone or is_other_activity else floor_to_unit(state, record.minutes)
    events = _take_back(state, volunteer, record, limit, is_gone=is_gone)
    return [*events, *_refund(state, record, 0 if is_gone else record.minutes)]


def _take_back(state: Overlay, volunteer: Identifier, record: Record, limit: int, *, is_gone: bool) -> list[bytes]:
    key = compute_row_key(record.batch, record.row)
    saved = SAVED_RECORDS.get(state, *key) or 0
    if saved <= limit:
        return []
    lots = get_account(state, volunteer).lots
    own = [lot for lot in lots if (lot.batch, lot.row) == (record.batch, record.row)]
    taken = _take_first(own, saved - limit)
    returned = compute_minutes(taken)
    put_lots(state, volunteer, add_lots(lots, _negate(taken)))
    add_time_issued(state, -returned)
    left = 0 if is_gone else saved - returned
    if left:
        SAVED_RECORDS.put(state, Minutes(left), *key)
    else:
        SAVED_RECORDS.delete(state, *key)
    moved = [TIME_RETURNED.encode(TimeReturned(volunteer, record.batch, record.row, returned))] if returned else []
    return [*moved, *count_saved(state, volunteer, left - saved)]


def _refund(state: Overlay, record: Record, limit: int) -> list[bytes]:
    """Give back what was paid for more than `limit` minutes of a service.

    Time of records made void meanwhile, and of an account that is no more, stays with the issuer.
    """
    key = compute_row_key(record.batch, record.row)
    paid = PAID_SERVICES.get(state, *key)
    if paid is None or compute_minutes(paid.lots) <= limit:
        return []
    kept = _take_first(paid.lots, limit)
    if kept:
        PAID_SERVICES.put(state, replace(paid, lots=kept), *key)
    else:
        PAID_SERVICES.delete(state, *key)
    lots = add_lots(paid.lots, _negate(kept))
    volunteer = resolve_account(state, paid.volunteer)
    is_there = VOLUNTEERS.has(state, volunteer)
    good = tuple(lot for lot in lots if is_there and not is_void(state, lot.batch, lot.row))
    minutes = compute_minutes(good)
    if good:
        receive_lots(state, volunteer, good)
    add_time_issued(state, minutes)
    return [TIME_REFUNDED.encode(TimeRefunded(volunteer, record.batch, record.row, minutes))] if minutes else []
