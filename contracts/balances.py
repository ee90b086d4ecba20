"""What a volunteer has: how much of the service counts, and points in lots; and the issuer's account.

One value, because every certified record changes both: two would cost a path through the state tree each.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.lots import MAX_LOTS, Lot, add_lots, lots_codec
from ledger import codec
from ledger.arrays import grow_last, survey_last
from ledger.codec import Codec, encode, encode_each, list_fields
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Identifier


class Balance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many records of a volunteer count, their minutes together, and the volunteer's lots, expired ones included."""

    records: int = 0
    minutes: int = 0
    lots: tuple[Lot, ...] = ()


class Outline(msgspec.Struct, frozen=True, gc=False):
    """A balance of which the lots were not decoded, and the whole as it is stored, None for nothing.

    Of the lots it has how many there are, and when the last expires: -1 where there is none.
    """

    records: int = 0
    minutes: int = 0
    lots: int = 0
    last_expiry_day: int = -1
    data: bytes | None = None


_count: Codec[int] = codec.integer("count", 0, 2**53 - 1)
BALANCES: Final[Table[Balance]] = Table(b"balance", codec.struct(Balance, _count, _count, lots_codec))
ISSUED: Final[Table[int]] = Table(b"issuer", codec.integer("balance", -codec.MAX_POINTS, codec.MAX_POINTS), is_public=True)
"""The issuer's account: minus all points that are in other hands."""
TABLES: Final = (BALANCES, ISSUED)
_EMPTY: Final = Balance()
_NOTHING: Final = Outline()
_EXPIRES: Final = list_fields(Lot).index("expires_day")


def get_balance(view: View, volunteer: Identifier) -> Balance:
    """Return what a volunteer has."""
    return BALANCES.get(view, volunteer) or _EMPTY


def get_outlines(view: View, volunteers: Collection[Identifier]) -> dict[Identifier, Outline]:
    """Return what each of several volunteers has, for those who get more."""
    found = BALANCES.get_encoded_each(view, volunteers)
    return dict(zip(volunteers, map(_make_outline, found), strict=True))


def _make_outline(data: bytes | None) -> Outline:
    if data is None:
        return _NOTHING
    records, minutes, lots, last_expiry_day = survey_last(data, _EXPIRES)
    return Outline(records, minutes, lots, last_expiry_day, data)


def put_balance(state: Overlay, volunteer: Identifier, balance: Balance) -> None:
    """Set what a volunteer has; nothing at all leaves no trace."""
    if balance != _EMPTY:
        BALANCES.put(state, balance, volunteer)
    elif BALANCES.has(state, volunteer):
        BALANCES.delete(state, volunteer)


def put_extended(state: Overlay, outlines: Mapping[Identifier, Outline], news: Mapping[Identifier, Balance]) -> None:
    """Set balances of which `news` has all but the lots that were there already, which come before those that are new.

    What was counted together and what is new is checked, as by `put_grown`. None of them may be empty.
    """
    earlier = [outlines[volunteer].data for volunteer in news]
    encoded = encode_each(BALANCES.codec, news.values())
    pairs = zip(earlier, encoded, strict=True)
    grown = [more if before is None else grow_last(before, more) for before, more in pairs]
    BALANCES.put_encoded_each(state, dict(zip(news, grown, strict=True)))


def put_added(state: Overlay, balances: Mapping[Identifier, Balance]) -> None:
    """Do the same as `put_extended`, wherever the new lots belong among those that were there, and if nothing is left."""
    for volunteer, new in balances.items():
        old = get_balance(state, volunteer)
        put_balance(state, volunteer, Balance(new.records, new.minutes, add_lots(old.lots, new.lots)))


def put_fewer(state: Overlay, volunteer: Identifier, balance: Balance, changed: tuple[Lot, ...]) -> None:
    """Do the same as `put_balance`, where all lots but `changed` were read from the state: only these are looked at."""
    if balance == _EMPTY:
        put_balance(state, volunteer, balance)
    else:
        encode(BALANCES.codec, Balance(balance.records, balance.minutes, changed))
        BALANCES.put_known_each(state, {volunteer: balance})


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
