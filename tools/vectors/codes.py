"""Cases about certificates in one code."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from certificates.base45 import format_base45
from certificates.certificate import issue_certificate
from certificates.one_code import PREFIX, OneCode, ProvenEntry, build_one_code, format_one_code
from certificates.register import parse_number
from contracts.certificates.registry import CERTIFICATE_REGISTERED, Revocation, RevokeCertificate
from contracts.hours import HOURS_RECORDED
from ledger.checkpoint import SignedCheckpoint, parse_signed_checkpoint
from ledger.events import split_entry
from ledger.trust import parse_trust
from ledger.types import EntryIndex, Hash, TimeMs
from tools.vectors.case import Case
from tools.vectors.editing import flip
from tools.vectors.kit import POSITION, Kit, register
from tools.vectors.register import show_register
from tools.vectors.world import AUTHORITIES, DAY_MS, MIA, NOA, OFFICERS, PRESENT, RIVERSIDE, World, make_world

_STATUS = "status.json"


def list_codes(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    world = make_registered(kit)
    yield from _list_bits(kit, world)
    yield from _list_signers(kit, world)
    yield from _list_forms(kit, world)


def make_registered(kit: Kit) -> World:
    """Return a region in which certificates of Mia and Noa are registered, the first with a status position."""
    world = make_world()
    evidence = world.make_evidence(MIA)
    document = issue_certificate(evidence, OFFICERS[0], kit.issued_ms, position=POSITION)
    register(world, evidence, document, POSITION)
    other = world.make_evidence(NOA)
    register(world, other, issue_certificate(other, OFFICERS[0], kit.issued_ms))
    return world


def make_code(world: World, place: int = 0, present: Sequence[str] = PRESENT, log: str = "east log") -> OneCode:
    """Return the code of the registration at a place in the order of registrations, under the whole trust file."""
    return _build(world, _find(world, CERTIFICATE_REGISTERED.name)[place], present, log)


def _find(world: World, name: str) -> list[EntryIndex]:
    indexes = map(EntryIndex, range(world.reader.tip.size))
    return [index for index in indexes if split_entry(world.reader.read_entry(index))[0] == name]


def _build(world: World, index: EntryIndex, present: Sequence[str] = PRESENT, log: str = "east log") -> OneCode:
    signed = _sign(world, present, log)
    proven = ProvenEntry(index, world.reader.read_entry(index), world.reader.prove_entry(index))
    return build_one_code(signed, proven, parse_trust(world.make_trust()))


def _sign(world: World, present: Sequence[str], log: str = "east log") -> SignedCheckpoint:
    return parse_signed_checkpoint(world.sign_note(present, log).encode())


def _list_bits(kit: Kit, world: World) -> Iterator[Case]:
    code = make_code(world)
    other = make_code(world, 1)
    fails = "invalid checkpoint invalid_signature"

    def case(name: str, title: str, reason: str, **changes: object) -> Case:
        return kit.case(name, title, reason, format_one_code(replace(code, **changes)), fails)  # type: ignore[arg-type]

    yield kit.case(
        "good", "A registered certificate", "Entry, path and the signatures of three of four.", format_one_code(code)
    )
    yield case(
        "entry",
        "A bit of the entry",
        "A bit in the hash of the document is turned: another root follows.",
        entry=flip(code.entry, -20),
    )
    minutes = code.entry.replace(b"\xcc\xd7", b"\xcc\xd8", 1)
    yield case("minutes", "A minute more", "215 minutes are written as 216.", entry=minutes)
    yield case(
        "swap",
        "The entry of another",
        "The entry is that of another registration, path and place are as they were.",
        entry=other.entry,
    )
    yield case(
        "path",
        "A bit of the path",
        "A hash on the way to the root is another.",
        path=(Hash(flip(code.path[0])), *code.path[1:]),
    )
    yield case("path-other", "The path of another", "The path is that of another entry.", path=other.path)
    yield case(
        "cosignature",
        "A bit of a cosignature",
        "One of three signatures is spoilt.",
        signatures=(*code.signatures[:-1], flip(code.signatures[-1])),
    )
    short = format_one_code(replace(code, path=code.path[:-1]))
    reason = "The path is a hash too short to lead to a root of that size."
    yield kit.case("path-short", "A hash too few", reason, short, "invalid inclusion invalid_proof")
    away = format_one_code(replace(code, index=EntryIndex(code.size + 1)))
    reason = "The entry is said to stand behind the end of the log."
    yield kit.case("index-behind", "Behind the end", reason, away, "invalid inclusion invalid_proof")


def _list_signers(kit: Kit, world: World) -> Iterator[Case]:
    code = make_code(world)
    few = replace(code, signatures=code.signatures[:-1])
    missing = "invalid checkpoint quorum_missing"
    yield kit.case("too-few", "A cosignature too few", "Two of four vouch, and three must.", format_one_code(few), missing)
    handed_over = {"river.txt": world.make_trust((*AUTHORITIES[1:], "new"))}
    north = format_one_code(make_code(world, log="north log"))
    reason = "East handed over; under the trust file that follows two signatures are left."
    yield kit.case("retired", "A retired authority's signature", reason, north, missing, trust=handed_over)
    carried = format_one_code(make_code(world, present=AUTHORITIES[1:], log="north log"))
    yield kit.case("after-handover", "By those who remain", "Three of the new four signed.", carried, trust=handed_over)
    lakes = {"lake.txt": kit.lake.make_trust()}
    undetermined = "undetermined checkpoint untrusted_log"
    text = format_one_code(code)
    yield kit.case("other-trust", "No trust file for the region", "Nobody here can say.", text, undetermined, trust=lakes)
    logless = format_one_code(replace(code, signatures=code.signatures[1:]))
    yield kit.case("logless", "Without the log's signature", "Only authorities signed; no log did.", logless, undetermined)
    both = {"river.txt": world.make_trust(), **lakes}
    claimed = format_one_code(replace(code, origin=kit.lake.chain_id))
    reason = "The code says that it is of another region, which is trusted too; none of whose keys signed."
    yield kit.case("other-chain", "Said to be another region's", reason, claimed, undetermined, trust=both)
    early = TimeMs(world.now_ms - DAY_MS)
    yield kit.case(
        "from-the-future",
        "From the future",
        "It is asked about the day before.",
        text,
        "undetermined time stale",
        at_time_ms=early,
    )
    revoked = make_registered(kit)
    number = parse_number(str(CERTIFICATE_REGISTERED.decode(code.entry).number.hex()))
    revoked.carry_out("certificates.revoke", RevokeCertificate(number, RIVERSIDE, Revocation.WRONG_PERSON), *OFFICERS)
    shown: dict[str, Any] = {"more": {"status": _STATUS}, "files": {_STATUS: show_register(revoked, number)}}
    reason = "Paper does not change, but whoever asks sees that it was revoked since."
    yield kit.case("revoked", "Revoked since", reason, text, "invalid register not_current", **shown)
    stands: dict[str, Any] = {"more": {"status": _STATUS}, "files": {_STATUS: show_register(world, number)}}
    yield kit.case("standing", "Shown to stand", "A newer state shows that it was not revoked.", text, **stands)


def _list_forms(kit: Kit, world: World) -> Iterator[Case]:
    code = make_code(world)
    text = format_one_code(code)
    malformed = "invalid format malformed"
    record = _build(world, _find(world, HOURS_RECORDED.name)[0])
    reason = "The entry is a record of hours, and is proven; but it registers nothing."
    yield kit.case("other-entry", "An entry of another kind", reason, format_one_code(record), "invalid content malformed")
    yield kit.case("cut-off", "Cut off", "The last characters are missing.", text[:-6], malformed)
    yield kit.case(
        "trailing", "Something behind it", "Bytes follow the value.", PREFIX + format_base45(b"\x00" * 2) + text, malformed
    )
    yield kit.case(
        "small-letters",
        "Small letters",
        "Base45 has none, so a scanner has spoilt it.",
        PREFIX + text.removeprefix(PREFIX).lower(),
        malformed,
    )
    other = f"HLB2:{text.removeprefix(PREFIX)}"
    yield kit.case(
        "version",
        "Another version",
        "HLB2 is not known here; it may be good.",
        other,
        "undetermined format unsupported_version",
    )
    yield kit.case(
        "oversized",
        "Too large for any code",
        "More characters than one QR code can hold.",
        PREFIX + "00" * 2_400,
        "invalid format too_large",
    )
    nothing = PREFIX + format_base45(b"\x91" * 1_000)
    yield kit.case("bomb", "Nested without end", "A thousand lists in each other.", nothing, malformed)
