"""Cases about what has changed on the ledger since, about times, and about files that are not what they should be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from certificates.certificate import issue_certificate
from certificates.data_integrity import JCS
from certificates.jcs import JsonObject, encode_jcs
from contracts.hours import Correction, VoidHours
from contracts.identity.organisations import ChangeOfficer, ChangeStanding
from contracts.identity.parties import ORGANISATIONS, Standing
from ledger.types import TimeMs
from tools.vectors.case import Case, Padding
from tools.vectors.editing import edit, sign_again
from tools.vectors.kit import Kit
from tools.vectors.world import DAY_MS, MIA, OFFICERS, RIVERSIDE, make_key, make_world

LIMIT_BYTES: Final = 8 << 20


def list_history(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    yield from _list_history(kit)
    yield from _list_forms(kit)


def _list_history(kit: Kit) -> Iterator[Case]:
    """What has changed on the ledger since, as newer evidence shows it; and what is too old or too young."""
    voided = make_world()
    record = next(iter(voided.find_records(MIA).values()))
    voided.carry_out("hours.void", VoidHours(RIVERSIDE, record.record, MIA, record.day, Correction.WRONG_PERSON), *OFFICERS)
    yield kit.case(
        "void",
        "A record that is void",
        "The newer state shows that one of the records was made void.",
        kit.issue(voided),
        "invalid status not_current",
    )
    suspended = make_world()
    suspended.carry_out("identity.change_standing", ChangeStanding(RIVERSIDE, Standing.SUSPENDED), suspended.key("east vote"))
    yield kit.case(
        "suspended",
        "An organisation that is suspended",
        "The state shows that the organisation may not act.",
        kit.issue(suspended),
        "invalid licence not_current",
    )
    removed = make_world()
    removed.carry_out("identity.add_officer", ChangeOfficer(RIVERSIDE, make_key("officer 3").public_key), *OFFICERS)
    removed.carry_out(
        "identity.remove_officer", ChangeOfficer(RIVERSIDE, OFFICERS[0].public_key), OFFICERS[1], make_key("officer 3")
    )
    yield kit.case(
        "officer-gone",
        "An officer who has left",
        "Who signed is an officer no more in the state that is shown.",
        kit.issue(removed),
        "invalid licence not_permitted",
    )
    records = kit.river.find_records(MIA)
    unshown = replace(kit.evidence, bundle=kit.river.make_bundle(records, (ORGANISATIONS.key(RIVERSIDE),)))
    document = issue_certificate(unshown, OFFICERS[0], kit.issued_ms)
    yield kit.case(
        "batch-unshown",
        "A status that is not shown",
        "The evidence leaves out whether the records are current.",
        document,
        "undetermined status stale",
    )
    yield kit.case(
        "too-old",
        "Older than accepted",
        "The evidence is a day old, and only less is accepted.",
        kit.mia,
        "undetermined time stale",
        more={"max_age_days": 0},
    )
    early = TimeMs(kit.issued_ms - 2 * DAY_MS)
    yield kit.case(
        "from-the-future",
        "From after the time asked about",
        "It is asked whether it was good two days before it was issued.",
        kit.mia,
        "undetermined time stale",
        at_time_ms=early,
    )


def _list_forms(kit: Kit) -> Iterator[Case]:
    """Files that are not what they should be, whatever they say."""
    data = encode_jcs(kit.mia)
    malformed = "invalid format malformed"
    yield kit.case(
        "oversized",
        "Too large",
        "Spaces before the file make it larger than 8 MiB.",
        data,
        "invalid format too_large",
        padding=Padding(0x20, LIMIT_BYTES),
        kind="unknown",
    )
    yield kit.case(
        "bomb",
        "Nested without end",
        "A hundred thousand lists begin in each other. A parser must not follow.",
        b"",
        malformed,
        padding=Padding(0x5B, 100_000),
        kind="unknown",
    )
    yield kit.case(
        "bomb-object",
        "Objects nested without end",
        "The certificate's member is an object in an object, and so on.",
        b'{"evidence":' + b'{"a":' * 5_000,
        malformed,
    )
    yield kit.case("cut-off", "Cut off", "The file ends in the middle.", data[: len(data) // 2], malformed)
    twice = data.replace(b'"awardedDate"', b'"name":"Another","awardedDate"', 1)
    yield kit.case("name-twice", "A member twice", "Two parsers would take two different values.", twice, malformed)
    fraction = data.replace(b'"creditsEarned":3', b'"creditsEarned":3.5')
    yield kit.case("fraction", "A fraction", "There are no fractions in what is signed here.", fraction, malformed)
    large = data.replace(b'"creditsEarned":3', b'"creditsEarned":9007199254740993')
    yield kit.case("large-number", "A number beyond 2^53", "Two parsers would read two different numbers.", large, malformed)
    yield kit.case(
        "no-utf-8",
        "No text",
        "A byte that is not UTF-8 stands in a text.",
        data.replace(b"Riverside", b"\xffiverside", 1),
        malformed,
    )
    yield from _list_claims(kit)


def _list_claims(kit: Kit) -> Iterator[Case]:
    """Documents that say something else than the evidence shows, and are signed."""
    malformed_signature = "invalid signature malformed"
    older = sign_again(
        edit(kit.mia, lambda item: item["credentialSubject"]["achievement"].update(version="1")), OFFICERS[0], kit.issued_ms
    )
    yield kit.case(
        "version",
        "Another version",
        "Template 1 is not known here; it may be good.",
        older,
        "undetermined format unsupported_version",
    )
    claimed = edit(kit.mia, lambda item: item["credentialSubject"].update(creditsEarned=300))
    signed = sign_again(claimed, OFFICERS[0], kit.issued_ms)
    yield kit.case(
        "claims-more",
        "More than was served",
        "The officer signs 300 hours where the records show three.",
        signed,
        "invalid claims claim_mismatch",
    )
    more = sign_again(
        edit(kit.mia, lambda item: item.update(description="And a good person.")), OFFICERS[0], kit.issued_ms, (JCS,)
    )
    yield kit.case(
        "free-text",
        "A member too many",
        "A sentence that nothing on the ledger shows was put in and signed.",
        more,
        "invalid claims claim_mismatch",
    )
    unsigned: JsonObject = {name: value for name, value in kit.mia.items() if name != "proof"}
    yield kit.case("unsigned", "Without a signature", "The proofs were left out.", unsigned, malformed_signature)
