"""Bytes as bodies and entries: a value with one encoding, or the one typed error; and nothing in between reaches a rule."""

from functools import cache
from typing import Any, get_type_hints

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import hours, points, savings
from contracts.accounts import carrying, erasing, merging
from contracts.activities import CloseActivity, PublishActivity
from contracts.activities.attendance import AttendanceMarked
from contracts.activities.changes import CancelActivity, ChangeActivity
from contracts.activities.cover import AttachCover, WithdrawCover
from contracts.activities.notices import GiveNotice
from contracts.activities.places import ChangedSignUp
from contracts.activities.projects import CloseProject, EvaluateProject, OpenProject, PlaceActivity
from contracts.activities.terms import SetTerms
from contracts.card_table import AboutCard
from contracts.cards import registered as cards
from contracts.certificates import registry, stars
from contracts.exchange import ChangeOffer, HoldChanged, PublishOffer, WithdrawOffer
from contracts.exchange.settlements import AcknowledgeSettlement, SettlementClosed
from contracts.governance import AuthoritiesChanged, ChangeApproved
from contracts.governance.settings import SetCalendar, SetParameters
from contracts.governance.versions import SetRuleBook
from contracts.governance.voting import ProposalApproved
from contracts.hours.codes import DropReserved, HoursReserved
from contracts.hours.cosigning import CosignedHours
from contracts.hours.disputes import DisputedHours, ResolvedDispute
from contracts.hours.merits import DropAward, DropTraining, RecordAward, RecordTraining
from contracts.hours.missing import AnsweredClaim, ClaimedMissing
from contracts.hours.totals import DropTotal, ImportTotal
from contracts.identity import groups, guardians, succession
from contracts.identity.duties import SetPreparers
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeOfficer, ChangeStanding, RegisterOrganisation, ReplaceOfficer, SetPolicy
from contracts.identity.volunteer_keys import ChangeKey, KeyRequested
from contracts.identity.volunteers import VolunteerEnrolled
from contracts.offences import OffenceRecorded
from contracts.orders import certifying, placed, rating
from contracts.points import adjusting, giving
from contracts.ratings.given import Invited, ServiceRated, WithdrawInvitation
from contracts.regions.arriving import TimeReceived
from contracts.regions.leaving import TimeLeft
from contracts.regions.trusted import AcceptedCheckpoint, TrustRegion
from contracts.reports import AnchorReport
from contracts.rulebook import EVENT_TYPES, KINDS, get_parties
from contracts.sanctions import SanctionChanged
from contracts.timebank import attestations, deposits, offices, spending
from contracts.timebank import giving as time_giving
from ledger.blocks import Header
from ledger.codec import decode, encode, has_fields, list_fields
from ledger.errors import CodecError, HourledgerError
from ledger.events import Outcome
from ledger.reasons import Reason
from ledger.transactions import Transaction, draft, sign
from ledger.types import TimeMs
from tests.contracts.chain import CHAIN_ID, RECOVERY, RULES, Chain, identifier_of, key_of
from tests.contracts.invariants import check_invariants
from tests.effort import choose
from tests.properties.bodies import strategy_of, wires
from tests.properties.operations import FIRST_DAY, MS_PER_DAY, make_chain

