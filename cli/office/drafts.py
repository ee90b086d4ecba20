"""Drafts: transactions in files, which officers pass on and sign. The bytes are those that are sent in the end."""

from collections.abc import Iterable
from pathlib import Path

from cli.office.files import write_whole
from cli.reading import read_bounded
from ledger.errors import HourledgerError
from ledger.transactions import MAX_TRANSACTION_BYTES, SignedTransaction, decode_payload, decode_signed, encode_signed


def save_draft(path: Path, signed: SignedTransaction) -> Path:
    """Write a draft, replacing one of that name whole or not at all; return the path."""
    write_whole(path, encode_signed(signed))
    return path


def save_drafts(folder: Path, drafts: Iterable[SignedTransaction]) -> tuple[Path, ...]:
    """Write each transaction under a name made from its identifier; return the files."""
    return tuple(save_draft(folder / f"{item.transaction_id.hex()[:16]}.draft", item) for item in drafts)


def load_draft(path: Path) -> SignedTransaction:
    """Read a draft; raise `HourledgerError`: UNREADABLE_FILE, or MALFORMED for bytes that are no transaction."""
    data = read_bounded(path, MAX_TRANSACTION_BYTES, "the draft")
    try:
        signed = decode_signed(data)
        decode_payload(signed)
    except HourledgerError as error:
        raise HourledgerError(error.reason, "the file is not a transaction of this program", str(path)) from error
    return signed
