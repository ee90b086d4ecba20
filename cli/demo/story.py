"""The story in small steps. Each can be run again: what an earlier run has done is found, not done twice."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from certificates.details import compute_public_commitment
from cli.demo.certifying import certify_holder
from cli.demo.home import DemoHome
from cli.demo.steps import Steps
from cli.office.book_records import Records, Totals
from cli.office.builders import new_identifier
from cli.office.client import NodeClient
from cli.office.desk import Desk
from cli.office.files import write_whole
from cli.office.importer import Advance, ImportOptions, ImportResult, enrol, import_rows
from cli.office.issuing import Issuer
from cli.office.outbox import Outbox
from cli.office.planning import Fate, fold_category
from cli.office.record_book import KnownVolunteer, RecordBook
from cli.office.rows import AttendanceRow
from cli.office.tags import FILE_NAME, Registrar, load_registrar_key
from cli.session import compute_now_ms
from contracts.balances import ISSUED
from contracts.exchange import HoldPoints, PointsOfHold, PublishOffer
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import RegisterOrganisation
from ledger.codec import decode
from ledger.errors import HourledgerError
from ledger.proofs import parse_bundle
from ledger.reasons import Reason
from ledger.types import Day, Identifier, Points, TimeMs

ORGANISATION_NAME: Final = "Riverside Volunteers 河畔志愿服务队"
MERCHANT_NAME: Final = "Corner Tea House 街角茶馆"
OFFER_TITLE: Final = "A pot of tea 一壶茶"
OFFER_POINTS: Final = 5
_HOLD_MS: Final = 7 * 24 * 3600 * 1000
_OFFER_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to."""

    organisation: Identifier
    holder: str
    result: ImportResult
    totals: Totals
    activities: int
    points_minted: int
    points_redeemed: int
    height: int
    chain_id: str


def tell_story(
    home: DemoHome, client: NodeClient, rows: Sequence[AttendanceRow], options: ImportOptions, advance: Advance
) -> Told:
    """Carry out everything that needs the node, and write the certificate and the trust file."""
    status = client.get_status()
    steps = Steps(home.steps, client, status.chain_id)
    organisation = register_organisation(home, steps)
    merchant = register_merchant(home, steps)
    with RecordBook(home.office) as book:
        desk = open_desk(home, client, book, organisation, status.chain_id)
        holder = enrol_holder(home, desk, rows, options)
        result = import_rows(desk, rows, options, advance)
        redeemed = redeem(home, steps, desk, holder, merchant)
        issuer = Issuer(client, desk.records, organisation, home.load_officers()[0])
        certify_holder(home, steps, issuer, find_account(book, holder), has_news=bool(result.select(Fate.NEW)))
        write_whole(home.trust, client.get_bytes("/v1/trust"))
        totals = desk.records.compute_totals()
        activities = book.count_published()
    height = client.get_status().height
    minted = find_points_minted(client)
    return Told(organisation, holder, result, totals, activities, minted, redeemed, height, status.chain_id)


def register_organisation(home: DemoHome, steps: Steps) -> Identifier:
    """Have the authority license the organisation, whose policy asks for both of its officers."""
    officers = tuple(key.public_key for key in home.load_officers())
    body = steps.carry_out(
        "1-organisation",
        "identity.register_organisation",
        lambda: RegisterOrganisation(new_identifier(), ORGANISATION_NAME, officers, len(officers)),
        [home.load_authority()],
    )
    return body.organisation


def register_merchant(home: DemoHome, steps: Steps) -> Identifier:
    """Have the authority admit a merchant."""
    key = home.load_person("merchant").public_key
    body = steps.carry_out(
        "2-merchant",
        "identity.register_merchant",
        lambda: RegisterMerchant(new_identifier(), MERCHANT_NAME, key),
        [home.load_authority()],
    )
    return body.merchant


