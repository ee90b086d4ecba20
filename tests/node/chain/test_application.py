"""The chain under no engine at all: check, build, validate and commit, and what is stored after each."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.authorities import compute_authorities_hash
from ledger.blocks import HEADER, compute_block_hash, decode_block, encode_block
from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.events import OUTCOME
from ledger.execution import BlockContext, execute_block
from ledger.genesis import compute_genesis_hash
from ledger.merkle import EMPTY_ROOT, compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay
from ledger.state_tree import compute_state_root
from ledger.transactions import KeySignature, SignedTransaction, encode_signed, sign
from ledger.types import Hash, Round, Signature, TimeMs
from node.chain import Chain
from node.chain.log_entries import iterate_entries
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from node.storage.namespaces import BLOCKS, PAGES, STATE, compute_tile_key
from tests.node import toy


@contextmanager
def refused(reason: Reason) -> Iterator[None]:
    with pytest.raises(HourledgerError) as caught:
        yield
    assert caught.value.reason is reason


@pytest.fixture
def chain() -> Chain:
    return toy.open_chain(MemoryStore())


def test_block_0_holds_the_genesis_state(chain: Chain) -> None:
    header = chain.tip.header
    assert (header.height, header.time_ms, header.proposer) == (0, toy.START_MS, bytes(32))
    assert (header.log_size, header.log_root, header.transactions_root) == (0, EMPTY_ROOT, EMPTY_ROOT)
    assert header.authorities_hash == header.next_authorities_hash == compute_authorities_hash(toy.GENESIS.authorities)
    assert chain.tip.size == 1
    assert chain.view().get(b"member/" + toy.MEMBER.public_key) == b"yes"
    with chain.reader() as reader:
        assert reader.read_entry(chain.tip.size - 1) == HEADER.encode(header)  # type: ignore[arg-type]


class CountingStore:
    """A store in memory that notes which pages of the state tree are asked for one by one."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.pages: list[bytes] = []
        self.iterate, self.write = self._store.iterate, self._store.write
        self.snapshot, self.close = self._store.snapshot, self._store.close

    def get(self, key: bytes, /) -> bytes | None:
        if key.startswith(PAGES.prefix):
            self.pages.append(key)
        return self._store.get(key)


@pytest.mark.parametrize("is_warm", [True, False])
def test_a_chain_that_was_warmed_up_has_its_pages_in_memory(*, is_warm: bool) -> None:
    store = CountingStore()
    puts = [(b"key %d" % number, b"value") for number in range(200)]
    toy.add_block(toy.open_chain(store), toy.transact(1, *puts))
    chain = toy.open_chain(store)
    if is_warm:
        chain.warm_up()
    store.pages.clear()
    toy.add_block(chain, toy.transact(2, *((key, b"other") for key, _value in puts)))
    assert bool(store.pages) is not is_warm


def test_a_transaction_goes_all_the_way(chain: Chain) -> None:
    transaction = toy.transact(1, (b"a", b"1"))
    assert chain.check(encode_signed(transaction), toy.START_MS) == transaction
    candidate = toy.build(chain, [transaction])
    assert chain.find_outcome(transaction.transaction_id) is None
    assert chain.view().get(b"value/a") is None
    chain.commit(candidate, toy.make_commit(candidate.block.header))
    assert chain.view().get(b"value/a") == b"1"
    found = chain.find_outcome(transaction.transaction_id)
    assert found is not None
    assert found.outcome.is_accepted
    with chain.reader() as reader:
        entries = tuple(reader.iterate_entries(found.index - 1, chain.tip.size))  # type: ignore[arg-type]
    assert entries == candidate.entries
    assert toy.PUT.decode(entries[0]) == toy.Put(b"a", b"1")
    assert OUTCOME.decode(entries[1]) == found.outcome
    assert HEADER.decode(entries[2]) == candidate.block.header == chain.tip.header


def test_a_refusal_is_recorded_and_changes_nothing(chain: Chain) -> None:
    transaction = toy.transact(1, (b"a", b"1"), kind="refuse")
    toy.add_block(chain, transaction)
    found = chain.find_outcome(transaction.transaction_id)
    assert found is not None
    assert (found.outcome.reason, found.outcome.value) == (Reason.NO_CHANGE, "a value")
    assert chain.view().get(b"value/a") is None


