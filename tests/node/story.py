"""A small ledger for tests: an organisation, a merchant, two volunteers, certified hours, an offer and a hold."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from certificates.details import Opening, compute_record_commitment
from contracts.accounts.erasing import EraseVolunteer
from contracts.activities import ActivityClass, PublishActivity
from contracts.activities.notices import GiveNotice, Subject
from contracts.activities.projects import OpenProject, PlaceActivity
from contracts.activities.sign_ups import SignUpVolunteer
from contracts.activities.terms import SetTerms, Terms
from contracts.cards.registered import RegisterCard
from contracts.certificates.numbers import compute_number
from contracts.certificates.registry import RegisterCertificate
from contracts.certificates.stars import PublicizeStar
from contracts.exchange import HoldPoints, PublishOffer
from contracts.hours import Attendance, CertifyHours, Correction, DisputeRecord, Mode
from contracts.hours.merits import RecordAward, RecordTraining
from contracts.hours.missing import ClaimMissing
from contracts.hours.totals import ImportTotal
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.orders.helping import DispatchOrder
from contracts.orders.placed import PlaceOrder
from contracts.reports import AnchorReport
from contracts.sanctions import ProposeSanction, SanctionReason
from ledger.crypto import SigningKey
from ledger.genesis import to_day
from ledger.types import Hash, Height, Identifier, Minutes, Points, TimeMs
from tests.node.running import AUTHORITY, RunningNode

NO_DETAILS = Hash(b"d" * 32)
ORGANISATION = Identifier(b"organisation-001")
OTHER_ORGANISATION = Identifier(b"organisation-002")
MERCHANT = Identifier(b"merchant-0000001")
VOLUNTEER = Identifier(b"volunteer-000001")
OTHER_VOLUNTEER = Identifier(b"volunteer-000002")
ACTIVITY = Identifier(b"activity-0000001")
PROJECT = Identifier(b"project-00000001")
ERASED_VOLUNTEER = Identifier(b"volunteer-000003")
OFFER = Identifier(b"offer-0000000001")
HOLD = Identifier(b"hold-00000000001")
CLAIM = Identifier(b"claim-0000000001")
AWARD = Identifier(b"award-0000000001")
CERTIFICATE = compute_number(ORGANISATION, NO_DETAILS)
STAR = Identifier(b"star-00000000001")
ORDER = Identifier(b"order-0000000001")
SANCTION = Identifier(b"sanction-0000001")
POSITION = 17
CARD_POSITION = 18
NOBODY = Identifier(b"nobody-000000001")

OFFICER = SigningKey(b"1" * 32)
SECOND_OFFICER = SigningKey(b"2" * 32)
OTHER_OFFICER = SigningKey(b"3" * 32)
MERCHANT_KEY = SigningKey(b"4" * 32)
VOLUNTEER_KEY = SigningKey(b"5" * 32)
OTHER_VOLUNTEER_KEY = SigningKey(b"6" * 32)
ERASED_KEY = SigningKey(b"8" * 32)
STRANGER = SigningKey(b"7" * 32)
PHONE = SigningKey(b"9" * 32)


def make_opening(number: int, minutes: int = 120) -> Opening:
    """What opens the commitment of `make_attendance` of the same number."""
    day = date(2026, 10, 1) + timedelta(days=number)
    return Opening(b"s" * 32, {"activity_name": "Reading aloud", "date": day.isoformat(), "minutes": minutes})


@dataclass(frozen=True, slots=True)
class Story:
    """Where things are in the log."""

    hours_entry: int
    hours_outcome: dict[str, Any]
    hold_entry: int
    registration_entry: int


def make_organisation(
    identifier: Identifier = ORGANISATION, officers: tuple[SigningKey, ...] = (OFFICER, SECOND_OFFICER), approvals: int = 1
) -> RegisterOrganisation:
    return RegisterOrganisation(identifier, "Town library", tuple(key.public_key for key in officers), approvals)


def make_attendance(number: int, volunteer: Identifier = VOLUNTEER, minutes: int = 120) -> Attendance:
    record = Identifier(f"record-{number:09}".encode())
    day = to_day(date(2026, 10, 1) + timedelta(days=number))
    commitment = compute_record_commitment(make_opening(number, minutes))
    return Attendance(record, ACTIVITY, volunteer, day, None, Minutes(minutes), commitment)


def make_total() -> ImportTotal:
    first, last = to_day(date(2020, 1, 1)), to_day(date(2020, 12, 31))
    return ImportTotal(ORGANISATION, OTHER_VOLUNTEER, Hash(b"x" * 32), first, last, Minutes(6_000), NO_DETAILS)


def make_registration() -> RegisterCertificate:
    first, last = to_day(date(2026, 10, 1)), to_day(date(2026, 10, 4))
    return RegisterCertificate(
        CERTIFICATE, ORGANISATION, OTHER_VOLUNTEER, first, last, Minutes(120), NO_DETAILS, NO_DETAILS, POSITION
    )


def tell(node: RunningNode) -> Story:
    """Carry out the whole story."""
    registered = node.carry_out("identity.register_organisation", make_organisation(), AUTHORITY)
    other = make_organisation(OTHER_ORGANISATION, (OTHER_OFFICER,))
    node.carry_out("identity.register_organisation", other, AUTHORITY)
    merchant = RegisterMerchant(MERCHANT, "Corner bakery", MERCHANT_KEY.public_key)
    node.carry_out("identity.register_merchant", merchant, AUTHORITY)
    enrolments = (
        Enrolment(VOLUNTEER, Hash(b"t" * 32), VOLUNTEER_KEY.public_key),
        Enrolment(OTHER_VOLUNTEER, Hash(b"u" * 32), OTHER_VOLUNTEER_KEY.public_key),
    )
    node.carry_out("identity.enrol_volunteers", EnrolVolunteers(ORGANISATION, enrolments), OFFICER)
    activity = PublishActivity(
        ACTIVITY, ORGANISATION, ActivityClass.SERVICE, to_day(date(2026, 10, 1)), to_day(date(2026, 10, 31)), NO_DETAILS
    )
    node.carry_out("activities.publish", activity, OFFICER)
    rows = (make_attendance(1), make_attendance(2, OTHER_VOLUNTEER))
    hours = node.carry_out("hours.certify", CertifyHours(ORGANISATION, Mode.ATOMIC, rows), OFFICER)
    offer = PublishOffer(OFFER, MERCHANT, Points(1), to_day(date(2026, 12, 31)), NO_DETAILS)
    node.carry_out("exchange.publish_offer", offer, MERCHANT_KEY)
    hold = HoldPoints(HOLD, VOLUNTEER, OFFER, 1, TimeMs(node.now_ms + 3_600_000))
    held = node.carry_out("exchange.hold", hold, VOLUNTEER_KEY)
    node.carry_out("activities.open_project", OpenProject(PROJECT, ORGANISATION, None, NO_DETAILS), OFFICER)
    node.carry_out("activities.place", PlaceActivity(ACTIVITY, ORGANISATION, PROJECT), OFFICER)
    terms = SetTerms(ACTIVITY, ORGANISATION, Terms(1, 1, to_day(date(2026, 10, 31))))
    node.carry_out("activities.set_terms", terms, OFFICER)
    node.carry_out("activities.give_notice", GiveNotice(ACTIVITY, ORGANISATION, Subject.RISK, NO_DETAILS), OFFICER)
    node.carry_out("activities.sign_up", SignUpVolunteer(ACTIVITY, ORGANISATION, OTHER_VOLUNTEER), OTHER_VOLUNTEER_KEY)
    node.carry_out("cards.register", RegisterCard(VOLUNTEER, PHONE.public_key, CARD_POSITION), VOLUNTEER_KEY)
    disputed = make_attendance(2, OTHER_VOLUNTEER)
    dispute = DisputeRecord(ORGANISATION, OTHER_VOLUNTEER, disputed.record, disputed.day, Correction.WRONG_TIME)
    node.carry_out("hours.dispute", dispute, OTHER_VOLUNTEER_KEY)
    missing = ClaimMissing(CLAIM, ORGANISATION, OTHER_VOLUNTEER, ACTIVITY, to_day(date(2026, 10, 4)))
    node.carry_out("hours.claim_missing", missing, OTHER_VOLUNTEER_KEY)
    node.carry_out("hours.import_total", make_total(), OFFICER)
    training = RecordTraining(ORGANISATION, OTHER_VOLUNTEER, "first-aid", disputed.day, to_day(date(2027, 10, 3)), NO_DETAILS)
    node.carry_out("hours.record_training", training, OFFICER)
    award = RecordAward(ORGANISATION, OTHER_VOLUNTEER, AWARD, disputed.day, NO_DETAILS)
    node.carry_out("hours.record_award", award, OFFICER)
    erased = Enrolment(ERASED_VOLUNTEER, Hash(b"v" * 32), ERASED_KEY.public_key)
    node.carry_out("identity.enrol_volunteers", EnrolVolunteers(ORGANISATION, (erased,)), OFFICER)
    node.carry_out("identity.erase_volunteer", EraseVolunteer(ERASED_VOLUNTEER, (), ()), ERASED_KEY)
    node.carry_out("certificates.register", make_registration(), OFFICER)
    node.carry_out("certificates.publicize_star", PublicizeStar(STAR, ORGANISATION, OTHER_VOLUNTEER, 1), OFFICER)
    last_day = to_day(date(2026, 12, 31))
    reason = SanctionReason.MISCONDUCT
    sanction = ProposeSanction(SANCTION, ORGANISATION, OTHER_VOLUNTEER, reason, last_day, NO_DETAILS)
    node.carry_out("sanctions.propose", sanction, OFFICER)
    node.carry_out("orders.place", PlaceOrder(ORDER, ORGANISATION, ACTIVITY, NO_DETAILS, NO_DETAILS, NO_DETAILS), OFFICER)
    node.carry_out("orders.dispatch", DispatchOrder(ORDER, OTHER_VOLUNTEER), OFFICER)
    node.carry_out("reports.anchor", AnchorReport(NO_DETAILS, ORGANISATION, Height(1)), OFFICER)
    return Story(hours["first_event_index"], hours, held["first_event_index"], registered["first_event_index"])
