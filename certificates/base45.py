"""Base45 (RFC 9285): bytes in the 45 characters for which a QR code has its dense alphanumeric mode.

Two bytes are three characters, a last single byte is two; the digit of the lowest value comes first. Each value has one text
and each text one value: nothing is trimmed, and small letters are not taken for large ones.
"""

from typing import Final

from ledger.errors import CodecError
from ledger.reasons import Reason

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
MAX_TEXT_CHARACTERS: Final = 4_296
"""What the largest QR code (version 40, level L) holds in its alphanumeric mode."""

_BASE: Final = len(ALPHABET)
_DIGITS: Final = {character: digit for digit, character in enumerate(ALPHABET)}
_PAIRS: Final = tuple(first + second for second in ALPHABET for first in ALPHABET)
"""Two digits for each number below 2025, the lower digit first."""


def format_base45(data: bytes) -> str:
    """Write bytes as Base45."""
    parts = []
    for position in range(0, len(data) - 1, 2):
        high, low = divmod(data[position] << 8 | data[position + 1], _BASE * _BASE)
        parts.append(_PAIRS[low] + ALPHABET[high])
    if len(data) % 2:
        parts.append(_PAIRS[data[-1]])
    return "".join(parts)


def parse_base45(text: str, max_characters: int = MAX_TEXT_CHARACTERS) -> bytes:
    """Read what `format_base45` wrote; raise `CodecError` for anything else."""
    if len(text) > max_characters:
        raise CodecError(f"a code of {len(text)} characters, at most {max_characters} are read", Reason.TOO_LARGE)
    if len(text) % 3 == 1:
        raise CodecError("the code was cut off: its length is that of no Base45 text")
    digits = [_DIGITS.get(character, _BASE) for character in text]
    if _BASE in digits:
        raise CodecError("the code has a character that is not of Base45")
    data = bytearray()
    for position in range(0, len(digits), 3):
        _append_bytes(data, digits[position : position + 3])
    return bytes(data)


def _append_bytes(data: bytearray, digits: list[int]) -> None:
    size = len(digits) - 1
    number = sum(digit * _BASE**exponent for exponent, digit in enumerate(digits))
    if number >= 1 << 8 * size:
        raise CodecError("the code has digits that stand for no bytes in Base45")
    data += number.to_bytes(size, "big")
