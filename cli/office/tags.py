"""The registrar's tags: one person, one account, without the person's number on the chain.

A tag is an HMAC under the registrar's key, which the organisations of a region share and nobody else has: without it, nobody
can test whether a number that they guess is enrolled.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.office.files import write_whole
from cli.reading import read_bounded
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
    if os.path.lexists(path):
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a file of that name, and a key is never overwritten", str(path))
    write_whole(path, f"{key.hex()}\n".encode("ascii"), mode=0o600)


def load_registrar_key(path: Path) -> bytes:
    """Read a registrar's key: 64 hexadecimal digits."""
    if not path.exists():
        detail = "there is no registrar's key; get the region's, or make the first one with hourledger keys registrar"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(path))
    text = read_bounded(path, _MAX_FILE_BYTES, "the registrar's key").decode("ascii", "replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise HourledgerError(Reason.INVALID_KEY_FILE, "a registrar's key has 64 hexadecimal digits", str(path))
    return key
