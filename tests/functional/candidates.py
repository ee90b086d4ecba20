"""A search for a person by trying every candidate: who has the whole chain, and no key, looks for what a guess would leave.

Candidates are Chinese resident identity numbers (GB 11643): six digits of region, birthday, three of sequence, a check digit.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WINDOW_BYTES = 16
"""As long as an identifier, so that a hash is found whole or cut to one."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DOMAINS = (b"", b"hourledger/person/v1\x00", b"hourledger/reference/v1\x00", b"hourledger/record-details/v1")
_TEXT = re.compile(rb"[A-Za-z0-9+/_-]{22,}")

Form = Callable[[bytes], bytes]


def make_number(region: str, birthday: date, sequence: int) -> str:
    """Return an identity number with its check digit (ISO 7064, MOD 11-2)."""
    digits = f"{region}{birthday:%Y%m%d}{sequence:03}"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return digits + "10X98765432"[total % 11]


def list_candidates(region: str, first_year: int, last_year: int, sequences: Iterable[int]) -> Iterator[str]:
    """Everybody who was born in those years in a region, of these sequence numbers."""
    day, end, numbers = date(first_year, 1, 1), date(last_year, 12, 31), tuple(sequences)
    while day <= end:
        yield from (make_number(region, day, number) for number in numbers)
        day += timedelta(days=1)


@dataclass(frozen=True)
class Haystack:
    """Every run of 16 bytes of what was collected, and of what its texts hold in hexadecimal or base64."""

    windows: set[bytes]

    @classmethod
    def collect(cls, sources: Iterable[bytes]) -> "Haystack":
        windows: set[bytes] = set()
        for source in sources:
            for data in (source, *_decode_texts(source)):
                windows.update(data[place : place + WINDOW_BYTES] for place in range(len(data) - WINDOW_BYTES + 1))
        return cls(windows)

    def find(self, candidates: Iterable[str], public: Iterable[bytes]) -> list[tuple[str, str]]:
        """Return who is found, and by which form, trying everything that can be made without a secret."""
        forms = dict(_list_forms(tuple(public)))
        return [
            (number, name)
            for number in candidates
            for name, form in forms.items()
            if form(number.encode())[:WINDOW_BYTES] in self.windows
        ]


def _decode_texts(source: bytes) -> Iterator[bytes]:
    for match in _TEXT.finditer(source):
        text = match.group()
        if re.fullmatch(rb"[0-9a-f]+", text):
            yield bytes.fromhex(text[: len(text) // 2 * 2].decode())
        else:
            cut = text[: len(text) // 4 * 4].replace(b"-", b"+").replace(b"_", b"/")
            yield base64.b64decode(cut)


def _list_forms(public: tuple[bytes, ...]) -> Iterator[tuple[str, Form]]:
    """The number itself; its hashes, with each domain of ours and all that is public; HMACs under public keys."""
    yield "the number", lambda number: number
    for algorithm in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
        yield algorithm, lambda number, algorithm=algorithm: hashlib.new(algorithm, number).digest()  # type: ignore[misc]
    for before in (*_DOMAINS[1:], *(domain + item for domain in _DOMAINS for item in public)):
        yield f"sha256 of {before!r} and the number", lambda number, before=before: hashlib.sha256(before + number).digest()  # type: ignore[misc]
    for item in public:
        yield f"sha256 of the number and {item!r}", lambda number, item=item: hashlib.sha256(number + item).digest()  # type: ignore[misc]
        for domain in _DOMAINS:
            yield (
                f"HMAC under {item!r} of {domain!r}",
                lambda number, item=item, domain=domain: hmac.digest(item, domain + number, "sha256"),  # type: ignore[misc]
            )
