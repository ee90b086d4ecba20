"""Drafts: transactions in files, which officers pass on and sign. The bytes are those that are sent in the end."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES, SignedTransaction, decode_payload, decode_signed, encode_signed


def save_draft(path: Path, signed: SignedTransaction) -> Path:
    """Write a draft, replacing one of that name whole or not at all; return the path."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(encode_signed(signed))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise HourledgerError(Reason.WRITE_FAILED, f"the draft could not be written: {error.strerror}", str(path)) from error
    return path


def save_drafts(folder: Path, drafts: Iterable[SignedTransaction]) -> tuple[Path, ...]:
    """Write each transaction under a name made from its identifier; return the files."""
    return tuple(save_draft(folder / f"{item.transaction_id.hex()[:16]}.draft", item) for item in drafts)


def load_draft(path: Path) -> SignedTransaction:
    """Read a draft; raise `HourledgerError`: UNREADABLE_FILE, or MALFORMED for bytes that are no transaction."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TRANSACTION_BYTES + 1)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the draft cannot be read", str(path)) from error
    try:
        signed = decode_signed(data)
        decode_payload(signed)
    except HourledgerError as error:
        raise HourledgerError(error.reason, "the file is not a transaction of this program", str(path)) from error
    return signed
