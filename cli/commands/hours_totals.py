"""Totals from before: what another system counted for a volunteer, imported with its evidence, and taken back."""

from pathlib import Path
from typing import Final

import click

from certificates.details import compute_public_commitment
from cli.options import DATE, IDENTIFIER, PATH
from cli.reading import hash_file
from cli.session import Session, sends
from contracts.hours.totals import DropTotal, ImportTotal
from ledger.types import Day, Hash, Identifier, Minutes

MAX_EVIDENCE_BYTES: Final = 64 << 20

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that vouches for it.")
_source = click.option(
    "--source", required=True, help="The system's name, always written alike. Its hash goes onto the ledger."
)


def compute_source(name: str) -> Hash:
    """Return what the ledger knows a system by."""
    return compute_public_commitment({"source": name})


@click.command("import-total")
@_volunteer
@_organisation
@_source
@click.option("--first-day", type=DATE, required=True, help="The first day that the total is about.")
@click.option("--last-day", type=DATE, required=True, help="The last day.")
@click.option("--minutes", type=click.IntRange(1, 2**31 - 1), required=True, help="The total, in minutes.")
@click.option("--evidence", type=PATH, required=True, help="The paper or file that shows it. Its hash goes onto the ledger.")
@sends
def import_total(
    session: Session,
    *,
    volunteer: Identifier,
    organisation: Identifier,
    source: str,
    first_day: Day,
    last_day: Day,
    minutes: int,
    evidence: Path,
) -> None:
    """Import what an earlier system counted for VOLUNTEER (signed by officers as the policy says). It earns no points."""
    digest = hash_file(evidence, MAX_EVIDENCE_BYTES, "the evidence")
    body = ImportTotal(organisation, volunteer, compute_source(source), first_day, last_day, Minutes(minutes), digest)
    session.carry_out("hours.import_total", body, f"{minutes} minutes of {source} are imported", source=body.source.hex())


@click.command("drop-total")
@_volunteer
@_organisation
@_source
@sends
def drop_total(session: Session, *, volunteer: Identifier, organisation: Identifier, source: str) -> None:
    """Take a total back that the organisation imported (signed by officers as the policy says)."""
    body = DropTotal(organisation, volunteer, compute_source(source))
    session.carry_out("hours.drop_total", body, f"The total of {source} is taken back")


COMMANDS: Final = (import_total, drop_total)