NOW_MS = TimeMs((FIRST_DAY + 9) * MS_PER_DAY)
EVENTS: dict[str, Any] = {
    "ledger.header": Header,
    "ledger.outcome": Outcome,
    "identity.organisation_registered": RegisterOrganisation,
    "identity.standing_changed": ChangeStanding,
    "identity.officer_added": ChangeOfficer,
    "identity.officer_removed": ChangeOfficer,
    "identity.officer_replaced": ReplaceOfficer,
    "identity.preparers_set": SetPreparers,
    "identity.policy_set": SetPolicy,
    "identity.merchant_registered": RegisterMerchant,
    "identity.volunteer_enrolled": VolunteerEnrolled,
    "identity.key_changed": ChangeKey,
    "identity.key_requested": KeyRequested,
    "identity.key_refused": ChangeKey,
    "identity.organisation_succeeded": succession.SucceedOrganisation,
    "identity.group_registered": groups.RegisterGroup,
    "identity.guardian_set": guardians.SetGuardian,
    "identity.guardianship_ended": guardians.EndGuardianship,
    "identity.volunteer_erased": erasing.VolunteerErased,
    "identity.volunteers_merged": merging.MergeVolunteers,
    "identity.month_carried": carrying.MonthCarried,
    "identity.places_carried": carrying.PlacesCarried,
    "activities.published": PublishActivity,
    "activities.closed": CloseActivity,
    "activities.changed": ChangeActivity,
    "activities.cancelled": CancelActivity,
    "activities.project_opened": OpenProject,
    "activities.placed": PlaceActivity,
    "activities.project_closed": CloseProject,
    "activities.project_evaluated": EvaluateProject,
    "activities.attendance_marked": AttendanceMarked,
    "activities.notice_given": GiveNotice,
    "cover.attached": AttachCover,
    "cover.withdrawn": WithdrawCover,
    "activities.terms_set": SetTerms,
    "activities.sign_up_changed": ChangedSignUp,
    "hours.recorded": hours.RecordedHours,
    "hours.voided": hours.VoidedHours,
    "hours.disputed": DisputedHours,
    "hours.cosigned": CosignedHours,
    "hours.claimed_missing": ClaimedMissing,
    "hours.claim_answered": AnsweredClaim,
    "hours.reserved": HoursReserved,
    "hours.reserved_dropped": DropReserved,
    "orders.placed": placed.PlaceOrder,
    "orders.changed": placed.OrderChanged,
    "orders.rated": rating.OrderRated,
    "orders.certified": certifying.OrderCertified,
    "hours.total_imported": ImportTotal,
    "hours.total_dropped": DropTotal,
    "hours.training_recorded": RecordTraining,
    "hours.training_dropped": DropTraining,
    "hours.award_recorded": RecordAward,
    "hours.award_dropped": DropAward,
    "hours.dispute_resolved": ResolvedDispute,
    "points.expired": points.PointsExpired,
    "timebank.appointed": offices.Appoint,
    "timebank.attested": attestations.Attest,
    "timebank.attestation_withdrawn": attestations.WithdrawAttestation,
    "timebank.group_declared": deposits.DeclareGroup,
    "timebank.deposited": deposits.TimeDeposited,
    "timebank.given": time_giving.GiveTime,
    "timebank.donated": time_giving.DonateTime,
    "timebank.issued": time_giving.IssueTime,
    "timebank.redeemed": spending.TimeRedeemed,
    "timebank.bought": spending.BoughtWithTime,
    "timebank.returned": savings.TimeReturned,
    "timebank.refunded": savings.TimeRefunded,
    "timebank.place_due": savings.PlaceDue,
    "timebank.ended": savings.TimeEnded,
    "points.given": giving.GivePoints,
    "points.donated": giving.DonatePoints,
    "points.granted": giving.GrantPoints,
    "points.adjusted": adjusting.AdjustPoints,
    "exchange.offer_published": PublishOffer,
    "exchange.offer_changed": ChangeOffer,
    "exchange.offer_withdrawn": WithdrawOffer,
    "exchange.held": HoldChanged,
    "exchange.captured": HoldChanged,
    "exchange.delivered": HoldChanged,
    "exchange.settlement_closed": SettlementClosed,
    "exchange.settlement_acknowledged": AcknowledgeSettlement,
    "exchange.released": HoldChanged,
    "exchange.expired": HoldChanged,
    "exchange.refunded": HoldChanged,
    "certificates.registered": registry.CertificateRegistered,
    "certificates.suspended": registry.CertificateChanged,
    "certificates.reinstated": registry.CertificateChanged,
    "cards.registered": cards.RegisterCard,
    "cards.superseded": AboutCard,
    "cards.suspended": AboutCard,
    "cards.reinstated": AboutCard,
    "cards.revoked": AboutCard,
    "cards.erased": AboutCard,
    "certificates.revoked": registry.CertificateRevoked,
    "certificates.superseded": registry.CertificateSuperseded,
    "certificates.star_changed": stars.StarChanged,
    "certificates.star_objected": stars.ObjectToStar,
    "reports.anchored": AnchorReport,
    "sanctions.changed": SanctionChanged,
    "governance.change_approved": ChangeApproved,
    "governance.authorities_changed": AuthoritiesChanged,
    "governance.proposal_approved": ProposalApproved,
    "governance.parameters_set": SetParameters,
    "governance.calendar_set": SetCalendar,
    "governance.rule_book_set": SetRuleBook,
    "governance.offence": OffenceRecorded,
    "ratings.invited": Invited,
    "ratings.rated": ServiceRated,
    "ratings.invitation_withdrawn": WithdrawInvitation,
    "regions.trusted": TrustRegion,
    "regions.checkpoint_accepted": AcceptedCheckpoint,
    "regions.time_left": TimeLeft,
    "regions.time_received": TimeReceived,
}
EVERYBODY = ("region", "ann", "bob", "lea", "mia", "noa", "Bakery", "Cinema", *RECOVERY)


