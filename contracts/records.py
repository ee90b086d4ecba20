"""The state of records: each volunteer's calendar, and each batch's revisions.

A calendar holds one month of one volunteer, because overlap and the daily cap are questions about neighbouring days. A batch
holds one byte a row, so that the current status of a thousand records is one value to prove.
"""

from collections.abc import Collection, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec
from msgspec.structs import replace

from contracts.balances import Balance, Outline, add_issued, get_outlines, put_added, put_extended
from contracts.lots import MAX_LOTS, Lot, are_after, row_codec
from contracts.parameters import MINUTES_PER_DAY
from ledger import codec
from ledger.arrays import EMPTY, append_items, count_apart
from ledger.codec import Codec, encode_each, list_fields
from ledger.errors import RowOutcome
from ledger.events import MAX_ROWS
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier, Minutes, Points

REFUSED: Final = 0
FIRST_REVISION: Final = 1
LAST_REVISION: Final = 254
VOID: Final = 255
MAX_RECORDS_A_MONTH: Final = 2_048
"""Bounds one value of the state; far beyond what one person can serve."""


class RecordStatus(IntEnum):
    """Whether an entry of a calendar counts. Those that do not stay, so that their record is not certified again."""

    COUNTED = 1
    VOID = 2
    MOVED = 3
    """Corrected into another month: the record stands there."""


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One attendance in a volunteer's calendar. `start` is minutes after midnight, None where only a length is known.

    `points` are those that this record has put into circulation. `certified_day` is when it was first recorded. `allowance` are
    the minutes that it takes of what may earn points in its activity, 0 where the region sets no limit. `is_backfilled` says
    that an administrator entered it later, without the person's own check-in and check-out.
    """

    record: Identifier
    batch: Identifier
    row: int
    activity: Identifier
    day: Day
    start: int | None
    minutes: Minutes
    points: Points
    certified_day: Day
    expires_day: Day
    is_late: bool
    status: RecordStatus
    allowance: int
    is_backfilled: bool

    @property
    def first_minute(self) -> int:
        """Start in minutes since 1970-01-01 00:00 on the region's clock; only for records with times."""
        return self.day * MINUTES_PER_DAY + (self.start or 0)

    @property
    def end_minute(self) -> int:
        """First minute after the service."""
        return self.first_minute + self.minutes

    def is_same(self, other: "Record | None") -> bool:
        """Whether both are the one that a row of a batch certified, whatever its revision."""
        return other is not None and (self.batch, self.row) == (other.batch, other.row)


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who certified a batch, and for each row: 0 refused, 1 as certified, 2 and more amended, 255 void."""

    organisation: Identifier
    revisions: bytes


class RegionSums(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many people have records that count, how many records these are, and their minutes together."""

    people: int = 0
    records: int = 0
    minutes: int = 0


start_codec: Codec[int | None] = codec.optional(codec.integer("start", 0, MINUTES_PER_DAY - 1))
_record: Codec[Record] = codec.struct(
    Record,
    codec.identifier,
    codec.identifier,
    row_codec,
    codec.identifier,
    codec.day,
    start_codec,
    codec.minutes,
    codec.points,
    codec.day,
    codec.day,
    codec.boolean,
    codec.member(RecordStatus),
    codec.integer("allowance", 0, MINUTES_PER_DAY),
    codec.boolean,
)
_DAY: Final = list_fields(Record).index("day")
CALENDARS: Final[Table[tuple[Record, ...]]] = Table(b"calendar", codec.sequence(_record, 1, MAX_RECORDS_A_MONTH))
"""Key: volunteer, then the month (4 bytes: year times 12 and the months before)."""
BATCHES: Final[Table[Batch]] = Table(
    b"batch", codec.struct(Batch, codec.identifier, codec.binary("revisions", 1, MAX_ROWS)), is_public=True
)
_count: Codec[int] = codec.integer("count", 0, 2**53 - 1)
REGION_SUMS: Final[Table[RegionSums]] = Table(b"region-sums", codec.struct(RegionSums, _count, _count, _count))
ALLOWANCES: Final[Table[int]] = Table(b"allowance", codec.integer("minutes", 1, 2**53 - 1))
"""Key: activity, then volunteer. The minutes that the volunteer's records there take of what may earn points."""
TABLES: Final = (CALENDARS, BATCHES, REGION_SUMS, ALLOWANCES)


def get_region_sums(view: View) -> RegionSums:
    """Return what all records that count come to: a sum over people, and never about one."""
    return REGION_SUMS.get(view) or RegionSums()


@lru_cache(maxsize=4_096)
def _month_key(day: Day) -> bytes:
    date = to_date(day)
    return (date.year * 12 + date.month - 1).to_bytes(4, "big")


