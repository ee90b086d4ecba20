"""The bundle: everything that an offline check of the ledger needs, in one JSON object.

    {"mediaType": "application/vnd.hourledger.bundle+json;version=2",
     "checkpoint": "<C2SP note>",
     "entries": [{"index": 7, "entry": "<base64>"}, ...],
     "logProof": "<base64 of hashes>",
     "values": [{"key": "<base64>", "value": "<base64>" or null, "depth": 12, "leaf": "<base64>"}, ...],
     "stateProof": "<base64 of hashes>"}

Entries are proven together under the checkpoint's root (`ledger.log_proof`). Current values are proven together
(`ledger.state_proof`) under the state root of the checkpoint's last entry, a block header, which is then among the entries: an
older header cannot pass for the present. A value of null is proven absent. `get_tlog_proof` takes out the C2SP proof of one
entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from ledger import log_proof, state_proof
from ledger.blocks import HEADER, Header
from ledger.checkpoint import Checkpoint, parse_signed_checkpoint
from ledger.codec import MAX_ENTRY_BYTES
from ledger.errors import CodecError, ProofError
from ledger.hashing import hash_each
from ledger.merkle import compute_leaf_hashes
from ledger.notes import encode_text, format_base64, parse_base64
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES
from ledger.state_proof import StateItem
from ledger.state_tree import KEY_BITS, StateProof, compute_key_hash
from ledger.tlog_proof import TlogProof
from ledger.types import HASH_BYTES, EntryIndex, Hash

MEDIA_TYPE: Final = "application/vnd.hourledger.bundle+json;version=2"
MAX_ITEMS: Final = 4_096
MAX_HASHES: Final = 262_144
"""Hashes of one proof. As many entries as are allowed, in the largest log, need no more than 51 each."""

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")


class BundleEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry of the log, and its index."""

    index: EntryIndex
    entry: bytes


class BundleValue(msgspec.Struct, frozen=True, gc=False):
    """A state key, its value or None for none, and the place in the tree where the key's path ends (`StateItem`)."""

    key: bytes
    value: bytes | None
    depth: int
    leaf: tuple[Hash, Hash] | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checkpoint's note and what is proven under it; each index and each key once, ascending; and the two proofs."""

    checkpoint_note: str
    entries: tuple[BundleEntry, ...]
    log_hashes: tuple[Hash, ...]
    values: tuple[BundleValue, ...]
    state_hashes: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class ProvenValue:
    """A value of the state, None for none, and its own proof: what a bundle is made from."""

    value: bytes | None
    proof: StateProof


def build_bundle(
    note: str, entries: Mapping[EntryIndex, bytes], log_hashes: Sequence[Hash], values: Mapping[bytes, ProvenValue]
) -> Bundle:
    """Return the bundle of entries, whose proof is `log_hashes`, and of values that were proven one by one in one state."""
    proofs = {compute_key_hash(key): item.proof for key, item in values.items()}
    items = tuple([BundleEntry(index, entry) for index, entry in sorted(entries.items())])
    shown = tuple([_build_value(key, item) for key, item in sorted(values.items())])
    return Bundle(note, items, tuple(log_hashes), shown, state_proof.join_proofs(proofs))


def _build_value(key: bytes, item: ProvenValue) -> BundleValue:
    place = state_proof.build_item(compute_key_hash(key), item.proof)
    return BundleValue(key, item.value, place.depth, place.leaf)


def get_tlog_proof(bundle: Bundle, index: EntryIndex) -> TlogProof:
    """Return one entry's proof in the C2SP form; raise `HourledgerError` where the bundle proves no such entry."""
    checkpoint = parse_signed_checkpoint(encode_text(bundle.checkpoint_note)).checkpoint
    path = log_proof.compute_path(_compute_leaves(bundle), checkpoint.size, bundle.log_hashes, index)
    return TlogProof(index, path, bundle.checkpoint_note)


def verify_entries(bundle: Bundle, checkpoint: Checkpoint) -> Mapping[EntryIndex, bytes]:
    """Return the bundle's entries by index; raise `ProofError` unless each is in the log of `checkpoint`."""
    log_proof.verify_entries(_compute_leaves(bundle), checkpoint.size, bundle.log_hashes, checkpoint.root)
    return {item.index: item.entry for item in bundle.entries}


def _compute_leaves(bundle: Bundle) -> dict[EntryIndex, Hash]:
    hashes = compute_leaf_hashes([item.entry for item in bundle.entries])
    return {item.index: hash_ for item, hash_ in zip(bundle.entries, hashes, strict=True)}


def verify_values(bundle: Bundle, checkpoint: Checkpoint) -> tuple[Header, Mapping[bytes, bytes | None]]:
    """Return the checkpoint's header and the values proven under its state root, by key.

    Raises `ProofError` unless the checkpoint ends with a block of its own chain and every value is proven under that block's
    state root. The entries are verified, too: whoever forgot that must not take an invented state for the ledger's.
    """
    header = read_last_header(verify_entries(bundle, checkpoint), checkpoint)
    return header, verify_state(bundle, header)


def verify_state(bundle: Bundle, header: Header) -> Mapping[bytes, bytes | None]:
    """Return the bundle's values by key; raise `ProofError` unless all are in the state of a header that was proven."""
    state_proof.verify_items(_build_items(bundle.values), bundle.state_hashes, header.state_root)
    return {item.key: item.value for item in bundle.values}


