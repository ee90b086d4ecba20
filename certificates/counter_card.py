"""The counter card: one QR code that says what a merchant or a desk must know, for a short time (docs/formats/counter-card.md).

A CBOR Web Token (RFC 8392) in a COSE_Sign1, in Base45 behind a prefix. Both profiles are signed by a node's log key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from certificates.base45 import format_base45, parse_base45
from certificates.cbor import CborValue, decode_cbor, encode_cbor
from certificates.cose import CoseSign1, parse_cose, sign_cose
from certificates.jws import MAX_SECONDS
from contracts.certificates.stars import MAX_STARS
from contracts.exchange.holds import MAX_QUANTITY
from contracts.statuses import MAX_POSITIONS
from ledger.codec import MAX_POINTS
from ledger.crypto import SigningKey, sha256
from ledger.errors import CodecError
from ledger.notes import SignatureType, compute_key_id
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, Hash, Identifier, PublicKey, TimeMs

PREFIX: Final = "HLC1:"
MAX_CHARACTERS: Final = 1_024
DESK_SECONDS: Final = 900
_ISS, _EXP, _IAT, _CTI, _CNF = 1, 4, 6, 7, 8
_PROFILE: Final = -70_001
_THUMBPRINT: Final = 5
_MERCHANT, _ORGANISATION = 1, 2


@dataclass(frozen=True, slots=True)
class MerchantProfile:
    """Points that are set aside for a merchant: a hold."""

    hold: Identifier
    merchant: Identifier
    offer: Identifier
    quantity: int
    points: int


@dataclass(frozen=True, slots=True)
class DeskProfile:
    """An account, its stars (0 where none were named), the position of its business card, and the thumbprint of its key."""

    account: Identifier
    stars: int
    position: int
    thumbprint: Hash


Profile: TypeAlias = MerchantProfile | DeskProfile


@dataclass(frozen=True, slots=True)
class CounterCard:
    """What a card says."""

    chain_id: str
    issued_ms: TimeMs
    until_ms: TimeMs
    profile: Profile


def compute_thumbprint(key: PublicKey) -> Hash:
    """Return the thumbprint of an Ed25519 key (RFC 9679)."""
    return sha256(encode_cbor({1: 1, -1: 6, -2: bytes(key)}))


def issue_counter_card(card: CounterCard, key: SigningKey) -> str:
    """Return the text of the code."""
    key_id = compute_key_id(card.chain_id, SignatureType.ED25519, key.public_key)
    return PREFIX + format_base45(sign_cose(encode_cbor(_build_claims(card)), key_id, key))


def _build_claims(card: CounterCard) -> dict[int, CborValue]:
    claims: dict[int, CborValue] = {
        _ISS: card.chain_id,
        _EXP: card.until_ms // 1_000,
        _IAT: card.issued_ms // 1_000,
    }
    match card.profile:
        case MerchantProfile() as item:
            profile: list[CborValue] = [_MERCHANT, bytes(item.merchant), bytes(item.offer), item.quantity, item.points]
            return {**claims, _CTI: bytes(item.hold), _PROFILE: profile}
        case DeskProfile() as item:
            profile = [_ORGANISATION, bytes(item.account), item.stars, item.position]
            return {**claims, _CNF: {_THUMBPRINT: bytes(item.thumbprint)}, _PROFILE: profile}


def parse_counter_card(data: bytes) -> tuple[CounterCard, CoseSign1]:
    """Read the text of a code; raise `CodecError`. Nothing is verified."""
    if len(data) > MAX_CHARACTERS:
        raise CodecError(f"a counter card has at most {MAX_CHARACTERS} characters", Reason.TOO_LARGE)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        raise CodecError("a counter card is written in Base45") from error
    if not text.startswith(PREFIX):
        raise CodecError(f"a counter card begins with {PREFIX}")
    cose = parse_cose(parse_base45(text.removeprefix(PREFIX), MAX_CHARACTERS))
    return _read_claims(decode_cbor(cose.payload)), cose


def _read_claims(claims: Any) -> CounterCard:  # noqa: ANN401 - any CBOR value, taken apart here
    match claims:
        case {1: str(chain_id), 4: int(until), 6: int(issued), -70_001: list(profile), **rest} if (
            1 <= len(chain_id.encode()) <= 255 and 0 <= issued < until <= MAX_SECONDS
        ):
            times = TimeMs(issued * 1_000), TimeMs(until * 1_000)
            return CounterCard(chain_id, *times, _read_profile(profile, rest))
    raise CodecError("the card does not have the claims of a counter card")


def _read_profile(items: Sequence[CborValue], rest: Mapping[Any, Any]) -> Profile:
    match items, rest:
        case [1, bytes(merchant), bytes(offer), int(quantity), int(points)], {7: bytes(hold), **others} if (
            not others
            and all(len(item) == IDENTIFIER_BYTES for item in (hold, merchant, offer))
            and 1 <= quantity <= MAX_QUANTITY
            and 0 <= points <= MAX_POINTS
        ):
            return MerchantProfile(Identifier(hold), Identifier(merchant), Identifier(offer), quantity, points)
        case [2, bytes(account), int(stars), int(position)], {8: {5: bytes(thumbprint), **more}, **others} if (
            not others
            and not more
            and (len(account), len(thumbprint)) == (IDENTIFIER_BYTES, HASH_BYTES)
            and 0 <= stars <= MAX_STARS
            and 0 <= position < MAX_POSITIONS
        ):
            return DeskProfile(Identifier(account), stars, position, Hash(thumbprint))
        case [int(number), *_], _ if number not in {_MERCHANT, _ORGANISATION}:
            raise CodecError(f"a counter card of the profile {number} is not known here", Reason.UNSUPPORTED_VERSION)
    raise CodecError("the card does not have the members of its profile")
