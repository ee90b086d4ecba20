"""Tiles: the specification's own example, paths both ways, and every node found again in the tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecError
from ledger.merkle import (
    EMPTY_FRONTIER,
    append,
    compute_consistency_proof,
    compute_inclusion_proof,
    compute_leaf_hash,
    compute_root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger.tiles import (
    MAX_TILE_INDEX,
    TileName,
    TileSpan,
    compute_node_in_tile,
    format_tile_path,
    is_stored_level,
    iterate_tiles,
    locate_node,
    node_reader_from_tiles,
    parse_tile_path,
)

SIZE = 70_000
LEAVES = [compute_leaf_hash(b"%d" % number) for number in range(SIZE)]
APPENDED = append(EMPTY_FRONTIER, LEAVES)
NODES = {(level, index): node for level, index, node in APPENDED.nodes}
LEVELS: dict[int, list[bytes]] = {}
for _level, _index, _node in APPENDED.nodes:
    if is_stored_level(_level):
        LEVELS.setdefault(_level // 8, []).append(_node)

tile_names = st.builds(
    TileName, st.none() | st.integers(0, 63), st.integers(0, 2_000_000) | st.integers(0, MAX_TILE_INDEX), st.integers(1, 256)
)


def read_tile(level: int, index: int) -> bytes:
    return b"".join(LEVELS[level][index * 256 : (index + 1) * 256])


class TestTree:
    def test_example_of_the_specification(self) -> None:
        names = list(iterate_tiles(SIZE))
        assert [name for name in names if name.level == 0] == [
            *(TileName(0, index) for index in range(273)),
            TileName(0, 273, 112),
        ]
        assert names[274:] == [TileName(1, 0), TileName(1, 1, 17), TileName(2, 0, 1)]
        assert list(iterate_tiles(256)) == [TileName(0, 0), TileName(1, 0, 1)]
        assert list(iterate_tiles(0)) == []

    def test_tiles_are_the_stored_levels(self) -> None:
        for name in iterate_tiles(SIZE):
            assert name.level is not None
            assert len(read_tile(name.level, name.index)) == name.width * 32

    @pytest.mark.parametrize(
        ("level", "index", "span"),
        [
            (0, 0, TileSpan(0, 0, 0, 1)),
            (0, 511, TileSpan(0, 1, 255, 1)),
            (7, 3, TileSpan(0, 1, 128, 128)),
            (8, 257, TileSpan(1, 1, 1, 1)),
            (15, 1, TileSpan(1, 0, 128, 128)),
        ],
    )
    def test_where_nodes_are(self, level: int, index: int, span: TileSpan) -> None:
        assert locate_node(level, index) == span

    def test_every_node_is_found(self) -> None:
        read = node_reader_from_tiles(read_tile)
        for level, index in [at for at in NODES if at[0] >= 4 or at[1] % 97 == 0]:
            assert read(level, index) == NODES[level, index]

    @given(st.integers(1, SIZE), st.integers(0, SIZE))
    def test_proofs_from_tiles(self, size: int, number: int) -> None:
        read, index = node_reader_from_tiles(read_tile), number % size
        root = compute_root_at(read, size)
        verify_inclusion(LEAVES[index], index, size, compute_inclusion_proof(read, index, size), root)
        proof = compute_consistency_proof(read, size, SIZE)
        verify_consistency(size, root, SIZE, APPENDED.frontier.root, proof)

    def test_a_tile_is_read_once(self) -> None:
        asked: list[tuple[int, int]] = []

        def read_and_note(level: int, index: int) -> bytes:
            asked.append((level, index))
            return read_tile(level, index)

        compute_inclusion_proof(node_reader_from_tiles(read_and_note), 12_345, SIZE)
        assert sorted(asked) == [(0, 48), (0, 273), (1, 0), (1, 1)]

    @pytest.mark.parametrize("tile", [b"", bytes(31), bytes(32), bytes(65)])
    def test_tile_too_narrow(self, tile: bytes) -> None:
        with pytest.raises(CodecError):
            compute_node_in_tile(tile, 0, 2)


class TestPaths:
    @pytest.mark.parametrize(
        ("name", "path"),
        [
            (TileName(0, 1_234_067), "tile/0/x001/x234/067"),
            (TileName(0, 273, 112), "tile/0/273.p/112"),
            (TileName(2, 0, 1), "tile/2/000.p/1"),
            (TileName(63, 1000), "tile/63/x001/000"),
            (TileName(None, 999_999), "tile/entries/x999/999"),
        ],
    )
    def test_examples(self, name: TileName, path: str) -> None:
        assert format_tile_path(name) == path
        assert parse_tile_path(path) == name

    @given(tile_names)
    def test_round_trip(self, name: TileName) -> None:
        assert parse_tile_path(format_tile_path(name)) == name

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "tile/0",
            "tile/0/1",
            "tile/00/001",
            "tile/64/001",
            "tile/-1/001",
            "tile/0/x000/001",
            "tile/0/001/002",
            "tile/0/x001",
            "tile/0/001.p/0",
            "tile/0/001.p/01",
            "tile/0/001.p/256",
            "tile/0/001.p/257",
            "tile/0/001.p/",
            "tile/0/001\n",
            "tile/0/\u0660\u0660\u0661",
            "/tile/0/001",
            "tile/data/001",
            "tile/0/x010/x000/x000/x000/x000/x000/000",
        ],
    )
    def test_refused(self, path: str) -> None:
        with pytest.raises(CodecError):
            parse_tile_path(path)

    @given(st.text(alphabet="tile/entries0123456789x.p", max_size=30))
    def test_any_text(self, path: str) -> None:
        try:
            assert format_tile_path(parse_tile_path(path)) == path
        except CodecError:
            return