@cache
def base() -> Chain:
    return make_chain()


def strategy_of_kind(name: str) -> st.SearchStrategy[Any]:
    """Bodies of a kind: the type that its rule is annotated with."""
    return strategy_of(get_type_hints(KINDS[name].rule)["body"])


def run_body(kind: str, body: bytes) -> Reason | None:
    """Send bytes as a body, signed by everybody there is; return why they were refused."""
    transaction = Transaction(1, CHAIN_ID, kind, body, identifier_of("nonce"), NOW_MS)
    try:
        RULES.validate_form(transaction)
    except HourledgerError as error:
        assert error.reason is Reason.MALFORMED_BODY
        return error.reason
    signed = draft(transaction)
    for name in EVERYBODY:
        signed = sign(signed, key_of(name))
    chain = base().copy()
    outcome = chain.execute(signed, NOW_MS).outcome
    check_invariants(chain)
    return outcome.reason


def test_every_event_has_its_fields_listed_here() -> None:
    assert set(EVENTS) == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=choose(6, 30))
@given(data=st.data())
def test_body_has_one_encoding_and_is_answered(kind: str, data: st.DataObject) -> None:
    body = data.draw(strategy_of_kind(kind))
    encoded = encode(KINDS[kind].codec, body)
    assert decode(KINDS[kind].codec, encoded) == body
    assert run_body(kind, encoded) is not Reason.MALFORMED_BODY


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=choose(6, 30))
@given(data=st.data())
def test_damaged_body_is_another_body_or_malformed(kind: str, data: st.DataObject) -> None:
    encoded = bytearray(encode(KINDS[kind].codec, data.draw(strategy_of_kind(kind))))
    for _ in range(data.draw(st.integers(1, 2))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(encoded), len(encoded), len(encoded) - 1]))
    body = bytes(encoded[:end])
    if run_body(kind, body) is not Reason.MALFORMED_BODY:
        codec = KINDS[kind].codec
        assert encode(codec, decode(codec, body)) == body


@settings(max_examples=choose(60, 300))
@given(st.sampled_from(list(KINDS)), st.binary(max_size=200) | wires.map(lambda wire: bytes(msgpack.packb(wire))))
def test_any_bytes_are_malformed_or_answered(kind: str, body: bytes) -> None:
    run_body(kind, body)


@pytest.mark.parametrize("name", EVENT_TYPES)
@settings(max_examples=choose(6, 30))
@given(data=st.data())
def test_event_has_one_encoding(name: str, data: st.DataObject) -> None:
    value = data.draw(strategy_of(EVENTS[name]))
    event_type = EVENT_TYPES[name]
    entry = event_type.encode(value)
    assert event_type.decode(entry) == value
    assert set(get_parties(entry)) <= set(_identifiers_in(value))
    for other in EVENT_TYPES.values():
        if other is not event_type:
            with pytest.raises(CodecError):
                other.decode(entry)


def _identifiers_in(value: Any) -> list[bytes]:
    fields = [getattr(value, name) for name in list_fields(type(value))]
    inner = [found for item in fields if has_fields(item) for found in _identifiers_in(item)]
    return [item for item in fields if isinstance(item, bytes)] + inner


@settings(max_examples=choose(60, 300))
@given(st.binary(max_size=200) | wires.map(lambda wire: bytes(msgpack.packb([1, "hours.voided", wire]))))
def test_any_bytes_as_entry_are_read_or_malformed(entry: bytes) -> None:
    try:
        parties = get_parties(entry)
    except CodecError:
        return
    assert all(type(party) is bytes for party in parties)
