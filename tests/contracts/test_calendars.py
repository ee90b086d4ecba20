"""Calendars: a batch reads at once what its rows are about, and it makes no difference to what they lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.records import Calendars, Record, RecordStatus, find_conflict
from ledger.errors import CodecError
from ledger.state import EmptyView, Overlay
from ledger.types import Day, Identifier, Minutes, Points
from tests.contracts.chain import identifier_of

FIRST_DAY = Day(19_783)
"""2024-03-01."""
PEOPLE = tuple(identifier_of(name) for name in ("mia", "noa", "lin"))


def make(number: int, day: int, start: int | None, minutes: int, points: int, batch: str = "batch") -> Record:
    """Return a record that counts."""
    ids = identifier_of(f"record {number}"), identifier_of(batch), number, identifier_of("Shore")
    content = Day(day), start, Minutes(minutes), Points(points)
    return Record(
        *ids,
        *content,
        FIRST_DAY,
        Day(FIRST_DAY + 365),
        is_late=False,
        status=RecordStatus.COUNTED,
        allowance=0,
        is_backfilled=False,
    )


rows = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.integers(FIRST_DAY - 2, FIRST_DAY + 2),
        st.none() | st.integers(0, 1_439),
        st.integers(1, 1_440),
        st.integers(0, 3),
    ),
    max_size=8,
)


def record(
    state: Overlay, batch: str, services: list[tuple[Identifier, int, int | None, int, int]], *, at_once: bool
) -> list[object]:
    """Record what does not conflict; return why the rest does."""
    calendars = Calendars(state)
    if at_once:
        calendars.load([(volunteer, Day(day)) for volunteer, day, *_ in services])
    conflicts: list[object] = []
    for number, (volunteer, day, start, minutes, points) in enumerate(services):
        conflict = find_conflict(calendars, volunteer, Day(day), start, Minutes(minutes), 960, correcting=None)
        conflicts.append(conflict or calendars.find_full(volunteer))
        if conflict is None:
            new = make(number, day, start, minutes, points, batch)
            calendars.put(volunteer, new)
            calendars.mint(volunteer, new)
    calendars.save(state)
    return conflicts


@given(rows, rows)
def test_reading_at_once_leads_to_the_same(
    earlier: list[tuple[Identifier, int, int | None, int, int]], later: list[tuple[Identifier, int, int | None, int, int]]
) -> None:
    found = []
    for at_once in (True, False):
        state = Overlay(EmptyView())
        conflicts = [record(state, name, services, at_once=at_once) for name, services in (("1", earlier), ("2", later))]
        found.append((conflicts, dict(state.changes)))
    assert found[0] == found[1]


@pytest.mark.parametrize(("start", "minutes", "points"), [(1_440, 60, 1), (0, 2**31, 1), (0, 60, -1)])
def test_a_record_that_does_not_fit_is_not_written_beside_good_ones(start: int, minutes: int, points: int) -> None:
    state = Overlay(EmptyView())
    record(state, "good", [(PEOPLE[0], FIRST_DAY, 0, 60, 1)], at_once=True)
    before = dict(state.changes)
    calendars = Calendars(state)
    calendars.put(PEOPLE[0], make(0, FIRST_DAY, start, minutes, points))
    with pytest.raises(CodecError):
        calendars.save(state)
    assert state.changes == before
