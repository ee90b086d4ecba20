"""The business card: an SD-JWT VC that a volunteer shows in parts (docs/formats/card.md).

A node signs it from its own state; the holder chooses what to disclose and signs for each showing with the key in the card.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.jcs import MAX_SAFE_INTEGER, JsonObject, JsonValue
from certificates.jws import Jws, parse_jws, sign_jws, take_seconds, take_text
from certificates.multibase import format_did_key, format_verification_method
from certificates.sd_jwt import (
    MAX_DISCLOSURES,
    Disclosure,
    compute_digest,
    make_digests,
    make_disclosures,
    parse_digests,
    parse_disclosure,
)
from certificates.status_list import decode_ascii
from certificates.status_uris import name_list, parse_list_uri
from contracts.certificates.stars import MAX_STARS
from contracts.statuses import LIST_POSITIONS
from ledger.crypto import SigningKey
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.types import PUBLIC_KEY_BYTES, PublicKey, TimeMs

TYPE: Final = "dc+sd-jwt"
BINDING_TYPE: Final = "kb+jwt"
MEDIA_TYPE: Final = "application/dc+sd-jwt"
VALID_DAYS: Final = 30
MAX_CARD_BYTES: Final = 65_536
MAX_NONCE_CHARACTERS: Final = 256
MAX_AUDIENCE_CHARACTERS: Final = 512
TRAINING_PREFIX: Final = "training:"
_DAY_S: Final = 86_400
_HASH: Final = "sha-256"
_KIND_PATH: Final = "/cards/volunteer"
_SCHEME: Final = "https://"
_MEMBERS: Final = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg"})
_IDENTIFIER: Final = re.compile("[0-9a-f]{32}")
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class CardContent:
    """What a node writes into a card: on which chain, for which key, where its status is, and claims by name."""

    chain_id: str
    key: PublicKey
    position: int
    time_ms: TimeMs
    claims: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it was read; nothing is verified yet. `signed_text` is what a key binding is about."""

    chain_id: str
    key: PublicKey
    position: int
    valid_from_ms: TimeMs
    expires_ms: TimeMs
    digests: frozenset[str]
    disclosures: tuple[Disclosure, ...]
    jws: Jws
    signed_text: str
    binding: Jws | None


@dataclass(frozen=True, slots=True)
class Showing:
    """To whom a card is shown, for which nonce, and when."""

    audience: str
    nonce: str
    time_ms: TimeMs


def issue_card(content: CardContent, key: SigningKey, draw: Callable[[int], bytes]) -> str:
    """Return a card with all its disclosures, as its holder keeps it; `draw` gives so many random bytes."""
    for name, value in content.claims.items():
        _validate_claim(name, value)
    disclosures = make_disclosures(content.claims, draw)
    day_s = content.time_ms // 1_000 // _DAY_S * _DAY_S
    payload: JsonObject = {
        "iss": format_did_key(key.public_key),
        "vct": f"{_SCHEME}{content.chain_id}{_KIND_PATH}",
        "iat": day_s,
        "nbf": day_s,
        "exp": day_s + VALID_DAYS * _DAY_S,
        "cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": format_base64url(content.key)}},
        "status": {
            "status_list": {
                "idx": content.position % LIST_POSITIONS,
                "uri": name_list(content.chain_id, content.position).uri,
            }
        },
        "_sd_alg": _HASH,
        "_sd": make_digests(disclosures, draw),
    }
    signed = sign_jws({"kid": format_verification_method(key.public_key), "typ": TYPE}, payload, key)
    return _join(signed, disclosures)


def present_card(text: str, names: Sequence[str], key: SigningKey, showing: Showing) -> str:
    """Return a card as it is shown: the claims of these names, and the holder's signature.

    Raises `CodecError` for what is no card or lacks a claim, and where `key` is not the card's.
    """
    card = parse_card(text.encode("utf-8", "replace"))
    known = {item.name: item for item in card.disclosures}
    for name in names:
        if name not in known:
            raise CodecError(f"the card has no {name} to show; it has {', '.join(sorted(known)) or 'nothing'}", Reason.USAGE)
    if card.key != key.public_key:
        raise CodecError("the key is not the one that the card is bound to", Reason.USAGE)
    shown = _join(card.signed_text.partition("~")[0], [known[name] for name in sorted(set(names))])
    payload: JsonObject = {
        "aud": take_text(showing.audience, "aud", MAX_AUDIENCE_CHARACTERS),
        "nonce": take_text(showing.nonce, "nonce", MAX_NONCE_CHARACTERS),
        "iat": showing.time_ms // 1_000,
        "sd_hash": compute_digest(shown),
    }
    return shown + sign_jws({"typ": BINDING_TYPE}, payload, key)


def compute_open_audience(chain_id: str) -> str:
    """Return to whom a card is shown that anybody may read."""
    return f"{_SCHEME}{chain_id}/verify"


