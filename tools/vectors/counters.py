"""Cases about counter cards: points for a merchant, and an account at a desk."""

from collections.abc import Iterator
from typing import Any, Final

from certificates.base45 import format_base45, parse_base45
from certificates.cbor import encode_cbor
from certificates.cose import parse_cose, sign_cose
from certificates.counter_card import PREFIX, CounterCard, DeskProfile, MerchantProfile, compute_thumbprint, issue_counter_card
from ledger.notes import SignatureType, compute_key_id
from ledger.types import TimeMs
from tools.vectors.case import Case
from tools.vectors.editing import flip
from tools.vectors.kit import POSITION, Kit
from tools.vectors.world import MIA, World, make_identifier, make_key

HOLD, TEAHOUSE, TEA, BAKERY = (make_identifier(name) for name in ("hold", "tea house", "tea", "bakery"))
_HOUR_MS: Final = 3_600_000
_MERCHANT: Final = {"merchant": TEAHOUSE.hex()}


def list_counters(kit: Kit) -> Iterator[Case]:
    """Yield the cases, all asked about a minute after the card was made."""
    world = kit.river
    key = world.key("east log")
    now_ms = TimeMs(world.now_ms // 1_000 * 1_000)
    soon: dict[str, Any] = {"at_time_ms": TimeMs(now_ms + 60_000)}
    points = CounterCard(world.chain_id, now_ms, TimeMs(now_ms + _HOUR_MS), MerchantProfile(HOLD, TEAHOUSE, TEA, 1, 20))
    desk_profile = DeskProfile(MIA, 2, POSITION, compute_thumbprint(make_key("mia").public_key))
    desk = CounterCard(world.chain_id, now_ms, TimeMs(now_ms + 900_000), desk_profile)
    card, other = issue_counter_card(points, key), issue_counter_card(desk, key)
    yield kit.case(
        "merchant", "Points at a counter", "Twenty points are set aside for the tea house, for an hour.", card, **soon
    )
    yield kit.case(
        "at-its-counter", "At the merchant's own counter", "The till says which merchant it is.", card, more=_MERCHANT, **soon
    )
    yield kit.case("desk", "An account at a desk", "Two stars, for a quarter of an hour.", other, **soon)
    bakery: dict[str, Any] = {"merchant": BAKERY.hex()}
    fails = "invalid merchant claim_mismatch"
    yield kit.case(
        "other-merchant",
        "At another counter",
        "The points are set aside for the tea house, not the bakery.",
        card,
        fails,
        more=bakery,
        **soon,
    )
    yield kit.case(
        "desk-at-counter",
        "A desk's card at a till",
        "A card of an account has no points.",
        other,
        fails,
        more=_MERCHANT,
        **soon,
    )
    late: dict[str, Any] = {"at_time_ms": TimeMs(now_ms + 2 * _HOUR_MS)}
    yield kit.case(
        "hold-over",
        "The hold is over",
        "The hour is over, and the points are free again.",
        card,
        "invalid time hold_expired",
        **late,
    )
    at_end: dict[str, Any] = {"at_time_ms": TimeMs(now_ms + _HOUR_MS)}
    yield kit.case(
        "last-second",
        "At its last second",
        "It is good until then, and not at that second.",
        card,
        "invalid time hold_expired",
        **at_end,
    )
    yield kit.case(
        "desk-over", "The quarter of an hour is over", "The desk asks for a new one.", other, "invalid time expired", **late
    )
    early: dict[str, Any] = {"at_time_ms": TimeMs(now_ms - _HOUR_MS)}
    yield kit.case(
        "early", "From the future", "It is asked about an hour before it was made.", card, "undetermined time stale", **early
    )
    yield from _list_signers(kit, world, points)
    yield from _list_forms(kit, world, card)


def _list_signers(kit: Kit, world: World, points: CounterCard) -> Iterator[Case]:
    soon: dict[str, Any] = {"at_time_ms": TimeMs(points.issued_ms + 60_000)}
    untrusted = "undetermined signature untrusted_log"
    stranger = issue_counter_card(points, world.key("nobody's log"))
    yield kit.case("stranger", "A stranger's card", "No trust file names a key with that id.", stranger, untrusted, **soon)
    handed_over = {"river.txt": world.make_trust(("north", "south", "west", "new"))}
    card = issue_counter_card(points, world.key("east log"))
    reason = "East's node handed over to another: its key is in the trust file no more."
    yield kit.case("retired", "A retired node's card", reason, card, untrusted, trust=handed_over, **soon)
    both = {"river.txt": world.make_trust(), "lake.txt": kit.lake.make_trust()}
    lake = issue_counter_card(points, kit.lake.key("east log"))
    yield kit.case(
        "other-region", "Another region's node", "It is trusted, but not for this chain.", lake, untrusted, trust=both, **soon
    )
    data = parse_base45(card.removeprefix(PREFIX))
    bit = PREFIX + format_base45(flip(data))
    invalid = "invalid signature invalid_signature"
    yield kit.case("signature", "A bit of the signature", "A bit of the signature is turned.", bit, invalid, **soon)
    more = PREFIX + format_base45(data.replace(b"\x01\x14\x58", b"\x01\x15\x58", 1))
    yield kit.case("points", "A point more", "Twenty points are written as twenty-one.", more, invalid, **soon)
    dearer = parse_base45(
        issue_counter_card(
            CounterCard(points.chain_id, points.issued_ms, points.until_ms, MerchantProfile(HOLD, TEAHOUSE, TEA, 1, 90)),
            world.key("east log"),
        ).removeprefix(PREFIX)
    )
    swapped = PREFIX + format_base45(dearer[:-64] + data[-64:])
    yield kit.case(
        "swap", "The signature of another card", "The signature is that of a card of fewer points.", swapped, invalid, **soon
    )


def _list_forms(kit: Kit, world: World, card: str) -> Iterator[Case]:
    soon: dict[str, Any] = {"at_time_ms": TimeMs(world.now_ms + 60_000)}
    malformed = "invalid format malformed"
    key = world.key("east log")
    key_id = compute_key_id(world.chain_id, SignatureType.ED25519, key.public_key)
    payload = parse_cose(parse_base45(card.removeprefix(PREFIX))).payload

    def sign(content: bytes) -> str:
        return PREFIX + format_base45(sign_cose(content, key_id, key))

    longer = payload.replace(b"\x01\x14", b"\x01\x18\x14", 1)
    yield kit.case(
        "not-shortest",
        "A number in a longer form",
        "Two bytes where one is enough: signed, and not canonical.",
        sign(longer),
        malformed,
        **soon,
    )
    yield kit.case(
        "bomb",
        "Nested without end",
        "Five hundred lists in each other.",
        PREFIX + format_base45(b"\x81" * 500),
        malformed,
        **soon,
    )
    profile = encode_cbor({1: world.chain_id, 4: world.now_ms // 1_000 + 900, 6: world.now_ms // 1_000, -70_001: [3, "new"]})
    yield kit.case(
        "profile",
        "A profile of another kind",
        "Profile 3 is not known here; it may be good.",
        sign(profile),
        "undetermined format unsupported_version",
        **soon,
    )
    yield kit.case(
        "oversized",
        "Too large",
        "More characters than a counter card has.",
        card + "0" * 1_100,
        "invalid format too_large",
        **soon,
    )
    yield kit.case("cut-off", "Cut off", "The last characters are missing.", card[:-9], malformed, **soon)
    yield kit.case(
        "not-base45",
        "No Base45",
        "Three characters of Base45 are two bytes, and these are more.",
        f"{PREFIX}:::{card[8:]}",
        malformed,
        **soon,
    )
