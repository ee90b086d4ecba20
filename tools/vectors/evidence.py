"""Cases about the evidence of certificates, and about who signed what: the signer has changed it, all else follows from it."""

from collections.abc import Iterator
from typing import Any, Final

from certificates.certificate import issue_certificate
from certificates.jcs import JsonObject
from tools.vectors.case import Case
from tools.vectors.editing import Edit, flip_base64, forge, read_evidence
from tools.vectors.kit import Kit
from tools.vectors.world import MIA, make_key


def list_evidence(kit: Kit) -> Iterator[Case]:
    """Yield the cases."""
    yield from _list_forged(kit)
    yield from _list_signers(kit)


def _change_entry(document: Any) -> None:  # noqa: ANN401 - JSON
    document["entries"][0]["entry"] = flip_base64(document["entries"][0]["entry"])


def _change_index(document: Any) -> None:  # noqa: ANN401
    document["entries"][0]["index"] -= 1


def _change_value(document: Any) -> None:  # noqa: ANN401
    document["values"][0]["value"] = flip_base64(document["values"][0]["value"])


def _change_salt(document: Any) -> None:  # noqa: ANN401
    document["openings"][0]["salt"] = flip_base64(document["openings"][0]["salt"])


def _swap_openings(document: Any) -> None:  # noqa: ANN401
    first, second = document["openings"]
    first["index"], second["index"] = second["index"], first["index"]
    document["openings"] = [second, first]


def _open_nothing(document: Any) -> None:  # noqa: ANN401
    document["openings"].append({**document["openings"][0], "index": document["entries"][-1]["index"]})


def _change_root(document: Any) -> None:  # noqa: ANN401
    lines = document["checkpoint"].split("\n")
    lines[2] = flip_base64(lines[2])
    document["checkpoint"] = "\n".join(lines)


