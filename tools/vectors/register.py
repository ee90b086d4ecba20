"""Cases about what the register says of a certificate, shown by a bundle from a newer state."""

from collections.abc import Iterator
from typing import Any

from certificates.certificate import issue_certificate
from certificates.jcs import encode_jcs
from certificates.register import parse_number
from contracts.accounts.erasing import EraseVolunteer
from contracts.certificates.registry import CERTIFICATES, Revocation, RevokeCertificate, SupersedeCertificate
from ledger.proofs import format_bundle
from ledger.types import Identifier, TimeMs
from tools.vectors.case import Case
from tools.vectors.editing import compute_issue_time
from tools.vectors.kit import Kit, register
from tools.vectors.world import DAY_MS, MIA, OFFICERS, RIVERSIDE, World, make_key, make_world

_STATUS = "status.json"


def list_register(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    number = _number(kit.mia)
    revoke = RevokeCertificate(number, RIVERSIDE, Revocation.ISSUED_IN_ERROR)
    erase = EraseVolunteer(MIA, (), (number,))
    worlds = {name: _make_registered(kit) for name in ("registered", "revoked", "erased", "superseded")}
    worlds["revoked"].carry_out("certificates.revoke", revoke, *OFFICERS)
    worlds["erased"].carry_out("identity.erase_volunteer", erase, make_key("mia"))
    _supersede(worlds["superseded"], number)

    def case(name: str, title: str, reason: str, status: bytes, fails: str = "", **more: Any) -> Case:  # noqa: ANN401
        return kit.case(name, title, reason, kit.mia, fails, more={"status": _STATUS}, files={_STATUS: status}, **more)

    shown: dict[str, Any] = {name: show_register(world, number) for name, world in worlds.items()}
    invalid, stale = "invalid register not_current", "undetermined register stale"
    yield case("registered", "Registered, and standing", "The register of a newer state has it as valid.", shown["registered"])
    yield case("superseded", "Superseded", "Another took its place; it stays true as history.", shown["superseded"])
    unregistered = show_register(make_world(), number)
    yield case("not-registered", "Not registered", "That there is no entry is proven; it stands by itself.", unregistered)
    yield case("revoked", "Revoked", "The organisation took it back, though its evidence is good.", shown["revoked"], invalid)
    yield case("erased", "Erased", "The account of its holder was erased.", shown["erased"], invalid)
    reason = "The status is about another certificate's number."
    yield case("status-other", "Another's status", reason, show_register(worlds["registered"], _number(kit.noa)), stale)
    lake = show_register(kit.lake, number)
    both = {"river.txt": kit.river.make_trust(), "lake.txt": kit.lake.make_trust()}
    yield case("status-other-chain", "A status of another chain", "The status is of another region.", lake, stale, trust=both)
    few = show_register(worlds["registered"], number, ("east", "north"))
    fails = "invalid register quorum_missing"
    yield case("status-too-few", "A status with a cosignature too few", "Two of four vouch for the status.", few, fails)
    early = TimeMs(worlds["registered"].now_ms - DAY_MS)
    reason = "It is asked about a day before the certificate was issued and registered."
    fails = "undetermined time stale"
    yield case("status-early", "A status from the future", reason, shown["registered"], fails, at_time_ms=early)


def show_register(world: World, number: Identifier, present: tuple[str, ...] | None = None) -> bytes:
    """Return the bundle with the register's value of a number."""
    note = None if present is None else world.sign_note(present)
    return encode_jcs(format_bundle(world.make_bundle((), (CERTIFICATES.key(number),), note)))


def _number(document: Any) -> Identifier:  # noqa: ANN401 - JSON
    return parse_number(str(document["id"]))


def _make_registered(kit: Kit) -> World:
    world = make_world()
    register(world, kit.evidence, kit.mia)
    return world


def _supersede(world: World, number: Identifier) -> None:
    evidence = world.make_evidence(MIA)
    later = issue_certificate(evidence, OFFICERS[0], compute_issue_time(world))
    register(world, evidence, later)
    body = SupersedeCertificate(number, RIVERSIDE, _number(later))
    world.carry_out("certificates.supersede", body, *OFFICERS)
