"""What the demo says in the end: one JSON object, or a page for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from certificates.verification import CertificateReport, format_report
from cli.demo.home import DemoHome
from cli.demo.story import MERCHANT_NAME, ORGANISATION_NAME, Told
from cli.office.describing import describe_refusal
from cli.office.planning import Fate, PlannedRow
from cli.office.summary import describe_minutes, format_refusal, shorten_list
from ledger.verification import Verdict

_MARKS = {Verdict.VALID: "✓", Verdict.INVALID: "✗", Verdict.UNDETERMINED: "?"}


@dataclass(frozen=True, slots=True)
class NetworkEnding:
    """How a network of several authorities ended: all of them at the same block, whose header holds all roots."""

    authorities: int
    height: int
    has_failed: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """The story's end: what it came to, what the offline check of the certificate said, and how long it took."""

    told: Told
    report: CertificateReport
    seconds: float
    network: NetworkEnding | None = None

    @property
    def is_good(self) -> bool:
        """Whether everything is as it should be: the certificate valid, every row answered, none of them different."""
        fates = {item.fate for item in self.told.result.rows}
        return self.report.report.verdict is Verdict.VALID and not fates & {Fate.CHANGED, Fate.WAITING}


def format_ending(home: DemoHome, ending: Ending) -> dict[str, Any]:
    """Return the JSON object."""
    told, totals = ending.told, ending.told.totals
    refused = told.result.select(Fate.REFUSED)
    report = format_report(ending.report)
    return {
        "home": str(home.folder),
        "chain_id": told.chain_id,
        "height": told.height,
        "organisation": told.organisation.hex(),
        "records": totals.records,
        "new_records": len(told.result.select(Fate.NEW)),
        "minutes": totals.minutes,
        "volunteers": totals.volunteers,
        "activities": told.activities,
        "points_minted": told.points_minted,
        "redemptions": int(told.points_redeemed > 0),
        "points_redeemed": told.points_redeemed,
        "refused": len(refused),
        "refused_rows": [format_refusal(item) for item in refused],
        "changed_rows": [item.row.row_number for item in told.result.select(Fate.CHANGED)],
        "certificate": str(home.certificate),
        "page": str(home.page) if home.page.exists() else None,
        "trust": str(home.trust),
        "verification": {"verdict": report["verdict"], "checks": report["checks"], "statement": report["statement"]},
        "authorities": 1 if ending.network is None else ending.network.authorities,
        "authority_failed_and_caught_up": ending.network is not None and ending.network.has_failed,
        "seconds": round(ending.seconds),
    }


def describe_ending(home: DemoHome, ending: Ending) -> str:
    """Return the summary in words."""
    told, totals = ending.told, ending.told.totals
    new = len(told.result.select(Fate.NEW))
    lines = [
        f"{ORGANISATION_NAME}, on {told.chain_id}, block {told.height}",
        "",
        f"  records      {totals.records:,} certified by two officers ({f'{new:,} of them new' if new else 'nothing new'})",
        f"  time         {describe_minutes(totals.minutes)}",
        f"  volunteers   {totals.volunteers:,}",
        f"  activities   {told.activities:,}",
        f"  points       {told.points_minted:,} minted",
        f"  redeemed     {told.points_redeemed} points of {told.holder}, once, at {MERCHANT_NAME}",
        *_describe_refused(told.result.select(Fate.REFUSED)),
        *_describe_network(ending.network),
        "",
        f"The certificate of {told.holder}, checked from its file and the trust file alone, with the node stopped:",
        *describe_report(ending.report),
        "",
        f"Everything is in {home.folder}",
        f"  hourledger verify {home.certificate} --trust {home.trust}",
        *([f"  {home.page}     (to print; the code on it can be checked by itself)"] if home.page.exists() else []),
        f"  hourledger demo --home {home.folder}     (goes on from here: nothing is done twice)",
        f"It took {ending.seconds:.0f} s.",
    ]
    return "\n".join(lines)


def _describe_network(network: NetworkEnding | None) -> list[str]:
    if network is None:
        return []
    failed = "; one was killed halfway, came back and caught up" if network.has_failed else ""
    return [f"  authorities  {network.authorities}, all at block {network.height} with equal roots{failed}"]


def _describe_refused(refused: Sequence[PlannedRow]) -> list[str]:
    if not refused:
        return ["  refused      nothing"]
    reasons = [f"row {item.row.row_number}: {describe_refusal(item.refusal)}" for item in refused]
    return [f"  refused      {len(refused)} rows", *shorten_list(reasons, "    ")]


def describe_report(report: CertificateReport) -> list[str]:
    """Return the lines of an offline check: the verdict, then each check."""
    statement = report.statement
    lines = [f"  {report.report.verdict.value.upper()}"]
    if statement is not None:
        lines[0] += f": {describe_minutes(statement.minutes)} in {statement.records} records"
    return lines + [f"  {_MARKS[check.verdict]} {check.name:<11} {check.detail}" for check in report.report.checks]