def _change_size(document: Any) -> None:  # noqa: ANN401
    lines = document["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    document["checkpoint"] = "\n".join(lines)


def _turn(name: str) -> Edit:
    return lambda document: document.update({name: flip_base64(document[name])})


_PROOFS: Final[tuple[tuple[str, str, str, Edit], ...]] = (
    ("entry", "A bit of a record", "A bit of the commitment in a record is turned.", _change_entry),
    ("log-proof", "A bit of the log's proof", "A hash of logProof is another.", _turn("logProof")),
    ("index", "A record at another place", "A record is said to stand where another entry does.", _change_index),
    ("value", "A bit of a value", "A bit of the organisation's value in the state is turned.", _change_value),
    ("state-proof", "A bit of the state's proof", "A hash of stateProof is another.", _turn("stateProof")),
    (
        "value-absent",
        "A value that is denied",
        "A value is said to be absent.",
        lambda item: item["values"][0].update(value=None),
    ),
)
_OF_STATE: Final = frozenset({"value", "state-proof", "value-absent"})
_CHECKPOINTS: Final[tuple[tuple[str, str, str, Edit], ...]] = (
    ("root", "A bit of the root", "A bit of the checkpoint's root is turned; the signatures are of another.", _change_root),
    ("size", "Another size", "The checkpoint names one entry more than was signed.", _change_size),
)
_OPENINGS: Final[tuple[tuple[str, str, str, Edit], ...]] = (
    ("openings-swapped", "Openings swapped", "The openings of two records are swapped.", _swap_openings),
    ("salt", "A bit of a salt", "A bit of the salt of an opening is turned.", _change_salt),
    (
        "place",
        "Another place",
        "The details name a place that was never certified.",
        lambda item: item["openings"][0]["details"].update(place="Elsewhere"),
    ),
    ("opening-of-nothing", "An opening of no record", "An opening is there for an entry that is no record.", _open_nothing),
)


def _list_forged(kit: Kit) -> Iterator[Case]:
    """Evidence that whoever signs has changed; all else follows from it as it should."""

    def forged(name: str, title: str, reason: str, change: Edit, fails: str) -> Case:
        return kit.case(f"forged-{name}", title, reason, forge(kit.river, kit.evidence, change), fails)

    for row in _PROOFS:
        yield forged(*row, f"invalid {'state' if row[0] in _OF_STATE else 'records'} invalid_proof")
    other = read_evidence(kit.noa)["logProof"]
    reason = "logProof is that of Noa's record."
    change: Edit = lambda item: item.update(logProof=other)  # noqa: E731 - one of a row of edits
    yield forged("log-proof-other", "The proof of another record", reason, change, "invalid records invalid_proof")
    for row in _CHECKPOINTS:
        yield forged(*row, "invalid checkpoint invalid_signature")
    for row in _OPENINGS:
        yield forged(*row, "invalid details commitment_mismatch")


def _list_signers(kit: Kit) -> Iterator[Case]:
    """Who signed what: the log, the authorities, the officer, the volunteer."""
    river, lake = kit.river, kit.lake

    def with_note(note: str) -> JsonObject:
        return forge(river, kit.evidence, lambda document: document.update(checkpoint=note))

    few = with_note(river.sign_note(("east", "north")))
    yield kit.case(
        "too-few",
        "A cosignature too few",
        "Two of four authorities cosigned, and three must.",
        few,
        "invalid checkpoint quorum_missing",
    )
    twice = with_note(river.sign_note(("east", "north")) + river.sign_note(("east",)).splitlines()[-1] + "\n")
    yield kit.case(
        "cosigned-twice",
        "One authority twice",
        "Two of four cosigned, one of them twice.",
        twice,
        "invalid checkpoint quorum_missing",
    )
    unlogged = with_note(river.sign_note(log="nobody's log"))
    yield kit.case(
        "stranger-log",
        "A stranger's log key",
        "Nobody whom the trust file names signed as the log.",
        unlogged,
        "undetermined checkpoint untrusted_log",
    )
    handed_over = {"river.txt": river.make_trust(("north", "south", "west", "new"))}
    retired = with_note(river.sign_note(("east", "north", "west"), log="north log"))
    reason = "East handed over to another; under the trust file that follows, its signature is nothing, and two are left."
    fails = "invalid checkpoint quorum_missing"
    yield kit.case("retired", "A retired authority's signature", reason, retired, fails, trust=handed_over)
    carried = with_note(river.sign_note(("north", "south", "west"), log="north log"))
    yield kit.case(
        "after-handover",
        "Signed by those who remain",
        "Under the same trust file three of those whom it names signed.",
        carried,
        trust=handed_over,
    )
    reason = "Only the trust file of another region is given: nobody here can say."
    fails = "undetermined checkpoint untrusted_log"
    lakes = {"lake.txt": lake.make_trust()}
    yield kit.case("other-trust", "No trust file for the region", reason, kit.mia, fails, trust=lakes)
    both = {"river.txt": river.make_trust(), "lake.txt": lake.make_trust()}
    other = with_note(lake.sign_note())
    reason = "The checkpoint is good, and of a region that is trusted too; the records are in another log."
    yield kit.case("other-chain", "A checkpoint of another chain", reason, other, "invalid records invalid_proof", trust=both)
    yield from _list_keys(kit)


def _list_keys(kit: Kit) -> Iterator[Case]:
    """Certificates whose signature is good, by a key that may not."""
    river = kit.river
    stranger = issue_certificate(kit.evidence, make_key("stranger"), kit.issued_ms)
    yield kit.case(
        "stranger",
        "Signed by a stranger",
        "The signature is good, but by no officer.",
        stranger,
        "invalid licence not_permitted",
    )
    other = issue_certificate(river.make_evidence(MIA, with_account=True), make_key("noa"), kit.issued_ms)
    yield kit.case(
        "self-service-other",
        "Self-service by another",
        "Noa signs a certificate over Mia's records with her own key.",
        other,
        "invalid licence not_permitted",
    )
    unshown = issue_certificate(kit.evidence, make_key("mia"), kit.issued_ms)
    yield kit.case(
        "self-service-unshown",
        "Self-service that is not shown",
        "Mia signs, but the evidence does not show that the key is hers.",
        unshown,
        "invalid licence not_permitted",
    )
