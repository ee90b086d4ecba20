"""Points of a volunteer."""

import click

from cli.options import IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.points import ExpirePoints
from ledger.types import Identifier

_volunteer = click.argument("volunteer", type=IDENTIFIER)


@click.group()
def command() -> None:
    """Points of a volunteer."""


@command.command("show")
@_volunteer
@asks_with_key
def show(session: Session, *, volunteer: Identifier) -> None:
    """Show balance and lots (asked for with the volunteer's key)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("expire")
@_volunteer
@sends
def expire(session: Session, *, volunteer: Identifier) -> None:
    """Take a volunteer's expired points off the account (signed by an authority)."""
    session.carry_out("points.expire", ExpirePoints(volunteer), "The expired points are off the account")
