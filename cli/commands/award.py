"""Awards: kinds of record of their own, which never count as hours (Order 67, articles 9 and 19)."""

import click

from cli.office.builders import new_identifier
from cli.office.explaining import commit_to
from cli.options import DATE, IDENTIFIER
from cli.session import Session, sends
from contracts.hours.merits import DropAward, RecordAward
from ledger.types import Day, Identifier

_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that records it.")


@click.group()
def command() -> None:
    """Awards of volunteers."""


@command.command("record")
@click.argument("volunteer", type=IDENTIFIER)
@_organisation
@click.option("--date", "day", type=DATE, required=True, help="The day of the award.")
@click.option("--details", required=True, help="What for, in words. Only their commitment goes onto the ledger.")
@sends
def record(session: Session, *, volunteer: Identifier, organisation: Identifier, day: Day, details: str) -> None:
    """Record an award of VOLUNTEER (signed by officers as the policy says)."""
    award = new_identifier()
    commitment, kept = commit_to(details)
    body = RecordAward(organisation, volunteer, award, day, commitment)
    session.carry_out("hours.record_award", body, f"The award is {award.hex()}", award=award.hex(), **kept)


@command.command("drop")
@click.argument("volunteer", type=IDENTIFIER)
@click.argument("award", type=IDENTIFIER)
@_organisation
@sends
def drop(session: Session, *, volunteer: Identifier, award: Identifier, organisation: Identifier) -> None:
    """Take an award back that the organisation recorded (signed by officers as the policy says)."""
    session.carry_out("hours.drop_award", DropAward(organisation, volunteer, award), "The award is taken back")
