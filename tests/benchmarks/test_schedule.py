"""The load of the benchmarks: what the text says of it is true."""

from collections import Counter, defaultdict

import pytest

from benchmarks.schedule import (
    FEWEST_WEEKS,
    MOST_WEEKS,
    ORGANISATIONS,
    ROWS_IN_BATCH,
    WEEKS,
    Batch,
    Joining,
    Schedule,
    compute_weeks,
)
from certificates.details import compute_record_commitment
from ledger.types import Day

FIRST_DAY = Day(20_000)


def make_schedule(records: int) -> Schedule:
    return Schedule(records, FIRST_DAY)


@pytest.mark.parametrize("records", [1, 20_000, 100_000])
def test_there_are_as_many_records_as_asked_for(records: int) -> None:
    schedule = make_schedule(records)
    services = [item for step in schedule.iterate() if isinstance(step, Batch) for item in step.services]
    assert records - ORGANISATIONS * ROWS_IN_BATCH < len(services)
    assert len(services) < max(1.1 * records, 10_000)
    assert len({number for number, _volunteer, _week in services}) == len(services)


def test_everybody_serves_once_a_week_after_joining() -> None:
    schedule = make_schedule(20_000)
    joined: dict[int, int] = {}
    weeks: dict[int, list[int]] = defaultdict(list)
    for step in schedule.iterate():
        if isinstance(step, Joining):
            joined |= dict.fromkeys(step.volunteers, step.week)
            assert {volunteer % ORGANISATIONS for volunteer in step.volunteers} == {step.organisation}
        else:
            assert len(step.services) == ROWS_IN_BATCH
            for _number, volunteer, week in step.services:
                assert volunteer % ORGANISATIONS == step.organisation
                assert joined[volunteer] <= week <= step.week
                weeks[volunteer].append(week)
    for volunteer, served in weeks.items():
        assert served == list(range(joined[volunteer], joined[volunteer] + len(served)))
        assert len(served) <= compute_weeks(volunteer)
    lengths = Counter(map(compute_weeks, joined))
    assert (min(lengths), max(lengths)) == (FEWEST_WEEKS, MOST_WEEKS)
    assert Counter(joined.values()) == dict.fromkeys(range(WEEKS), schedule.joiners)


def test_rows() -> None:
    schedule = make_schedule(20_000)
    rows = [schedule.make_attendance(number, number % 8, number % WEEKS) for number in range(2_000)]
    with_times = [row for row in rows if row.start is not None]
    assert len(with_times) == len(rows) // 2
    assert all(row.start is None or row.start + row.minutes < 24 * 60 for row in rows)
    assert {row.minutes for row in rows} == set(range(60, 241, 30))
    assert schedule.first_day <= min(row.day for row in rows) < max(row.day for row in rows) <= schedule.last_day
    assert len({row.activity for row in rows}) > ORGANISATIONS


def test_openings() -> None:
    schedule = make_schedule(20_000)
    for service in ((0, 0, 0), (1, 3, 7)):
        assert compute_record_commitment(schedule.make_opening(*service)) == schedule.make_attendance(*service).commitment
