"""What the tables of ledgers say about orders."""

from datetime import date
from typing import Any

from contracts.hours.codes import compute_code_hash
from contracts.orders.certifying import CertifyOrder
from contracts.orders.helping import CompleteOrder, DispatchOrder
from contracts.orders.placed import AboutOrder, PlaceOrder
from contracts.orders.rating import RATE_KIND, RateOrder
from contracts.tokens import Statement, compute_token_hash, sign_statement
from ledger.genesis import to_day
from ledger.types import Identifier, Minutes
from tests.contracts.chain import CHAIN_ID, Chain, hash_of, identifier_of, key_of, name_of


def make_order(order: str, name: str, activity: str) -> PlaceOrder:
    """An order; its token and its code are named like it."""
    ids = identifier_of(order), identifier_of(name), identifier_of(activity)
    token, code = key_of(f"token {order}").public_key, identifier_of(f"code-{order}")
    return PlaceOrder(*ids, hash_of(f"need {order}"), compute_token_hash(token), compute_code_hash(code))


def make_rating(order: str, score: int, token: str, *, said: int | None = None) -> RateOrder:
    """A rating with a token; where `said` is another score, somebody altered it on the way."""
    key = key_of(f"token {token}")
    statement = Statement(CHAIN_ID, RATE_KIND, identifier_of(order), said or score)
    return RateOrder(identifier_of(order), score, key.public_key, sign_statement(key, statement))


def parse_order(words: list[str], _rows: list[str]) -> tuple[str, Any] | None:  # noqa: PLR0911 - a table of words
    """Kind and body of what a row says, None where it is about something else."""
    match words:
        case ["place", order, "of", name, "for", activity]:
            return "orders.place", make_order(order, name, activity)
        case ["dispatch", order, "to", helper]:
            volunteer = None if helper == "somebody" else identifier_of(helper)
            return "orders.dispatch", DispatchOrder(identifier_of(order), volunteer)
        case ["complete", order, minutes, "minutes"]:
            return "orders.complete", CompleteOrder(identifier_of(order), Minutes(int(minutes)))
        case ["rate", order, score, "with", "token", token, *altered]:
            return RATE_KIND, make_rating(order, int(score), token, said=int(altered[-1]) if altered else None)
        case [("accept" | "cancel" | "close") as step, "order", order]:
            return f"orders.{step}", AboutOrder(identifier_of(order))
        case ["certify", "order", order, "as", record, day, start, minutes]:
            return "orders.certify", _parse_certify(order, record, (day, start), minutes)
    return None


def _parse_certify(order: str, record: str, when: tuple[str, str], minutes: str) -> CertifyOrder:
    day, start = when
    minute = None if start == "-" else int(start[:2]) * 60 + int(start[3:])
    ids = identifier_of(order), identifier_of(record)
    return CertifyOrder(*ids, to_day(date.fromisoformat(day)), minute, Minutes(int(minutes)), hash_of(record))


def describe_order(chain: Chain, words: list[str]) -> str | None:
    """Answer a question of a table about an order; None where it is about something else."""
    match words:
        case ["order", name]:
            order = chain.read_table(b"order").get(identifier_of(name))
            if order is None:
                return "not there"
            helper = f" by {_name(order.volunteer)}" if order.volunteer else ""
            rated, record = ", rated" if order.is_rated else "", f", recorded as {_name(order.record)}" if order.record else ""
            return f"{order.status.name.lower()}{helper}, {order.minutes} minutes{rated}{record}"
        case ["orders", "of", name]:
            return str(chain.read_table(b"order-count").get(identifier_of(name), 0))
    return None


def _name(identifier: Identifier) -> str:
    return name_of(identifier.hex())
