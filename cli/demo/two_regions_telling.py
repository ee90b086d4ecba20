"""What the demo of two regions says in the end: one JSON object, or a page for a person."""

from dataclasses import dataclass
from typing import Any

from certificates.reports import ArtefactReport
from certificates.verification import CertificateReport, format_report
from cli.demo.story import ORGANISATION_NAME, Told
from cli.demo.telling import describe_report
from cli.demo.two_regions import LAKE, NEW_ORGANISATION, RIVER, Arrival, TwoHomes
from cli.office.summary import describe_minutes
from ledger.reasons import Reason
from ledger.verification import Verdict


@dataclass(frozen=True, slots=True)
class MovedEnding:
    """The end of the story: what it came to at the river, what has left, what arrived, and the check of the certificate."""

    told: Told
    sent: int
    arrival: Arrival
    report: CertificateReport
    card: ArtefactReport
    seconds: float

    @property
    def minutes_shown(self) -> int | None:
        """What a verifier has learned from the card of the lake about time that has arrived."""
        match self.card.statement:
            case {"claims": {"imported_minutes": int(minutes)}}:
                return minutes
        return None

    @property
    def is_good(self) -> bool:
        """Whether the certificate is valid, what left has arrived, and nothing arrived twice or too early."""
        arrival = self.arrival
        return (
            self.report.report.verdict is Verdict.VALID
            and self.card.verdict is Verdict.VALID
            and arrival.minutes == self.minutes_shown == self.sent
            and arrival.second_arrival is Reason.ALREADY_EXISTS
            and arrival.star_before in {None, Reason.TOO_FEW_HOURS}
        )


def format_moved(homes: TwoHomes, ending: MovedEnding) -> dict[str, Any]:
    """Return the JSON object."""
    told, arrival, report = ending.told, ending.arrival, format_report(ending.report)
    return {
        "home": str(homes.folder),
        "regions": [RIVER[0], LAKE[0]],
        "records": told.totals.records,
        "certificate": str(homes.river.certificate),
        "trust": str(homes.trust),
        "verification": {"verdict": report["verdict"], "checks": report["checks"], "statement": report["statement"]},
        "transfer": str(homes.transfer),
        "minutes_sent": ending.sent,
        "minutes_arrived": arrival.minutes,
        "second_arrival": arrival.second_arrival,
        "star_before_arrival": arrival.star_before,
        "stars_publicised": arrival.stars,
        "card": str(homes.card),
        "card_verdict": ending.card.verdict,
        "minutes_shown_by_card": ending.minutes_shown,
        "is_good": ending.is_good,
        "seconds": round(ending.seconds),
    }


def describe_moved(homes: TwoHomes, ending: MovedEnding) -> str:
    """Return the summary in words."""
    told, arrival = ending.told, ending.arrival
    second = "refused" if arrival.second_arrival is Reason.ALREADY_EXISTS else f"NOT AS IT SHOULD BE: {arrival.second_arrival}"
    lines = [
        f"{RIVER[1]}, {RIVER[0]}: {ORGANISATION_NAME}",
        f"  certified    {told.totals.records:,} records, {describe_minutes(told.totals.minutes)}",
        f"  sent away    {describe_minutes(ending.sent)} of {told.holder}; they count here no more",
        "",
        f"{LAKE[1]}, {LAKE[0]}: {NEW_ORGANISATION}",
        f"  arrived      {describe_minutes(arrival.minutes)}, proven from the file alone, with the node of {RIVER[1]} stopped",
        f"  again        a second arrival of the same time: {second}",
        *_describe_star(arrival),
        f"  shown        {_describe_card(ending)}",
        "",
        f"The certificate of {told.holder} from {RIVER[1]}, checked with both nodes stopped:",
        *describe_report(ending.report),
        "",
        f"Everything is in {homes.folder}",
        f"  hourledger verify {homes.river.certificate} --trust {homes.trust}",
        f"  hourledger demo --regions 2 --home {homes.folder}     (goes on from here: nothing is done twice)",
        f"It took {ending.seconds:.0f} s.",
    ]
    return "\n".join(lines)


def _describe_card(ending: MovedEnding) -> str:
    failed = next((check for check in ending.card.report.checks if check.verdict is not Verdict.VALID), None)
    if failed is not None or ending.minutes_shown is None:
        return f"the card is {ending.card.verdict}: {'it does not show the time' if failed is None else failed.detail}"
    minutes = describe_minutes(ending.minutes_shown)
    return f"by the business card, {minutes} and nothing else, checked with both nodes stopped: VALID"


def _describe_star(arrival: Arrival) -> list[str]:
    before = "" if arrival.star_before is None else f", which was refused before they arrived ({arrival.star_before})"
    if not arrival.stars:
        return ["  counts       the hours are too few for a star"]
    return [f"  counts       the hours lead to a star that is publicised{before}"]
