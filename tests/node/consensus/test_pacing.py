"""The bound on proposals: it gives way at once to work that takes long, and grows again while there is time."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import MAX_BLOCK_BYTES
from node.consensus.pacing import FIRST_BYTES, MIN_BYTES, SHARE, Pacing

PROPOSE_MS = 1_000
TARGET = PROPOSE_MS / 1_000 / SHARE


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


def test_it_finds_what_a_machine_can_do() -> None:
    """Blocks that take a second a megabyte settle at a quarter of it."""
    pacing = Pacing(PROPOSE_MS)
    for _ in range(50):
        pacing.note(pacing.max_bytes, pacing.max_bytes / 1e6)
    assert 0.6 * TARGET < pacing.max_bytes / 1e6 < 1.3 * TARGET
