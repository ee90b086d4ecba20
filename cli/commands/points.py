"""Points of a volunteer."""

import os

import click

from certificates.details import SALT_BYTES, Opening, compute_adjustment_commitment
from cli.options import IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.points import ExpirePoints
from contracts.points.adjusting import MAX_CHANGE, Adjustment, AdjustPoints
from contracts.points.giving import DonatePoints, GivePoints, GrantPoints
from ledger.types import Identifier, Points

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_points = click.option("--points", type=click.IntRange(1, 1_000_000_000), required=True, help="Whole points.")
_account = click.option("--organisation", type=IDENTIFIER, help="The organisation of the account. Otherwise the region's.")


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


@command.command("give")
@_volunteer
@click.option("--to", "recipient", type=IDENTIFIER, required=True, help="The volunteer who receives them.")
@_points
@sends
def give(session: Session, *, volunteer: Identifier, recipient: Identifier, points: int) -> None:
    """Give points to another volunteer (signed by the volunteer who gives)."""
    session.carry_out("points.give", GivePoints(volunteer, recipient, Points(points)), f"{points} points are given")


@command.command("donate")
@_volunteer
@_account
@_points
@sends
def donate(session: Session, *, volunteer: Identifier, organisation: Identifier | None, points: int) -> None:
    """Donate points for volunteers in need (signed by the volunteer)."""
    session.carry_out("points.donate", DonatePoints(volunteer, organisation, Points(points)), f"{points} points are donated")


@command.command("grant")
@_volunteer
@_account
@_points
@sends
def grant(session: Session, *, volunteer: Identifier, organisation: Identifier | None, points: int) -> None:
    """Grant donated points to a volunteer (signed by officers; for the region's account by an authority)."""
    session.carry_out("points.grant", GrantPoints(organisation, volunteer, Points(points)), f"{points} points are granted")


@command.command("adjust")
@_volunteer
@click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation whose officer signs.")
@click.option("--by", "change", type=click.IntRange(-MAX_CHANGE, MAX_CHANGE), required=True, help="Points more, or -N fewer.")
@click.option("--reason", type=click.Choice([item.name.lower() for item in Adjustment]), required=True, help="Why.")
@click.option("--explanation", required=True, help="Why, in words. Only its commitment goes onto the ledger.")
@sends
def adjust(
    session: Session, *, volunteer: Identifier, organisation: Identifier, change: int, reason: str, explanation: str
) -> None:
    """Put an account right (signed by an officer and an authority, or by two officers, as the region says)."""
    opening = Opening(os.urandom(SALT_BYTES), {"explanation": explanation})
    commitment = compute_adjustment_commitment(opening)
    body = AdjustPoints(organisation, volunteer, change, Adjustment[reason.upper()], commitment)
    more = {"details": opening.details, "salt": opening.salt.hex()}
    session.carry_out("points.adjust", body, f"The account is adjusted by {change} points", **more)
