"""Cases about service certificates: good ones, a bit turned in each signed part, and parts of one in another."""

from collections.abc import Iterator
from typing import Any, Final

from certificates.certificate import issue_certificate
from certificates.data_integrity import JCS
from certificates.jcs import JsonObject
from tools.vectors.case import Case
from tools.vectors.editing import Edit, edit, flip_multibase, sign_again, turn_evidence
from tools.vectors.kit import Kit
from tools.vectors.world import MIA, OFFICERS, make_key


def list_certificates(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    yield from _list_good(kit)
    yield from _list_bits(kit)
    yield from _list_swaps(kit)


def _list_good(kit: Kit) -> Iterator[Case]:
    river = kit.river
    yield kit.case("good", "An officer's certificate", "Two records, both opened, signed twice by one officer.", kit.mia)
    own = issue_certificate(river.make_evidence(MIA, with_account=True), make_key("mia"), kit.issued_ms)
    yield kit.case(
        "self-service", "The volunteer's own", "The volunteer signs; the evidence shows that the key is the account's.", own
    )
    for name, opened in (("one-opened", 1), ("none-opened", 0)):
        document = issue_certificate(river.make_evidence(MIA, opened), OFFICERS[0], kit.issued_ms)
        yield kit.case(
            name, "Opened as the holder chose", f"Of two records {opened} are opened; the totals are of both.", document
        )
    site = kit.issue(river, host="volunteers.example")
    yield kit.case("site", "Under the name of a site", "did:web with the key in its fragment: nothing is looked up.", site)
    position = kit.issue(river, position=131_077)
    yield kit.case("position", "With a position in the status lists", "All of credentialStatus follows from it.", position)
    alone = sign_again(kit.mia, OFFICERS[0], kit.issued_ms, (JCS,))
    yield kit.case("jcs-alone", "One proof", "As a browser makes it: eddsa-jcs-2022 is enough, and the report says so.", alone)
    both = {"river.txt": river.make_trust(), "lake.txt": kit.lake.make_trust()}
    lake = kit.issue(kit.lake)
    yield kit.case(
        "side-by-side", "Another region's", "Trust files lie side by side; each region's counts for its own.", lake, trust=both
    )
    age: dict[str, Any] = {"more": {"max_age_days": 2}}
    yield kit.case("fresh", "Young enough", "The evidence is a day old, and two are accepted.", kit.mia, **age)


_BITS: Final[tuple[tuple[str, str, Edit], ...]] = (
    ("minutes", "the minutes", lambda item: item["credentialSubject"]["result"][0].update(value="214")),
    (
        "narrative",
        "the sentence",
        lambda item: item["credentialSubject"].update(narrative=item["credentialSubject"]["narrative"].replace("3 h", "2 h")),
    ),
    ("organisation", "the organisation's name", lambda item: item["issuer"].update(name="Riverside Volunteerr 河畔志愿服务队")),
    ("date", "the date of issue", lambda item: item.update(validFrom="2026-09-20T15:18:20Z")),
    (
        "volunteer",
        "the volunteer's account",
        lambda item: item["credentialSubject"].update(id=item["credentialSubject"]["id"][:-1] + "0"),
    ),
    ("evidence", "the evidence", turn_evidence),
    (
        "jcs",
        "the first signature",
        lambda item: item["proof"][0].update(proofValue=flip_multibase(item["proof"][0]["proofValue"])),
    ),
    (
        "rdfc",
        "the second signature",
        lambda item: item["proof"][1].update(proofValue=flip_multibase(item["proof"][1]["proofValue"])),
    ),
    ("created", "the time in a proof", lambda item: item["proof"][0].update(created="2026-09-21T15:18:21Z")),
)


def _list_bits(kit: Kit) -> Iterator[Case]:
    for name, what, change in _BITS:
        document = edit(kit.mia, change)
        reason = f"One bit or letter of {what} is another, and nobody signed that."
        yield kit.case(f"bit-{name}", f"A bit turned in {what}", reason, document, "invalid signature invalid_signature")


def _list_swaps(kit: Kit) -> Iterator[Case]:
    def swap(name: str) -> JsonObject:
        return {**kit.mia, name: kit.noa[name]}

    for name in ("credentialSubject", "evidence", "proof"):
        reason = f"{name} is that of another valid certificate of the same officer."
        yield kit.case(f"swap-{name.lower()}", f"{name} of another", reason, swap(name), "invalid signature invalid_signature")
    for name in ("credentialSubject", "evidence"):
        signed = sign_again(swap(name), OFFICERS[0], kit.issued_ms)
        reason = f"{name} is that of another valid certificate, and the officer signed that: it is not what the evidence shows."
        yield kit.case(
            f"swap-{name.lower()}-signed", f"{name} of another, signed", reason, signed, "invalid claims claim_mismatch"
        )
