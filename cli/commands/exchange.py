"""Exchange: a merchant offers, a volunteer holds points for it, the merchant captures them once."""

import click

from certificates.details import compute_public_commitment
from certificates.jcs import JsonObject
from cli.office.builders import new_identifier
from cli.options import DATE, IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, compute_now_ms, sends
from contracts.exchange import ChangeOffer, EndHold, HoldPoints, PointsOfHold, PublishOffer, WithdrawOffer
from contracts.exchange.offers import MAX_STOCK
from ledger.types import Day, Identifier, Points, TimeMs

_MS_PER_MINUTE = 60_000
_hold = click.argument("hold", type=IDENTIFIER)
_points = click.option("--points", type=click.IntRange(1, 1_000_000_000), required=True, help="Whole points.")

_first_day = click.option("--first-day", type=DATE, help="The first day of the offer. Otherwise it begins at once.")
_stock = click.option(
    "--stock", type=click.IntRange(0, MAX_STOCK), help="Pieces in all, those taken included. Otherwise no limit."
)


@click.group()
def command() -> None:
    """Offers, and points held and captured for them."""


@command.command("offer")
@click.option("--merchant", type=IDENTIFIER, required=True, help="The merchant's identifier.")
@click.option("--title", required=True, help="What is offered. Its hash goes onto the ledger, the text does not.")
@click.option("--points", type=click.IntRange(1, 1_000_000_000), required=True, help="Points for one piece.")
@click.option("--last-day", type=DATE, required=True, help="The last day of the offer, such as 2026-12-31.")
@_first_day
@_stock
@sends
def publish_offer(
    session: Session, *, merchant: Identifier, title: str, points: int, last_day: Day, first_day: Day | None, stock: int | None
) -> None:
    """Publish an offer (signed by the merchant)."""
    identifier = new_identifier()
    details: JsonObject = {"title": title}
    commitment = compute_public_commitment(details)
    body = PublishOffer(identifier, merchant, Points(points), last_day, commitment, first_day, stock)
    more = {"offer": identifier.hex(), "details": details}
    session.carry_out("exchange.publish_offer", body, f"The offer is {identifier.hex()}", **more)


@command.command("change")
@click.argument("offer", type=IDENTIFIER)
@click.option("--merchant", type=IDENTIFIER, required=True, help="The merchant's identifier.")
@click.option("--last-day", type=DATE, required=True, help="The last day of the offer, such as 2026-12-31.")
@_first_day
@_stock
@sends
def change_offer(
    session: Session, *, offer: Identifier, merchant: Identifier, last_day: Day, first_day: Day | None, stock: int | None
) -> None:
    """Set an offer's days and pieces anew; what is held for it stays good (signed by the merchant)."""
    body = ChangeOffer(offer, merchant, last_day, first_day, stock)
    session.carry_out("exchange.change_offer", body, "The offer is changed")


@command.command("withdraw")
@click.argument("offer", type=IDENTIFIER)
@click.option("--merchant", type=IDENTIFIER, required=True, help="The merchant's identifier.")
@sends
def withdraw_offer(session: Session, *, offer: Identifier, merchant: Identifier) -> None:
    """Withdraw an offer; what is held for it stays good (signed by the merchant)."""
    session.carry_out("exchange.withdraw_offer", WithdrawOffer(offer, merchant), "The offer is withdrawn")


@command.command("hold")
@click.option("--volunteer", type=IDENTIFIER, required=True, help="The volunteer's identifier.")
@click.option("--offer", type=IDENTIFIER, required=True, help="The offer's identifier.")
@click.option("--quantity", type=click.IntRange(1, 1000), default=1, show_default=True, help="Pieces.")
@click.option("--minutes", type=click.IntRange(1, 60 * 24 * 30), default=60, show_default=True, help="How long to hold.")
@sends
def hold_points(session: Session, *, volunteer: Identifier, offer: Identifier, quantity: int, minutes: int) -> None:
    """Set points aside for an offer (signed by the volunteer)."""
    identifier = new_identifier()
    expires_ms = TimeMs(compute_now_ms() + minutes * _MS_PER_MINUTE)
    body = HoldPoints(identifier, volunteer, offer, quantity, expires_ms)
    more = {"hold": identifier.hex(), "expires_ms": expires_ms}
    session.carry_out("exchange.hold", body, f"The points are held as {identifier.hex()} for {minutes} minutes", **more)


@command.command("capture")
@_hold
@_points
@sends
def capture_points(session: Session, *, hold: Identifier, points: int) -> None:
    """Take held points, once; the rest goes back to the volunteer (signed by the merchant)."""
    session.carry_out("exchange.capture", PointsOfHold(hold, Points(points)), f"{points} points are captured")


@command.command("deliver")
@_hold
@sends
def deliver_goods(session: Session, *, hold: Identifier) -> None:
    """Put on record that what was captured for is delivered (signed by the merchant)."""
    session.carry_out("exchange.deliver", EndHold(hold), "The delivery is on record")


@command.command("release")
@_hold
@sends
def release_hold(session: Session, *, hold: Identifier) -> None:
    """Give held points back (signed by the merchant)."""
    session.carry_out("exchange.release", EndHold(hold), "The points are back with the volunteer")


@command.command("expire")
@_hold
@sends
def expire_hold(session: Session, *, hold: Identifier) -> None:
    """End a hold whose time is over (signed by anybody with a key on the ledger)."""
    session.carry_out("exchange.expire", EndHold(hold), "The points are back with the volunteer")


@command.command("refund")
@_hold
@_points
@sends
def refund_points(session: Session, *, hold: Identifier, points: int) -> None:
    """Give captured points back as they were (signed by the merchant)."""
    session.carry_out("exchange.refund", PointsOfHold(hold, Points(points)), f"{points} points are refunded")


@command.command("show")
@_hold
@asks_with_key
def show_hold(session: Session, *, hold: Identifier) -> None:
    """Show a hold (asked for with the key of its volunteer or merchant)."""
    document = session.client.get_json(f"/v1/holds/{hold.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))