def open_desk(home: DemoHome, client: NodeClient, book: RecordBook, organisation: Identifier, chain_id: str) -> Desk:
    """Return the organisation's desk with the keys of both officers."""
    book.bind(chain_id)
    book.save_organisation(organisation)
    policy = client.get_organisation(organisation)
    records, outbox = Records(book.database), Outbox(book.database)
    return Desk(book, records, outbox, client, home.load_officers(), organisation, policy, chain_id, compute_now_ms)


def load_registrar(home: DemoHome) -> Registrar:
    """Return the demo's registrar."""
    return Registrar(load_registrar_key(home.office / FILE_NAME))


def choose_holder(rows: Sequence[AttendanceRow], not_service: Sequence[str]) -> str:
    """Return the reference of the volunteer with the most minutes of service; of several, the first by reference."""
    excluded = {fold_category(category) for category in not_service}
    minutes: Counter[str] = Counter()
    for row in rows:
        if fold_category(row.category) not in excluded:
            minutes[row.volunteer] += row.minutes
    if not minutes:
        raise HourledgerError(Reason.UNREADABLE_ROWS, "the roster has no row of service")
    return min(minutes, key=lambda reference: (-minutes[reference], reference))


def enrol_holder(home: DemoHome, desk: Desk, rows: Sequence[AttendanceRow], options: ImportOptions) -> str:
    """Enrol one volunteer with a key of their own; the others have no device. Return the reference."""
    reference = home.load_holder()
    if reference is None:
        reference = choose_holder(rows, options.not_service)
        home.save_holder(reference)
    desk.resume()
    known = desk.book.find_volunteer(reference)
    if known is None or not known.is_enrolled:
        volunteer = KnownVolunteer(reference, desk.book.compute_volunteer(reference), is_enrolled=False)
        key = home.load_person("volunteer").public_key
        enrol(desk, [volunteer], load_registrar(home), {reference: key})
    return reference


def find_account(book: RecordBook, reference: str) -> Identifier:
    """Return the account of a volunteer who is enrolled."""
    known = book.find_volunteer(reference)
    if known is None:
        raise HourledgerError(Reason.UNKNOWN_VOLUNTEER, "the record book has no such volunteer", reference)
    return known.volunteer


def redeem(home: DemoHome, steps: Steps, desk: Desk, holder: str, merchant: Identifier) -> int:
    """Have the merchant offer something, the volunteer hold points for it, and the merchant capture them; return the points."""
    volunteer = find_account(desk.book, holder)
    merchant_key, volunteer_key = home.load_person("merchant"), home.load_person("volunteer")
    account = steps.client.get_json(f"/v1/volunteers/{volunteer.hex()}", key=volunteer_key)
    # An offer of an earlier run stands as it was made; its price then was no more than the balance of that time.
    price = Points(min(OFFER_POINTS, int(account["balance"])))
    if price < 1 and not steps.is_begun("3-offer"):
        return 0
    details = compute_public_commitment({"title": OFFER_TITLE})
    last_day = Day(compute_now_ms() // (24 * 3600 * 1000) + _OFFER_DAYS)
    offer = steps.carry_out(
        "3-offer",
        "exchange.publish_offer",
        lambda: PublishOffer(new_identifier(), merchant, price, last_day, details),
        [merchant_key],
    )
    expires_ms = TimeMs(compute_now_ms() + _HOLD_MS)
    hold = steps.carry_out(
        "4-hold",
        "exchange.hold",
        lambda: HoldPoints(new_identifier(), volunteer, offer.offer, 1, expires_ms),
        [volunteer_key],
    )
    steps.carry_out("5-capture", "exchange.capture", lambda: PointsOfHold(hold.hold, offer.points), [merchant_key])
    return offer.points


def find_points_minted(client: NodeClient) -> int:
    """Return the points in circulation as the ledger has them: the issuer's account, which is below zero by as many."""
    bundle = parse_bundle(client.post_json("/v1/bundles", {"entries": [], "keys": [ISSUED.key().hex()]}))
    value = next((item.value for item in bundle.values if item.key == ISSUED.key()), None)
    return 0 if value is None else -decode(ISSUED.codec, value)
