"""Cases about certificates with a position, held against status lists."""

from collections.abc import Iterator
from typing import Any

from certificates.certificate import issue_certificate
from certificates.register import parse_number
from contracts.accounts.erasing import EraseVolunteer
from contracts.certificates.registry import AboutCertificate, Revocation, RevokeCertificate, SupersedeCertificate
from ledger.types import Identifier, TimeMs
from tools.vectors.case import Case
from tools.vectors.codes import make_registered
from tools.vectors.kit import POSITION, Kit, register
from tools.vectors.lists import make_list, turn_signature
from tools.vectors.world import DAY_MS, MIA, OFFICERS, RIVERSIDE, World, make_key

_LIST = "list.jwt"
_ELSEWHERE = 131_072 + POSITION
"""A position in the next list."""


def list_listed(kit: Kit) -> Iterator[Case]:
    """Yield the cases, asked about a minute after the certificate was issued."""
    evidence = kit.evidence
    document = issue_certificate(evidence, OFFICERS[0], kit.issued_ms, position=POSITION)
    number = parse_number(str(document["id"]))
    world = make_registered(kit)
    fresh = make_list(world)
    invalid, stale = "invalid standing not_current", "undetermined standing stale"

    def case(name: str, title: str, reason: str, status: bytes, fails: str = "", **more: Any) -> Case:  # noqa: ANN401
        settings = {"at_time_ms": TimeMs(kit.issued_ms + 60_000), "content": document, **more}
        content = settings.pop("content")
        return kit.case(
            f"list-{name}", title, reason, content, fails, more={"status": _LIST}, files={_LIST: status}, **settings
        )

    yield case("good", "It stands, says a list", "The position of the certificate is neither revoked nor suspended.", fresh)
    fates: dict[str, tuple[str, object]] = {
        "revoked": ("certificates.revoke", RevokeCertificate(number, RIVERSIDE, Revocation.FALSE_STATEMENT)),
        "suspended": ("certificates.suspend", AboutCertificate(number, RIVERSIDE)),
        "erased": ("identity.erase_volunteer", EraseVolunteer(MIA, (), (number,))),
    }
    for name, (kind, body) in fates.items():
        fated = make_registered(kit)
        fated.carry_out(kind, body, *((make_key("mia"),) if name == "erased" else OFFICERS))
        yield case(
            name, f"A list says {name}", f"Its evidence is good; at its position it is {name}.", make_list(fated), invalid
        )
    superseded = _make_superseded(kit, number)
    reason = "Another took its place; it stays true as history."
    yield case("superseded", "A list says superseded", reason, make_list(superseded))
    elsewhere = issue_certificate(evidence, OFFICERS[0], kit.issued_ms, position=_ELSEWHERE)
    reason = "The list is of other positions: what it says at the same index is about another certificate."
    yield case("other", "Another list", reason, fresh, stale, content=elsewhere)
    reason = "The certificate has no position, so no list says anything of it."
    yield case("no-position", "A list for nothing", reason, fresh, stale, content=kit.mia)
    late = TimeMs(world.now_ms + 2 * DAY_MS)
    yield case("out-of-date", "A list out of date", "Its day is over.", fresh, stale, at_time_ms=late)
    both = {"river.txt": kit.river.make_trust(), "lake.txt": kit.lake.make_trust()}
    lake = make_list(world, key=kit.lake.key("east log"))
    fails = "undetermined standing untrusted_log"
    yield case("wrong-issuer", "A list of the wrong issuer", "A node of another region signed it.", lake, fails, trust=both)
    broken = turn_signature(fresh.decode()).encode()
    fails = "invalid standing invalid_signature"
    yield case("signature", "A list with a bad signature", "A bit of the list's signature is turned.", broken, fails)


def _make_superseded(kit: Kit, number: Identifier) -> World:
    world = make_registered(kit)
    evidence = world.make_evidence(MIA)
    later = issue_certificate(evidence, OFFICERS[0], kit.issued_ms)
    register(world, evidence, later)
    body = SupersedeCertificate(number, RIVERSIDE, parse_number(str(later["id"])))
    world.carry_out("certificates.supersede", body, *OFFICERS)
    return world
