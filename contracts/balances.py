"""What a volunteer has: how much of the service counts, and points in lots; and the issuer's account.

One value, because every certified record changes both: two would cost a path through the state tree each.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.lots import MAX_LOTS, Lot, lots_codec
from ledger import codec
from ledger.codec import Codec, encode_each
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Identifier


class Balance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many records of a volunteer count, their minutes together, and the volunteer's lots, expired ones included."""

    records: int = 0
    minutes: int = 0
    lots: tuple[Lot, ...] = ()


_count: Codec[int] = codec.integer("count", 0, 2**53 - 1)
BALANCES: Final[Table[Balance]] = Table(b"balance", codec.struct(Balance, _count, _count, lots_codec))
ISSUED: Final[Table[int]] = Table(b"issuer", codec.integer("balance", -codec.MAX_POINTS, codec.MAX_POINTS), is_public=True)
"""The issuer's account: minus all points that are in other hands."""
TABLES: Final = (BALANCES, ISSUED)
_EMPTY: Final = Balance()


def get_balance(view: View, volunteer: Identifier) -> Balance:
    """Return what a volunteer has."""
    return BALANCES.get(view, volunteer) or _EMPTY


def get_balances(view: View, volunteers: Collection[Identifier]) -> dict[Identifier, Balance]:
    """Return what each of several volunteers has."""
    found = BALANCES.get_each(view, volunteers)
    return {volunteer: balance or _EMPTY for volunteer, balance in zip(volunteers, found, strict=True)}


def put_balance(state: Overlay, volunteer: Identifier, balance: Balance) -> None:
    """Set what a volunteer has; nothing at all leaves no trace."""
    if balance != _EMPTY:
        BALANCES.put(state, balance, volunteer)
    elif BALANCES.has(state, volunteer):
        BALANCES.delete(state, volunteer)


def put_grown(state: Overlay, balances: Mapping[Identifier, Balance], new_lots: Mapping[Identifier, tuple[Lot, ...]]) -> None:
    """Do the same as `put_balance` for each of several volunteers, where all lots but the new ones were read from the state.

    What was counted together and what is new is checked; of the others it is known that they fit.
    """
    encode_each(BALANCES.codec, [Balance(item.records, item.minutes, new_lots.get(key, ())) for key, item in balances.items()])
    BALANCES.put_known_each(state, {volunteer: balance for volunteer, balance in balances.items() if balance != _EMPTY})
    for volunteer, balance in balances.items():
        if balance == _EMPTY:
            put_balance(state, volunteer, balance)


def get_lots(view: View, volunteer: Identifier) -> tuple[Lot, ...]:
    """Lots of a volunteer, expired ones included."""
    return get_balance(view, volunteer).lots


def put_lots(state: Overlay, volunteer: Identifier, lots: tuple[Lot, ...]) -> None:
    """Set a volunteer's lots."""
    if len(lots) > MAX_LOTS:
        raise Rejection(Reason.ACCOUNT_FULL, f"an account has at most {MAX_LOTS} lots", volunteer.hex())
    put_balance(state, volunteer, replace(get_balance(state, volunteer), lots=lots))


def add_issued(state: Overlay, points: int) -> None:
    """Move `points` out of the issuer's account, or back when negative."""
    if points:
        ISSUED.put(state, (ISSUED.get(state) or 0) - points)
