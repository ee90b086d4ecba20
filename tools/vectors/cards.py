"""Cases about business cards: shown in parts, signed for each showing by the holder."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from certificates.base64url import format_base64url, parse_base64url
from certificates.card import CardContent, Showing, compute_open_audience, issue_card, present_card
from certificates.jcs import encode_jcs
from certificates.jws import sign_jws
from certificates.sd_jwt import compute_digest, make_disclosures
from contracts.accounts.erasing import EraseVolunteer
from contracts.card_table import AboutCard
from contracts.cards.registered import RegisterCard
from ledger.crypto import SigningKey, sha256
from ledger.types import TimeMs
from tools.vectors.case import Case
from tools.vectors.kit import Kit
from tools.vectors.lists import SOON_MS, make_list, read_jws, turn_signature
from tools.vectors.world import DAY_MS, MIA, World, make_key, make_world

POSITION: Final = 4_711
NONCE: Final = "n-0S6_WzA2Mj"
_LIST: Final = "list.jwt"
_CLAIMS: Final[dict[str, Any]] = {"account": MIA.hex(), "hours": 3, "records": 2, "since": "2026-09-21"}


def make_draw(name: str) -> Callable[[int], bytes]:
    """Return what stands for random bytes: the same in every run."""
    count = 0

    def draw(length: int) -> bytes:
        nonlocal count
        count += 1
        return sha256(f"hourledger test vectors, drawn for {name}: {count}".encode())[:length]

    return draw


def make_carded(kind: str = "", *keys: SigningKey, body: object = None) -> World:
    """Return a region in which Mia's card is registered, and what has become of it."""
    world = make_world()
    phone = make_key("phone").public_key
    world.carry_out("cards.register", RegisterCard(MIA, phone, POSITION), make_key("mia"))
    if kind:
        world.carry_out(kind, body or AboutCard(MIA, POSITION), *keys)
    return world


def make_card(world: World, key: SigningKey | None = None, name: str = "card", **claims: Any) -> str:  # noqa: ANN401
    """Return the card as its holder keeps it."""
    content = CardContent(world.chain_id, make_key("phone").public_key, POSITION, world.now_ms, {**_CLAIMS, **claims})
    return issue_card(content, key or world.key("east log"), make_draw(name))


