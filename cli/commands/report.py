"""Reports: the hash of a report and the height from which it was made, so that anybody can make it again."""

from pathlib import Path
from typing import Final

import click

from cli.options import IDENTIFIER, PATH
from cli.output import format_json
from cli.reading import hash_file
from cli.session import Session, asks, sends
from contracts.reports import AnchorReport
from ledger.types import Hash, Height, Identifier

MAX_REPORT_BYTES: Final = 256 << 20

_file = click.argument("file", type=PATH)


def compute_report(file: Path) -> Hash:
    """Return what the ledger knows a report by: the hash of its bytes."""
    return hash_file(file, MAX_REPORT_BYTES, "the report")


@click.group()
def command() -> None:
    """Sums for everybody, and reports whose hash is on record."""


@command.command("anchor")
@_file
@click.option(
    "--height", type=click.IntRange(0, 2**63 - 1), required=True, help="The block after which the state was reported."
)
@click.option("--organisation", type=IDENTIFIER, help="The organisation whose report it is. Otherwise it is the region's.")
@sends
def anchor(session: Session, *, file: Path, height: int, organisation: Identifier | None) -> None:
    """Put the hash of FILE on record (signed by one officer, or by an authority for a region's report)."""
    report = compute_report(file)
    body = AnchorReport(report, organisation, Height(height))
    session.carry_out("reports.anchor", body, f"The report {report.hex()} is on record", report=report.hex())


@command.command("region")
@asks
def region(session: Session) -> None:
    """Show how many people have served in the region and for how long, where they are enough for nobody to be found."""
    document = session.client.get_json("/v1/aggregates")
    session.output.give(document, format_json(document))


@command.command("activity")
@click.argument("activity", type=IDENTIFIER)
@asks
def activity(session: Session, *, activity: Identifier) -> None:
    """Show how many people attended ACTIVITY, where they are enough for nobody to be found."""
    document = session.client.get_json(f"/v1/activities/{activity.hex()}/aggregates")
    session.output.give(document, format_json(document))


@command.command("show")
@_file
@asks
def show(session: Session, *, file: Path) -> None:
    """Show who put the report in FILE on record, and from which block it was made. Everybody may ask."""
    document = session.client.get_json(f"/v1/reports/{compute_report(file).hex()}")
    session.output.give(document, format_json(document))