@lru_cache(maxsize=4_096)
def _list_months(day: Day) -> tuple[bytes, ...]:
    """Return the months of the day before and the day after a day: of three days, the one between is in that of another."""
    first, last = _month_key(Day(max(day - 1, 0))), _month_key(Day(min(day + 1, codec.MAX_DAY)))
    return (first,) if first == last else (first, last)


_NOTHING: Final = (0, 0)


class Calendars:
    """Volunteers' months as one transaction sees and changes them.

    Each month is read once and written once, by `save`: a batch of a thousand rows about one person would otherwise decode and
    encode that person's month a thousand times, and hold up every node. What counts of a volunteer's records, the lots that
    they mint, and what they take of the allowances of activities, is kept with them.
    """

    __slots__ = (
        "_added",
        "_issued",
        "_minted",
        "_months",
        "_outlines",
        "_rewritten",
        "_served",
        "_stored",
        "_taken",
        "_view",
    )

    def __init__(self, view: View) -> None:
        self._view = view
        self._stored: dict[bytes, bytes | None] = {}
        """Months as the state has them, by volunteer and month together, as in `CALENDARS`."""
        self._months: dict[bytes, dict[Identifier, Record]] = {}
        """Those that were decoded, as they are now."""
        self._added: dict[bytes, list[Record]] = {}
        """Records that were put, to be checked before they are written. All others are the state's."""
        self._rewritten: dict[bytes, None] = {}
        """Months in which a record was replaced or removed; others only grow at their end."""
        self._served: dict[Identifier, tuple[int, int]] = {}
        """What the changes so far add to each volunteer's records and minutes; numbers may be negative."""
        self._outlines: dict[Identifier, Outline] = {}
        """Balances that lots are minted into."""
        self._minted: dict[Identifier, list[Lot]] = {}
        self._issued = 0
        self._taken: dict[tuple[Identifier, Identifier], int] = {}
        """The same for the allowance of an activity and a volunteer."""

    def load(self, services: Collection[tuple[Identifier, Day]]) -> None:
        """Read at once what will be asked for of several volunteers and days: the months around, and balances."""
        places = list(dict.fromkeys([volunteer + month for volunteer, day in services for month in _list_months(day)]))
        self._stored.update(zip(places, CALENDARS.get_encoded_each(self._view, places), strict=True))
        self._outlines = get_outlines(self._view, dict.fromkeys([volunteer for volunteer, _day in services]))

    def get_month(self, volunteer: Identifier, day: Day) -> dict[Identifier, Record]:
        """Records of the volunteer in the month of `day`, those that do not count included."""
        return self._get(volunteer + _month_key(day))

    def _get(self, place: bytes) -> dict[Identifier, Record]:
        month = self._months.get(place)
        if month is None:
            if place not in self._stored:
                (self._stored[place],) = CALENDARS.get_encoded_each(self._view, (place,))
            data = self._stored[place]
            records = (*(() if data is None else CALENDARS.decode(data)), *self._added.get(place, ()))
            month = self._months[place] = {item.record: item for item in records}
        return month

    def find(self, volunteer: Identifier, day: Day, record: Identifier) -> Record | None:
        """Return the volunteer's record in the month of `day`."""
        return self.get_month(volunteer, day).get(record)

    def put(self, volunteer: Identifier, record: Record) -> None:
        """Add a record to its month, or replace the one of the same identifier."""
        place = volunteer + _month_key(record.day)
        month = self._get(place)
        replaced = month.get(record.record)
        if replaced is not None:
            self._count(volunteer, replaced, -1)
            self._rewritten[place] = None
        self._count(volunteer, record, 1)
        month[record.record] = record
        self._added.setdefault(place, []).append(record)

    def add(self, volunteer: Identifier, record: Record) -> None:
        """Add a new record that counts and that nothing is against, and mint what it has earned: see `put` and `mint`."""
        place = volunteer + _month_key(record.day)
        if place in self._months or place not in self._stored:
            month = self._get(place)
            if record.record in month:
                raise ValueError("a record of that identifier is there already")
            month[record.record] = record
        self._added.setdefault(place, []).append(record)
        records, minutes = self._served.get(volunteer, _NOTHING)
        self._served[volunteer] = records + 1, minutes + record.minutes
        if record.allowance:
            use = record.activity, volunteer
            self._taken[use] = self._taken.get(use, 0) + record.allowance
        self.mint(volunteer, record)

    def remove(self, volunteer: Identifier, record: Record) -> None:
        """Take a record out of its month, because it stands in another volunteer's now."""
        place = volunteer + _month_key(record.day)
        self._count(volunteer, self._get(place).pop(record.record), -1)
        self._rewritten[place] = None

    def _count(self, volunteer: Identifier, record: Record, sign: int) -> None:
        if record.status is RecordStatus.COUNTED:
            records, minutes = self._served.get(volunteer, (0, 0))
            self._served[volunteer] = records + sign, minutes + sign * record.minutes
            if record.allowance:
                place = record.activity, volunteer
                self._taken[place] = self._taken.get(place, 0) + sign * record.allowance

    def get_allowance_taken(self, activity: Identifier, volunteer: Identifier) -> int:
        """Return the minutes that a volunteer's records take of what may earn points in an activity."""
        return (ALLOWANCES.get(self._view, activity, volunteer) or 0) + self._taken.get((activity, volunteer), 0)

    def find_full(self, volunteer: Identifier) -> RowOutcome | None:
        """Return the reason why the volunteer's account cannot take one more lot, or None."""
        count = self._get_outline(volunteer).lots + len(self._minted.get(volunteer, ()))
        return RowOutcome(Reason.ACCOUNT_FULL, str(MAX_LOTS)) if count >= MAX_LOTS else None

    def mint(self, volunteer: Identifier, record: Record) -> None:
        """Mint the lot of a new record that was put and that `find_full` had nothing against, if it earned any points.

        From `load` or `find_full` on until `save`, nothing else may change the volunteer's lots.
        """
        if record.points:
            lot = Lot(record.expires_day, record.batch, record.row, record.points)
            self._minted.setdefault(volunteer, []).append(lot)
            self._issued += record.points

    def move(self, volunteer: Identifier, old: Record, new: Record) -> None:
        """Put a corrected record in the place of the old one; a month that it leaves remembers its identifier."""
        if _month_key(old.day) != _month_key(new.day):
            self.put(volunteer, replace(old, points=Points(0), status=RecordStatus.MOVED))
        self.put(volunteer, new)

    def is_free(self, volunteer: Identifier, day: Day, record: Identifier) -> bool:
        """Whether nothing is in the way of a new record: none of the same identifier or of the days around `day`, and no limit.

        Looks only at what was read already; False means that the other questions decide.
        """
        first, last = day - 1, day + 1
        for month_key in _list_months(day):
            place = volunteer + month_key
            if place not in self._stored or place in self._rewritten:
                return False
            stored, added = self._stored[place], self._added.get(place, ())
            count = 0 if stored is None else count_apart(stored, _DAY, first, last)
            if count is None or count + len(added) >= MAX_RECORDS_A_MONTH or (stored or b"").find(record) >= 0:
                return False
            if added and any(first <= item.day <= last or item.record == record for item in added):
                return False
        outline = self._outlines.get(volunteer)
        return outline is not None and outline.lots + len(self._minted.get(volunteer, ())) < MAX_LOTS

    def _get_outline(self, volunteer: Identifier) -> Outline:
        outline = self._outlines.get(volunteer)
        if outline is None:
            outline = self._outlines[volunteer] = get_outlines(self._view, (volunteer,))[volunteer]
        return outline

    def list_neighbours(self, volunteer: Identifier, day: Day) -> list[Record]:
        """Return the volunteer's records that count, from the day before `day` to the day after."""
        first, last = day - 1, day + 1
        return [
            record
            for month in _list_months(day)
            for record in self._get(volunteer + month).values()
            if first <= record.day <= last and record.status is RecordStatus.COUNTED
        ]

    def save(self, state: Overlay) -> None:
        """Write the months that changed."""
        # Refuses what does not fit; all other records of the same months were read from the state.
        encoded = iter(encode_each(_record, [record for records in self._added.values() for record in records]))
        values: dict[bytes, bytes] = {}
        for place, records in self._added.items():
            added = next(encoded) if len(records) == 1 else b"".join(islice(encoded, len(records)))
            if place not in self._rewritten:
                values[place] = append_items(self._stored[place] or EMPTY, len(records), added, MAX_RECORDS_A_MONTH)
        CALENDARS.put_encoded_each(state, values)
        self._rewrite(state)
        for kept in (self._stored, self._months, self._added, self._rewritten):
            kept.clear()
        self._save_balances(state)
        for use in self._taken:
            taken = self.get_allowance_taken(*use)
            if taken:
                ALLOWANCES.put(state, taken, *use)
            elif ALLOWANCES.has(state, *use):
                ALLOWANCES.delete(state, *use)
        self._taken.clear()

    def _rewrite(self, state: Overlay) -> None:
        """Write months in which a record was replaced or removed."""
        months = {place: tuple(self._months[place].values()) for place in self._rewritten if _require_room(self._months[place])}
        CALENDARS.put_known_each(state, months)
        for place in self._rewritten:
            if place not in months:
                CALENDARS.delete(state, place)

    def _save_balances(self, state: Overlay) -> None:
        people = records = minutes = 0
        news: dict[Identifier, Balance] = {}
        others: dict[Identifier, Balance] = {}
        """Of those whose lots must be put in their place, or who may have nothing left."""
        for volunteer, (more_records, more_minutes) in self._served.items():
            old, lots = self._get_outline(volunteer), tuple(self._minted.get(volunteer, ()))
            count = old.records + more_records
            new = Balance(count, old.minutes + more_minutes, lots)
            (news if count > 0 and are_after(old.last_expiry_day, lots) else others)[volunteer] = new
            people += (count > 0) - (old.records > 0)
            records += more_records
            minutes += more_minutes
        put_extended(state, self._outlines, news)
        put_added(state, others)
        if people or records or minutes:
            sums = get_region_sums(state)
            REGION_SUMS.put(state, RegionSums(sums.people + people, sums.records + records, sums.minutes + minutes))
        add_issued(state, self._issued)
        self._issued = 0
        self._served.clear()
        self._outlines.clear()
        self._minted.clear()


