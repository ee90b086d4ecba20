"""How long what waits will take: by what was carried while something waited, and longer the longer nothing is."""

from hypothesis import given
from hypothesis import strategies as st

from node.pace import HALF_LIFE_MS, LONGEST_SECONDS, SHORTEST_SECONDS, Pace


def carry(pace: Pace, start_ms: int, per_second: int, seconds: int) -> int:
    pace.begin(start_ms)
    for number in range(1, seconds + 1):
        pace.note(per_second, start_ms + 1_000 * number, is_waiting=number < seconds)
    return start_ms + 1_000 * seconds


def test_nothing_known_is_the_shortest() -> None:
    assert Pace().estimate_seconds(10_000, 123) == SHORTEST_SECONDS


def test_what_waits_over_what_is_carried_in_a_second() -> None:
    pace = Pace()
    now_ms = carry(pace, 0, 100, 10)
    assert [pace.estimate_seconds(waiting, now_ms) for waiting in (0, 50, 450, 1_000, 10**9)] == [1, 1, 5, 10, LONGEST_SECONDS]


def test_idle_time_does_not_count() -> None:
    pace = Pace()
    now_ms = carry(pace, 0, 100, 5)
    assert pace.estimate_seconds(450, now_ms + 10**9) == 5
    assert pace.estimate_seconds(450, carry(pace, now_ms + 10**9, 100, 1)) == 5


def test_newer_counts_more() -> None:
    pace = Pace()
    now_ms = carry(pace, 0, 1_000, 60)
    now_ms = carry(pace, now_ms, 100, 4 * HALF_LIFE_MS // 1_000)
    assert 6 <= pace.estimate_seconds(1_000, now_ms) <= 10


def test_node_that_carries_nothing_sends_away_for_longer_and_longer() -> None:
    pace = Pace()
    pace.begin(0)
    assert [pace.estimate_seconds(1, 1_000 * seconds) for seconds in (0, 3, 10, 1_000)] == [1, 3, 10, LONGEST_SECONDS]
    stalled = Pace()
    now_ms = carry(stalled, 0, 100, 10)
    stalled.begin(now_ms)
    assert stalled.estimate_seconds(100, now_ms + 60_000) > stalled.estimate_seconds(100, now_ms + 1_000)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**13), st.booleans(), st.booleans())), st.integers(0, 10**6))
def test_whatever_the_clock_says_the_answer_is_within_bounds(steps: list[tuple[int, int, bool, bool]], waiting: int) -> None:
    pace = Pace()
    for count, time_ms, is_waiting, begins in steps:
        if begins:
            pace.begin(time_ms)
        pace.note(count, time_ms, is_waiting=is_waiting)
        assert SHORTEST_SECONDS <= pace.estimate_seconds(waiting, time_ms) <= LONGEST_SECONDS
        assert pace.busy_ms >= 0
