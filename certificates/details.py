"""Details of a record: what stays off the chain, and the commitment that binds it to the chain.

The details are a JSON object; its canonical form (RFC 8785) and a 32-byte random salt are hashed. The organisation's record
book and the volunteer keep salt and details; a certificate opens them. Without the salt nobody can test a guess.
"""

from collections.abc import Sequence
from typing import Annotated, Final, cast

import msgspec

from certificates.jcs import MAX_SAFE_INTEGER, JsonObject, encode_jcs
from ledger.crypto import compute_commitment
from ledger.errors import CodecError
from ledger.hashing import hash_each
from ledger.reasons import Reason
from ledger.shapes import MISFIT
from ledger.types import HASH_BYTES, Hash

SALT_BYTES: Final = HASH_BYTES
MAX_DETAILS_BYTES: Final = 8_192
_RECORD_DOMAIN: Final = b"hourledger/record-details/v1"
_ADJUSTMENT_DOMAIN: Final = b"hourledger/adjustment-details/v1"
_EXPLANATION_DOMAIN: Final = b"hourledger/explanation-details/v1"
_PUBLIC_DOMAIN: Final = b"hourledger/public-details/v1"
_ZERO_SALT: Final = bytes(SALT_BYTES)

RECORD_FIELDS: Final = frozenset(
    {"activity_name", "category", "content", "date", "end", "minutes", "person_in_charge", "place", "start"}
)
"""`date` is YYYY-MM-DD, `start` and `end` are HH:MM on the region's clock (`end` may pass 24:00), `minutes` is a number."""
REQUIRED_RECORD_FIELDS: Final = frozenset({"activity_name", "date", "minutes"})


_Field = str | Annotated[int, msgspec.Meta(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
_Optional = _Field | msgspec.UnsetType


class _RecordDetails(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The fields of a service record. Their names are of ASCII, so that canonical JSON has them in the order of bytes."""

    activity_name: _Field
    date: _Field
    minutes: _Field
    category: _Optional = msgspec.UNSET
    content: _Optional = msgspec.UNSET
    end: _Optional = msgspec.UNSET
    person_in_charge: _Optional = msgspec.UNSET
    place: _Optional = msgspec.UNSET
    start: _Optional = msgspec.UNSET


_encoder: Final = msgspec.json.Encoder(order="sorted")


class Opening(msgspec.Struct, frozen=True):
    """What opens a record's commitment."""

    salt: bytes
    details: JsonObject


def encode_details(details: JsonObject) -> bytes:
    """Return the canonical bytes of details; raise `CodecError` when they are too long, or not texts and whole numbers."""
    if not set(map(type, details.values())) <= {str, int}:
        raise CodecError("details are texts and whole numbers")
    data = encode_jcs(details)
    if len(data) > MAX_DETAILS_BYTES:
        raise CodecError(f"details have at most {MAX_DETAILS_BYTES} bytes", Reason.TOO_LARGE)
    return data


def validate_record_details(details: JsonObject) -> None:
    """Raise `CodecError` unless the details have the fields of a service record (Order 67, article 7) and no others."""
    names = set(details)
    if not names >= REQUIRED_RECORD_FIELDS or not names <= RECORD_FIELDS:
        raise CodecError("a record's details have other fields than those of a service record")


def compute_record_commitment(opening: Opening) -> Hash:
    """Commitment that a record's event carries."""
    validate_record_details(opening.details)
    return compute_commitment(_RECORD_DOMAIN, opening.salt, encode_details(opening.details))


def compute_record_commitments(openings: Sequence[Opening]) -> list[Hash]:
    """Do the same as `compute_record_commitment` for each of several openings; raise `CodecError` where one has none.

    What the fast way does not take, the plain one decides on.
    """
    try:
        return _compute_quickly(openings)
    except (CodecError, *MISFIT):
        return [compute_record_commitment(opening) for opening in openings]


def _compute_quickly(openings: Sequence[Opening]) -> list[Hash]:
    items = [opening.details for opening in openings]
    if not all(set(map(type, details.values())) <= {str, int} for details in items):
        raise CodecError("details are texts and whole numbers")
    written = [_encoder.encode(details) for details in msgspec.convert(items, list[_RecordDetails])]
    salts = [opening.salt for opening in openings]
    if any(len(data) > MAX_DETAILS_BYTES for data in written) or set(map(len, salts)) - {SALT_BYTES}:
        raise CodecError("details are too long, or a salt is")
    committed = [salt + data for salt, data in zip(salts, written, strict=True)]
    return cast("list[Hash]", hash_each(_RECORD_DOMAIN + b"\x00", committed))


def compute_adjustment_commitment(opening: Opening) -> Hash:
    """Commitment that an adjustment of points carries; it binds the explanation without showing it."""
    return compute_commitment(_ADJUSTMENT_DOMAIN, opening.salt, encode_details(opening.details))


def compute_explanation_commitment(opening: Opening) -> Hash:
    """Commitment that a training, an award, a sanction or an objection carries; it binds the words without showing them."""
    return compute_commitment(_EXPLANATION_DOMAIN, opening.salt, encode_details(opening.details))


def compute_public_commitment(details: JsonObject) -> Hash:
    """Hash that binds the public description of an activity or an offer; nothing is hidden, so there is no salt."""
    return compute_commitment(_PUBLIC_DOMAIN, _ZERO_SALT, encode_details(details))
