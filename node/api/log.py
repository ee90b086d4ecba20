"""The log: checkpoint, tiles, entries and their proofs."""

from aiohttp import web

from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.tiles import parse_tile_path
from ledger.tlog_proof import TlogProof, format_tlog_proof
from ledger.types import EntryIndex
from node.api.access import authenticate, require_entry
from node.api.requests import get_service, read_index, read_query_number


async def show_checkpoint(request: web.Request) -> web.Response:
    """Give the newest cosigned checkpoint."""
    return web.Response(text=get_service(request).pinned.note.decode())


async def show_tile(request: web.Request) -> web.Response:
    """Give a tile of hashes. Entry bundles are not public: entries are read one by one, by their parties."""
    try:
        tile = parse_tile_path(request.path.removeprefix("/"))
    except CodecError as error:
        raise HourledgerError(Reason.NOT_FOUND, "there is no such tile", request.path[:80]) from error
    if tile.level is None:
        raise HourledgerError(Reason.NOT_PERMITTED, "bundles of entries are not public; ask for single entries")
    with get_service(request).reading() as pinned:
        data = pinned.reader.read_tile(tile.level, tile.index, tile.width)
    # A tile of a given width never changes (tlog-tiles), so whoever stands in between may keep it.
    headers = {"Cache-Control": "public, max-age=604800, immutable"}
    return web.Response(body=data, content_type="application/octet-stream", headers=headers)


async def show_entry(request: web.Request) -> web.Response:
    """Give an entry to those who may read it."""
    index = read_index(request)
    with get_service(request).reading() as pinned:
        entry = pinned.reader.read_entry(index)
        require_entry(authenticate(request, pinned.reader.state), entry, pinned.reader.state)
    return web.Response(body=entry, content_type="application/octet-stream")


async def show_entry_proof(request: web.Request) -> web.Response:
    """Give the proof that an entry is in the log. It shows hashes alone, so it is public."""
    index = read_index(request)
    with get_service(request).reading() as pinned:
        proof = TlogProof(index, pinned.reader.prove_entry(index), pinned.note.decode())
    return web.Response(text=format_tlog_proof(proof).decode())


async def show_consistency(request: web.Request) -> web.Response:
    """Prove that one size of the log is the beginning of a later one."""
    with get_service(request).reading() as pinned:
        new_size = read_query_number(request, "new", pinned.reader.tip.size)
        old_size = read_query_number(request, "old", 0)
        hashes = pinned.reader.prove_consistency(EntryIndex(old_size), EntryIndex(new_size))
    return web.json_response({"old_size": old_size, "new_size": new_size, "hashes": [item.hex() for item in hashes]})
