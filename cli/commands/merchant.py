"""Merchants: admitted by an authority."""

from datetime import datetime

import click

from cli.office.builders import new_identifier
from cli.options import IDENTIFIER, PUBLIC_KEY
from cli.output import format_json
from cli.session import Session, asks, asks_with_key, sends
from contracts.exchange.settlements import TURNOVERS, AcknowledgeSettlement, CloseSettlement, compute_month_key
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeStanding
from contracts.identity.parties import Standing
from ledger.codec import MAX_POINTS, decode
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier, Points, PublicKey

_merchant = click.argument("merchant", type=IDENTIFIER)
_month = click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="The month, such as 2026-05.")
_captured = click.option("--captured", type=click.IntRange(0, MAX_POINTS), required=True, help="Points captured in that month.")
_refunded = click.option("--refunded", type=click.IntRange(0, MAX_POINTS), required=True, help="Points refunded in that month.")

MAX_TURNOVER_BYTES = 64


@click.group()
def command() -> None:
    """Merchants, who take points for goods and services."""


@command.command("register")
@click.option("--name", required=True, help="The name that volunteers see.")
@click.option("--public-key", type=PUBLIC_KEY, required=True, help="The merchant's public key.")
@click.option("--id", "merchant", type=IDENTIFIER, help="The identifier to use. Otherwise a new one is made.")
@sends
def register(session: Session, *, name: str, public_key: PublicKey, merchant: Identifier | None) -> None:
    """Admit a merchant (signed by an authority)."""
    identifier = merchant or new_identifier()
    body = RegisterMerchant(identifier, name, public_key)
    done = f"{name} is registered as {identifier.hex()}"
    session.carry_out("identity.register_merchant", body, done, merchant=identifier.hex())


@command.command("show")
@_merchant
@asks
def show(session: Session, *, merchant: Identifier) -> None:
    """Show a merchant as everybody may see it."""
    document = session.client.get_json(f"/v1/merchants/{merchant.hex()}")
    session.output.give(document, format_json(document))


@command.command("account")
@_merchant
@asks_with_key
def account(session: Session, *, merchant: Identifier) -> None:
    """Show the merchant's points (asked for with the merchant's key)."""
    document = session.client.get_json(f"/v1/merchants/{merchant.hex()}/account", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("suspend")
@_merchant
@sends
def suspend(session: Session, *, merchant: Identifier) -> None:
    """Suspend a merchant (signed by an authority)."""
    session.carry_out("identity.change_standing", ChangeStanding(merchant, Standing.SUSPENDED), "The merchant is suspended")


@command.command("reinstate")
@_merchant
@sends
def reinstate(session: Session, *, merchant: Identifier) -> None:
    """Lift a suspension (signed by an authority)."""
    session.carry_out("identity.change_standing", ChangeStanding(merchant, Standing.ACTIVE), "The merchant is reinstated")


@command.command("settlement")
@_merchant
@_month
@asks_with_key
def settlement(session: Session, *, merchant: Identifier, month: datetime) -> None:
    """Show what a month has come to (asked for with the merchant's key)."""
    key = TURNOVERS.key(merchant, compute_month_key(month.year, month.month))
    answer = session.client.get_json(f"/v1/state/{key.hex()}", key=session.load_key())
    if answer["value"] is None:
        raise HourledgerError(Reason.NOT_FOUND, "nothing was captured or refunded in that month", f"{month:%Y-%m}")
    found = decode(TURNOVERS.codec, bytes.fromhex(answer["value"]), max_bytes=MAX_TURNOVER_BYTES)
    document = {
        "merchant": merchant.hex(),
        "month": f"{month:%Y-%m}",
        "captured": found.captured,
        "refunded": found.refunded,
        "is_closed": found.closed_by is not None,
        "is_acknowledged": found.is_acknowledged,
    }
    session.output.give(document, format_json(document))


@command.command("settle")
@_merchant
@_month
@sends
def settle(session: Session, *, merchant: Identifier, month: datetime) -> None:
    """Close a merchant's month with what was captured and refunded in it (signed by an authority)."""
    body = CloseSettlement(merchant, month.year, month.month)
    session.carry_out("exchange.close_settlement", body, f"{month:%Y-%m} is closed")


@command.command("acknowledge")
@_merchant
@_month
@_captured
@_refunded
@sends
def acknowledge(session: Session, *, merchant: Identifier, month: datetime, captured: int, refunded: int) -> None:
    """Agree with a closed month's figures (signed by the merchant)."""
    body = AcknowledgeSettlement(merchant, month.year, month.month, Points(captured), Points(refunded))
    session.carry_out("exchange.acknowledge_settlement", body, f"{month:%Y-%m} is acknowledged")
