"""What commands need of other regions: their trust files, checkpoints and proofs in the form that transactions carry."""

import json
from pathlib import Path
from typing import Any, Final

from certificates.jcs import parse_json_object
from cli.office.client import NodeClient
from cli.office.files import write_whole
from contracts.regions.arriving import ReceiveTime
from contracts.regions.leaving import TIME_LEFT, TimeLeft
from contracts.regions.trusted import AcceptCheckpoint
from ledger.checkpoint import parse_signed_checkpoint
from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.notes import encode_text
from ledger.proofs import get_tlog_proof, parse_bundle
from ledger.reasons import Reason
from ledger.trust import parse_trust
from ledger.types import Hash, Identifier

MAX_TRANSFER_BYTES: Final = 1 << 20


def read_region(trust: bytes) -> str:
    """Return the chain that a trust file is about; raise `HourledgerError` unless it is about one."""
    names = {log.key.name for log in parse_trust(trust).logs}
    if len(names) != 1:
        raise HourledgerError(Reason.USAGE, "the trust file is of one region's chain", ", ".join(sorted(names)))
    return names.pop()


def compose_checkpoint(own: NodeClient, other: NodeClient) -> tuple[AcceptCheckpoint, int]:
    """Return the other node's newest checkpoint, led up to from the one on record here, and how many entries it covers."""
    note = other.get_bytes("/checkpoint")
    newest = parse_signed_checkpoint(note).checkpoint
    known = [item["checkpoint"] for item in own.get_json("/v1/regions")["regions"] if item["region"] == newest.origin]
    hashes: tuple[Hash, ...] = ()
    if known and known[0] is not None and known[0]["size"] < newest.size:
        answer = other.get_json("/v1/consistency", {"old": known[0]["size"], "new": newest.size})
        hashes = tuple(Hash(bytes.fromhex(item)) for item in answer["hashes"])
    return AcceptCheckpoint(newest.origin, note, hashes), newest.size


def fetch_transfer(client: NodeClient, transaction_id: Hash, key: SigningKey) -> Any:  # noqa: ANN401 - JSON
    """Return the bundle with the event of a transaction that sent time; raise `HourledgerError`, `NOT_FOUND` for any other."""
    found = client.find_transaction(transaction_id)
    if found is None or found.outcome is None or not found.outcome.is_accepted:
        raise HourledgerError(Reason.NOT_FOUND, "the node knows no such transaction that was accepted", transaction_id.hex())
    index = found.outcome.document["first_event_index"]
    bundle = client.post_json("/v1/bundles", {"entries": [index], "keys": []}, key=key)
    if not any(_read_transfer(item.entry) for item in parse_bundle(bundle).entries):
        raise HourledgerError(Reason.NOT_FOUND, "the transaction sent no time", transaction_id.hex())
    return bundle


def save_transfer(client: NodeClient, transaction_id: Hash, key: SigningKey, out: Path) -> None:
    """Write the proof of a transaction that sent time, which can be made again at any time."""
    write_whole(out, f"{json.dumps(fetch_transfer(client, transaction_id, key), indent=2)}\n".encode())


def build_receipt(data: bytes, volunteer: Identifier | None) -> tuple[ReceiveTime, TimeLeft]:
    """Return what lets the time of a bundle count here, and what its event says; raise `HourledgerError`.

    Nothing is verified: the ledger does that, and says what is wrong.
    """
    bundle = parse_bundle(parse_json_object(data, max_bytes=MAX_TRANSFER_BYTES))
    note = encode_text(bundle.checkpoint_note)
    for item in bundle.entries:
        left = _read_transfer(item.entry)
        if left is not None:
            region = parse_signed_checkpoint(note).checkpoint.origin
            ids = region, left.transfer, volunteer or left.recipient
            hashes = get_tlog_proof(bundle, item.index).hashes
            return ReceiveTime(*ids, item.entry, item.index, hashes, note), left
    raise HourledgerError(Reason.NOT_FOUND, "the file shows no time that has left a region", "")


def _read_transfer(entry: bytes) -> TimeLeft | None:
    try:
        return TIME_LEFT.decode(entry)
    except CodecError:
        return None
