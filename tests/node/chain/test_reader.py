"""Reads of one moment: what is there, what is not, and proofs that fit the header and the log of that height."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import merkle, state_tree
from ledger.blocks import HEADER
from ledger.errors import HourledgerError
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.tiles import iterate_tiles
from ledger.types import EntryIndex, Hash, Height, Identifier
from node.chain import Candidate, Chain, ChainReader
from node.storage import namespaces
from node.storage.leveldb import open_leveldb
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.node import toy


@pytest.fixture(params=["memory", "leveldb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyValueStore]:
    opened: KeyValueStore = MemoryStore() if request.param == "memory" else open_leveldb(tmp_path / "store")
    with closing(opened):
        yield opened


@pytest.fixture
def chain(store: KeyValueStore) -> Chain:
    return toy.open_chain(store)


@pytest.fixture
def candidates(chain: Chain) -> list[Candidate]:
    return toy.tell_story(chain)


@pytest.fixture
def reader(chain: Chain, candidates: list[Candidate]) -> Iterator[ChainReader]:
    assert candidates
    with chain.reader() as reader:
        yield reader


def read_leaves(reader: ChainReader) -> list[Hash]:
    return [compute_leaf_hash(entry) for entry in reader.iterate_entries(EntryIndex(0), reader.tip.size)]


def test_blocks_commits_and_headers(reader: ChainReader, candidates: list[Candidate]) -> None:
    for candidate in candidates:
        height = candidate.tip.height
        assert reader.read_block(height) == candidate.block
        assert reader.read_header(height) == candidate.block.header
        assert reader.read_commit(height) == toy.make_commit(candidate.block.header)
        assert reader.find_header_entry(height) == candidate.tip.size - 1


def test_every_entry_is_proven_under_every_later_size(reader: ChainReader) -> None:
    leaves = read_leaves(reader)
    for size in (1, 5, 256, 257, 600, len(leaves)):
        root = reader.compute_root_at(EntryIndex(size))
        assert root == compute_tree_root(leaves[:size])
        for index in {0, size // 2, size - 1}:
            proof = reader.prove_entry(EntryIndex(index), EntryIndex(size))
            merkle.verify_inclusion(leaves[index], index, size, proof, root)
    assert reader.compute_root_at(reader.tip.size) == reader.tip.frontier.root
    assert reader.prove_entry(EntryIndex(0)) == reader.prove_entry(EntryIndex(0), reader.tip.size)


def test_sizes_are_proven_consistent(reader: ChainReader) -> None:
    for old, new in ((1, 2), (5, 256), (256, 600), (300, int(reader.tip.size))):
        roots = [reader.compute_root_at(EntryIndex(size)) for size in (old, new)]
        merkle.verify_consistency(old, roots[0], new, roots[1], reader.prove_consistency(EntryIndex(old), EntryIndex(new)))
    assert reader.prove_consistency(reader.tip.size) == ()


def test_state_is_proven_under_the_last_header(reader: ChainReader) -> None:
    header = HEADER.decode(reader.read_entry(EntryIndex(reader.tip.size - 1)))
    assert header == reader.tip.header
    for key in (b"value/c", b"value/many299", b"member/" + toy.MEMBER.public_key):
        value = reader.state.get(key)
        assert value is not None
        state_tree.verify_inclusion(header.state_root, key, value, reader.prove_state(key))
    for key in (b"value/b", b"value/never"):
        assert reader.state.get(key) is None
        state_tree.verify_absence(header.state_root, key, reader.prove_state(key))


def test_a_reader_stays_at_its_height_while_blocks_are_added(chain: Chain) -> None:
    toy.add_block(chain, *toy.STORY[0])
    old_tip = chain.tip
    with chain.reader() as reader:
        entries = list(reader.iterate_entries(EntryIndex(0), old_tip.size))
        toy.tell_story(chain)
        assert reader.tip == old_tip
        assert list(reader.iterate_entries(EntryIndex(0), old_tip.size)) == entries
        assert reader.state.get(b"value/a") == b"1"
        state_tree.verify_inclusion(old_tip.header.state_root, b"value/a", b"1", reader.prove_state(b"value/a"))
        proof = reader.prove_entry(EntryIndex(1))
        merkle.verify_inclusion(compute_leaf_hash(entries[1]), 1, old_tip.size, proof, old_tip.frontier.root)
        assert reader.find_outcome(toy.STORY[2][0].transaction_id) is None
        with pytest.raises(HourledgerError, match="blocks 0 to 1"):
            reader.read_header(Height(2))
        with pytest.raises(HourledgerError, match="log has 5 entries"):
            reader.read_entry(old_tip.size)


def test_tiles_are_those_of_the_log(reader: ChainReader) -> None:
    leaves = read_leaves(reader)
    tiles = {(tile.level, tile.index): tile.width for tile in iterate_tiles(reader.tip.size)}
    assert (0, 2) in tiles
    assert (1, 0) in tiles
    for (level, index), width in tiles.items():
        assert level is not None
        step = 256**level
        starts = range(index * 256 * step, (index * 256 + width) * step, step)
        expected = b"".join(compute_tree_root(leaves[start : start + step]) for start in starts)
        assert reader.read_tile(level, index, width) == expected
        assert reader.read_tile(level, index, 1) == expected[:32]
        if width < 256:
            with pytest.raises(HourledgerError, match="no such tile"):
                reader.read_tile(level, index, width + 1)


def test_outcomes_and_mentions_are_found(reader: ChainReader) -> None:
    for transaction in (item for block in toy.STORY for item in block):
        found = reader.find_outcome(transaction.transaction_id)
        assert found is not None
        assert found.outcome.transaction_id == transaction.transaction_id
    mentioned = list(reader.iterate_subject(toy.PARTY))
    entries = list(enumerate(reader.iterate_entries(EntryIndex(0), reader.tip.size)))
    assert mentioned == [index for index, entry in entries if toy.parties_of(entry)]
    assert list(reader.iterate_subject(toy.PARTY, mentioned[3])) == mentioned[3:]
    assert list(reader.iterate_subject(Identifier(bytes(16)))) == []


ABSENT: list[Callable[[ChainReader], object]] = [
    lambda reader: reader.read_block(Height(6)),
    lambda reader: reader.read_block(Height(-1)),
    lambda reader: reader.read_commit(Height(0)),
    lambda reader: reader.read_entry(EntryIndex(-1)),
    lambda reader: reader.read_entry(reader.tip.size),
    lambda reader: list(reader.iterate_entries(EntryIndex(0), EntryIndex(reader.tip.size + 1))),
    lambda reader: reader.read_tile(0, 5),
    lambda reader: reader.read_tile(-1, 0),
    lambda reader: reader.read_tile(0, 0, 0),
    lambda reader: reader.read_tile(10**12, 0, 1),
    lambda reader: list(reader.iterate_subject(toy.PARTY, EntryIndex(2**70))),
    lambda reader: reader.read_tile(9, 0, 1),
    lambda reader: reader.prove_entry(reader.tip.size),
    lambda reader: reader.prove_entry(EntryIndex(0), EntryIndex(reader.tip.size + 1)),
    lambda reader: reader.prove_consistency(EntryIndex(0), EntryIndex(reader.tip.size + 1)),
    lambda reader: reader.prove_consistency(EntryIndex(2), EntryIndex(1)),
    lambda reader: reader.compute_root_at(EntryIndex(reader.tip.size + 1)),
]


@pytest.mark.parametrize("read", ABSENT)
def test_what_is_not_there_is_not_found(read: Callable[[ChainReader], object], reader: ChainReader) -> None:
    with pytest.raises(HourledgerError) as caught:
        read(reader)
    assert caught.value.reason is Reason.NOT_FOUND


DAMAGED: list[tuple[bytes, Callable[[ChainReader], object]]] = [
    (namespaces.compute_run_key(0), lambda reader: reader.read_entry(EntryIndex(3))),
    (namespaces.compute_run_key(0), read_leaves),
    (namespaces.compute_tile_key(0, 0), lambda reader: reader.prove_entry(EntryIndex(3))),
    (namespaces.compute_tile_key(0, 0), lambda reader: reader.read_tile(0, 0)),
    (namespaces.compute_block_key(Height(2)), lambda reader: reader.read_block(Height(2))),
    (namespaces.compute_header_key(Height(2)), lambda reader: reader.read_header(Height(2))),
    (namespaces.TIP.key(), lambda reader: reader.tip),
]


@pytest.mark.parametrize(("key", "read"), DAMAGED)
def test_what_should_be_there_and_is_not_is_damage(
    key: bytes, read: Callable[[ChainReader], object], chain: Chain, store: KeyValueStore
) -> None:
    toy.tell_story(chain)
    store.write({key: None})
    with pytest.raises(HourledgerError) as caught, chain.reader() as reader:
        read(reader)
    assert caught.value.reason is Reason.STORE_DAMAGED