class Scene:
    """One region with a card, shown a minute before it is asked about, and the list that says how it stands."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.world = make_carded()
        self.card = make_card(self.world)
        self.shown_ms = TimeMs(self.world.now_ms + SOON_MS)
        self.audience = compute_open_audience(self.world.chain_id)

    def show(self, names: Sequence[str], card: str | None = None, nonce: str = NONCE) -> str:
        """Return the card as it is shown."""
        return present_card(card or self.card, names, make_key("phone"), Showing(self.audience, nonce, self.shown_ms))

    def case(
        self,
        name: str,
        title: str,
        reason: str,
        text: str,
        fails: str = "",
        *,
        status: bytes | None,
        **more: Any,  # noqa: ANN401 - members of a case
    ) -> Case:
        """Return a case; `asked` are further questions."""
        asked = dict(more.pop("asked", {}))
        files = {} if status is None else {_LIST: status}
        settings = {"at_time_ms": TimeMs(self.shown_ms + 60_000), **more}
        members = {**({} if status is None else {"status": _LIST}), **asked}
        return self.kit.case(name, title, reason, text, fails, more=members, files=files, **settings)


def list_cards(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    scene = Scene(kit)
    fresh = make_list(scene.world)
    yield from _list_shown(scene, fresh)
    yield from _list_standing(scene, fresh)
    yield from _list_forms(scene, fresh)


def _list_shown(scene: Scene, fresh: bytes) -> Iterator[Case]:
    hours = scene.show(["hours"])
    asked = {"audience": scene.audience, "nonce": NONCE}
    yield scene.case(
        "good",
        "One claim shown",
        "Hours and nothing else, for the verifier's nonce; a fresh list says that it stands.",
        hours,
        status=fresh,
        asked=asked,
    )
    yield scene.case("nothing-shown", "Nothing shown", "That there is a card, and no more.", scene.show([]), status=fresh)
    yield scene.case("all-shown", "Everything shown", "All claims are disclosed.", scene.show(list(_CLAIMS)), status=fresh)
    other_nonce = {"nonce": "another"}
    yield scene.case(
        "other-nonce",
        "For another nonce",
        "It was shown to somebody else, or before.",
        hours,
        "invalid holder claim_mismatch",
        status=fresh,
        asked=other_nonce,
    )
    other_audience = {"audience": "https://elsewhere.example/verify"}
    yield scene.case(
        "other-audience",
        "For another audience",
        "It was shown to somebody else.",
        hours,
        "invalid holder claim_mismatch",
        status=fresh,
        asked=other_audience,
    )
    yield scene.case(
        "not-shown",
        "As it is kept",
        "Nobody has signed for showing it: it may be stolen.",
        scene.card,
        "undetermined holder key_binding_missing",
        status=fresh,
    )
    yield from _list_stolen(scene, fresh, hours)


def _list_stolen(scene: Scene, fresh: bytes, hours: str) -> Iterator[Case]:
    """What somebody else does with a card, or with what was shown."""
    added = next(item for item in scene.card.split("~")[1:-1] if '"since"' in _read(item))
    shown, binding = hours.rsplit("~", 1)
    more = f"{shown}~{added}~{binding}"
    yield scene.case(
        "more-than-shown",
        "More than was shown",
        "A disclosure was put in after the holder had signed.",
        more,
        "invalid holder commitment_mismatch",
        status=fresh,
    )
    stolen = sign_jws(
        {"typ": "kb+jwt"},
        {"aud": scene.audience, "nonce": NONCE, "iat": scene.shown_ms // 1_000, "sd_hash": compute_digest(f"{shown}~")},
        make_key("noa"),
    )
    yield scene.case(
        "thief",
        "Shown by another",
        "The signature is not by the key in the card.",
        f"{shown}~{stolen}",
        "invalid holder invalid_signature",
        status=fresh,
    )
    late: dict[str, Any] = {"at_time_ms": TimeMs(scene.shown_ms + 3_600_000)}
    yield scene.case(
        "shown-long-ago",
        "Shown long ago",
        "An hour ago, and for no nonce of the verifier's.",
        hours,
        "undetermined holder stale",
        status=fresh,
        **late,
    )


def _list_standing(scene: Scene, fresh: bytes) -> Iterator[Case]:
    text = scene.show(["hours"])
    mia = make_key("mia")
    fates = {
        "revoked": make_carded("cards.revoke", mia),
        "suspended": make_carded("cards.suspend", mia),
        "erased": make_carded("identity.erase_volunteer", mia, body=EraseVolunteer(MIA, (), ())),
    }
    for name, world in fates.items():
        reason = f"The list says that the card is {name}."
        yield scene.case(name, f"A card that is {name}", reason, text, "invalid standing not_current", status=make_list(world))
    unknown = "undetermined standing status_unknown"
    yield scene.case(
        "no-status", "Without a status", "A status that could not be had is never taken for good.", text, unknown, status=None
    )
    stale = "undetermined standing stale"
    late: dict[str, Any] = {"at_time_ms": TimeMs(scene.world.now_ms + 2 * DAY_MS)}
    shown = scene.kit.river.now_ms + 2 * DAY_MS
    later = present_card(scene.card, ["hours"], make_key("phone"), Showing(scene.audience, NONCE, TimeMs(shown)))
    yield scene.case("list-out-of-date", "A list out of date", "Its day is over.", later, stale, status=fresh, **late)
    lake = make_list(scene.world, key=scene.kit.lake.key("east log"))
    both = {"river.txt": scene.world.make_trust(), "lake.txt": scene.kit.lake.make_trust()}
    reason = "The list is signed by a node of another region."
    yield scene.case(
        "list-other-issuer",
        "A list of the wrong issuer",
        reason,
        text,
        "undetermined standing untrusted_log",
        status=lake,
        trust=both,
    )
    untaken = make_list(_make_elsewhere())
    reason = "Nobody took the card's position; a list writes that as valid, so it stands by the node's signature."
    yield scene.case("list-untaken", "A position that nobody took", reason, text, status=untaken)
    broken = turn_signature(fresh.decode()).encode()
    yield scene.case(
        "list-signature",
        "A list with a bad signature",
        "A bit of the list's signature is turned.",
        text,
        "invalid standing invalid_signature",
        status=broken,
    )


def _make_elsewhere() -> World:
    world = make_world()
    world.carry_out("cards.register", RegisterCard(MIA, make_key("phone").public_key, POSITION + 1), make_key("mia"))
    return world


def _list_forms(scene: Scene, fresh: bytes) -> Iterator[Case]:
    hours = scene.show(["hours"])
    stranger = scene.show(["hours"], make_card(scene.world, scene.world.key("nobody's log")))
    yield scene.case(
        "stranger",
        "A stranger's card",
        "No trust file names the key that signed.",
        stranger,
        "undetermined signature untrusted_log",
        status=fresh,
    )
    parts = hours.split("~")
    broken = "~".join([turn_signature(parts[0]), *parts[1:]])
    yield scene.case(
        "signature",
        "A bit of the node's signature",
        "A bit of the signature is turned.",
        broken,
        "invalid signature invalid_signature",
        status=fresh,
    )
    other = make_card(scene.world, name="other", hours=300).split("~")
    foreign = next(item for item in other[1:-1] if '"hours"' in _read(item))
    swapped = f"{parts[0]}~{foreign}~"
    bound = swapped + _bind(scene, swapped)
    yield scene.case(
        "other-disclosure",
        "A claim of another card",
        "Three hundred hours are disclosed, from another card, and the holder signed that.",
        bound,
        "invalid disclosures commitment_mismatch",
        status=fresh,
    )
    (made,) = make_disclosures({"hours": 300}, make_draw("made up"))
    invented = f"{parts[0]}~{made.text}~"
    yield scene.case(
        "made-up",
        "A claim that is made up",
        "The node never issued it.",
        invented + _bind(scene, invented),
        "invalid disclosures commitment_mismatch",
        status=fresh,
    )
    yield from _list_spoilt(scene, fresh, hours)


def _list_spoilt(scene: Scene, fresh: bytes, hours: str) -> Iterator[Case]:
    """Texts that are no card any more, and one whose days are over."""
    parts = hours.split("~")
    malformed = "invalid format malformed"
    header, payload = read_jws(parts[0])
    unsigned = ".".join(
        [*(format_base64url(encode_jcs(part)) for part in ({**header, "alg": "none"}, payload)), format_base64url(bytes(64))]
    )
    yield scene.case(
        "alg-none",
        "Signed with nothing",
        "The header says that no algorithm is needed.",
        "~".join([unsigned, *parts[1:]]),
        malformed,
        status=fresh,
    )
    yield scene.case("cut-off", "Cut off", "The end of the showing is missing.", hours[:-20], malformed, status=fresh)
    yield scene.case(
        "oversized", "Too large", "More bytes than a card has.", hours + "~A" * 40_000, "invalid format too_large", status=fresh
    )
    late_ms = TimeMs(scene.world.now_ms + 40 * DAY_MS)
    world = make_carded()
    world.height += 40 * 24 * 60
    world.carry_out("cards.suspend", AboutCard(MIA, POSITION), make_key("mia"))
    world.carry_out("cards.reinstate", AboutCard(MIA, POSITION), make_key("mia"))
    shown = present_card(scene.card, ["hours"], make_key("phone"), Showing(scene.audience, NONCE, late_ms))
    yield scene.case(
        "expired",
        "Expired",
        "Its days are over: it is valid as history, and the statement says expired.",
        shown,
        status=make_list(world),
        at_time_ms=TimeMs(late_ms + 600_000),
    )


def _bind(scene: Scene, shown: str) -> str:
    payload = {"aud": scene.audience, "nonce": NONCE, "iat": scene.shown_ms // 1_000, "sd_hash": compute_digest(shown)}
    return sign_jws({"typ": "kb+jwt"}, payload, make_key("phone"))  # type: ignore[arg-type]


def _read(disclosure: str) -> str:
    return parse_base64url(disclosure).decode()