def test_a_payload_under_the_wrong_signature_stays_open_for_its_owner() -> None:
    chain = toy.open_chain(MemoryStore())
    stolen = toy.transact(1, (b"a", b"1"), kind="own", key=toy.OTHER_MEMBER)
    candidate = toy.build(chain, [stolen, toy.transact(2, (b"b", b"2"))])
    assert [(item.transaction_id, item.error.reason) for item in candidate.left_out] == [
        (stolen.transaction_id, Reason.NOT_PERMITTED)
    ]
    chain.commit(candidate, toy.make_commit(candidate.block.header))
    assert chain.find_outcome(stolen.transaction_id) is None
    toy.add_block(chain, sign(stolen, toy.MEMBER))
    found = chain.find_outcome(stolen.transaction_id)
    assert found is not None
    assert found.outcome.is_accepted


def test_headers_lead_from_one_to_the_next(chain: Chain) -> None:
    candidates = toy.tell_story(chain)
    with chain.reader() as reader:
        headers = [reader.read_header(height) for height in range(6)]  # type: ignore[arg-type]
        entries = list(reader.iterate_entries(0, chain.tip.size))  # type: ignore[arg-type]
    assert headers[1:] == [candidate.block.header for candidate in candidates]
    assert headers[0].parent_hash == compute_genesis_hash(toy.GENESIS)
    assert [header.parent_hash for header in headers[1:]] == [compute_block_hash(header) for header in headers[:-1]]
    leaves = [compute_leaf_hash(entry) for entry in entries]
    for header in headers:
        assert header.log_root == compute_tree_root(leaves[: header.log_size])
    assert chain.tip.frontier.root == compute_tree_root(leaves)


def test_the_state_root_is_that_of_all_values() -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    toy.tell_story(chain)
    values = {sha256(key[1:]): sha256(value) for key, value in store.iterate(STATE.prefix)}
    assert chain.tip.header.state_root == compute_state_root(values)


def test_times_of_blocks_ascend_whatever_the_clock_says(chain: Chain) -> None:
    late = chain.build([], TimeMs(toy.START_MS + 5), toy.AUTHORITY_KEYS[0].public_key)
    chain.commit(late, toy.make_commit(late.block.header))
    early = chain.build([], TimeMs(3), toy.AUTHORITY_KEYS[0].public_key)
    assert (late.block.header.time_ms, early.block.header.time_ms) == (toy.START_MS + 5, toy.START_MS + 6)


def test_building_twice_gives_the_same(chain: Chain) -> None:
    assert toy.build(chain, toy.STORY[2]) == toy.build(chain, toy.STORY[2])


def test_a_candidate_that_is_not_committed_leaves_no_trace() -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    before = toy.read_all(store)
    chain.validate(toy.build(toy.open_chain(MemoryStore()), toy.STORY[0]).block)
    toy.build(chain, toy.STORY[2])
    assert toy.read_all(store) == before


@pytest.mark.parametrize(
    "make",
    [lambda _path: MemoryStore(), lambda path: open_leveldb(path / "store")],
    ids=["memory", "leveldb"],
)
def test_replay_through_validation_gives_the_same_store(make: Callable[[Path], MemoryStore], tmp_path: Path) -> None:
    first_store = MemoryStore()
    first = toy.open_chain(first_store)
    candidates = toy.tell_story(first)
    with closing(make(tmp_path)) as second_store:
        second = toy.open_chain(second_store)
        for candidate in candidates:
            block = decode_block(encode_block(candidate.block))
            second.commit(second.validate(block), toy.make_commit(block.header))
        assert second.tip == first.tip
        assert toy.read_all(second_store) == toy.read_all(first_store)


@pytest.mark.parametrize("height", range(6))
def test_goes_on_after_being_opened_again(height: int, tmp_path: Path) -> None:
    whole = MemoryStore()
    toy.tell_story(toy.open_chain(whole))
    with closing(open_leveldb(tmp_path)) as store:
        chain = toy.open_chain(store)
        for transactions in toy.STORY[:height]:
            toy.add_block(chain, *transactions)
        tip = chain.tip
    with closing(open_leveldb(tmp_path)) as store:
        chain = toy.open_chain(store)
        assert chain.tip == tip
        toy.tell_story(chain)
        assert toy.read_all(store) == toy.read_all(whole)


