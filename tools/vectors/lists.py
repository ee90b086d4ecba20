"""Cases about status lists: the word of one node on 131,072 positions at once."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any, Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.bitstring_list import Purpose
from certificates.data_integrity import add_proof
from certificates.jcs import JsonObject, encode_jcs, parse_json_object
from certificates.jws import sign_jws
from certificates.multibase import format_verification_method
from ledger.crypto import SigningKey
from ledger.types import TimeMs
from node.status_lists import StatusLists
from tools.vectors.case import Case
from tools.vectors.codes import make_registered
from tools.vectors.editing import edit, flip
from tools.vectors.kit import Kit
from tools.vectors.world import DAY_MS, World

FILE: Final = "list.jwt"
SOON_MS: Final = 120_000


def make_list(world: World, purpose: Purpose | None = None, number: int = 0, key: SigningKey | None = None) -> bytes:
    """Return a list of a region as of now, as its node signs it."""
    return StatusLists(world.chain_id, key or world.key("east log")).make(world.reader, number, purpose)


def turn_signature(text: str) -> str:
    """Return a JWS with one bit of its signature turned."""
    signed, _, signature = text.rpartition(".")
    return f"{signed}.{format_base64url(flip(parse_base64url(signature)))}"


def read_jws(text: str) -> tuple[JsonObject, JsonObject]:
    """Return header and payload of a JWS."""
    header, payload, _signature = text.split(".")
    objects = (parse_json_object(parse_base64url(part), max_bytes=1 << 20) for part in (header, payload))
    return next(objects), next(objects)


def sign_changed(text: str, key: SigningKey, **changes: Any) -> str:  # noqa: ANN401 - JSON
    """Return a JWS with other members in its payload, signed anew by a key."""
    header, payload = read_jws(text)
    return sign_jws({name: value for name, value in header.items() if name != "alg"}, {**payload, **changes}, key)


def list_lists(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    world = make_registered(kit)
    yield from _list_tokens(kit.of("token_status_list", FILE), world)
    yield from _list_credentials(kit.of("bitstring_status_list", "list.json"), world)


def _list_tokens(kit: Kit, world: World) -> Iterator[Case]:
    text = make_list(world).decode()
    key = world.key("east log")
    soon: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms + SOON_MS)}
    yield kit.case("good", "A fresh list", "Signed by a log key that the trust file names for the chain in sub.", text, **soon)
    broken = turn_signature(text)
    yield kit.case(
        "signature",
        "A bit of the signature",
        "A bit of the signature is turned.",
        broken,
        "invalid signature invalid_signature",
        **soon,
    )
    changed = text.split(".")
    changed[1] = sign_changed(text, key, height=7).split(".")[1]
    reason = "Another height is written where nobody signed it."
    yield kit.case("payload", "Another payload", reason, ".".join(changed), "invalid signature invalid_signature", **soon)
    lake = make_list(world, key=kit.lake.key("east log")).decode()
    both = {"river.txt": world.make_trust(), "lake.txt": kit.lake.make_trust()}
    reason = "A node of another region signed it, which is trusted, but not for this chain."
    fails = "undetermined signature untrusted_log"
    yield kit.case("other-issuer", "The wrong issuer", reason, lake, fails, trust=both, **soon)
    stranger = make_list(world, key=world.key("nobody's log")).decode()
    yield kit.case("stranger", "A stranger's list", "No trust file names the key that signed.", stranger, fails, **soon)
    late: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms + 2 * DAY_MS)}
    stale = "undetermined time stale"
    yield kit.case("out-of-date", "Out of date", "Its day is over; a newer one must be fetched.", text, stale, **late)
    early: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms - DAY_MS)}
    yield kit.case("early", "From the future", "It is asked about the day before.", text, stale, **early)
    malformed = "invalid format malformed"
    bomb = {"bits": 4, "lst": format_base64url(zlib.compress(bytes(20_000_000), 9))}
    reason = "A few bytes that unpack to twenty megabytes: nobody may unpack all of them."
    yield kit.case("bomb", "Unpacks without end", reason, sign_changed(text, key, status_list=bomb), malformed, **soon)
    short = {"bits": 4, "lst": format_base64url(zlib.compress(bytes(65_535), 9))}
    yield kit.case(
        "short",
        "A byte too few",
        "It unpacks to a byte less than a list has.",
        sign_changed(text, key, status_list=short),
        malformed,
        **soon,
    )
    eight = {"bits": 8, "lst": format_base64url(zlib.compress(bytes(65_536), 9))}
    yield kit.case(
        "bits",
        "Eight bits a position",
        "Read with four bits, every status would be another.",
        sign_changed(text, key, status_list=eight),
        malformed,
        **soon,
    )
    header, payload = (format_base64url(encode_jcs(part)) for part in ({**read_jws(text)[0], "alg": "none"}, read_jws(text)[1]))
    unsigned = f"{header}.{payload}.{format_base64url(bytes(64))}"
    yield kit.case(
        "alg-none", "Signed with nothing", "The header says that no algorithm is needed.", unsigned, malformed, **soon
    )


def _list_credentials(kit: Kit, world: World) -> Iterator[Case]:
    document = parse_json_object(make_list(world, Purpose.REVOCATION), max_bytes=1 << 20)
    soon: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms + SOON_MS)}
    yield kit.case("good", "A fresh list", "One bit a position: revoked or erased.", document, **soon)
    other = parse_json_object(make_list(world, Purpose.SUSPENSION), max_bytes=1 << 20)
    subject = {**document, "credentialSubject": other["credentialSubject"]}
    malformed = "invalid format malformed"
    reason = "The subject is that of the list of suspensions: who looks up a revocation would be told of another matter."
    yield kit.case("purpose", "Another purpose inside", reason, subject, malformed, **soon)
    swapped = {**document, "proof": other["proof"]}
    invalid = "invalid signature invalid_signature"
    yield kit.case(
        "swap", "The signature of another list", "The proof is that of the list of suspensions.", swapped, invalid, **soon
    )
    late: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms + 2 * DAY_MS)}
    yield kit.case("out-of-date", "Out of date", "validUntil is over.", document, "undetermined time stale", **late)
    bomb = "u" + format_base64url(gzip.compress(bytes(10_000_000), 9, mtime=0))
    large = _sign(edit(document, lambda item: item["credentialSubject"].update(encodedList=bomb)), world)
    yield kit.case("bomb", "Unpacks without end", "A few bytes that unpack to ten megabytes.", large, malformed, **soon)
    lake = parse_json_object(make_list(world, Purpose.REVOCATION, key=kit.lake.key("east log")), max_bytes=1 << 20)
    both = {"river.txt": world.make_trust(), "lake.txt": kit.lake.make_trust()}
    reason = "A node of another region signed it."
    yield kit.case("other-issuer", "The wrong issuer", reason, lake, "undetermined signature untrusted_log", trust=both, **soon)


def _sign(document: JsonObject, world: World) -> JsonObject:
    plain: JsonObject = {name: value for name, value in document.items() if name != "proof"}
    key = world.key("east log")
    return add_proof(plain, key, format_verification_method(key.public_key), world.now_ms)