def _build_items(values: Sequence[BundleValue]) -> list[StateItem]:
    keys = hash_each(b"", [item.key for item in values])
    found = iter(hash_each(b"", [item.value for item in values if item.value is not None]))
    return [
        StateItem(Hash(key), None if item.value is None else Hash(next(found)), item.depth, item.leaf)
        for key, item in zip(keys, values, strict=True)
    ]


def read_last_header(entries: Mapping[EntryIndex, bytes], checkpoint: Checkpoint) -> Header:
    """Return the header at the end of the log, out of entries that `verify_entries` gave; raise `ProofError`."""
    last = entries.get(EntryIndex(checkpoint.size - 1))
    if last is None:
        raise ProofError("the bundle lacks the block header at the end of the log")
    try:
        header = HEADER.decode(last)
    except CodecError as error:
        reason = error.reason if error.reason is Reason.UNSUPPORTED_VERSION else Reason.INVALID_PROOF
        raise ProofError("the log does not end with a block header that is known here", reason) from error
    if header.chain_id != checkpoint.origin:
        raise ProofError("the block is of another chain than the log", Reason.WRONG_CHAIN, header.chain_id)
    return header


def format_bundle(bundle: Bundle) -> JsonObject:
    """Return the JSON object of a bundle."""
    return {
        "mediaType": MEDIA_TYPE,
        "checkpoint": bundle.checkpoint_note,
        "entries": [{"index": item.index, "entry": format_base64(item.entry)} for item in bundle.entries],
        "logProof": format_base64(b"".join(bundle.log_hashes)),
        "values": [_format_value(item) for item in bundle.values],
        "stateProof": format_base64(b"".join(bundle.state_hashes)),
    }


def _format_value(item: BundleValue) -> JsonObject:
    value = None if item.value is None else format_base64(item.value)
    document = {"key": format_base64(item.key), "value": value, "depth": item.depth}
    return document if item.leaf is None else {**document, "leaf": format_base64(b"".join(item.leaf))}


def parse_bundle(document: object) -> Bundle:
    """Return the bundle in a JSON value; raise `CodecError`. Nothing is verified."""
    if isinstance(document, dict) and document.get("mediaType", MEDIA_TYPE) != MEDIA_TYPE:
        raise CodecError("the bundle is of another version", Reason.UNSUPPORTED_VERSION)
    names = ("mediaType", "checkpoint", "entries", "logProof", "values", "stateProof")
    _media_type, note, entries, log_hashes, values, state_hashes = _members(document, *names)
    bundle = Bundle(
        _text(note), _items(entries, _parse_entry), _hashes(log_hashes), _items(values, _parse_value), _hashes(state_hashes)
    )
    require_ascending(bundle)
    return bundle


def require_ascending(bundle: Bundle) -> None:
    """Raise `CodecError` unless indices and keys ascend, each once."""
    indices = [item.index for item in bundle.entries]
    keys = [item.key for item in bundle.values]
    if indices != sorted(set(indices)) or keys != sorted(set(keys)):
        raise CodecError("the bundle's items are not ascending, each once")


def _parse_entry(document: object) -> BundleEntry:
    index, entry = _members(document, "index", "entry")
    if type(index) is not int or not 0 <= index < 2**63:
        raise CodecError("the bundle has an index that is not a position in a log")
    return BundleEntry(EntryIndex(index), _binary(entry, MAX_ENTRY_BYTES))


def _parse_value(document: object) -> BundleValue:
    optional = ("leaf",) if isinstance(document, dict) and "leaf" in document else ()
    key, value, depth, *leaf = _members(document, "key", "value", "depth", *optional)
    if type(depth) is not int or not 0 <= depth <= KEY_BITS:
        raise CodecError("the bundle has a depth that is not one of the state tree")
    if value is not None and leaf:
        raise CodecError("the bundle has a value beside the leaf of another key")
    data = None if value is None else _binary(value, MAX_VALUE_BYTES)
    return BundleValue(_binary(key, MAX_ENTRY_BYTES), data, depth, _leaf(leaf[0]) if leaf else None)


def _leaf(document: object) -> tuple[Hash, Hash]:
    hashes = _hashes(document)
    if len(hashes) != 2:
        raise CodecError("the bundle has a leaf that is not two hashes")
    return hashes[0], hashes[1]


def _hashes(document: object) -> tuple[Hash, ...]:
    return split_hashes(_binary(document, MAX_HASHES * HASH_BYTES))


def split_hashes(data: bytes) -> tuple[Hash, ...]:
    """Return the hashes that a bundle has as one value; raise `CodecError` for what is not hashes."""
    if len(data) % HASH_BYTES:
        raise CodecError(f"the bundle has a proof that is not hashes of {HASH_BYTES} bytes")
    return Struct(f"{HASH_BYTES}s" * (len(data) // HASH_BYTES)).unpack(data)  # twice as quick as slices


def _members(document: object, *names: str) -> tuple[Any, ...]:
    if not isinstance(document, dict) or set(document) != set(names):
        raise CodecError("the bundle has an object without exactly the members " + ", ".join(names))
    return tuple(document[name] for name in names)


def _items(document: object, parse: Callable[[object], T]) -> tuple[T, ...]:
    if not isinstance(document, list) or len(document) > MAX_ITEMS:
        raise CodecError(f"the bundle has something else than a list of at most {MAX_ITEMS} items")
    return tuple([parse(item) for item in document])


def _text(document: object) -> str:
    if not isinstance(document, str):
        raise CodecError("the bundle has something else where a text belongs")
    return document


def _binary(document: object, max_bytes: int) -> bytes:
    data = parse_base64(_text(document))
    if len(data) > max_bytes:
        raise CodecError("the bundle has a value that is too large", Reason.TOO_LARGE)
    return data
