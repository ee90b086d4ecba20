"""What cases are made from: two regions, two good certificates, and the trust file under which most cases are judged."""

from dataclasses import dataclass, replace
from typing import Any

from certificates.certificate import issue_certificate, read_content
from certificates.evidence import Evidence
from certificates.jcs import JsonObject, encode_jcs
from certificates.register import compute_document_hash, parse_number
from contracts.certificates.registry import RegisterCertificate
from ledger.types import Minutes, TimeMs
from tools.vectors.case import Case
from tools.vectors.editing import compute_issue_time, read_statement
from tools.vectors.world import DAY_MS, MIA, NOA, OFFICERS, World, make_world

POSITION = 77
"""Where the status of registered certificates is."""


@dataclass(frozen=True, slots=True)
class Kit:
    """The material, and of which kind of artefact and in which file the cases are that it makes."""

    kind: str
    file: str
    river: World
    lake: World
    evidence: Evidence
    mia: JsonObject
    noa: JsonObject

    @property
    def issued_ms(self) -> TimeMs:
        """When the certificates were issued."""
        return compute_issue_time(self.river)

    def case(
        self,
        name: str,
        title: str,
        reason: str,
        content: "JsonObject | bytes | str",
        fails: str = "",
        **more: Any,  # noqa: ANN401 - members of a case
    ) -> Case:
        """Return a case, judged a day after the certificates under the trust file of the river.

        `fails` has the verdict, the check that fails first, and its reason; nothing where all hold.
        """
        data = content.encode() if isinstance(content, str) else content if isinstance(content, bytes) else encode_jcs(content)
        verdict, check, refusal = fails.split() if fails else ("valid", None, None)
        folder = f"{self.kind.replace('_', '-')}-{name}"
        settings = {"trust": {"river.txt": self.river.make_trust()}, "at_time_ms": TimeMs(self.issued_ms + DAY_MS), **more}
        names = folder, title, reason, settings.pop("kind", self.kind), settings.pop("file", self.file), data
        return Case(*names, verdict=verdict, check=check, refusal=refusal, **settings)

    def issue(self, world: World, **options: Any) -> JsonObject:  # noqa: ANN401
        """Return a certificate of Mia by an officer."""
        return issue_certificate(world.make_evidence(MIA), OFFICERS[0], compute_issue_time(world), **options)

    def of(self, kind: str, file: str) -> "Kit":
        """Return the same for another kind of artefact."""
        return replace(self, kind=kind, file=file)


def make_kit(kind: str, file: str) -> Kit:
    """Return the material."""
    river = make_world("river")
    evidence, other = river.make_evidence(MIA), river.make_evidence(NOA)
    issued_ms = compute_issue_time(river)
    mia = issue_certificate(evidence, OFFICERS[0], issued_ms)
    return Kit(kind, file, river, make_world("lake"), evidence, mia, issue_certificate(other, OFFICERS[0], issued_ms))


def register(world: World, evidence: Evidence, document: JsonObject, position: int | None = None) -> None:
    """Enter a certificate over the evidence into the register, signed by both officers."""
    statement = read_statement(world, evidence)
    body = RegisterCertificate(
        parse_number(str(document["id"])),
        statement.organisation,
        statement.volunteer,
        statement.first_day,
        statement.last_day,
        Minutes(statement.minutes),
        compute_document_hash(document),
        read_content(document),
        position,
    )
    world.carry_out("certificates.register", body, *OFFICERS)
