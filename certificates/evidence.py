"""Evidence of a certificate: the bundle, and the openings of its records, carried as a data URI.

The URI is the `id` of the credential's only evidence, so that no term of our own is needed in the credential (Open Badges 3.0
allows data URIs there). Inside is the bundle's JSON object with one more member,
`"openings": [{"index": 7, "salt": "<base64>", "details": {...}}, ...]`.

There are two ways to read it, which lead to the same: the fast one takes what `format_evidence` writes, all else the plain one
decides on, and says what is wrong with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, cast

import msgspec

from certificates.details import SALT_BYTES, Opening
from certificates.jcs import MAX_SAFE_INTEGER, JsonObject, JsonValue, encode_jcs, parse_json_object
from ledger.codec import MAX_ENTRY_BYTES
from ledger.errors import CodecError
from ledger.notes import format_base64, parse_base64
from ledger.proofs import (
    MAX_HASHES,
    MAX_ITEMS,
    MEDIA_TYPE,
    Bundle,
    BundleEntry,
    BundleValue,
    format_bundle,
    parse_bundle,
    require_ascending,
    split_hashes,
)
from ledger.shapes import MISFIT
from ledger.state import MAX_VALUE_BYTES
from ledger.state_tree import KEY_BITS
from ledger.types import HASH_BYTES, EntryIndex

PREFIX: Final = "data:application/vnd.hourledger.bundle+json;base64,"
MAX_EVIDENCE_BYTES: Final = 4 << 20
_OPENING_MEMBERS: Final = frozenset({"index", "salt", "details"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A bundle, and the opening of the record at each index."""

    bundle: Bundle
    openings: dict[EntryIndex, Opening]


def format_evidence(evidence: Evidence) -> str:
    """Return the data URI."""
    document = format_bundle(evidence.bundle)
    document["openings"] = [
        {"index": index, "salt": format_base64(opening.salt), "details": opening.details}
        for index, opening in sorted(evidence.openings.items())
    ]
    return PREFIX + format_base64(encode_jcs(document))


def parse_evidence(uri: str) -> Evidence:
    """Return the evidence in a data URI; raise `CodecError`. Nothing is verified."""
    if not uri.startswith(PREFIX):
        raise CodecError("the evidence is not a bundle of this ledger")
    return read_evidence(parse_base64(uri.removeprefix(PREFIX)))


def read_evidence(data: bytes) -> Evidence:
    """Return the evidence whose JSON is `data`; raise `CodecError`. Nothing is verified."""
    if len(data) <= MAX_EVIDENCE_BYTES:
        try:
            return _read_quickly(data)
        except (CodecError, *MISFIT):
            pass
    return parse_evidence_plainly(data)


def parse_evidence_plainly(data: bytes) -> Evidence:
    """Return the evidence whose JSON is `data`, by the plain way; raise `CodecError`."""
    document = parse_json_object(data, max_bytes=MAX_EVIDENCE_BYTES)
    openings = document.pop("openings", None)
    if type(openings) is not list or len(openings) > MAX_ITEMS:
        raise CodecError("the evidence has no list of openings")
    pairs = [_parse_opening(item) for item in openings]
    _require_ascending(pairs)
    return Evidence(parse_bundle(document), dict(pairs))


def _require_ascending(pairs: Sequence[tuple[EntryIndex, Opening]]) -> None:
    indices = [index for index, _ in pairs]
    if indices != sorted(set(indices)):
        raise CodecError("the evidence's openings are not ascending, each once")


def _parse_opening(item: JsonValue) -> tuple[EntryIndex, Opening]:
    if not isinstance(item, dict) or item.keys() != _OPENING_MEMBERS:
        raise CodecError("an opening is not an index, a salt and details")
    index, salt, details = item["index"], item["salt"], item["details"]
    if type(index) is not int or not isinstance(salt, str) or not isinstance(details, dict):
        raise CodecError("an opening is not an index, a salt and details")
    data = parse_base64(salt)
    if len(data) != SALT_BYTES:
        raise CodecError(f"a salt has {SALT_BYTES} bytes")
    return EntryIndex(index), Opening(data, details)


_Index = Annotated[int, msgspec.Meta(ge=0, le=MAX_SAFE_INTEGER)]
_Number = Annotated[int, msgspec.Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
_Hashes = Annotated[bytes, msgspec.Meta(max_length=MAX_HASHES * HASH_BYTES)]


class _Entry(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    index: _Index
    entry: Annotated[bytes, msgspec.Meta(max_length=MAX_ENTRY_BYTES)]


class _Value(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    key: Annotated[bytes, msgspec.Meta(max_length=MAX_ENTRY_BYTES)]
    value: Annotated[bytes, msgspec.Meta(max_length=MAX_VALUE_BYTES)] | None
    depth: Annotated[int, msgspec.Meta(ge=0, le=KEY_BITS)]
    leaf: Annotated[bytes, msgspec.Meta(min_length=2 * HASH_BYTES, max_length=2 * HASH_BYTES)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class _Opening(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    index: _Index
    salt: Annotated[bytes, msgspec.Meta(min_length=SALT_BYTES, max_length=SALT_BYTES)]
    details: dict[str, str | _Number]


class _Document(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Evidence as canonical JSON has it. Only what such details as commitments are made of can have is taken."""

    media_type: str
    checkpoint: str
    entries: Annotated[list[_Entry], msgspec.Meta(max_length=MAX_ITEMS)]
    log_proof: _Hashes
    values: Annotated[list[_Value], msgspec.Meta(max_length=MAX_ITEMS)]
    state_proof: _Hashes
    openings: Annotated[list[_Opening], msgspec.Meta(max_length=MAX_ITEMS)]


_decoder: Final = msgspec.json.Decoder(_Document)
_encoder: Final = msgspec.json.Encoder(order="sorted")


def _read_quickly(data: bytes) -> Evidence:
    """Return the evidence whose JSON is `data`; raise `CodecError`, or what `MISFIT` names, for what is not taken here.

    What is there twice, and any other form of a number or a text than the canonical one, does not come out again as it was.
    """
    document = _decoder.decode(data)
    if document.media_type != MEDIA_TYPE or _encoder.encode(document) != data:
        raise CodecError("not the canonical form of evidence")
    entries = tuple([BundleEntry(EntryIndex(item.index), item.entry) for item in document.entries])
    values = tuple([_build_value(item) for item in document.values])
    hashes, state_hashes = split_hashes(document.log_proof), split_hashes(document.state_proof)
    bundle = Bundle(document.checkpoint, entries, hashes, values, state_hashes)
    require_ascending(bundle)
    pairs = [(EntryIndex(item.index), Opening(item.salt, cast("JsonObject", item.details))) for item in document.openings]
    _require_ascending(pairs)
    return Evidence(bundle, dict(pairs))


def _build_value(item: _Value) -> BundleValue:
    if item.leaf is msgspec.UNSET:
        return BundleValue(item.key, item.value, item.depth)
    if item.value is not None:
        raise CodecError("a value beside the leaf of another key")
    key_hash, value_hash = split_hashes(item.leaf)
    return BundleValue(item.key, None, item.depth, (key_hash, value_hash))
