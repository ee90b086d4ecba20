"""Bundles: entries and values, proven together at the newest checkpoint."""

import asyncio
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.proofs import Bundle, EntryProof, ValueProof, format_bundle
from ledger.reasons import Reason
from ledger.types import EntryIndex, Identifier
from node.api.access import authenticate, require_entry, require_key
from node.api.requests import get_service, parse_body, read_body, read_hex
from node.service import Pinned

MAX_REQUEST_BYTES: Final = 1 << 20
MAX_ITEMS: Final = 2_000
MAX_KEY_BYTES: Final = 256


async def make_bundle(request: web.Request) -> web.Response:
    """Prove the entries and values asked for, and the header of the checkpoint's block."""
    body = await read_body(request, MAX_REQUEST_BYTES)
    indices, keys = _parse_request(body)
    with get_service(request).reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state, body)
        bundle = await asyncio.to_thread(build_bundle, pinned, signed_by, indices, keys)
        return web.json_response(format_bundle(bundle))


def build_bundle(pinned: Pinned, signed_by: Identifier | None, indices: Sequence[int], keys: Sequence[bytes]) -> Bundle:
    """Return the bundle; raise `HourledgerError` where the signer may not read a part of it."""
    reader = pinned.reader
    wanted = sorted({*indices, reader.tip.size - 1})
    entries = []
    for index in map(EntryIndex, wanted):
        entry = reader.read_entry(index)
        require_entry(signed_by, entry)
        entries.append(EntryProof(index, entry, reader.prove_entry(index)))
    values = []
    for key in sorted(set(keys)):
        require_key(signed_by, reader.state, key)
        values.append(ValueProof(key, reader.state.get(key), reader.prove_state(key)))
    return Bundle(pinned.note.decode(), tuple(entries), tuple(values))


def _parse_request(body: bytes) -> tuple[list[int], list[bytes]]:
    match parse_body(body):
        case {"entries": [*indices], "keys": [*keys], **rest} if (
            not rest
            and max(len(indices), len(keys)) <= MAX_ITEMS
            and all(type(index) is int and 0 <= index < 2**63 for index in indices)
            and all(isinstance(key, str) for key in keys)
        ):
            return indices, [read_hex(key, "a key", 1, MAX_KEY_BYTES) for key in keys]
        case _:
            detail = f"the body must have lists of at most {MAX_ITEMS} entries (indices) and keys (hex)"
            raise HourledgerError(Reason.USAGE, detail)
