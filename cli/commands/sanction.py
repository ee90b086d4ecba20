"""Sanctions: one person proposes that a volunteer may not sign up, another confirms it; the volunteer may appeal."""

import click

from cli.office.builders import new_identifier
from cli.office.explaining import commit_to
from cli.options import DATE, IDENTIFIER, compose
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.sanctions import AboutSanction, ProposeSanction, SanctionReason
from ledger.types import Day, Identifier

_grounds = click.option("--grounds", required=True, help="Why, in words. Only their commitment goes onto the ledger.")
_organisation = click.option(
    "--organisation", type=IDENTIFIER, required=True, help="The organisation that proposes or proposed."
)
_about = compose(
    click.argument("sanction", type=IDENTIFIER),
    _organisation,
    click.option("--volunteer", type=IDENTIFIER, required=True, help="The volunteer's identifier."),
    _grounds,
)


@click.group()
def command() -> None:
    """Sanctions of volunteers."""


@command.command("propose")
@click.argument("volunteer", type=IDENTIFIER)
@_organisation
@click.option(
    "--reason", type=click.Choice([item.name.lower() for item in SanctionReason]), required=True, help="Why, as a code."
)
@click.option("--last-day", type=DATE, required=True, help="The last day on which the volunteer may not sign up.")
@_grounds
@sends
def propose(
    session: Session, *, volunteer: Identifier, organisation: Identifier, reason: str, last_day: Day, grounds: str
) -> None:
    """Propose that VOLUNTEER may not sign up until a day (signed by one officer). Nobody is blocked by that."""
    sanction = new_identifier()
    commitment, kept = commit_to(grounds)
    body = ProposeSanction(sanction, organisation, volunteer, SanctionReason[reason.upper()], last_day, commitment)
    session.carry_out("sanctions.propose", body, f"The sanction is {sanction.hex()}", sanction=sanction.hex(), **kept)


@command.command("confirm")
@_about
@sends
def confirm(session: Session, *, sanction: Identifier, organisation: Identifier, volunteer: Identifier, grounds: str) -> None:
    """Confirm it (signed by one officer who did not propose it, or by an authority). The volunteer is blocked then."""
    commitment, kept = commit_to(grounds)
    body = AboutSanction(sanction, organisation, volunteer, commitment)
    session.carry_out("sanctions.confirm", body, "The volunteer may not sign up until the last day", **kept)


@command.command("appeal")
@_about
@sends
def appeal(session: Session, *, sanction: Identifier, organisation: Identifier, volunteer: Identifier, grounds: str) -> None:
    """Appeal against a sanction that was confirmed, once (signed by the volunteer). An authority decides then."""
    commitment, kept = commit_to(grounds)
    body = AboutSanction(sanction, organisation, volunteer, commitment)
    session.carry_out("sanctions.appeal", body, "The appeal is on record", **kept)


@command.command("lift")
@_about
@sends
def lift(session: Session, *, sanction: Identifier, organisation: Identifier, volunteer: Identifier, grounds: str) -> None:
    """Drop a proposal or end a block (signed by one officer, or after an appeal by an authority)."""
    commitment, kept = commit_to(grounds)
    body = AboutSanction(sanction, organisation, volunteer, commitment)
    session.carry_out("sanctions.lift", body, "The sanction is lifted", **kept)


@command.command("show")
@click.argument("sanction", type=IDENTIFIER)
@asks_with_key
def show(session: Session, *, sanction: Identifier) -> None:
    """Show a sanction (asked for with the volunteer's key or an officer's of the organisation)."""
    document = session.client.get_json(f"/v1/sanctions/{sanction.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))
