"""The places of outcomes, told without looking, are those that are found in the store."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.types import EntryIndex
from node.chain.places import iterate_outcomes
from node.storage.memory import MemoryStore
from tests.node import toy

KINDS = {"put": 3, "refuse": 0}


@settings(max_examples=30)
@given(st.lists(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 3)), max_size=5), min_size=1, max_size=4))
def test_told_places_are_found_places(blocks: list[list[tuple[str, int]]]) -> None:
    chain = toy.open_chain(MemoryStore())
    number = 0
    for block in blocks:
        transactions = []
        for kind, puts in block:
            number += 1
            transactions.append(toy.transact(number, *[(b"key%d" % put, b"v") for put in range(puts)], kind=kind))
        candidate = toy.add_block(chain, *transactions)
        told = list(iterate_outcomes(candidate))
        assert told == [chain.find_outcome(item.transaction_id) for item in transactions]
        assert all(EntryIndex(0) < found.index < candidate.tip.size - 1 for found in told)
