"""Tiles of the history tree (C2SP tlog-tiles): 256 consecutive nodes of every eighth level, as one immutable piece of bytes.

Only the nodes whose level is a multiple of 8 need to be stored; those between are hashed from a tile when they are asked for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.errors import CodecError
from ledger.merkle import NodeReader, compute_tree_root
from ledger.types import HASH_BYTES, Hash

TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_TILE_LEVEL = 63
MAX_TILE_INDEX = 2**63 - 1

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class TileSpan:
    """Where a node lies in the tiles: the root over `count` hashes, from `position` on, of one tile."""

    tile_level: int
    tile_index: int
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class TileName:
    """What the path of a tile says. A level of None stands for the entries themselves; a tile is full at a width of 256."""

    level: int | None
    index: int
    width: int = TILE_WIDTH


def is_stored_level(level: int) -> bool:
    """Whether nodes of this level are part of a tile."""
    return level % TILE_HEIGHT == 0


def locate_node(level: int, index: int) -> TileSpan:
    """Where to find the complete node at (level, index)."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    tile_index, position = divmod(index << height, TILE_WIDTH)
    return TileSpan(tile_level, tile_index, position, 1 << height)


def compute_node_in_tile(tile: bytes, position: int, count: int) -> Hash:
    """Root over `count` hashes of a tile, from `position` on; raise `CodecError` when the tile is not so wide."""
    if len(tile) % HASH_BYTES or len(tile) < (position + count) * HASH_BYTES:
        raise CodecError(f"a tile of {len(tile)} bytes does not hold {count} hashes from the {position}th on")
    offsets = range(position * HASH_BYTES, (position + count) * HASH_BYTES, HASH_BYTES)
    return compute_tree_root([Hash(tile[offset : offset + HASH_BYTES]) for offset in offsets])


def node_reader_from_tiles(read_tile: Callable[[int, int], bytes]) -> NodeReader:
    """Reader of complete nodes over `read_tile(tile_level, tile_index)`, which may give partial tiles.

    It keeps the tiles that it has read: make one for each proof or batch of proofs, then drop it.
    """
    tiles: dict[tuple[int, int], bytes] = {}

    def read_node(level: int, index: int) -> Hash:
        span = locate_node(level, index)
        key = (span.tile_level, span.tile_index)
        if key not in tiles:
            tiles[key] = read_tile(*key)
        return compute_node_in_tile(tiles[key], span.position, span.count)

    return read_node


def iterate_tiles(size: int) -> Iterator[TileName]:
    """All tiles of hashes of a tree of `size` entries, lowest level first; at each level the last one may be partial."""
    level = 0
    while size:
        full, partial = divmod(size, TILE_WIDTH)
        for index in range(full):
            yield TileName(level, index)
        if partial:
            yield TileName(level, full, partial)
        level, size = level + 1, full


def format_tile_path(tile: TileName) -> str:
    """Path of a tile below the log's prefix, such as `tile/0/x001/x234/067.p/12` or `tile/entries/000`."""
    digits = f"{tile.index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *upper, last = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in upper), last])
    suffix = "" if tile.width == TILE_WIDTH else f".p/{tile.width}"
    return f"tile/{'entries' if tile.level is None else tile.level}/{number}{suffix}"


def parse_tile_path(path: str) -> TileName:
    """Inverse of `format_tile_path`; raise `CodecError` for anything that it does not produce."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise CodecError("not the path of a tile")
    level, number, width = match.groups()
    tile = TileName(
        None if level == "entries" else int(level),
        int(number.replace("x", "").replace("/", "")),
        TILE_WIDTH if width is None else int(width),
    )
    is_in_range = (tile.level or 0) <= MAX_TILE_LEVEL and tile.index <= MAX_TILE_INDEX and 0 < tile.width <= TILE_WIDTH
    if not is_in_range or format_tile_path(tile) != path:
        raise CodecError("not the canonical path of a tile")
    return tile