@settings(max_examples=20)
@given(st.lists(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.binary(max_size=2)), max_size=4), max_size=5))
def test_any_history_leads_to_the_plain_roots(history: list[list[tuple[bytes, bytes]]]) -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    values: dict[bytes, bytes] = {}
    for number, puts in enumerate(history):
        toy.add_block(chain, toy.transact(number, *puts))
        values.update(puts)
    members = {b"member/" + key.public_key: b"yes" for key in (toy.MEMBER, toy.OTHER_MEMBER)}
    expected = members | {b"value/" + key: value for key, value in values.items() if value}
    assert {key[1:]: value for key, value in store.iterate(STATE.prefix)} == expected
    assert chain.tip.header.state_root == compute_state_root({sha256(k): sha256(v) for k, v in expected.items()})
    assert chain.tip.frontier.root == compute_tree_root(
        [compute_leaf_hash(entry) for entry in iterate_entries(store, 0, chain.tip.size)]
    )
    assert len(list(store.iterate(BLOCKS.prefix))) == len(history) + 1


def test_check_gives_the_first_reason(chain: Chain) -> None:
    good = toy.transact(1)
    broken = SignedTransaction(good.payload, (KeySignature(good.signatures[0].key, Signature(bytes(64))),))
    with refused(Reason.MALFORMED):
        chain.check(b"\xc1", toy.START_MS)
    with refused(Reason.INVALID_SIGNATURE):
        chain.check(encode_signed(broken), toy.START_MS)
    with refused(Reason.UNKNOWN_KEY):
        chain.check(encode_signed(toy.transact(1, key=toy.STRANGER)), toy.START_MS)


def test_check_is_for_the_time_of_the_next_block(chain: Chain) -> None:
    toy.add_block(chain)
    ends_with_the_tip = toy.transact(1, valid_until_ms=chain.tip.header.time_ms)
    with refused(Reason.EXPIRED):
        chain.check(encode_signed(ends_with_the_tip), toy.START_MS)


def test_commit_wants_a_quorum_for_just_this_block() -> None:
    chain = toy.open_chain(MemoryStore(), toy.make_genesis(4))
    candidate = toy.build(chain, toy.STORY[0])
    header = candidate.block.header
    with refused(Reason.QUORUM_MISSING):
        chain.commit(candidate, toy.make_commit(header, toy.AUTHORITY_KEYS[:2]))
    with refused(Reason.INVALID_PROOF):
        chain.commit(candidate, toy.make_commit(replace(header, time_ms=TimeMs(header.time_ms + 1)), toy.AUTHORITY_KEYS))
    commit = toy.make_commit(header, toy.AUTHORITY_KEYS[:3])
    with refused(Reason.INVALID_SIGNATURE):
        chain.commit(candidate, replace(commit, round=Round(1)))
    assert chain.tip.height == 0
    chain.commit(candidate, commit)
    assert chain.tip.height == 1
    assert chain.authorities == toy.make_genesis(4).authorities


def test_only_the_block_after_the_tip_is_committed(chain: Chain) -> None:
    candidate = toy.build(chain, toy.STORY[0])
    commit = toy.make_commit(candidate.block.header)
    chain.commit(candidate, commit)
    with refused(Reason.INTERNAL):
        chain.commit(candidate, commit)


@pytest.mark.parametrize("width", [0, 1, 2])
def test_a_tile_of_another_width_is_not_built_upon(width: int) -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    toy.add_block(chain)
    assert chain.tip.size == 2
    store.write({compute_tile_key(0, 0): (store.get(compute_tile_key(0, 0)) or b"")[: 32 * width] + bytes(32 * (width // 2))})
    with refused(Reason.STORE_DAMAGED):
        toy.build(chain, ())


def test_execution_is_that_of_the_ledger(chain: Chain) -> None:
    candidate = toy.build(chain, toy.STORY[2])
    header = candidate.block.header
    context = BlockContext(toy.CHAIN_ID, header.height, header.time_ms)
    executed = execute_block(chain.view(), toy.RULE_BOOK, toy.STORY[2], context)
    assert candidate.entries == (*executed.entries, HEADER.encode(header))
    assert candidate.outcomes == executed.outcomes


def test_more_signatures_are_the_same_transaction(chain: Chain) -> None:
    first = toy.transact(1, (b"a", b"1"))
    second = sign(first, toy.OTHER_MEMBER)
    toy.add_block(chain, first)
    assert [item.error.reason for item in toy.build(chain, [second]).left_out] == [Reason.ALREADY_EXISTS]
    assert chain.find_outcome(Hash(second.transaction_id)) is not None


def test_genesis_state_may_be_empty() -> None:
    chain = Chain.open(MemoryStore(), toy.GENESIS, toy.RULE_BOOKS, Overlay(EmptyView()), toy.parties_of)
    assert chain.tip.header.state_root == compute_state_root({})
    with refused(Reason.UNKNOWN_KEY):
        chain.check(encode_signed(toy.transact(1)), toy.START_MS)
