"""Whatever is sent, valid or not: the lists that are made of the state say what the log says, position by position."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certificates.bitstring_list import MEANT, Purpose, get_bit, pack_bits
from certificates.status_list import Moment, make_status_list, pack_list, parse_status_list
from certificates.status_uris import ListName
from contracts.statuses import CHUNKS, LIST_POSITIONS, PositionStatus, encode_number
from ledger.types import Height, TimeMs
from tests.contracts.chain import CHAIN_ID, Chain, key_of
from tests.contracts.status_invariants import Fold, check_statuses, read_statuses
from tests.properties.cases import POSITIONS
from tests.properties.operations import FIRST_DAY, MS_PER_DAY, Generator, make_chain

KINDS = (
    *(f"certificates.{step}" for step in ("register", "register", "revoke", "suspend", "reinstate", "supersede")),
    *(f"cards.{step}" for step in ("register", "register", "suspend", "reinstate", "revoke")),
    "identity.erase_volunteer",
    "identity.merge_volunteers",
)
STEPS = 120


def read_list(chain: Chain, number: int) -> tuple[dict[int, PositionStatus], bytes]:
    """What a list says of the positions that the operations use."""
    packed = pack_list(lambda chunk: CHUNKS.get(chain, encode_number(chunk)), number)
    data = make_status_list(ListName(CHAIN_ID, number), packed, Moment(Height(1), TimeMs(0)), key_of("region log"))
    found, _jws = parse_status_list(data.encode())
    return {item: found.get(item) for item in POSITIONS if item // LIST_POSITIONS == number}, packed


@pytest.mark.slow
@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_lists_made_of_the_state_are_the_fold_over_the_events(seed: int) -> None:
    chain, fold = make_chain(), Fold()
    generator = Generator(Random(seed), chain, kinds=KINDS)
    time_ms = (FIRST_DAY + 9) * MS_PER_DAY
    for _ in range(STEPS):
        operation = generator.draw(time_ms)
        time_ms += min(operation.step_ms, MS_PER_DAY)
        fold.add(chain.submit(operation.signers, operation.kind, operation.body, time_ms).entries)
        assert read_statuses(chain) == fold.statuses
    check_statuses(chain)
    listed, packed = read_list(chain, 0)
    assert listed == {item: fold.statuses.get(item, PositionStatus.VALID) for item in listed}
    for purpose in Purpose:
        bits = pack_bits(packed, purpose)
        assert {item for item in listed if get_bit(bits, item)} == {
            item for item, status in fold.statuses.items() if status in MEANT[purpose]
        }
