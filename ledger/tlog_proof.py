"""Proofs of inclusion as text (https://c2sp.org/tlog-proof, version 1): index, hashes and a signed checkpoint in one file.

This is the envelope only. Whether the hashes lead from an entry to the checkpoint's root is `ledger.merkle`'s question, and
whether the checkpoint counts is `ledger.trust`'s. One restriction of ours beyond `ledger.checkpoint`'s: extra data is absent or
not empty.
"""

from dataclasses import dataclass

from ledger.checkpoint import parse_signed_checkpoint
from ledger.errors import CodecError
from ledger.notes import MAX_NOTE_BYTES, encode_text, format_base64, parse_base64, parse_decimal
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, EntryIndex, Hash

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
"""Height of the largest tree that a checkpoint can state."""
MAX_EXTRA_BYTES = 65_535
MAX_PROOF_BYTES = MAX_NOTE_BYTES + 131_072
"""The largest note, extra data and hashes fit."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Position of an entry, hashes from the leaf's sibling up, and the checkpoint's note as it stands in the file.

    `extra` is not authenticated by anything: the specification forbids to trust it by itself.
    """

    index: EntryIndex
    hashes: tuple[Hash, ...]
    checkpoint_note_text: str
    extra: bytes | None = None

    def __post_init__(self) -> None:
        """Raise `CodecError` for what no proof can hold."""
        if not 0 <= self.index < 2**63:
            raise CodecError("an index is from 0 to 2^63 - 1")
        if len(self.hashes) > MAX_HASHES or any(len(item) != HASH_BYTES for item in self.hashes):
            raise CodecError(f"a proof has at most {MAX_HASHES} hashes of {HASH_BYTES} bytes")
        if self.extra is not None and not 1 <= len(self.extra) <= MAX_EXTRA_BYTES:
            raise CodecError(f"extra data has 1 to {MAX_EXTRA_BYTES} bytes, or is left out")
        parse_signed_checkpoint(self.checkpoint_note)

    @property
    def checkpoint_note(self) -> bytes:
        """The checkpoint's note as bytes, as `ledger.trust.verify_checkpoint` takes it."""
        return encode_text(self.checkpoint_note_text)


def parse_tlog_proof(data: bytes) -> TlogProof:
    """Read a `.tlog-proof` file; raise `CodecError`. Nothing is verified."""
    if len(data) > MAX_PROOF_BYTES:
        raise CodecError(f"a proof has at most {MAX_PROOF_BYTES} bytes", Reason.TOO_LARGE)
    try:
        head, _, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise CodecError("a proof is UTF-8") from error
    header, *lines = head.split("\n")
    if header != HEADER:
        raise CodecError(f"a proof starts with the line {HEADER}")
    extra = parse_base64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
    if not lines or not lines[0].startswith("index "):
        raise CodecError("a proof has a line with the index")
    index = EntryIndex(parse_decimal(lines[0].removeprefix("index "), "index"))
    proof = TlogProof(index, tuple([Hash(parse_base64(line)) for line in lines[1:]]), note, extra)
    if format_tlog_proof(proof) != data:
        raise CodecError("not the canonical form of a proof")
    return proof


def format_tlog_proof(proof: TlogProof) -> bytes:
    """Inverse of `parse_tlog_proof`."""
    extra = [] if proof.extra is None else [f"extra {format_base64(proof.extra)}"]
    lines = [HEADER, *extra, f"index {proof.index}", *map(format_base64, proof.hashes), "", proof.checkpoint_note_text]
    return encode_text("\n".join(lines))
