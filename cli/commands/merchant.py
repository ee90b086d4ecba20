"""Merchants: admitted by an authority."""

import click

from cli.office.builders import new_identifier
from cli.options import IDENTIFIER, PUBLIC_KEY
from cli.output import format_json
from cli.session import Session, asks, asks_with_key, sends
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeStanding
from contracts.identity.parties import Standing
from ledger.types import Identifier, PublicKey

_merchant = click.argument("merchant", type=IDENTIFIER)


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