def _require_room(month: Collection[object]) -> int:
    """Return how many records a month has; raise `ValueError` where these are more than one may have."""
    if len(month) > MAX_RECORDS_A_MONTH:
        raise ValueError("a month has more records than one may have")
    return len(month)


def find_conflict(
    calendars: Calendars,
    volunteer: Identifier,
    day: Day,
    start: int | None,
    minutes: Minutes,
    daily_cap: int,
    *,
    correcting: Record | None,
) -> RowOutcome | None:
    """Return the reason why the volunteer cannot have served then, or None.

    Times are half-open, so back-to-back records are fine. Lengths without times are held against a daily cap instead, over all
    minutes served on a day on which any record has no times (DOMAIN section 4, rule 1). `correcting` is the record being
    corrected.
    """
    others = calendars.list_neighbours(volunteer, day)
    if correcting is not None:
        others = [item for item in others if not item.is_same(correcting)]
    if others or start is None:
        refusal = _find_overlap(others, day, start, minutes) or _find_over_cap(others, day, start, minutes, daily_cap)
        if refusal is not None:
            return refusal
    month = calendars.get_month(volunteer, day)
    if len(month) >= MAX_RECORDS_A_MONTH and (correcting is None or correcting.record not in month):
        return RowOutcome(Reason.DAILY_CAP, str(MAX_RECORDS_A_MONTH))
    return None


