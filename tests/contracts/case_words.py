"""What the tables of ledgers say about certificates, stars, reports and sanctions."""

from datetime import date
from typing import Any

from contracts.certificates.registry import (
    AboutCertificate,
    RegisterCertificate,
    Revocation,
    RevokeCertificate,
    SupersedeCertificate,
)
from contracts.certificates.stars import DecideStar, ObjectToStar, PublicizeStar
from contracts.reports import AnchorReport
from contracts.sanctions import AboutSanction, ProposeSanction, SanctionReason
from ledger.genesis import to_date, to_day
from ledger.types import Height, Minutes
from tests.contracts.chain import Chain, hash_of, identifier_of, name_of, number_of


def parse_case(words: list[str], _rows: list[str]) -> tuple[str, Any] | None:
    """Kind and body of what a row says, None where it is about something else."""
    for parse in (_parse_certificates, _parse_stars, _parse_reports, _parse_sanctions):
        action = parse(words)
        if action is not None:
            return action
    return None


def _parse_certificates(words: list[str]) -> tuple[str, Any] | None:
    match words:
        case ["register", number, "of", volunteer, "by", name, first, "to", last, minutes, "minutes", *place]:
            # `register c1 of mia by Harbour 2024-01-01 to 2024-02-29 300 minutes at 7`
            days = to_day(date.fromisoformat(first)), to_day(date.fromisoformat(last))
            ids = number_of(number), identifier_of(name), identifier_of(volunteer)
            hashes, position = (hash_of(f"{number} whole"), hash_of(number)), int(place[1]) if place else None
            return "certificates.register", RegisterCertificate(*ids, *days, Minutes(int(minutes)), *hashes, position)
        case ["revoke", number, "by", name, why]:
            revocation = Revocation[why.upper().replace("-", "_")]
            return "certificates.revoke", RevokeCertificate(number_of(number), identifier_of(name), revocation)
        case [("suspend" | "reinstate") as step, number, "by", name]:
            return f"certificates.{step}", AboutCertificate(number_of(number), identifier_of(name))
        case ["supersede", number, "by", name, "with", successor]:
            body = SupersedeCertificate(number_of(number), identifier_of(name), number_of(successor))
            return "certificates.supersede", body
    return None


def _parse_stars(words: list[str]) -> tuple[str, Any] | None:
    match words:
        case ["publicise", award, "of", name, stars, "stars", "for", volunteer]:
            ids = identifier_of(award), identifier_of(name), identifier_of(volunteer)
            return "certificates.publicize_star", PublicizeStar(*ids, int(stars))
        case ["object", "to", award, "of", name, "as", objector]:
            ids = identifier_of(award), identifier_of(name), identifier_of(objector)
            body = ObjectToStar(*ids, hash_of(f"{objector} against {award}"))
            return "certificates.object_to_star", body
        case ["award", award, "of", name]:
            return "certificates.award_star", DecideStar(identifier_of(award), identifier_of(name))
        case ["withdraw", "award", award, "of", name]:
            return "certificates.withdraw_star", DecideStar(identifier_of(award), identifier_of(name))
    return None


def _parse_reports(words: list[str]) -> tuple[str, Any] | None:
    match words:
        case ["anchor", report, "at", height]:
            return "reports.anchor", AnchorReport(hash_of(report), None, Height(int(height)))
        case ["anchor", report, "at", height, "by", name]:
            return "reports.anchor", AnchorReport(hash_of(report), identifier_of(name), Height(int(height)))
    return None


def _parse_sanctions(words: list[str]) -> tuple[str, Any] | None:
    match words:
        case ["sanction", case_, "of", name, "for", volunteer, why, "until", last]:
            ids = identifier_of(case_), identifier_of(name), identifier_of(volunteer)
            reason, day = SanctionReason[why.upper().replace("-", "_")], to_day(date.fromisoformat(last))
            return "sanctions.propose", ProposeSanction(*ids, reason, day, hash_of(case_))
        case [("confirm" | "appeal" | "lift") as step, "sanction", case_, "of", name, "for", volunteer]:
            ids = identifier_of(case_), identifier_of(name), identifier_of(volunteer)
            return f"sanctions.{step}", AboutSanction(*ids, hash_of(f"{step} {case_}"))
    return None


def describe_case(chain: Chain, words: list[str]) -> str:
    """Answer a question of a table about what is on record."""
    match words:
        case ["certificate", name]:
            entry = chain.read_table(b"certificate")[number_of(name)]
            days = f"{to_date(entry.first_day)} to {to_date(entry.last_day)}"
            successor = f" by {name_of(entry.successor.hex())}" if entry.successor else ""
            status = entry.status.name.lower() + successor
            return f"{days}, {entry.minutes} minutes, issued {to_date(entry.issued_day)}, {status}"
        case ["star", name]:
            star = chain.read_table(b"star")[identifier_of(name)]
            objections = f"{len(star.objectors)} objections"
            return f"{star.stars} stars, {star.status.name.lower()}, {objections}, {to_date(star.effective_day)}"
        case ["sanction", name]:
            sanction = chain.read_table(b"sanction")[identifier_of(name)]
            return f"{sanction.status.name.lower()} until {to_date(sanction.last_day)}"
        case ["blocked"]:
            return " ".join(sorted(name_of(key.hex()) for key in chain.read_table(b"block"))) or "nobody"
        case ["report", name]:
            report = chain.read_table(b"report")[hash_of(name)]
            publisher = name_of(report.organisation.hex()) if report.organisation else "the region"
            return f"by {publisher}, height {report.height}"
        case _:
            raise ValueError(f"no such question: {words}")
