"""Disclosures of an SD-JWT (RFC 9901): a claim is shown by its text, and hidden behind the text's hash.

What is hidden cannot be guessed: each text holds 16 random bytes. Claims stand at the top of the payload; nested ones and
elements of lists are not used here and are refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.jcs import JsonValue, encode_jcs, parse_json
from ledger.crypto import sha256
from ledger.errors import CodecError

SALT_BYTES: Final = 16
MAX_DISCLOSURES: Final = 128
MAX_DISCLOSURE_CHARACTERS: Final = 4_096
DIGESTS_STEP: Final = 16
"""The number of digests is a multiple, so that it does not tell how many claims there are."""
_DIGEST_CHARACTERS: Final = 43


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One claim that is shown, and the text that shows it."""

    text: str
    name: str
    value: JsonValue

    @property
    def digest(self) -> str:
        """What stands in the signed part for it."""
        return compute_digest(self.text)


def compute_digest(text: str) -> str:
    """Return base64url of the SHA-256 of a disclosure's text, or of a presentation's (`sd_hash`)."""
    return format_base64url(sha256(text.encode()))


def make_disclosures(claims: Mapping[str, JsonValue], draw: Callable[[int], bytes]) -> tuple[Disclosure, ...]:
    """Return a disclosure for each claim; `draw` gives so many random bytes."""
    return tuple(_make(format_base64url(draw(SALT_BYTES)), name, value) for name, value in claims.items())


def _make(salt: str, name: str, value: JsonValue) -> Disclosure:
    return Disclosure(format_base64url(encode_jcs([salt, name, value])), name, value)


def make_digests(disclosures: tuple[Disclosure, ...], draw: Callable[[int], bytes]) -> list[JsonValue]:
    """Return the digests of disclosures and decoys among them, sorted."""
    decoys = -len(disclosures) % DIGESTS_STEP
    hashes = [item.digest for item in disclosures] + [format_base64url(sha256(draw(SALT_BYTES * 2))) for _ in range(decoys)]
    return [*sorted(hashes)]


def parse_disclosure(text: str) -> Disclosure:
    """Read a disclosure; raise `CodecError`."""
    if len(text) > MAX_DISCLOSURE_CHARACTERS:
        raise CodecError(f"a disclosure has at most {MAX_DISCLOSURE_CHARACTERS} characters")
    match parse_json(parse_base64url(text), max_depth=4):
        case [str(salt), str(name), value] if len(parse_base64url(salt)) == SALT_BYTES:
            return Disclosure(text, name, value)
    raise CodecError("a disclosure is a list of a salt of 16 bytes, a name and a value")


def parse_digests(value: JsonValue) -> frozenset[str]:
    """Read the digests of the signed part; raise `CodecError`."""
    items = value if isinstance(value, list) else []
    digests = [item for item in items if isinstance(item, str) and len(item) == _DIGEST_CHARACTERS]
    if len(digests) != len(items) or not digests or len(digests) > MAX_DISCLOSURES or len(digests) % DIGESTS_STEP:
        raise CodecError(f"_sd is a list of digests, a multiple of {DIGESTS_STEP} and at most {MAX_DISCLOSURES}")
    if digests != sorted(set(digests)):
        raise CodecError("digests stand in order, each once")
    return frozenset(digests)
