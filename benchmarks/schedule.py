"""Who serves when: two years of a region's service as steps in the order of time, the same for everybody who asks.

Every week as many volunteers join as the week before. Each serves once a week, for 8 to 40 weeks, and belongs to one of four
organisations, which run eight activities each. A service is of one to four hours; for every second one the time of day is
known. An organisation certifies as soon as it has the rows of a batch, so a batch may span weeks where volunteers are few.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from certificates.details import Opening, compute_record_commitment
from certificates.jcs import JsonObject
from contracts.hours import Attendance
from ledger.crypto import SigningKey, sha256
from ledger.genesis import to_date
from ledger.types import Day, Hash, Identifier, Minutes

WEEKS = 104
ORGANISATIONS = 4
ACTIVITIES = 8
"""Of each organisation."""
FEWEST_WEEKS, MOST_WEEKS = 8, 40
ROWS_IN_BATCH = 500
ENROLMENTS_IN_BATCH = 1_000
RECORDS_OF_A_JOINER = 2_100
"""Records in all by the volunteers that one joiner a week makes in `WEEKS`, rounded down."""
DAYS_IN_WEEK = 7


def make_identifier(name: str) -> Identifier:
    """Return an identifier that depends on the name alone."""
    return Identifier(sha256(name.encode())[:16])


def make_key(name: str) -> SigningKey:
    """Return a key that depends on the name alone."""
    return SigningKey(sha256(b"benchmark key: " + name.encode()))


def make_volunteer(number: int) -> Identifier:
    """Return the account of a volunteer."""
    return make_identifier(f"v{number}")


def make_volunteer_key(number: int) -> SigningKey:
    """Return the key of a volunteer."""
    return make_key(f"volunteer {number}")


def compute_weeks(volunteer: int) -> int:
    """Return for how many weeks a volunteer serves."""
    return FEWEST_WEEKS + volunteer * 7919 % (MOST_WEEKS - FEWEST_WEEKS + 1)


@dataclass(frozen=True, slots=True)
class Joining:
    """Volunteers, by number, that an organisation enrols in a week."""

    week: int
    organisation: int
    volunteers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Services that an organisation certifies in a week: of each the record's number, the volunteer, and the week."""

    week: int
    organisation: int
    services: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps for `records` records or a little more, from `first_day` on."""

    records: int
    first_day: Day

    @property
    def joiners(self) -> int:
        """How many volunteers join in a week, at least one in each organisation."""
        return max(ORGANISATIONS, ceil(self.records / RECORDS_OF_A_JOINER))

    @property
    def last_day(self) -> Day:
        """The last day on which anybody serves."""
        return Day(self.first_day + WEEKS * DAYS_IN_WEEK - 1)

    def list_settled(self) -> range:
        """Return the volunteers who join in the first week, by number: they have served to the end before others."""
        return range(self.joiners)

    def iterate(self) -> Iterator[Joining | Batch]:
        """Yield all steps in the order of time."""
        waiting: list[list[tuple[int, int, int]]] = [[] for _ in range(ORGANISATIONS)]
        number = 0
        for week in range(WEEKS):
            yield from self._iterate_joining(week)
            for volunteer in self._iterate_active(week):
                services = waiting[volunteer % ORGANISATIONS]
                services.append((number, volunteer, week))
                number += 1
                if len(services) == ROWS_IN_BATCH:
                    yield Batch(week, volunteer % ORGANISATIONS, tuple(services))
                    services.clear()

    def _iterate_joining(self, week: int) -> Iterator[Joining]:
        cohort = self._get_cohort(week)
        for organisation in range(ORGANISATIONS):
            own = tuple(volunteer for volunteer in cohort if volunteer % ORGANISATIONS == organisation)
            for start in range(0, len(own), ENROLMENTS_IN_BATCH):
                yield Joining(week, organisation, own[start : start + ENROLMENTS_IN_BATCH])

    def _iterate_active(self, week: int) -> Iterator[int]:
        for joined in range(max(0, week - MOST_WEEKS + 1), week + 1):
            yield from (volunteer for volunteer in self._get_cohort(joined) if compute_weeks(volunteer) > week - joined)

    def _get_cohort(self, week: int) -> range:
        return range(week * self.joiners, (week + 1) * self.joiners)

    def make_attendance(self, number: int, volunteer: int, week: int) -> Attendance:
        """Return the row of a service."""
        organisation = volunteer % ORGANISATIONS
        return Attendance(
            make_identifier(f"record {number}"),
            make_activity(organisation, volunteer // ORGANISATIONS % ACTIVITIES),
            make_volunteer(volunteer),
            self.compute_day(volunteer, week),
            compute_start(number),
            compute_minutes(number),
            self.compute_commitment(number, volunteer, week),
        )

    def compute_day(self, volunteer: int, week: int) -> Day:
        """Return the day on which a volunteer serves in a week."""
        return Day(self.first_day + week * DAYS_IN_WEEK + volunteer % DAYS_IN_WEEK)

    def compute_commitment(self, number: int, volunteer: int, week: int) -> Hash:
        """Return the commitment of a record. Only those who joined in the first week can open theirs, which takes less time."""
        if volunteer < self.joiners:
            return compute_record_commitment(self.make_opening(number, volunteer, week))
        return sha256(b"commitment %d" % number)

    def make_opening(self, number: int, volunteer: int, week: int) -> Opening:
        """Return what opens the record of a service of somebody who joined in the first week."""
        start, minutes = compute_start(number), compute_minutes(number)
        details: JsonObject = {
            "activity_name": f"Visits to the care home, group {volunteer // ORGANISATIONS % ACTIVITIES + 1} · 敬老院陪伴",
            "date": to_date(self.compute_day(volunteer, week)).isoformat(),
            "minutes": minutes,
            "place": "Riverside · 河畔",
        }
        if start is not None:
            details |= {"start": format_clock(start), "end": format_clock(start + minutes)}
        return Opening(sha256(b"salt %d" % number), details)


def make_activity(organisation: int, number: int) -> Identifier:
    """Return an activity of an organisation."""
    return make_identifier(f"activity {organisation} {number}")


def compute_start(number: int) -> int | None:
    """Return at which minute of the day a service began: every second one has no times."""
    return None if number % 2 else 480 + number // 2 % 16 * 30


def compute_minutes(number: int) -> Minutes:
    """Return how long a service took: one to four hours."""
    return Minutes(60 + number % 7 * 30)


def format_clock(minute: int) -> str:
    """Return a minute of the day as HH:MM."""
    return f"{minute // 60:02}:{minute % 60:02}"