def _find_overlap(others: Sequence[Record], day: Day, start: int | None, minutes: Minutes) -> RowOutcome | None:
    if start is None:
        return None
    first = day * MINUTES_PER_DAY + start
    for other in others:
        if other.start is not None and first < other.end_minute and other.first_minute < first + minutes:
            return RowOutcome(Reason.OVERLAP, other.record.hex())
    return None


def _find_over_cap(
    others: Sequence[Record], day: Day, start: int | None, minutes: Minutes, daily_cap: int
) -> RowOutcome | None:
    untimed = {item.day for item in others if item.start is None}
    if start is None:
        untimed.add(day)
    last = (day * MINUTES_PER_DAY + (start or 0) + minutes - 1) // MINUTES_PER_DAY
    for touched in (day,) if last == day else (day, last):
        if touched not in untimed:
            continue
        total = _count_minutes(day, start, minutes, touched)
        total += sum([_count_minutes(item.day, item.start, item.minutes, touched) for item in others])
        if total > daily_cap:
            return RowOutcome(Reason.DAILY_CAP, str(total))
    return None


def _count_minutes(day: Day, start: int | None, minutes: Minutes, touched: int) -> int:
    """Minutes of a record of `day` that were served on the day `touched`."""
    if start is None:
        return minutes if day == touched else 0
    first = (day - touched) * MINUTES_PER_DAY + start
    return max(0, min(first + minutes, MINUTES_PER_DAY) - max(first, 0))


def is_void(view: View, batch: Identifier, row: int) -> bool:
    """Whether a record was made void."""
    found = BATCHES.get(view, batch)
    return found is not None and found.revisions[row] == VOID


def set_revision(state: Overlay, batch: Identifier, row: int, revision: int) -> None:
    """Set the revision byte of one row."""
    found = BATCHES.get(state, batch)
    if found is None:
        raise LookupError("the record's batch is missing from the state")
    revisions = found.revisions[:row] + bytes((revision,)) + found.revisions[row + 1 :]
    BATCHES.put(state, Batch(found.organisation, revisions), batch)
