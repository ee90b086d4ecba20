"""Screening: rows that one look shows to be good are those against which the rule finds nothing, whatever batch they are in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.activities import ACTIVITIES, Activity, ActivityClass, ActivityStatus
from contracts.hours.screening import Screening
from contracts.hours.service import Attendance, CertifyHours, Mode, certify_hours
from contracts.identity.departed import VOLUNTEERS, Volunteer
from contracts.identity.parties import ORGANISATIONS, Organisation, Standing
from contracts.parameters import set_parameter
from ledger.errors import Rejection
from ledger.execution import BlockContext, TransactionContext
from ledger.state import EmptyView, Overlay
from ledger.types import Day, Hash, Height, Minutes, TimeMs
from tests.contracts.chain import hash_of, identifier_of, key_of

FIRST_DAY = 19_782
"""2024-02-29, so that the days around are in two months."""
NOW = TimeMs((FIRST_DAY + 2) * 86_400_000)
SHORE, LAKE = identifier_of("Shore"), identifier_of("Lake")
OFFICER = key_of("officer").public_key
ACTIVITY_KINDS: dict[str, tuple[Any, ActivityClass, ActivityStatus]] = {
    "open": (SHORE, ActivityClass.SERVICE, ActivityStatus.OPEN),
    "other": (SHORE, ActivityClass.SERVICE, ActivityStatus.OPEN),
    "closed": (SHORE, ActivityClass.SERVICE, ActivityStatus.CLOSED),
    "meeting": (SHORE, ActivityClass.MEETING, ActivityStatus.OPEN),
    "of others": (LAKE, ActivityClass.SERVICE, ActivityStatus.OPEN),
}
PEOPLE = ("mia", "noa", "lin")

rows = st.builds(
    lambda record, activity, volunteer, day, start, minutes: Attendance(
        identifier_of(f"record {record}"),
        identifier_of(activity),
        identifier_of(volunteer),
        Day(FIRST_DAY + day),
        start,
        Minutes(minutes),
        hash_of("details"),
    ),
    st.integers(0, 12),
    st.sampled_from(["open"] * 8 + [*ACTIVITY_KINDS, "unknown"]),
    st.sampled_from([*PEOPLE * 4, "stranger"]),
    st.integers(-3, 4),
    st.none() | st.integers(0, 1_439),
    st.sampled_from([30, 60, 120, 720, 960, 1_440]) | st.integers(-5, 1_500),
)
parameters = st.fixed_dictionaries(
    {},
    optional={
        "max_record_minutes": st.sampled_from([60, 720]),
        "daily_cap_minutes": st.sampled_from([60, 1_440]),
        "recording_deadline_working_days": st.just(1),
        "max_activity_earning_minutes": st.just(120),
        "max_earning_minutes": st.just(90),
        "late_records_earn": st.just(0),
        "backfilled_records_earn": st.just(0),
        "points_per_hour": st.integers(0, 9),
    },
)
batches = st.lists(st.tuples(st.lists(rows, min_size=1, max_size=12), st.sampled_from(Mode), st.booleans()), max_size=4)


def begin(changed: dict[str, int]) -> Overlay:
    """Return the state of a small region."""
    state = Overlay(EmptyView())
    for organisation in (SHORE, LAKE):
        ORGANISATIONS.put(state, Organisation("name", Standing.ACTIVE, (OFFICER,), 1), organisation)
    for name, (organisation, activity_class, status) in ACTIVITY_KINDS.items():
        days = Day(FIRST_DAY - 2), Day(FIRST_DAY + 3)
        ACTIVITIES.put(state, Activity(organisation, activity_class, *days, hash_of("x"), status, 100), identifier_of(name))
    for person in PEOPLE:
        VOLUNTEERS.put(state, Volunteer(None, SHORE, (hash_of(person),)), identifier_of(person))
    for name, value in changed.items():
        set_parameter(state, name, value)
    return state


def certify(state: Overlay, number: int, body: CertifyHours) -> object:
    """Certify a batch; return what a rule answers."""
    context = TransactionContext(BlockContext("chain", Height(number), NOW), Hash(hash_of(f"{number}")), (OFFICER,))
    scratch = Overlay(state)
    try:
        effects = certify_hours(scratch, body, context)
    except Rejection as rejection:
        return rejection.reason, rejection.value, rejection.rows
    state.absorb(scratch)
    return effects.events, effects.rows


@given(parameters, batches)
def test_a_batch_leads_to_the_same_with_and_without_the_first_look(
    changed: dict[str, int], given_batches: list[tuple[list[Attendance], Mode, bool]]
) -> None:
    found = []
    for is_screened in (True, False):
        state = begin(changed)
        with pytest.MonkeyPatch.context() as patch:
            if not is_screened:
                patch.setattr(Screening, "is_clear", lambda _self, _row: False)
            answers = [
                certify(state, number, CertifyHours(SHORE, mode, tuple(taken), is_backfilled))
                for number, (taken, mode, is_backfilled) in enumerate(given_batches)
            ]
        found.append((answers, dict(state.changes)))
    assert found[0] == found[1]


def test_most_rows_take_no_closer_look(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    look = Screening.is_clear

    def note(self: Screening, row: Attendance) -> bool:
        seen.append(look(self, row))
        return seen[-1]

    monkeypatch.setattr(Screening, "is_clear", note)
    services = [("mia", 0, None, 60), ("noa", 0, 540, 60), ("noa", 0, 600, 60), ("lin", 1, 0, 1_440)]
    taken = tuple(
        Attendance(
            identifier_of(f"record {number}"), identifier_of("open"), identifier_of(name), Day(FIRST_DAY + day), start,
            Minutes(minutes), hash_of("details"),
        )
        for number, (name, day, start, minutes) in enumerate(services)
    )  # fmt: skip
    answer = certify(begin({}), 1, CertifyHours(SHORE, Mode.ATOMIC, taken))
    assert isinstance(answer, tuple)
    assert (answer[1], seen) == ((None,) * 4, [True, True, False, True])
