"""Private keys on disk: Ed25519 as PKCS#8 PEM, encrypted under a passphrase.

A key that is overwritten is a key lost, and half a key is no key. So a file is written whole under another name, flushed, and
only then given its name, which must be free.
"""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from ledger.crypto import SEED_BYTES, SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node import pkcs8

MAX_KEY_FILE_BYTES = 16_384
KEY_FILE_MODE = 0o600

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def generate_key() -> SigningKey:
    """Return a new key from the operating system's random source."""
    return SigningKey(os.urandom(SEED_BYTES))


def save_key(path: Path, key: SigningKey, passphrase: bytes | None, *, cost: pkcs8.ScryptCost = pkcs8.DEFAULT_COST) -> None:
    """Write `key` to `path`, readable by its owner only; without encryption only if `passphrase` is None (for development).

    Raises `HourledgerError`: MISSING_PASSPHRASE for an empty passphrase, ALREADY_EXISTS when the name is taken, UNREADABLE_FILE
    when the folder is missing or not ours to write in, WRITE_FAILED when the disk refuses.
    """
    data = encode_key(key, passphrase, cost=cost)
    if os.path.lexists(path):
        raise _already_exists(path)
    try:
        _write_new(path, data)
    except FileExistsError as error:
        raise _already_exists(path) from error
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the key cannot be written there", str(path)) from error
    except OSError as error:
        raise HourledgerError(Reason.WRITE_FAILED, f"the key could not be written: {error.strerror}", str(path)) from error


def load_key(path: Path, passphrase: bytes | None) -> SigningKey:
    """Read the key in `path`.

    Raises `HourledgerError`: UNREADABLE_FILE when there is no such file or no right to read it, and what `decode_key` raises.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the key file cannot be read", str(path)) from error
    try:
        return decode_key(data, passphrase)
    except HourledgerError as error:
        raise HourledgerError(error.reason, error.detail, str(path)) from error


def encode_key(key: SigningKey, passphrase: bytes | None, *, cost: pkcs8.ScryptCost = pkcs8.DEFAULT_COST) -> bytes:
    """Return `key` as PKCS#8 PEM, encrypted with a fresh salt unless `passphrase` is None."""
    if passphrase is None:
        return pkcs8.format_pem(pkcs8.PLAIN_LABEL, pkcs8.encode_plain(key.seed))
    if not passphrase:
        raise HourledgerError(Reason.MISSING_PASSPHRASE, "an empty passphrase protects nothing")
    der = pkcs8.encode_encrypted(key.seed, passphrase, salt=os.urandom(16), vector=os.urandom(16), cost=cost)
    return pkcs8.format_pem(pkcs8.ENCRYPTED_LABEL, der)


def decode_key(data: bytes, passphrase: bytes | None) -> SigningKey:
    """Return the key that the bytes of a key file hold, whoever wrote it.

    Raises `HourledgerError`: INVALID_KEY_FILE for anything but an Ed25519 key in PKCS#8 PEM, and for a passphrase given to a
    key without encryption; MISSING_PASSPHRASE and WRONG_PASSPHRASE. A damaged ciphertext looks like a wrong passphrase.
    """
    if len(data) > MAX_KEY_FILE_BYTES:
        raise pkcs8.invalid_key_file("the file is too large for a key")
    label, der = pkcs8.parse_pem(data)
    if label == pkcs8.PLAIN_LABEL:
        if passphrase is not None:
            raise pkcs8.invalid_key_file("a passphrase was given, but the key is not encrypted")
        return _open(der, None, pkcs8.invalid_key_file("the file holds no private key that is known here"))
    pkcs8.validate_cost(der)
    if not passphrase:
        raise HourledgerError(Reason.MISSING_PASSPHRASE, "the key is encrypted and no passphrase was given")
    return _open(der, passphrase, HourledgerError(Reason.WRONG_PASSPHRASE, "the passphrase does not open the key"))


def _open(der: bytes, passphrase: bytes | None, refusal: HourledgerError) -> SigningKey:
    try:
        key = load_der_private_key(der, passphrase)
    except UnsupportedAlgorithm as error:
        raise pkcs8.invalid_key_file("the key is of a kind that is not known here") from error
    except (ValueError, TypeError, MemoryError, InternalError) as error:
        # InternalError is how the library answers a key of the wrong length for some of OpenSSL's other algorithms.
        raise refusal from error
    if not isinstance(key, Ed25519PrivateKey):
        raise pkcs8.invalid_key_file("the key is not an Ed25519 key")
    return SigningKey(key.private_bytes_raw())


def _already_exists(path: Path) -> HourledgerError:
    return HourledgerError(Reason.ALREADY_EXISTS, "there is a file of that name, and a key is never overwritten", str(path))


def _write_new(path: Path, data: bytes) -> None:
    """Write `data` to the free name `path`, all or nothing, durably; `FileExistsError` if the name was taken meanwhile."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _claim_name(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)


def _claim_name(temporary: Path, path: Path) -> None:
    """Give the finished file its name unless that is taken. A rename would replace the other file; a link refuses."""
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # A memory stick has no hard links: reserve the name, then rename over the reservation. After a crash between the two an
        # empty file is left, which opens as no key and is never taken for one.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE))
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
