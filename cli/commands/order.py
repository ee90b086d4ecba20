"""Orders: help for a person who has no account, placed by an office, given by a helper, rated by the person served."""

from pathlib import Path

import click

from cli.office.builders import new_identifier
from cli.office.drafts import save_drafts
from cli.office.order_book import OrderBook
from cli.office.ordering import Help, certify, make_order, rehearse
from cli.office.record_book import RecordBook
from cli.office.values import parse_clock
from cli.options import DATE, HASH, IDENTIFIER, json_option, office_option
from cli.output import Output, format_json
from cli.session import Session, asks_with_key, open_desk, sends, works_at_desk
from contracts.orders.helping import CompleteOrder, DispatchOrder
from contracts.orders.placed import AboutOrder
from contracts.orders.rating import RATE_KIND, RateOrder
from contracts.tokens import MAX_SCORE, MIN_SCORE, Statement, sign_statement
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import ExitCode, Reason
from ledger.types import Day, Hash, Identifier, Minutes

_order = click.argument("order", type=IDENTIFIER)


@click.group()
def command() -> None:
    """Orders: help that is asked for, given, rated and recorded."""


@command.command("place")
@click.argument("activity", type=IDENTIFIER)
@click.option("--need", required=True, help="What is needed, in words. It stays in the order book.")
@click.option("--contact", required=True, help="How to reach the person. It stays in the order book.")
@works_at_desk
def place(
    session: Session, *, activity: Identifier, need: str, contact: str, office: Path, organisation: Identifier | None
) -> None:
    """Place an order within ACTIVITY (signed by one officer). The ledger learns nothing of the person or the need.

    The answer has the token for the person served, and the code for a helper who is not registered.
    """
    with open_desk(session, office, organisation) as desk, OrderBook(office) as orders:
        order = new_identifier()
        body, opening = make_order(desk, order, activity, need, contact)
        if not session.is_dry_run:
            orders.keep(order, opening)
        secrets = {"token": desk.book.compute_token(order).seed.hex(), "code": desk.book.compute_code(order).hex()}
        session.carry_out("orders.place", body, f"The order is {order.hex()}", order=order.hex(), **secrets)


@command.command("dispatch")
@_order
@click.option("--volunteer", type=IDENTIFIER, help="Who is sent. Otherwise a helper who is not registered.")
@sends
def dispatch(session: Session, *, order: Identifier, volunteer: Identifier | None) -> None:
    """Send a helper, or another one in the place of who was sent (signed by one officer)."""
    session.carry_out("orders.dispatch", DispatchOrder(order, volunteer), "The helper is sent")


@command.command("accept")
@_order
@sends
def accept(session: Session, *, order: Identifier) -> None:
    """Agree to help (signed by the volunteer who was sent; for a helper without a key by one officer)."""
    session.carry_out("orders.accept", AboutOrder(order), "The order is accepted")


@command.command("complete")
@_order
@click.option("--minutes", type=int, required=True, help="How long it took.")
@sends
def complete(session: Session, *, order: Identifier, minutes: int) -> None:
    """Say that the help was given (signed by the volunteer who was sent, or by one officer). Officers certify it then."""
    session.carry_out("orders.complete", CompleteOrder(order, Minutes(minutes)), "The order is completed")


@command.command("rate")
@_order
@click.option("--score", type=click.IntRange(MIN_SCORE, MAX_SCORE), required=True, help="From 1, bad, to 5, very good.")
@click.option("--token", type=HASH, required=True, help="The token that the person served was given.")
@sends
def rate(session: Session, *, order: Identifier, score: int, token: Hash) -> None:
    """Rate the help, once, with the order's token. Any registered key sends it, and cannot alter it."""
    key = SigningKey(token)
    statement = Statement(session.client.get_status().chain_id, RATE_KIND, order, score)
    body = RateOrder(order, score, key.public_key, sign_statement(key, statement))
    session.carry_out("orders.rate", body, "The rating is on record")


@command.command("certify")
@_order
@click.option("--helper", required=True, help="How the office calls the helper.")
@click.option("--date", "day", type=DATE, required=True, help="The day of the help.")
@click.option("--start", "clock", help="When it began, such as 09:30.")
@click.option("--minutes", type=int, required=True, help="No more than were completed.")
@click.option("--content", required=True, help="What was done, as the record says it.")
@works_at_desk
def certify_order(
    session: Session,
    *,
    order: Identifier,
    helper: str,
    day: Day,
    clock: str | None,
    minutes: int,
    content: str,
    office: Path,
    organisation: Identifier | None,
) -> int:
    """Certify the help that was given for ORDER (signed by officers as the policy says). An order has one record.

    The hours of a helper who is not registered wait for the order's code (hours claim).
    """
    given = Help(helper, day, None if clock is None else parse_clock(clock), Minutes(minutes), content)
    with open_desk(session, office, organisation) as desk:
        document = session.client.get_json(f"/v1/orders/{order.hex()}", key=desk.keys[0])
        if session.is_dry_run:
            return session.rehearse("orders.certify", (rehearse(desk, document, given),), order=order.hex())
        desk.resume()
        certified = certify(desk, document, given)
        paths = save_drafts(office / "drafts", [item.signed for item in certified.drafts])
    for _item, outcome in certified.done:
        outcome.require_accepted()
    words = [f"another officer signs {path} with hourledger tx sign" for path in paths] or ["The help is certified."]
    session.output.give({"order": order.hex(), "drafts": [str(path) for path in paths]}, "\n".join(words))
    return ExitCode.OK


@command.command("cancel")
@_order
@works_at_desk
def cancel(session: Session, *, order: Identifier, office: Path, organisation: Identifier | None) -> None:
    """Cancel an order before it is completed (signed by one officer). Need and contact are destroyed."""
    with open_desk(session, office, organisation):
        session.carry_out("orders.cancel", AboutOrder(order), "The order is cancelled")
        _forget(session, office, order)


@command.command("close")
@_order
@works_at_desk
def close(session: Session, *, order: Identifier, office: Path, organisation: Identifier | None) -> None:
    """Close an order that is rated or can no longer be (signed by one officer). Need and contact are destroyed."""
    with open_desk(session, office, organisation):
        session.carry_out("orders.close", AboutOrder(order), "The order is closed")
        _forget(session, office, order)


def _forget(session: Session, office: Path, order: Identifier) -> None:
    if not session.is_dry_run:
        with OrderBook(office) as orders:
            orders.destroy(order)


@command.command("show")
@_order
@asks_with_key
def show(session: Session, *, order: Identifier) -> None:
    """Show an order (asked for with an officer's key, or that of the volunteer who was sent)."""
    document = session.client.get_json(f"/v1/orders/{order.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("need")
@_order
@office_option
@json_option
def need_of(*, order: Identifier, office: Path, is_json: bool) -> None:
    """Show what the office alone knows of an order: need, contact, token and code."""
    with RecordBook(office) as book, OrderBook(office) as orders:
        opening = orders.find(order)
        if opening is None:
            raise HourledgerError(Reason.NOT_FOUND, "the order book does not have that order", order.hex())
        secrets = {"token": book.compute_token(order).seed.hex(), "code": book.compute_code(order).hex()}
    document = {"order": order.hex(), **opening.details, "salt": opening.salt.hex(), **secrets}
    Output(is_json).give(document, format_json(document))
