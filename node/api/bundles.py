"""Bundles: entries and values, proven together at the newest checkpoint."""

import json
from collections.abc import Sequence
from typing import Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.proofs import Bundle, ProvenValue, format_bundle
from ledger.proofs import build_bundle as join_bundle
from ledger.reasons import Reason
from ledger.state import compute_key_hash
from ledger.types import EntryIndex, Identifier
from node.api.access import authenticate, require_entry, require_key
from node.api.requests import get_service, parse_body, read_body, read_hex
from node.pinned import Pinned

MAX_REQUEST_BYTES: Final = 1 << 20
MAX_ITEMS: Final = 2_000
MAX_KEY_BYTES: Final = 256
MAX_BUNDLE_BYTES: Final = 8 << 20
"""Entries and values of one bundle, without proofs."""


async def make_bundle(request: web.Request) -> web.Response:
    """Prove the entries and values asked for, and the header of the checkpoint's block."""
    body = await read_body(request, MAX_REQUEST_BYTES)
    indices, keys = _parse_request(body)
    service = get_service(request)
    with service.reading() as pinned:
        signed_by = authenticate(request, pinned.reader.state, body)
    text = await service.read(lambda view: json.dumps(format_bundle(build_bundle(view, signed_by, indices, keys))))
    return web.json_response(text=text)


def build_bundle(pinned: Pinned, signed_by: Identifier | None, indices: Sequence[int], keys: Sequence[bytes]) -> Bundle:
    """Return the bundle; raise `HourledgerError` where the signer may not read a part of it."""
    reader = pinned.reader
    wanted = sorted({*map(EntryIndex, indices), EntryIndex(reader.tip.size - 1)})
    byte_count = 0
    entries: dict[EntryIndex, bytes] = {}
    for index in wanted:
        entries[index] = reader.read_entry(index)
        require_entry(signed_by, entries[index], reader.state)
        byte_count = _add_bytes(byte_count, entries[index])
    values: dict[bytes, ProvenValue] = {}
    # In the order of the state tree, so that what lies together there is looked for once.
    for key in sorted(set(keys), key=compute_key_hash):
        require_key(signed_by, reader.state, key)
        value = reader.state.get(key)
        byte_count = _add_bytes(byte_count, value or b"")
        values[key] = ProvenValue(value, reader.prove_state(key))
    return join_bundle(pinned.note.decode(), entries, reader.prove_entries(wanted), values)


def _add_bytes(byte_count: int, data: bytes) -> int:
    total = byte_count + len(data)
    if total > MAX_BUNDLE_BYTES:
        raise HourledgerError(Reason.TOO_LARGE, f"the entries and values have more than {MAX_BUNDLE_BYTES} bytes")
    return total


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
