"""Proven handovers: for each change of the authorities, what leads from a trust file of the old set to one of the new.

The proof is a bundle under the last word of the old set: the checkpoint before the first block of the new one, where the change
is still to come. The state moves on, so the proof is made right then, durably. The old set's cosignatures are added as they
come, also much later, and also from others: a node that was away comes by all handovers in the end.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from certificates.handover import build_chain_trust, follow_handover
from contracts.identity.parties import NEXT_AUTHORITIES
from ledger.authorities import Authority
from ledger.checkpoint import format_checkpoint, parse_checkpoint
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.genesis import describe_authority, read_authority
from ledger.proofs import Bundle, ProvenValue, build_bundle, format_bundle, parse_bundle
from ledger.reasons import Reason
from ledger.types import EntryIndex, Hash, Height
from node.chain import Chain, ChainReader
from node.consensus.messages import CosignatureMessage, decode_message, encode_message
from node.cosignatures import Cosignatures

_NOT_OF_THIS_SET = frozenset({Reason.QUORUM_MISSING, Reason.UNTRUSTED_LOG})


@dataclass(frozen=True, slots=True)
class _Kept:
    effective_height: Height
    bundle: Bundle
    cosignatures: Cosignatures


class Handovers:
    """The handovers of one node's chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        try:
            kept = [_load(height, data) for height, data in chain.iterate_handovers(Height(0))]
        except CodecError as error:
            raise HourledgerError(Reason.STORE_DAMAGED, error.detail) from error
        self._kept = {item.cosignatures.checkpoint.size: item for item in kept}

    def add_block(self, reader: ChainReader, cosignatures: Cosignatures) -> None:
        """Keep a handover if the newest block is the last one before a change. Raises `WRITE_FAILED`."""
        scheduled = NEXT_AUTHORITIES.get(reader.state)
        size = cosignatures.checkpoint.size
        if scheduled is None or scheduled.effective_height != reader.tip.height + 1 or size in self._kept:
            return
        bundle = _make_bundle(reader, scheduled.transaction_id)
        self._keep(_Kept(scheduled.effective_height, bundle, replace(cosignatures, others={})))

    def take(self, message: CosignatureMessage) -> None:
        """Take a cosignature, if it is missing in a handover. Raises `SignatureError` for a false one, `WRITE_FAILED`."""
        kept = self._kept.get(message.size)
        if kept is not None and not kept.cosignatures.has_quorum and kept.cosignatures.take(message):
            self._keep(kept)

    def list_open(self) -> set[int]:
        """Return the sizes of the log at handovers that lack cosignatures."""
        return {size for size, kept in self._kept.items() if not kept.cosignatures.has_quorum}

    def list_cosignatures(self, size: int) -> list[CosignatureMessage]:
        """Return the cosignatures of a handover's checkpoint."""
        kept = self._kept.get(size)
        return [] if kept is None else kept.cosignatures.list_messages()

    def _keep(self, kept: _Kept) -> None:
        self._kept[kept.cosignatures.checkpoint.size] = kept
        self._chain.keep_handover(kept.effective_height, _format(kept))


def format_proven(data: bytes) -> dict[str, Any] | None:
    """Return the bundle of a handover that is kept, as JSON value; None while it proves nothing."""
    document: dict[str, Any] = json.loads(data)
    return document["bundle"] if document["is_proven"] else None


def _make_bundle(reader: ChainReader, transaction_id: Hash) -> Bundle:
    found = reader.find_outcome(transaction_id)
    if found is None:
        raise HourledgerError(Reason.STORE_DAMAGED, "the change of the authorities has no outcome")
    # The event of the change is the last of its transaction's, which stand right before its outcome.
    indices = (EntryIndex(found.index - 1), EntryIndex(reader.tip.size - 1))
    entries = {index: reader.read_entry(index) for index in indices}
    key = NEXT_AUTHORITIES.key()
    values = {key: ProvenValue(reader.state.get(key), reader.prove_state(key))}
    return build_bundle("", entries, reader.prove_entries(indices), values)


def _format(kept: _Kept) -> bytes:
    collected = kept.cosignatures
    own, others = collected.own, collected.others
    note = collected.format().decode() if collected.has_quorum else ""
    document = {
        "is_proven": collected.has_quorum,
        "bundle": format_bundle(replace(kept.bundle, checkpoint_note=note)),
        "checkpoint": format_checkpoint(collected.checkpoint),
        "deciders": [describe_authority(item) for item in collected.deciders],
        "own": None if own is None else encode_message(own).hex(),
        "others": [encode_message(others[name]).hex() for name in sorted(others)],
    }
    return json.dumps(document).encode()


def _load(height: Height, data: bytes) -> _Kept:
    """Return what is kept under a height; raise `CodecError`."""
    try:
        document = json.loads(data)
        bundle = parse_bundle(document["bundle"])
        own = None if document["own"] is None else _load_message(document["own"])
        others = {message.name: message for message in map(_load_message, document["others"])}
        deciders = tuple(map(read_authority, document["deciders"]))
        checkpoint = parse_checkpoint(document["checkpoint"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CodecError("a handover cannot be read") from error
    return _Kept(height, bundle, Cosignatures(checkpoint, deciders, own, others))


def _load_message(text: str) -> CosignatureMessage:
    message = decode_message(bytes.fromhex(text))
    if not isinstance(message, CosignatureMessage):
        raise CodecError("a handover holds something else than a cosignature")
    return message


def verify_handover(chain_id: str, sets: Sequence[tuple[Authority, ...]], effective_height: Height, data: bytes) -> None:
    """Raise `HourledgerError` unless a quorum of one of `sets` vouches for a handover to take effect at that height."""
    bundle = _load(effective_height, data).bundle
    for item in sets:
        try:
            handover = follow_handover(build_chain_trust(chain_id, item), bundle)
        except HourledgerError as error:
            if error.reason in _NOT_OF_THIS_SET:
                continue
            raise
        if handover.effective_height == effective_height:
            return
    raise ProofError("none of the chain's sets vouches for a handover", Reason.QUORUM_MISSING, str(effective_height))
