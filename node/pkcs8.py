"""Ed25519 private keys as PKCS#8 PEM: how they are written, and what is looked at before one is opened.

Written by hand where the library offers too little: its own choice for an encrypted PKCS#8 key is PBKDF2 with 2,048 rounds,
half a millisecond a guess. This writes PBES2 with scrypt and AES-256-CBC instead (RFC 8018, RFC 7914), which OpenSSL reads.
Reading is the library's work, after the cost that the file asks for has been bounded: a file must not choose how long we work.

Sources: RFC 5958 (PKCS#8), RFC 8410 (Ed25519 in it), RFC 7468 (PEM), RFC 8018 (PBES2), RFC 7914 section 7 (scrypt in it).
"""

import base64
import binascii
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

from ledger.errors import HourledgerError
from ledger.reasons import Reason

PLAIN_LABEL = "PRIVATE KEY"
ENCRYPTED_LABEL = "ENCRYPTED PRIVATE KEY"
MAX_ROUNDS = 10_000_000
"""Bound on PBKDF2's rounds: some seconds."""
MAX_SCRYPT_BYTES = 256 * 2**20
"""Bound on scrypt's memory, 128 * N * r."""
MAX_SCRYPT_PASSES = 64

_BLOCK_BITS = 128
_INTEGER, _OCTETS, _OID, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
_LONG_LENGTH = 0x80
_ED25519 = bytes.fromhex("2b6570")
_PBES2 = bytes.fromhex("2a864886f70d01050d")
_PBKDF2 = bytes.fromhex("2a864886f70d01050c")
_SCRYPT = bytes.fromhex("2b06010401da47040b")
_AES_256_CBC = bytes.fromhex("60864801650304012a")


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """How much work one guess at a passphrase is: memory is 128 * n * r bytes, time grows with n * r * p."""

    n: int
    r: int
    p: int


DEFAULT_COST = ScryptCost(n=2**14, r=8, p=5)
"""16 MiB and a fraction of a second; within the 32 MiB that OpenSSL allows scrypt unless told otherwise."""


def invalid_key_file(detail: str) -> HourledgerError:
    """Return the error for a file that is no Ed25519 key in PKCS#8."""
    return HourledgerError(Reason.INVALID_KEY_FILE, detail)


def encode_plain(seed: bytes) -> bytes:
    """Return the 32-byte `seed` as DER of an unencrypted private key (RFC 8410, section 7)."""
    return _der(_SEQUENCE, _number(0), _der(_SEQUENCE, _der(_OID, _ED25519)), _der(_OCTETS, _der(_OCTETS, seed)))


def encode_encrypted(seed: bytes, passphrase: bytes, *, salt: bytes, vector: bytes, cost: ScryptCost = DEFAULT_COST) -> bytes:
    """Return `seed` as DER of an encrypted private key; `salt` and `vector` are 16 fresh random bytes each."""
    key = Scrypt(salt=salt, length=32, n=cost.n, r=cost.r, p=cost.p).derive(passphrase)
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(encode_plain(seed)) + padder.finalize()
    encryptor = Cipher(AES256(key), CBC(vector)).encryptor()
    encrypted = encryptor.update(padded) + encryptor.finalize()
    derivation = _der(_SEQUENCE, _der(_OCTETS, salt), _number(cost.n), _number(cost.r), _number(cost.p))
    scheme = _der(
        _SEQUENCE,
        _der(_SEQUENCE, _der(_OID, _SCRYPT), derivation),
        _der(_SEQUENCE, _der(_OID, _AES_256_CBC), _der(_OCTETS, vector)),
    )
    return _der(_SEQUENCE, _der(_SEQUENCE, _der(_OID, _PBES2), scheme), _der(_OCTETS, encrypted))


def format_pem(label: str, der: bytes) -> bytes:
    """Return `der` as one PEM block (RFC 7468), lines of 64 characters."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def parse_pem(data: bytes) -> tuple[str, bytes]:
    """Return label and DER of the one PEM block that is all of `data`; only PKCS#8 labels are accepted."""
    lines = data.strip().splitlines()
    for label in (PLAIN_LABEL, ENCRYPTED_LABEL):
        if lines[:1] == [f"-----BEGIN {label}-----".encode()] and lines[-1:] == [f"-----END {label}-----".encode()]:
            try:
                return label, base64.b64decode(b"".join(lines[1:-1]), validate=True)
            except binascii.Error:
                break
    raise invalid_key_file("the file holds no private key in PKCS#8 PEM")


def validate_cost(der: bytes) -> None:
    """Refuse an encrypted key that is not PBES2 with PBKDF2 or scrypt, or whose key derivation costs more than the bounds."""
    scheme, parameters = _algorithm(_children(_only(der, _SEQUENCE))[0])
    if scheme != _PBES2:
        raise invalid_key_file("the key is encrypted in a way other than PBES2")
    derivation, settings = _algorithm(_children(_body(parameters, _SEQUENCE))[0])
    fields = _children(_body(settings, _SEQUENCE))
    numbers = [int.from_bytes(body, "big", signed=True) for tag, body in fields if tag == _INTEGER]
    if derivation == _PBKDF2 and numbers and 0 < numbers[0] <= MAX_ROUNDS:
        return
    if derivation == _SCRYPT and len(numbers) >= 3:
        n, r, p = numbers[:3]
        if min(n, r, p) > 0 and 128 * n * r <= MAX_SCRYPT_BYTES and p <= MAX_SCRYPT_PASSES:
            return
    raise invalid_key_file("the key's passphrase is stretched in a way that is unknown or costs too much")


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < _LONG_LENGTH:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG_LENGTH | len(length)]) + length + body


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Return tags and bodies of the values that stand one after another in `data`; at least one."""
    found: list[tuple[int, bytes]] = []
    offset = 0
    while offset < len(data) or not found:
        header = data[offset : offset + 2]
        if len(header) < 2:
            raise invalid_key_file("the key's structure is damaged")
        offset += 2
        length = header[1]
        if length >= _LONG_LENGTH:
            extra = length - _LONG_LENGTH
            length = int.from_bytes(data[offset : offset + extra], "big")
            offset += extra
        if offset + length > len(data):
            raise invalid_key_file("the key's structure is damaged")
        found.append((header[0], data[offset : offset + length]))
        offset += length
    return found


def _body(value: tuple[int, bytes], tag: int) -> bytes:
    if value[0] != tag:
        raise invalid_key_file("the key's structure is not that of PKCS#8")
    return value[1]


def _only(data: bytes, tag: int) -> bytes:
    values = _children(data)
    if len(values) != 1:
        raise invalid_key_file("the key's structure is not that of PKCS#8")
    return _body(values[0], tag)


def _algorithm(value: tuple[int, bytes]) -> tuple[bytes, tuple[int, bytes]]:
    """Return identifier and parameters of an AlgorithmIdentifier."""
    parts = _children(_body(value, _SEQUENCE))
    if len(parts) != 2:
        raise invalid_key_file("the key's encryption is not described as PKCS#8 asks")
    return _body(parts[0], _OID), parts[1]