def _join(signed: str, disclosures: Sequence[Disclosure]) -> str:
    return "~".join([signed, *(item.text for item in disclosures), ""])


def parse_card(data: bytes) -> Card:
    """Read a card, kept or shown; raise `CodecError`."""
    text = decode_ascii(data, MAX_CARD_BYTES)
    signed, *rest = text.split("~")
    if not rest:
        raise CodecError("a card has a ~ after its signed part and after each disclosure")
    *shown, binding = rest
    if len(shown) > MAX_DISCLOSURES:
        raise CodecError(f"a card has at most {MAX_DISCLOSURES} disclosures", Reason.TOO_LARGE)
    jws = parse_jws(signed, TYPE, {"kid"}, _MEMBERS, MAX_CARD_BYTES)
    payload = jws.payload
    chain_id = _read_chain_id(take_text(payload["vct"], "vct"))
    times_s = [take_seconds(payload[name], name) for name in ("nbf", "exp", "iat")]
    if times_s[2] != times_s[0] or times_s[0] % _DAY_S or times_s[1] != times_s[0] + VALID_DAYS * _DAY_S:
        raise CodecError(f"a card is for {VALID_DAYS} whole days from the day of issue")
    if payload["_sd_alg"] != _HASH:
        raise CodecError(f"the digests of a card are {_HASH}", Reason.UNSUPPORTED_VERSION)
    return Card(
        chain_id,
        _read_key(payload["cnf"]),
        _read_position(payload["status"], chain_id),
        TimeMs(times_s[0] * 1_000),
        TimeMs(times_s[1] * 1_000),
        parse_digests(payload["_sd"]),
        tuple(parse_disclosure(item) for item in shown),
        jws,
        text.removesuffix(binding),
        _parse_binding(binding) if binding else None,
    )


def _parse_binding(text: str) -> Jws:
    jws = parse_jws(text, BINDING_TYPE, (), {"aud", "nonce", "iat", "sd_hash"}, MAX_CARD_BYTES)
    take_text(jws.payload["aud"], "aud", MAX_AUDIENCE_CHARACTERS)
    take_text(jws.payload["nonce"], "nonce", MAX_NONCE_CHARACTERS)
    take_seconds(jws.payload["iat"], "iat")
    return jws


def _read_chain_id(kind: str) -> str:
    chain_id = kind.removeprefix(_SCHEME).removesuffix(_KIND_PATH)
    if kind != f"{_SCHEME}{chain_id}{_KIND_PATH}" or not chain_id:
        raise CodecError("it is not a volunteer's card of this ledger", Reason.UNSUPPORTED_VERSION)
    return chain_id


def _read_key(value: JsonValue) -> PublicKey:
    match value:
        case {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": str(text), **rest}, **others} if not rest and not others:
            key = parse_base64url(text)
            if len(key) == PUBLIC_KEY_BYTES:
                return PublicKey(key)
    raise CodecError("cnf has no Ed25519 key")


def _read_position(value: JsonValue, chain_id: str) -> int:
    match value:
        case {"status_list": {"idx": int(index), "uri": str(uri), **rest}, **others} if (
            not rest and not others and type(index) is int and 0 <= index < LIST_POSITIONS
        ):
            name = parse_list_uri(uri)
            if name.chain_id == chain_id:
                return name.compute_position(index)
    raise CodecError("status does not name a place in a list of the card's chain")


def validate_claims(card: Card) -> None:
    """Raise `CodecError` for a claim that no card has, or that is there twice."""
    names = [item.name for item in card.disclosures]
    if len(set(names)) != len(names):
        raise CodecError("a claim is disclosed twice")
    for item in card.disclosures:
        _validate_claim(item.name, item.value)


def _validate_claim(name: str, value: JsonValue) -> None:
    is_valid = _CLAIMS.get(name) or (_is_training if name.startswith(TRAINING_PREFIX) else None)
    if is_valid is None or not is_valid(value):
        raise CodecError(f"a card says no such thing as {name[:60]}")


def _is_number(value: JsonValue) -> bool:
    return type(value) is int and 0 <= value <= MAX_SAFE_INTEGER


def _is_identifier(value: JsonValue) -> bool:
    return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


def _is_date(value: JsonValue) -> bool:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_training(value: JsonValue) -> bool:
    match value:
        case {"completed": completed, "expires": expires, **rest}:
            return not rest and _is_date(completed) and _is_date(expires)
    return False


_CLAIMS: Final[Mapping[str, Callable[[JsonValue], bool]]] = {
    "account": _is_identifier,
    "organisation": _is_identifier,
    "organisation_name": lambda value: isinstance(value, str) and 1 <= len(value) <= 256,
    "since": _is_date,
    "minutes": _is_number,
    "hours": _is_number,
    "records": _is_number,
    "imported_minutes": _is_number,
    "stars": lambda value: _is_number(value) and value in range(1, MAX_STARS + 1),
}
