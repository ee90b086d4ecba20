"""The office's side of orders: placing one with its token and code, and certifying the help that was given for it."""

from dataclasses import dataclass

from certificates.details import Opening, compute_explanation_commitment
from certificates.jcs import JsonObject
from cli.office.answers import parse_identifier_hex
from cli.office.book_records import KnownRecord, RecordStatus
from cli.office.builders import new_salt
from cli.office.correcting import Corrected
from cli.office.desk import Desk
from cli.office.values import format_clock
from contracts.hours.codes import compute_code_hash
from contracts.orders.certifying import CertifyOrder
from contracts.orders.placed import PlaceOrder
from contracts.tokens import compute_token_hash
from ledger.errors import HourledgerError
from ledger.genesis import to_date
from ledger.reasons import Reason
from ledger.types import Day, Identifier, Minutes


@dataclass(frozen=True, slots=True)
class Help:
    """What was done for an order, and by whom, in the office's words."""

    helper: str
    day: Day
    start: int | None
    minutes: Minutes
    content: str


def make_order(desk: Desk, order: Identifier, activity: Identifier, need: str, contact: str) -> tuple[PlaceOrder, Opening]:
    """Return the body of a new order, and what the order book keeps."""
    opening = Opening(new_salt(), {"need": need, "contact": contact})
    token = desk.book.compute_token(order).public_key
    code_hash = compute_code_hash(desk.book.compute_code(order))
    commitment = compute_explanation_commitment(opening)
    body = PlaceOrder(order, desk.organisation, activity, commitment, compute_token_hash(token), code_hash)
    return body, opening


def write_record(desk: Desk, document: JsonObject, given: Help) -> CertifyOrder:
    """Return the body that certifies an order's help, and write it into the record book; call inside a transaction.

    `document` is the order as the node shows it. The record has the order's identifier: an order has one.
    """
    order, activity = (parse_identifier_hex(str(document[name])) for name in ("order", "activity"))
    known = desk.book.find_volunteer(given.helper)
    account = None if known is None or not known.is_enrolled else known.volunteer.hex()
    if document["volunteer"] not in {account, None} or (account and document["volunteer"] is None):
        raise HourledgerError(Reason.USAGE, "another helper was sent for that order", given.helper)
    reference = desk.book.find_activity_reference(activity)
    if reference is None:
        raise HourledgerError(Reason.UNKNOWN_ACTIVITY, "the record book does not have the order's activity", activity.hex())
    item = next(item for item in desk.book.find_activities(reference) if item.activity == activity)
    commitment = desk.records.make_opening(order, _build_details(item.details, given))
    volunteer = known.volunteer if known is not None else desk.book.compute_volunteer(given.helper)
    content = given.day, f"order-{order.hex()}", volunteer, given.day, given.minutes, reference, commitment
    desk.records.put(KnownRecord(order, given.helper, *content, RecordStatus.SENT))
    return CertifyOrder(order, order, given.day, given.start, given.minutes, commitment)


def certify(desk: Desk, document: JsonObject, given: Help) -> Corrected:
    """Certify an order's help; the opening is committed first."""
    with desk.book.database.transaction():
        waiting = desk.prepare("orders.certify", write_record(desk, document, given))
    done = tuple(desk.send_all((waiting,)))
    return Corrected(done, () if desk.has_enough_signatures(waiting) else (waiting,))


def rehearse(desk: Desk, document: JsonObject, given: Help) -> CertifyOrder:
    """Return the body for trying out; nothing stays in the record book."""
    with desk.book.database.rehearsal():
        return write_record(desk, document, given)


def _build_details(activity_name: str, given: Help) -> JsonObject:
    details: JsonObject = {
        "activity_name": activity_name,
        "date": to_date(given.day).isoformat(),
        "minutes": given.minutes,
        "content": given.content,
    }
    if given.start is not None:
        details |= {"start": format_clock(given.start), "end": format_clock(given.start + given.minutes)}
    return details
