"""Evidence of a certificate: the bundle, and the openings of its records, carried as a data URI.

The URI is the `id` of the credential's only evidence, so that no term of our own is needed in the credential (Open Badges 3.0
allows data URIs there). Inside is the bundle's JSON object with one more member,
`"openings": [{"index": 7, "salt": "<base64>", "details": {...}}, ...]`.
"""

from dataclasses import dataclass
from typing import Final

from certificates.details import SALT_BYTES, Opening
from certificates.jcs import JsonValue, encode_jcs, parse_json_object
from ledger.errors import CodecError
from ledger.notes import format_base64, parse_base64
from ledger.proofs import MAX_ITEMS, Bundle, format_bundle, parse_bundle
from ledger.types import EntryIndex

PREFIX: Final = "data:application/vnd.hourledger.bundle+json;base64,"
MAX_EVIDENCE_BYTES: Final = 4 << 20
_OPENING_MEMBERS: Final = frozenset({"index", "salt", "details"})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A bundle, and the opening of the record at each index."""

    bundle: Bundle
    openings: dict[EntryIndex, Opening]


def format_evidence(evidence: Evidence) -> str:
    """Return the data URI."""
    document = format_bundle(evidence.bundle)
    document["openings"] = [
        {"index": index, "salt": format_base64(opening.salt), "details": opening.details}
        for index, opening in sorted(evidence.openings.items())
    ]
    return PREFIX + format_base64(encode_jcs(document))


def parse_evidence(uri: str) -> Evidence:
    """Return the evidence in a data URI; raise `CodecError`. Nothing is verified."""
    if not uri.startswith(PREFIX):
        raise CodecError("the evidence is not a bundle of this ledger")
    document = parse_json_object(parse_base64(uri.removeprefix(PREFIX)), max_bytes=MAX_EVIDENCE_BYTES)
    openings = document.pop("openings", None)
    if type(openings) is not list or len(openings) > MAX_ITEMS:
        raise CodecError("the evidence has no list of openings")
    pairs = [_parse_opening(item) for item in openings]
    indices = [index for index, _ in pairs]
    if indices != sorted(set(indices)):
        raise CodecError("the evidence's openings are not ascending, each once")
    return Evidence(parse_bundle(document), dict(pairs))


def _parse_opening(item: JsonValue) -> tuple[EntryIndex, Opening]:
    if not isinstance(item, dict) or item.keys() != _OPENING_MEMBERS:
        raise CodecError("an opening is not an index, a salt and details")
    index, salt, details = item["index"], item["salt"], item["details"]
    if type(index) is not int or not isinstance(salt, str) or not isinstance(details, dict):
        raise CodecError("an opening is not an index, a salt and details")
    data = parse_base64(salt)
    if len(data) != SALT_BYTES:
        raise CodecError(f"a salt has {SALT_BYTES} bytes")
    return EntryIndex(index), Opening(data, details)
