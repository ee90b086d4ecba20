"""The bundle: everything that an offline check of the ledger needs, in one JSON object.

    {"mediaType": "application/vnd.hourledger.bundle+json;version=1",
     "checkpoint": "<C2SP note>",
     "entries": [{"index": 7, "entry": "<base64>", "hashes": ["<base64>", ...]}, ...],
     "values": [{"key": "<base64>", "value": "<base64>" or null, "proof": "<base64>"}, ...]}

Entries are proven under the checkpoint's root. Current values are proven under the state root of the checkpoint's last entry, a
block header, which is then among the entries: an older header cannot pass for the present. A value of null is proven absent.
Each entry with its hashes and the checkpoint is a C2SP tlog-proof (`get_tlog_proof`); here they share one checkpoint.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from ledger import merkle, state_tree
from ledger.blocks import HEADER, Header
from ledger.checkpoint import Checkpoint
from ledger.codec import MAX_ENTRY_BYTES, decode, encode
from ledger.errors import CodecError, ProofError
from ledger.notes import format_base64, parse_base64
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES
from ledger.state_tree import StateProof, state_proof_codec
from ledger.tlog_proof import MAX_HASHES, TlogProof
from ledger.types import HASH_BYTES, EntryIndex, Hash

MEDIA_TYPE: Final = "application/vnd.hourledger.bundle+json;version=1"
MAX_ITEMS: Final = 4_096
MAX_STATE_PROOF_BYTES: Final = 16_384

JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry of the log, its index, and the hashes from its leaf's sibling up to the root (RFC 6962, 2.1.1)."""

    index: EntryIndex
    entry: bytes
    hashes: tuple[Hash, ...]


@dataclass(frozen=True, slots=True)
class ValueProof:
    """A state key, its value or None for none, and the path in the state tree that shows it."""

    key: bytes
    value: bytes | None
    proof: StateProof


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checkpoint's note and what is proven under it; each index and each key once, ascending."""

    checkpoint_note: str
    entries: tuple[EntryProof, ...]
    values: tuple[ValueProof, ...]


def get_tlog_proof(bundle: Bundle, item: EntryProof) -> TlogProof:
    """Return one entry's proof in the C2SP form."""
    return TlogProof(item.index, item.hashes, bundle.checkpoint_note)


def verify_entries(bundle: Bundle, checkpoint: Checkpoint) -> Mapping[EntryIndex, bytes]:
    """Return the bundle's entries by index; raise `ProofError` unless each is in the log of `checkpoint`."""
    for item in bundle.entries:
        _verify_entry(item, checkpoint)
    return {item.index: item.entry for item in bundle.entries}


def _verify_entry(item: EntryProof, checkpoint: Checkpoint) -> None:
    leaf_hash = merkle.compute_leaf_hash(item.entry)
    merkle.verify_inclusion(leaf_hash, item.index, checkpoint.size, item.hashes, checkpoint.root)


def verify_values(bundle: Bundle, checkpoint: Checkpoint) -> tuple[Header, Mapping[bytes, bytes | None]]:
    """Return the checkpoint's header and the values proven under its state root, by key.

    Raises `ProofError` unless the checkpoint ends with a block of its own chain and every value is proven under that block's
    state root. Of the entries it looks at the header alone, and verifies that itself.
    """
    header = _find_last_header(bundle, checkpoint)
    for item in bundle.values:
        if item.value is None:
            state_tree.verify_absence(header.state_root, item.key, item.proof)
        else:
            state_tree.verify_inclusion(header.state_root, item.key, item.value, item.proof)
    return header, {item.key: item.value for item in bundle.values}


def _find_last_header(bundle: Bundle, checkpoint: Checkpoint) -> Header:
    last = next((item for item in bundle.entries if item.index == checkpoint.size - 1), None)
    if last is None:
        raise ProofError("the bundle lacks the block header at the end of the log")
    _verify_entry(last, checkpoint)  # Whoever forgot `verify_entries` must not take an invented state for the ledger's.
    try:
        header = HEADER.decode(last.entry)
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
        "entries": [
            {
                "index": item.index,
                "entry": format_base64(item.entry),
                "hashes": [format_base64(hash_) for hash_ in item.hashes],
            }
            for item in bundle.entries
        ],
        "values": [
            {
                "key": format_base64(item.key),
                "value": None if item.value is None else format_base64(item.value),
                "proof": format_base64(encode(state_proof_codec, item.proof)),
            }
            for item in bundle.values
        ],
    }


def parse_bundle(document: object) -> Bundle:
    """Return the bundle in a JSON value; raise `CodecError`. Nothing is verified."""
    if isinstance(document, dict) and document.get("mediaType", MEDIA_TYPE) != MEDIA_TYPE:
        raise CodecError("the bundle is of another version", Reason.UNSUPPORTED_VERSION)
    _media_type, note, entries, values = _members(document, "mediaType", "checkpoint", "entries", "values")
    bundle = Bundle(_text(note), _items(entries, _parse_entry), _items(values, _parse_value))
    indices = [item.index for item in bundle.entries]
    keys = [item.key for item in bundle.values]
    if indices != sorted(set(indices)) or keys != sorted(set(keys)):
        raise CodecError("the bundle's items are not ascending, each once")
    return bundle


def _parse_entry(document: object) -> EntryProof:
    index, entry, hashes = _members(document, "index", "entry", "hashes")
    if type(index) is not int or not 0 <= index < 2**63:
        raise CodecError("the bundle has an index that is not a position in a log")
    if not isinstance(hashes, list) or len(hashes) > MAX_HASHES:
        raise CodecError("the bundle has a proof that is not a list of hashes")
    return EntryProof(EntryIndex(index), _binary(entry, MAX_ENTRY_BYTES), tuple([_hash(item) for item in hashes]))


def _parse_value(document: object) -> ValueProof:
    key, value, proof = _members(document, "key", "value", "proof")
    state_proof = decode(state_proof_codec, _binary(proof, MAX_STATE_PROOF_BYTES))
    return ValueProof(_binary(key, MAX_ENTRY_BYTES), None if value is None else _binary(value, MAX_VALUE_BYTES), state_proof)


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


def _hash(document: object) -> Hash:
    data = _binary(document, HASH_BYTES)
    if len(data) != HASH_BYTES:
        raise CodecError("the bundle has a hash that is not 32 bytes")
    return Hash(data)
