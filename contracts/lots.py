"""Lots: points with their source and expiry, and the arithmetic on lists of them. Every list is sorted, oldest first."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger import codec
from ledger.codec import Codec
from ledger.events import MAX_ROWS
from ledger.types import Day, Identifier, Points

MAX_LOTS: Final = 16_384


class Lot(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """Points of one source, usable up to and including `expires_day`.

    The source is a record, row `row` of batch `batch`; or with row 0 the transaction whose identifier begins with `batch`.

    The order of the fields is the order in which lots are spent.
    """

    expires_day: Day
    batch: Identifier
    row: int
    points: Points


row_codec: Codec[int] = codec.integer("row", 0, MAX_ROWS - 1)
_lot: Codec[Lot] = codec.struct(Lot, codec.day, codec.identifier, row_codec, codec.points)
lots_codec: Codec[tuple[Lot, ...]] = codec.sequence(_lot, 0, MAX_LOTS)


def compute_sum(lots: Iterable[Lot]) -> Points:
    """Points of all lots together."""
    return Points(sum([lot.points for lot in lots]))


def add_lots(lots: tuple[Lot, ...], added: Iterable[Lot]) -> tuple[Lot, ...]:
    """Put lots in their place, parts of one record's lot joined; a part may be negative."""
    merged = list(lots)
    for lot in added:
        if lot.points > 0 and (not merged or _get_source(merged[-1]) < _get_source(lot)):
            merged.append(lot)  # as most are: later records expire later
            continue
        position = bisect_left(merged, _get_source(lot), key=_get_source)
        points = lot.points
        if position < len(merged) and _get_source(merged[position]) == _get_source(lot):
            points = Points(points + merged.pop(position).points)
        if points:
            merged.insert(position, replace(lot, points=points))
    return tuple(merged)


def are_after(last_expiry_day: int, added: Sequence[Lot]) -> bool:
    """Whether added lots come one after the other behind all lots that expire until that day, none a part of another."""
    if not added:
        return True
    if last_expiry_day >= added[0].expires_day:
        return False
    if len(added) > 1 and any(_get_source(left) >= _get_source(right) for left, right in pairwise(added)):
        return False
    return min([lot.points for lot in added]) > 0 if len(added) > 1 else added[0].points > 0


_get_source = attrgetter("expires_day", "batch", "row")
"""What makes two lots parts of one."""


def take_oldest(lots: tuple[Lot, ...], points: Points) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Return (taken, rest): exactly `points`, from the lots that expire first. `lots` must hold that many."""
    taken: list[Lot] = []
    missing = points
    for position, lot in enumerate(lots):
        if lot.points > missing:
            if missing:
                taken.append(replace(lot, points=missing))
            return tuple(taken), (replace(lot, points=Points(lot.points - missing)), *lots[position + 1 :])
        taken.append(lot)
        missing = Points(missing - lot.points)
    if missing:
        raise ValueError("the lots hold fewer points than are taken")
    return tuple(taken), ()


def split_expired(lots: tuple[Lot, ...], today: Day) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Return (expired, usable) as of `today`."""
    if not lots or lots[0].expires_day >= today:
        return (), lots
    expired = tuple([lot for lot in lots if lot.expires_day < today])
    return expired, lots[len(expired) :]
