"""Saved time spent: for a service that a record certifies, or for a merchant's offer."""

import click

from cli.options import DATE, IDENTIFIER
from cli.session import Session, sends
from contracts.exchange.holds import MAX_QUANTITY
from contracts.timebank.holders import MAX_MOVED
from contracts.timebank.spending import BuyWithTime, RedeemTime
from ledger.types import Day, Identifier, Minutes

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_award = click.option("--star", "award", type=IDENTIFIER, help="The volunteer's star award, where the region asks for one.")


@click.command("redeem")
@_volunteer
@click.option("--minutes", type=click.IntRange(1, MAX_MOVED), required=True, help="How many, in whole units.")
@click.option("--for", "beneficiary", type=IDENTIFIER, help="The attested relative who was served. Otherwise VOLUNTEER.")
@click.option("--organisation", type=IDENTIFIER, required=True, help="Who certified the service.")
@click.option("--server", type=IDENTIFIER, required=True, help="The volunteer who served.")
@click.option("--record", type=IDENTIFIER, required=True, help="The record of the service.")
@click.option("--date", "day", type=DATE, required=True, help="The day of the service, such as 2026-05-31.")
@_award
@sends
def redeem(
    session: Session,
    *,
    volunteer: Identifier,
    minutes: int,
    beneficiary: Identifier | None,
    organisation: Identifier,
    server: Identifier,
    record: Identifier,
    day: Day,
    award: Identifier | None,
) -> None:
    """Spend VOLUNTEER's time for a service (signed by the volunteer and one officer of the organisation that certified)."""
    people = volunteer, beneficiary or volunteer
    body = RedeemTime(organisation, server, record, day, *people, Minutes(minutes), award)
    session.carry_out("timebank.redeem", body, f"{minutes} minutes are spent")


@click.command("buy")
@_volunteer
@click.option("--merchant", type=IDENTIFIER, required=True, help="The merchant's identifier.")
@click.option("--offer", type=IDENTIFIER, required=True, help="The offer's identifier.")
@click.option("--quantity", type=click.IntRange(1, MAX_QUANTITY), default=1, show_default=True, help="Pieces.")
@_award
@sends
def buy(
    session: Session,
    *,
    volunteer: Identifier,
    merchant: Identifier,
    offer: Identifier,
    quantity: int,
    award: Identifier | None,
) -> None:
    """Spend saved time on an offer, an hour for a point, for good (signed by the volunteer and the merchant)."""
    body = BuyWithTime(volunteer, merchant, offer, quantity, award)
    session.carry_out("timebank.buy", body, f"{quantity} pieces are bought with saved time")
