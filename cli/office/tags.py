"""The registrar's tags: one person, one account, without the person's number on the chain.

A tag is an HMAC under the registrar's key, which the organisations of a region share and nobody else has: without it, nobody
can test whether a number that they guess is enrolled.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.crypto import hmac_sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Hash, Identifier

KEY_BYTES: Final = 32
FILE_NAME: Final = "registrar.key"
_MAX_FILE_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class Registrar:
    """The registrar's key. `is_shared` says that references mean the same person at every organisation of the region."""

    key: bytes = field(repr=False)
    is_shared: bool = False

    def compute_tag(self, organisation: Identifier, reference: str) -> Hash:
        """Tag of a person under the organisation's reference.

        Two organisations may both have a V-0001, so by default a reference is taken together with its organisation; a number
        that is the same everywhere (`is_shared`) is taken alone, and then finds the account made by another organisation.
        """
        if self.is_shared:
            return hmac_sha256(self.key, b"hourledger/person/v1\x00" + reference.encode())
        return hmac_sha256(self.key, b"hourledger/reference/v1\x00" + organisation + reference.encode())


def save_registrar_key(path: Path, key: bytes) -> None:
    """Write a registrar's key as hexadecimal, readable by its owner only; the name must be free."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{key.hex()}\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a registrar's key of that name", str(path)) from error
    except OSError as error:
        raise HourledgerError(Reason.WRITE_FAILED, f"the key could not be written: {error.strerror}", str(path)) from error


def load_registrar_key(path: Path) -> bytes:
    """Read a registrar's key: 64 hexadecimal digits."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode("ascii").strip()
    except FileNotFoundError as error:
        detail = "there is no registrar's key; get the region's, or make the first one with hourledger keys registrar"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(path)) from error
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the registrar's key cannot be read", str(path)) from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise HourledgerError(Reason.INVALID_KEY_FILE, "a registrar's key has 64 hexadecimal digits", str(path))
    return key
