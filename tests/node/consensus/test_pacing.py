"""The bound on proposals: it gives way at once to work that takes long, and grows again while there is time."""

import time
from collections import Counter, deque
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import MAX_BLOCK_BYTES, encode_block
from ledger.types import Hash
from node.chain import Candidate, Chain
from node.consensus.network import read_effort
from node.consensus.pacing import FIRST_BYTES, GATHER_SHARE, LEAST_GATHER_MS, MIN_BYTES, MOST_GATHER_MS, SHARE, Pacing
from tests.effort import choose
from tests.node import toy
from tests.node.consensus.town import STEP_MS, Member, Town

PROPOSE_MS = 1_000
TARGET = PROPOSE_MS / 1_000 * SHARE


def test_a_block_that_took_too_long_bounds_the_next_in_proportion() -> None:
    pacing = Pacing(PROPOSE_MS)
    pacing.note(FIRST_BYTES, 4 * TARGET)
    assert pacing.max_bytes == FIRST_BYTES // 4
    pacing.note(FIRST_BYTES // 2, 1.5 * TARGET)
    assert pacing.max_bytes == FIRST_BYTES // 4, "that one would have allowed more"


def test_it_grows_while_full_blocks_take_little_and_not_on_small_ones() -> None:
    pacing = Pacing(PROPOSE_MS)
    for _ in range(100):
        pacing.note(FIRST_BYTES // 4, 0.0)
    assert pacing.max_bytes == FIRST_BYTES
    pacing.note(FIRST_BYTES, TARGET)
    assert FIRST_BYTES < pacing.max_bytes < 2 * FIRST_BYTES
    for _ in range(100):
        pacing.note(MAX_BLOCK_BYTES, 0.0)
    assert pacing.max_bytes == MAX_BLOCK_BYTES


@given(st.lists(st.tuples(st.integers(1, MAX_BLOCK_BYTES), st.floats(0, 1e6))))
def test_it_stays_between_its_ends(blocks: list[tuple[int, float]]) -> None:
    pacing = Pacing(PROPOSE_MS)
    for byte_count, seconds in blocks:
        pacing.note(byte_count, seconds)
        assert MIN_BYTES <= pacing.max_bytes <= MAX_BLOCK_BYTES


def test_it_gathers_after_some_work_and_not_after_little() -> None:
    pacing = Pacing(PROPOSE_MS)
    found = []
    for seconds in (0.0, 0.001, LEAST_GATHER_MS / GATHER_SHARE / 1_000 + 0.001, 0.008, 1.0, 0.0):
        pacing.note(1, seconds)
        found.append(pacing.gather_ms)
    assert found[:2] == [0, 0]
    assert LEAST_GATHER_MS <= found[2] < found[3] == 8 * GATHER_SHARE
    assert found[4:] == [MOST_GATHER_MS, 0]


def test_the_pause_begins_with_the_turn_after_the_block() -> None:
    """The turn in which a block is made final began before it was written, which may take longer than the pause."""
    pacing = Pacing(PROPOSE_MS)
    pacing.note(1, 1.0)
    assert pacing.bound_due(9_000, 0) == 9_000
    pacing.begin_gathering()
    assert pacing.is_gathering(0)
    assert pacing.bound_due(9_000, 0) == 0, "a turn is due at once"
    pacing.note_time(500)
    assert pacing.bound_due(9_000, 500) == 500 + MOST_GATHER_MS
    pacing.note_time(500 + MOST_GATHER_MS)
    assert not pacing.is_gathering(500 + MOST_GATHER_MS)


def test_it_finds_what_a_machine_can_do() -> None:
    """Blocks that take a second a megabyte settle at two fifths of it."""
    pacing = Pacing(PROPOSE_MS)
    for _ in range(50):
        pacing.note(pacing.max_bytes, pacing.max_bytes / 1e6)
    assert 0.6 * TARGET < pacing.max_bytes / 1e6 < 1.3 * TARGET


def test_effort_is_between_the_processor_and_the_clock() -> None:
    clocks = (time.thread_time, read_effort, time.perf_counter)
    before = [clock() for clock in clocks]
    time.sleep(0.01)
    processor, effort, passed = (clock() - was for clock, was in zip(clocks, before, strict=True))
    assert processor < effort < passed


# A town whose blocks take some work: what comes after one is gathered.


def put(town: Town, number: int) -> None:
    town[0].replica.submit(toy.transact(number, (b"%d" % number, b"")), town.now_ms)
    town.deliver_all()


def count_heights(town: Town) -> set[int]:
    return {member.chain.tip.height for member in town.members.values()}


def begin_gathering(block_seconds: float = 1.0) -> Town:
    """Return a town that has just decided on its first block, each of which takes so long by the stopwatch."""
    town = Town()
    for member in town.members.values():
        member.replica._stopwatch = map(block_seconds.__mul__, count()).__next__
    town.run(STEP_MS)  # the first repetition of what is known, which begins a block whatever is gathered
    put(town, 1)
    assert count_heights(town) == {1}
    return town


def test_what_comes_soon_after_a_block_goes_into_one() -> None:
    town = begin_gathering()
    for number in range(2, 6):
        put(town, number)
    assert count_heights(town) == {1}
    assert {member.replica.compute_next_due_ms() for member in town.members.values()} == {town.now_ms + MOST_GATHER_MS}
    town.run(2 * STEP_MS)
    assert count_heights(town) == {2}
    assert len(town[0].final[-1].outcomes) == 4


def test_what_fills_a_block_is_not_waited_with() -> None:
    town = begin_gathering()
    for member in town.members.values():
        member.replica._pacing.max_bytes = 1  # less than any transaction has
    put(town, 2)
    assert count_heights(town) == {2}


def test_a_block_that_nobody_waited_for_costs_no_time() -> None:
    town = begin_gathering(block_seconds=0.001)
    put(town, 2)
    assert count_heights(town) == {2}
    quiet = begin_gathering()
    quiet.run(2 * MOST_GATHER_MS)
    put(quiet, 2)
    assert count_heights(quiet) == {2}, "who comes later begins at once"


# A town whose machines are slow.

BYTES_A_SECOND = 100_000
BURST = [toy.transact(number, *((b"key %d" % item, bytes([number]) * 1_000) for item in range(20))) for number in range(60)]
"""Of 1.2 MB: twelve seconds of work for one, where a proposal is waited for no longer than three."""


class SlowTown(Town):
    """Building and validating a block takes its node time, in which it neither hears nor is heard."""

    def __init__(self) -> None:
        super().__init__()
        self.busy_until_ms: dict[str, int] = {}
        self.spent_ms: Counter[str] = Counter()
        self.names_of_chains = {id(member.chain): member.name for member in self.members.values()}
        self.done: set[tuple[str, Hash]] = set()

    def work(self, chain: Chain, candidate: Candidate) -> Candidate:
        name = self.names_of_chains[id(chain)]
        if (name, candidate.block_hash) not in self.done:
            self.done.add((name, candidate.block_hash))
            duration_ms = len(encode_block(candidate.block)) * 1_000 // BYTES_A_SECOND
            self.spent_ms[name] += duration_ms
            self.busy_until_ms[name] = max(self.now_ms, self.busy_until_ms.get(name, 0)) + duration_ms
        return candidate

    def is_busy(self, name: str) -> bool:
        return self.busy_until_ms.get(name, 0) > self.now_ms

    def deliver_all(self) -> None:
        later: deque[tuple[str, str, bytes]] = deque()
        while self.wires:
            sender, receiver, data = self.wires.popleft()
            if self.is_busy(sender) or self.is_busy(receiver):
                later.append((sender, receiver, data))
            else:
                self._deliver(sender, receiver, data)
        self.wires.extend(later)

    def _tick(self, member: Member) -> None:
        if not self.is_busy(member.name):
            super()._tick(member)


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> SlowTown:
    town = SlowTown()
    build, validate = Chain.build, Chain.validate
    monkeypatch.setattr(Chain, "build", lambda chain, *arguments: town.work(chain, build(chain, *arguments)))
    monkeypatch.setattr(Chain, "validate", lambda chain, block: town.work(chain, validate(chain, block)))
    for signed in BURST:
        town[0].replica._mempool.add(signed)
    return town


def is_final(town: Town) -> bool:
    return all(
        member.chain.find_outcome(signed.transaction_id) is not None for member in town.members.values() for signed in BURST
    )


def test_a_burst_of_work_does_not_stop_slow_machines(town: SlowTown) -> None:
    for member in town.members.values():
        member.replica._stopwatch = lambda name=member.name: town.spent_ms[name] / 1_000  # type: ignore[misc]
    town[0].replica.announce(town.now_ms)
    town.run_until(lambda: is_final(town), ms=120_000)
    rounds = [fields["round"] for event, fields in town[0].events if event == "block"]
    assert rounds.count(0) > len(rounds) * 0.8


def test_without_a_bound_it_would(town: SlowTown) -> None:
    for member in town.members.values():
        member.replica._pacing.max_bytes = MAX_BLOCK_BYTES
    town[0].replica.announce(town.now_ms)
    town.run(choose(70_000, 120_000))
    assert not is_final(town)
    assert town[0].replica.state.round > 3, "one proposal after the other is in vain"
