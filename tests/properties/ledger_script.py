"""A pseudo-random ledger: valid and invalid transactions of every kind, from a seed, over few parties so that they collide.

Run as a program it prints the roots that the seed leads to: `python -m tests.properties.ledger_script SEED BLOCKS`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from contracts.activities import ActivityClass, CloseActivity, PublishActivity
from contracts.activities.attendance import AttendanceMark, ExcuseAbsence, Mark, MarkAttendance
from contracts.activities.changes import CancelActivity, Cancellation, ChangeActivity
from contracts.activities.cover import AttachCover, Insured, WithdrawCover
from contracts.activities.notices import GiveNotice, Subject
from contracts.activities.projects import CloseProject, EvaluateProject, OpenProject, PlaceActivity
from contracts.activities.sign_ups import SignUpVolunteer, WithdrawVolunteer
from contracts.activities.terms import Risk, SetTerms, Terms
from contracts.balances import ISSUED, get_lots
from contracts.card_table import AboutCard
from contracts.cards.registered import RegisterCard
from contracts.certificates.numbers import compute_number
from contracts.certificates.registry import (
    AboutCertificate,
    RegisterCertificate,
    Revocation,
    RevokeCertificate,
    SupersedeCertificate,
)
from contracts.certificates.stars import DecideStar, ObjectToStar, PublicizeStar
from contracts.exchange import HOLDS, MAX_QUANTITY, ChangeOffer, EndHold, HoldPoints, PointsOfHold, PublishOffer, WithdrawOffer
from contracts.exchange.settlements import AcknowledgeSettlement, CloseSettlement
from contracts.governance import MIN_LEAD_BLOCKS, ChangeAuthorities, Recover
from contracts.governance.settings import SetCalendar, SetParameters, Value
from contracts.governance.versions import SetRuleBook
from contracts.hours import AmendHours, Attendance, CertifyHours, Correction, Mode, VoidHours
from contracts.hours.codes import ClaimByCode, DropReserved, ReservedHours, ReserveHours, compute_code_hash
from contracts.hours.cosigning import CosignRecord
from contracts.hours.disputes import DisputeRecord, Resolution, ResolveDispute
from contracts.hours.merits import DropAward, DropTraining, RecordAward, RecordTraining
from contracts.hours.missing import AnswerClaim, ClaimMissing
from contracts.hours.totals import DropTotal, ImportTotal
from contracts.identity.duties import SetPreparers
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeOfficer, ChangeStanding, RegisterOrganisation, ReplaceOfficer, SetPolicy
from contracts.identity.parties import Standing
from contracts.identity.volunteer_keys import AboutReplacement, ChangeKey
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.lots import compute_sum
from contracts.points import ExpirePoints, get_merchant_balance
from contracts.points.adjusting import Adjustment, AdjustPoints
from contracts.points.giving import DonatePoints, GivePoints, GrantPoints, get_donations
from contracts.records import Calendars
from contracts.reports import AnchorReport
from contracts.rulebook import KINDS, KindsRuleBook, compute_genesis_state, get_parties, make_rule_books
from contracts.sanctions import AboutSanction, ProposeSanction, SanctionReason
from contracts.savings import MERCHANT_TIME, TIME_ISSUED, TIME_POOL, compute_minutes, get_account
from ledger.authorities import Authority
from ledger.blocks import Block, Commit, Vote, compute_block_hash, compute_commit_message
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, sha256
from ledger.genesis import GENESIS_VERSION, Genesis
from ledger.state import View
from ledger.transactions import TRANSACTION_VERSION, SignedTransaction, Transaction, draft, sign
from ledger.types import Day, Hash, Height, Identifier, Minutes, Points, PublicKey, Round, TimeMs
from ledger.votes import NO_ROUND, Signed, VoteType, make_evidence, sign_proposal, sign_vote
from node.chain import Candidate, Chain
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.properties.account_script import ACCOUNT_DRAWS
from tests.properties.order_script import ORDER_DRAWS
from tests.properties.rating_script import RATING_DRAWS
from tests.properties.region_script import REGION_DRAWS
from tests.properties.timebank_script import draw_time_bank

CHAIN_ID = "property.example/log"
START_MS = TimeMs(1_760_000_000_000)
BLOCK_MS = 6 * 3_600_000
TODAY = START_MS // 86_400_000
FIRST_ROUND = Round(0)
DRAWS = {**ACCOUNT_DRAWS, **REGION_DRAWS, **ORDER_DRAWS, **RATING_DRAWS}
ROWS = 8
NAMES = ("1", "2", "3")


_SIGNERS: dict[PublicKey, SigningKey] = {}


def make_key(name: str) -> SigningKey:
    key = SigningKey(sha256(b"property key ", name.encode()))
    _SIGNERS[key.public_key] = key
    return key


def make_authority(name: str, key: str = "") -> Authority:
    """The authority of this name, with the consensus key of that name or another."""
    keys = (make_key(word).public_key for word in (key or name, f"{name} cosigner", f"{name} log"))
    return Authority(f"property.example/{name}", *keys)


def make_identifier(name: str) -> Identifier:
    return Identifier(sha256(b"property identifier ", name.encode())[:16])


AUTHORITIES = ("a", "b", "c", "d")
RECOVERY = tuple(make_key(f"recovery {number}") for number in range(4))
GENESIS = Genesis(
    GENESIS_VERSION,
    CHAIN_ID,
    "Test",
    START_MS,
    (make_authority("a"),),
    tuple(key.public_key for key in RECOVERY),
    (
        *(("points_per_hour", 20), ("points_validity_days", 3), ("star_1_hours", 1), ("star_2_hours", 2)),
        *(("star_3_hours", 4), ("star_publicity_days", 1), ("time_buys_goods", 1)),
    ),
    (),
    (),
)
ORGANISATIONS = tuple(make_identifier(f"organisation {name}") for name in NAMES)
MERCHANTS = tuple(make_identifier(f"merchant {name}") for name in NAMES[:2])
VOLUNTEERS = tuple(make_identifier(f"volunteer {name}") for name in "1234")
ACTIVITIES = tuple(make_identifier(f"activity {name}") for name in "1234")
PROJECTS = tuple(make_identifier(f"project {name}") for name in NAMES)
CONTENTS = tuple(sha256(b"certificate", name.encode()) for name in NAMES)
"""Of certificates: each organisation has one of each."""
SANCTIONS = tuple(make_identifier(f"sanction {name}") for name in NAMES)
STARS = tuple(make_identifier(f"star {name}") for name in NAMES)
OFFERS = tuple(make_identifier(f"offer {name}") for name in "12")
HOLD_NAMES = tuple(make_identifier(f"hold {name}") for name in range(60))
RECORDS = tuple(make_identifier(f"record {name}") for name in range(40))
KEYS = (
    make_key("a"),
    *(make_key(f"officer {name} {number}") for name in NAMES for number in (1, 2)),
    *(make_key(f"merchant {name}") for name in NAMES[:2]),
    *(make_key(f"volunteer {name}") for name in "1234"),
    RECOVERY[0],
    make_key("stranger"),
)


@dataclass
class Script:
    """Draws transactions for a chain. Half of the time the right people sign."""

    seed: int
    chain: Chain
    change: ChangeAuthorities | None = None
    proposals: dict[type, Any] = field(default_factory=dict)
    random: Random = field(init=False)
    number: int = 0
    holds: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def draw(self, time_ms: TimeMs, kind: str | None = None) -> SignedTransaction:
        kind = kind or self.random.choice(_WEIGHTED)
        drawn = self._draw_named(kind) or draw_time_bank(self, kind, time_ms)
        body, signers = drawn or getattr(self, "draw_" + kind.replace(".", "_"))(time_ms)
        if self.random.random() < 0.25:
            signers = tuple(self.random.sample(KEYS, self.random.randint(1, 3)))
        return self.sign(kind, body, signers, time_ms)

    def _draw_named(self, kind: str) -> Any:
        """Return what another file draws, with the names of those who sign; None for a kind that is drawn here."""
        draw = DRAWS.get(kind)
        if draw is None:
            return None
        body, names = draw(self.random, VOLUNTEERS, ACTIVITIES)
        return body, tuple(map(make_key, names))

    def sign(self, kind: str, body: Any, signers: tuple[SigningKey, ...], time_ms: TimeMs) -> SignedTransaction:
        self.number += 1
        nonce = make_identifier(f"transaction {self.seed} {self.number}")
        data = encode(KINDS[kind].codec, body)
        signed = draft(Transaction(TRANSACTION_VERSION, CHAIN_ID, kind, data, nonce, TimeMs(time_ms + 1_000_000)))
        for key in signers:
            signed = sign(signed, key)
        return signed

    def begin(self, time_ms: TimeMs) -> Iterator[SignedTransaction]:
        """What most of the rest needs."""
        for number in range(2):
            yield self.sign("identity.register_organisation", self._organisation(number), (make_key("a"),), time_ms)
            body, _ = self.draw_identity_register_merchant(time_ms, number)
            yield self.sign("identity.register_merchant", body, (make_key("a"),), time_ms)

    def begin_second(self, time_ms: TimeMs) -> Iterator[SignedTransaction]:
        rows = tuple(Enrolment(VOLUNTEERS[index], sha256(b"tag %d" % index), self._volunteer_key(index)) for index in range(3))
        yield self.sign("identity.enrol_volunteers", EnrolVolunteers(ORGANISATIONS[0], rows), self._officers(0, 1), time_ms)
        for index, activity in enumerate(ACTIVITIES[:3]):
            class_ = ActivityClass.MEETING if index == 2 else ActivityClass.SERVICE
            body = PublishActivity(activity, ORGANISATIONS[index % 2], class_, Day(TODAY - 5), Day(TODAY + 30), sha256(b"d"))
            yield self.sign("activities.publish", body, self._officers(index % 2, 1), time_ms)
        for index, offer in enumerate(OFFERS):
            body2 = PublishOffer(offer, MERCHANTS[index], Points(3 + index), Day(TODAY + 20), sha256(b"o"))
            yield self.sign("exchange.publish_offer", body2, (make_key(f"merchant {index + 1}"),), time_ms)

    def _organisation(self, number: int) -> RegisterOrganisation:
        officers = tuple(key.public_key for key in self._officers(number, 2))
        return RegisterOrganisation(ORGANISATIONS[number], f"Organisation {number}", officers, 2)

    def _officers(self, number: int, count: int) -> tuple[SigningKey, ...]:
        return tuple(make_key(f"officer {NAMES[number]} {index + 1}") for index in range(count))

    def _volunteer_key(self, index: int) -> Any:
        return make_key(f"volunteer {index + 1}").public_key

    def draw_identity_register_organisation(self, _time_ms: TimeMs) -> Any:
        return self._organisation(self.random.randrange(3)), self._authority()

    def draw_identity_change_standing(self, _time_ms: TimeMs) -> Any:
        party = self.random.choice((ORGANISATIONS[2], MERCHANTS[1], VOLUNTEERS[0]))
        return ChangeStanding(party, self.random.choice(tuple(Standing))), self._authority()

    def draw_identity_add_officer(self, _time_ms: TimeMs) -> Any:
        number = self.random.randrange(3)
        return ChangeOfficer(ORGANISATIONS[number], self.random.choice(KEYS).public_key), self._officers(number, 2)

    def draw_identity_remove_officer(self, _time_ms: TimeMs) -> Any:
        return ChangeOfficer(ORGANISATIONS[2], self.random.choice(KEYS).public_key), self._officers(2, 2)

    def draw_identity_replace_officer(self, _time_ms: TimeMs) -> Any:
        keys = (self.random.choice(KEYS).public_key, make_key(f"officer 3 new {self.number}").public_key)
        return ReplaceOfficer(ORGANISATIONS[2], *keys), (*self._authority(), *self._officers(2, 2))

    def draw_identity_rotate_key(self, _time_ms: TimeMs) -> Any:
        return ChangeKey(VOLUNTEERS[3], make_key(f"phone {self.number}").public_key), (make_key("volunteer 4"),)

    def draw_identity_request_key(self, _time_ms: TimeMs) -> Any:
        """Only for the one who is enrolled without a key: the others keep theirs."""
        return ChangeKey(VOLUNTEERS[3], make_key("volunteer 4").public_key), self._officers(0, 2)

    def draw_identity_refuse_key(self, _time_ms: TimeMs) -> Any:
        return AboutReplacement(VOLUNTEERS[3]), self._officers(0, 1)

    def draw_identity_take_up_key(self, _time_ms: TimeMs) -> Any:
        return AboutReplacement(VOLUNTEERS[3]), (make_key("volunteer 4"),)

    def draw_identity_set_preparers(self, _time_ms: TimeMs) -> Any:
        preparers = self.random.choice(((), (self._officers(2, 2)[0].public_key,)))
        return SetPreparers(ORGANISATIONS[2], preparers), self._officers(2, 2)

    def draw_identity_set_policy(self, _time_ms: TimeMs) -> Any:
        return SetPolicy(ORGANISATIONS[2], self.random.randint(0, 3)), self._officers(2, 2)

    def draw_identity_register_merchant(self, _time_ms: TimeMs, number: int | None = None) -> Any:
        number = self.random.randrange(2) if number is None else number
        key = make_key(f"merchant {NAMES[number]}").public_key
        return RegisterMerchant(MERCHANTS[number], f"Merchant {number}", key), self._authority()

    def draw_identity_enrol_volunteers(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        tag = sha256(b"tag %d" % self.random.randrange(5))
        return EnrolVolunteers(ORGANISATIONS[0], (Enrolment(VOLUNTEERS[index], tag, None),)), self._officers(0, 1)

    def draw_activities_publish(self, _time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        first = TODAY + self.random.randint(-5, 5)
        body = PublishActivity(
            self.random.choice(ACTIVITIES),
            ORGANISATIONS[number],
            self.random.choice(tuple(ActivityClass)),
            Day(first),
            Day(first + self.random.randint(-1, 9)),
            sha256(b"d"),
            self.random.choice((50, 100, 150)),
        )
        return body, self._officers(number, 1)

    def draw_activities_close(self, _time_ms: TimeMs) -> Any:
        return CloseActivity(ACTIVITIES[3], ORGANISATIONS[0]), self._officers(0, 1)

    def draw_activities_change(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        days = Day(TODAY + self.random.randint(-5, 5)), Day(TODAY + self.random.randint(5, 30))
        return ChangeActivity(ACTIVITIES[index], ORGANISATIONS[index % 2], *days, sha256(b"e")), self._officers(index % 2, 1)

    def draw_activities_cancel(self, _time_ms: TimeMs) -> Any:
        return CancelActivity(ACTIVITIES[3], ORGANISATIONS[1], Cancellation.WEATHER), self._officers(1, 1)

    def draw_activities_open_project(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(3)
        improves = PROJECTS[index - 1] if self.random.random() < 0.3 else None
        return OpenProject(PROJECTS[index], ORGANISATIONS[index % 2], improves, sha256(b"p")), self._officers(index % 2, 1)

    def draw_activities_place(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        project = self.random.choice((None, *PROJECTS))
        return PlaceActivity(ACTIVITIES[index], ORGANISATIONS[index % 2], project), self._officers(index % 2, 1)

    def draw_activities_close_project(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(3)
        return CloseProject(PROJECTS[index], ORGANISATIONS[index % 2]), self._officers(index % 2, 1)

    def draw_activities_evaluate_project(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(3)
        body = EvaluateProject(PROJECTS[index], ORGANISATIONS[index % 2], self.random.randint(1, 5), sha256(b"r"))
        return body, self._officers(index % 2, 2)

    def draw_activities_mark_attendance(self, time_ms: TimeMs) -> Any:
        index, day = self.random.randrange(4), Day(time_ms // 86_400_000 - self.random.randint(-1, 2))
        rows = tuple(AttendanceMark(volunteer, self.random.choice(tuple(Mark))) for volunteer in VOLUNTEERS)
        return MarkAttendance(ACTIVITIES[index], ORGANISATIONS[index % 2], day, rows), self._officers(index % 2, 1)

    def draw_activities_excuse(self, time_ms: TimeMs) -> Any:
        index, day = self.random.randrange(4), Day(time_ms // 86_400_000 - self.random.randint(0, 2))
        body = ExcuseAbsence(ACTIVITIES[index], ORGANISATIONS[index % 2], day, self.random.choice(VOLUNTEERS))
        return body, self._officers(index % 2, 1)

    def draw_activities_give_notice(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        text = sha256(b"notice %d" % self.random.randrange(9))
        return GiveNotice(ACTIVITIES[index], ORGANISATIONS[index % 2], Subject.RISK, text), self._officers(index % 2, 1)

    def _insured(self) -> tuple[Identifier, Identifier, Insured, Identifier]:
        index = self.random.randrange(4)
        subject = self.random.choice(((Insured.ACTIVITY, ACTIVITIES[index]), (Insured.VOLUNTEER, VOLUNTEERS[index])))
        return make_identifier(f"cover {self.random.randrange(4)}"), ORGANISATIONS[index % 2], *subject

    def draw_cover_attach(self, _time_ms: TimeMs) -> Any:
        insured = self._insured()
        first, last = Day(TODAY - 5), Day(TODAY + self.random.randint(-9, 40))
        return AttachCover(*insured, first, last, sha256(b"policy")), self._officers(ORGANISATIONS.index(insured[1]), 1)

    def draw_cover_withdraw(self, _time_ms: TimeMs) -> Any:
        insured = self._insured()
        return WithdrawCover(*insured), self._officers(ORGANISATIONS.index(insured[1]), 1)

    def draw_activities_set_terms(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        places = self.random.randint(0, 2), self.random.randint(0, 2), Day(TODAY + self.random.randint(0, 9))
        terms = Terms(*places, self.random.choice(tuple(Risk)), ("first-aid",) if self.random.random() < 0.2 else ())
        return SetTerms(ACTIVITIES[index], ORGANISATIONS[index % 2], terms), self._officers(index % 2, 1)

    def _volunteer_at(self) -> Any:
        index, volunteer = self.random.randrange(4), self.random.randrange(4)
        signers = (make_key(f"volunteer {volunteer + 1}"),) if self.random.random() < 0.6 else self._officers(index % 2, 1)
        return (ACTIVITIES[index], ORGANISATIONS[index % 2], VOLUNTEERS[volunteer]), signers

    def draw_activities_sign_up(self, _time_ms: TimeMs) -> Any:
        identifiers, signers = self._volunteer_at()
        return SignUpVolunteer(*identifiers), signers

    def draw_activities_withdraw(self, _time_ms: TimeMs) -> Any:
        identifiers, signers = self._volunteer_at()
        return WithdrawVolunteer(*identifiers), signers

    def draw_record(self, time_ms: TimeMs) -> tuple[Identifier, Identifier, Identifier, Day, tuple[SigningKey, ...]]:
        """Return an organisation, a volunteer, a record and a day that fit together, mostly, and an officer."""
        calendars = [
            (volunteer, record)
            for volunteer in VOLUNTEERS
            for record in Calendars(self.chain.view()).get_month(volunteer, Day(time_ms // 86_400_000)).values()
        ]
        if calendars and self.random.random() < 0.9:
            volunteer, record = self.random.choice(calendars)
            number = ACTIVITIES.index(record.activity) % 2
            return ORGANISATIONS[number], volunteer, record.record, record.day, self._officers(number, 1)
        row = self._attendance(time_ms, 0)
        return ORGANISATIONS[0], row.volunteer, row.record, row.day, self._officers(0, 1)

    def find_keys(self, volunteer: Identifier) -> tuple[SigningKey, ...]:
        """Return a volunteer's key."""
        return self._volunteer_signs(volunteer)

    def draw_people(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return two volunteers and the first one's key."""
        volunteer = self.random.choice(VOLUNTEERS)
        return volunteer, self.random.choice(VOLUNTEERS), self._volunteer_signs(volunteer)

    def draw_office(self) -> tuple[Identifier, tuple[SigningKey, ...], tuple[SigningKey, ...]]:
        """Return an organisation, its officers, and an authority."""
        number = self.random.randrange(2)
        return ORGANISATIONS[number], self._officers(number, 2), self._authority()

    def draw_own_activity(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return an activity, its organisation and an officer."""
        index = self.random.choice((1, 3))
        return ACTIVITIES[index], ORGANISATIONS[index % 2], self._officers(index % 2, 1)

    def draw_own_offer(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return an offer, its merchant and the merchant's key."""
        index = self.random.randrange(2)
        return OFFERS[index], MERCHANTS[index], (make_key(f"merchant {index + 1}"),)

    def _attendance(self, time_ms: TimeMs, number: int) -> Attendance:
        activity = ACTIVITIES[number] if self.random.random() < 0.8 else self.random.choice(ACTIVITIES)
        day = time_ms // 86_400_000 + self.random.choice((-3, -2, -2, -1, -1, -1, 0, 1))
        start = self.random.choice((None, None, 480, 600, 1_380))
        minutes = self.random.choice((60, 120, 240, 300, 420, 600, 0, -5, 2_000))
        return Attendance(
            self.random.choice(RECORDS),
            activity,
            self.random.choice(VOLUNTEERS),
            Day(day),
            start,
            Minutes(minutes),
            sha256(b"c"),
        )

    def draw_hours_certify(self, time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        rows = tuple(self._attendance(time_ms, number) for _ in range(self.random.randint(1, ROWS)))
        mode = self.random.choice((Mode.BEST_EFFORT, Mode.BEST_EFFORT, Mode.ATOMIC))
        return CertifyHours(ORGANISATIONS[number], mode, rows, self.random.random() < 0.2), self._officers(number, 2)

    def draw_hours_amend(self, time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        attendance = self._attendance(time_ms, number)
        body = AmendHours(ORGANISATIONS[number], attendance.day, attendance, self.random.choice(tuple(Correction)))
        return body, self._officers(number, 2)

    def draw_hours_void(self, time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        row = self._attendance(time_ms, number)
        body = VoidHours(ORGANISATIONS[number], row.record, row.volunteer, row.day, self.random.choice(tuple(Correction)))
        return body, self._officers(number, 2)

    def draw_hours_dispute(self, time_ms: TimeMs) -> Any:
        number, row = self.random.randrange(2), self._attendance(time_ms, 0)
        body = DisputeRecord(ORGANISATIONS[number], row.volunteer, row.record, row.day, Correction.WRONG_TIME)
        return body, (make_key(f"volunteer {VOLUNTEERS.index(row.volunteer) + 1}"),)

    def draw_hours_resolve(self, time_ms: TimeMs) -> Any:
        number, row = self.random.randrange(2), self._attendance(time_ms, 0)
        answer = self.random.choice(tuple(Resolution))
        return ResolveDispute(ORGANISATIONS[number], row.volunteer, row.record, row.day, answer), self._officers(number, 2)

    def _volunteer_signs(self, volunteer: Identifier) -> tuple[SigningKey, ...]:
        return (make_key(f"volunteer {VOLUNTEERS.index(volunteer) + 1}"),)

    def draw_hours_cosign(self, time_ms: TimeMs) -> Any:
        number, row = self.random.randrange(2), self._attendance(time_ms, 0)
        body = CosignRecord(ORGANISATIONS[number], row.volunteer, row.record, row.day)
        return body, self._volunteer_signs(row.volunteer)

    def draw_hours_claim_missing(self, time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        row = self._attendance(time_ms, number)
        claim = self.random.choice(RECORDS)
        body = ClaimMissing(claim, ORGANISATIONS[number], row.volunteer, row.activity, row.day)
        return body, self._volunteer_signs(row.volunteer)

    def draw_hours_answer_claim(self, time_ms: TimeMs) -> Any:
        number, row = self.random.randrange(2), self._attendance(time_ms, 0)
        record = self.random.choice((None, row.record))
        body = AnswerClaim(self.random.choice(RECORDS), ORGANISATIONS[number], row.volunteer, record)
        return body, self._officers(number, 2)

    def draw_hours_reserve(self, time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        row = self._attendance(time_ms, number)
        code_hash = compute_code_hash(self.random.choice(RECORDS[:8]))
        reserved = ReservedHours(code_hash, row.record, row.activity, row.day, row.start, row.minutes, row.commitment)
        return ReserveHours(ORGANISATIONS[number], (reserved,)), self._officers(number, 2)

    def draw_hours_claim_by_code(self, _time_ms: TimeMs) -> Any:
        volunteer = self.random.choice(VOLUNTEERS)
        return ClaimByCode(volunteer, self.random.choice(RECORDS[:8])), self._volunteer_signs(volunteer)

    def draw_hours_drop_reserved(self, _time_ms: TimeMs) -> Any:
        number = self.random.randrange(2)
        code_hash = compute_code_hash(self.random.choice(RECORDS[:8]))
        return DropReserved(ORGANISATIONS[number], code_hash), self._officers(number, 2)

    def _office(self) -> tuple[int, tuple[Identifier, Identifier]]:
        number = self.random.randrange(2)
        return number, (ORGANISATIONS[number], self.random.choice(VOLUNTEERS))

    def draw_hours_import_total(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        source = sha256(bytes([self.random.randrange(3)]))
        minutes = Minutes(self.random.choice((0, 60, 6_000)))
        return ImportTotal(*ids, source, Day(TODAY - 400), Day(TODAY), minutes, sha256(b"e")), self._officers(number, 2)

    def draw_hours_drop_total(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        return DropTotal(*ids, sha256(bytes([self.random.randrange(3)]))), self._officers(number, 2)

    def draw_hours_record_training(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        days = Day(TODAY - self.random.randrange(9)), Day(TODAY + self.random.randint(-9, 9))
        body = RecordTraining(*ids, self.random.choice(("first-aid", "rescue")), *days, sha256(b"t"))
        return body, self._officers(number, 2)

    def draw_hours_drop_training(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        return DropTraining(*ids, self.random.choice(("first-aid", "rescue"))), self._officers(number, 2)

    def draw_hours_record_award(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        body = RecordAward(*ids, self.random.choice(RECORDS[:2]), Day(TODAY), sha256(b"a"))
        return body, self._officers(number, 2)

    def draw_hours_drop_award(self, _time_ms: TimeMs) -> Any:
        number, ids = self._office()
        return DropAward(*ids, self.random.choice(RECORDS[:2])), self._officers(number, 2)

    def draw_points_expire(self, _time_ms: TimeMs) -> Any:
        return ExpirePoints(self.random.choice(VOLUNTEERS)), self._authority()

    def _amount(self) -> Points:
        return Points(self.random.choice((0, 1, 2, 3, 8)))

    def draw_points_give(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        body = GivePoints(VOLUNTEERS[index], self.random.choice(VOLUNTEERS), self._amount())
        return body, (make_key(f"volunteer {index + 1}"),)

    def draw_points_donate(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(4)
        body = DonatePoints(VOLUNTEERS[index], self.random.choice((None, *ORGANISATIONS)), self._amount())
        return body, (make_key(f"volunteer {index + 1}"),)

    def draw_points_grant(self, _time_ms: TimeMs) -> Any:
        number = self.random.choice((None, 0, 1))
        account, signers = (None, self._authority()) if number is None else (ORGANISATIONS[number], self._officers(number, 2))
        return GrantPoints(account, self.random.choice(VOLUNTEERS), self._amount()), signers

    def draw_points_adjust(self, _time_ms: TimeMs) -> Any:
        change = self.random.choice((-8, -1, 0, 1, 5))
        reason = self.random.choice(tuple(Adjustment))
        body = AdjustPoints(ORGANISATIONS[0], self.random.choice(VOLUNTEERS), change, reason, sha256(b"why"))
        return body, (*self._officers(0, 1), *self._authority())

    def draw_exchange_publish_offer(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(2)
        body = PublishOffer(OFFERS[index], MERCHANTS[index], Points(2), Day(TODAY + 9), sha256(b"o"))
        return body, (make_key(f"merchant {index + 1}"),)

    def draw_exchange_change_offer(self, _time_ms: TimeMs) -> Any:
        index, stock = self.random.randrange(2), self.random.choice((None, None, 1, 5, 100))
        return ChangeOffer(OFFERS[index], MERCHANTS[index], Day(TODAY + 20), None, stock), (make_key(f"merchant {index + 1}"),)

    def draw_exchange_deliver(self, _time_ms: TimeMs) -> Any:
        return EndHold(self._recent_hold()), self._merchants()

    def draw_exchange_close_settlement(self, _time_ms: TimeMs) -> Any:
        return CloseSettlement(self.random.choice(MERCHANTS), 2025, self.random.choice((9, 10, 11))), self._authority()

    def draw_exchange_acknowledge_settlement(self, _time_ms: TimeMs) -> Any:
        return AcknowledgeSettlement(MERCHANTS[0], 2025, 10, self._amount(), Points(0)), self._merchants()

    def draw_exchange_withdraw_offer(self, _time_ms: TimeMs) -> Any:
        return WithdrawOffer(OFFERS[1], MERCHANTS[1]), (make_key("merchant 2"),)

    def draw_exchange_hold(self, time_ms: TimeMs) -> Any:
        index = self.random.choice((0, 1, 2, 2, 3))
        expires_ms = TimeMs(time_ms + self.random.choice((1, BLOCK_MS, 3 * BLOCK_MS, 5 * BLOCK_MS)))
        quantity = self.random.choice((1, 1, 1, 2, 3, MAX_QUANTITY))
        self.holds += 1
        name = HOLD_NAMES[self.holds % len(HOLD_NAMES)] if self.random.random() < 0.9 else self._recent_hold()
        body = HoldPoints(name, VOLUNTEERS[index], OFFERS[self.random.random() < 0.2], quantity, expires_ms)
        return body, (make_key(f"volunteer {index + 1}"),)

    def _recent_hold(self) -> Identifier:
        return HOLD_NAMES[max(0, self.holds - self.random.randint(0, 2)) % len(HOLD_NAMES)]

    def _merchants(self) -> tuple[SigningKey, ...]:
        return (make_key("merchant 1"), make_key("merchant 2"))

    def draw_exchange_capture(self, _time_ms: TimeMs) -> Any:
        return PointsOfHold(self._recent_hold(), Points(self.random.choice((0, 1, 2, 3, 3, 4, 8)))), self._merchants()

    def draw_exchange_release(self, _time_ms: TimeMs) -> Any:
        return EndHold(self._recent_hold()), self._merchants()

    def draw_exchange_expire(self, _time_ms: TimeMs) -> Any:
        return EndHold(self._recent_hold()), self._merchants()

    def draw_exchange_refund(self, _time_ms: TimeMs) -> Any:
        return PointsOfHold(self._recent_hold(), Points(self.random.randint(0, 4))), self._merchants()

    def draw_certificates_register(self, time_ms: TimeMs) -> Any:
        index, today = self.random.randrange(2), time_ms // 86_400_000
        content = self.random.choice(CONTENTS)
        ids = compute_number(ORGANISATIONS[index], content), ORGANISATIONS[index], self.random.choice(VOLUNTEERS)
        days = Day(today - self.random.randint(0, 2)), Day(today - self.random.randint(-1, 1))
        minutes, position = Minutes(self.random.randint(0, 5)), self.random.choice((None, *range(12)))
        body = RegisterCertificate(*ids, *days, minutes, sha256(b"c"), content, position)
        return body, self._officers(index, 2)

    def _draw_about_certificate(self) -> Any:
        index = self.random.randrange(2)
        number = compute_number(ORGANISATIONS[index], self.random.choice(CONTENTS))
        return AboutCertificate(number, ORGANISATIONS[index]), self._officers(index, 2)

    def draw_certificates_suspend(self, _time_ms: TimeMs) -> Any:
        return self._draw_about_certificate()

    def draw_certificates_reinstate(self, _time_ms: TimeMs) -> Any:
        return self._draw_about_certificate()

    def draw_cards_register(self, _time_ms: TimeMs) -> Any:
        volunteer = self.random.randrange(3)
        key = make_key(f"phone {self.random.randrange(2)}").public_key
        return RegisterCard(VOLUNTEERS[volunteer], key, self.random.randrange(24)), (make_key(f"volunteer {volunteer + 1}"),)

    def _draw_about_card(self) -> Any:
        volunteer = self.random.randrange(3)
        signers = (make_key(f"volunteer {volunteer + 1}"),) if self.random.randrange(2) else self._authority()
        return AboutCard(VOLUNTEERS[volunteer], self.random.randrange(24)), signers

    def draw_cards_suspend(self, _time_ms: TimeMs) -> Any:
        return self._draw_about_card()

    def draw_cards_reinstate(self, _time_ms: TimeMs) -> Any:
        return self._draw_about_card()

    def draw_cards_revoke(self, _time_ms: TimeMs) -> Any:
        return self._draw_about_card()

    def draw_certificates_revoke(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(2)
        revocation = self.random.choice(tuple(Revocation))
        number = compute_number(ORGANISATIONS[index], CONTENTS[0])
        return RevokeCertificate(number, ORGANISATIONS[index], revocation), self._officers(index, 2)

    def draw_certificates_supersede(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(2)
        numbers = [compute_number(ORGANISATIONS[index], item) for item in self.random.choices(CONTENTS, k=2)]
        return SupersedeCertificate(numbers[0], ORGANISATIONS[index], numbers[1]), self._officers(index, 2)

    def draw_certificates_publicize_star(self, _time_ms: TimeMs) -> Any:
        index, volunteer = self.random.randrange(2), self.random.choice(VOLUNTEERS)
        return PublicizeStar(STARS[index], ORGANISATIONS[index], volunteer, 3), self._officers(index, 2)

    def draw_certificates_object_to_star(self, _time_ms: TimeMs) -> Any:
        index, volunteer = self.random.randrange(2), self.random.randrange(3)
        body = ObjectToStar(STARS[index], ORGANISATIONS[index], VOLUNTEERS[volunteer], sha256(b"g"))
        return body, (make_key(f"volunteer {volunteer + 1}"),)

    def draw_certificates_award_star(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(2)
        return DecideStar(STARS[index], ORGANISATIONS[index]), (*self._officers(index, 2), *self._authority())

    def draw_certificates_withdraw_star(self, _time_ms: TimeMs) -> Any:
        return DecideStar(STARS[1], ORGANISATIONS[1]), self._officers(1, 2)

    def draw_sanctions_propose(self, time_ms: TimeMs) -> Any:
        index, last_day = self.random.randrange(2), Day(time_ms // 86_400_000 + self.random.randint(0, 2))
        ids = SANCTIONS[index], ORGANISATIONS[index], VOLUNTEERS[index]
        return ProposeSanction(*ids, SanctionReason.MISCONDUCT, last_day, sha256(b"g")), self._officers(index, 1)

    def _about_sanction(self) -> AboutSanction:
        index = self.random.randrange(2)
        return AboutSanction(SANCTIONS[index], ORGANISATIONS[index], VOLUNTEERS[index], sha256(b"g"))

    def draw_sanctions_confirm(self, _time_ms: TimeMs) -> Any:
        return self._about_sanction(), self._authority()

    def draw_sanctions_appeal(self, _time_ms: TimeMs) -> Any:
        return self._about_sanction(), (make_key("volunteer 1"), make_key("volunteer 2"))

    def draw_sanctions_lift(self, _time_ms: TimeMs) -> Any:
        return self._about_sanction(), (*self._authority(), *self._officers(0, 1))

    def draw_reports_anchor(self, _time_ms: TimeMs) -> Any:
        height = Height(self.chain.tip.height + self.random.randint(-1, 2))
        return AnchorReport(sha256(bytes([self.random.randrange(9)])), None, height), self._authority()

    def _authority(self) -> tuple[SigningKey, ...]:
        return (_SIGNERS[self.random.choice(self.chain.authorities).key],)

    def draw_governance_change_authorities(self, _time_ms: TimeMs) -> Any:
        """Some of those who decide, mostly in favour of what others were in favour of before."""
        deciders = self.chain.authorities
        height = self.chain.tip.height + 1
        if self.change is None or self.change.effective_height < height + MIN_LEAD_BLOCKS or self.random.random() < 0.2:
            lead = self.random.choice((MIN_LEAD_BLOCKS - 1, MIN_LEAD_BLOCKS, 3, 4, 4, 6))
            self.change = ChangeAuthorities(Height(height + lead), self._next_set(deciders))
        voters = self.random.sample(deciders, self.random.randint(1, len(deciders)))
        return self.change, tuple(_SIGNERS[item.key] for item in voters)

    def _next_set(self, deciders: tuple[Authority, ...]) -> tuple[Authority, ...]:
        known = {item.name: item for item in deciders}
        names = self.random.sample(AUTHORITIES, self.random.randint(1, len(AUTHORITIES)))
        plain = [make_authority(name, self.random.choice((name, name, f"{name} new", "officer 1 1"))) for name in names]
        return tuple(known.get(item.name, item) if self.random.random() < 0.7 else item for item in plain)

    def _propose(self, proposed: Any) -> Any:
        """Return what was proposed last, while that can take effect, or `proposed`; and some of those who decide."""
        last = self.proposals.get(type(proposed))
        if last is None or last.effective_height < self.chain.tip.height + 1 + MIN_LEAD_BLOCKS or self.random.random() < 0.2:
            self.proposals[type(proposed)] = last = proposed
        deciders = self.chain.authorities
        voters = self.random.sample(deciders, self.random.randint(1, len(deciders)))
        return last, tuple(_SIGNERS[item.key] for item in voters)

    def _lead(self) -> Height:
        return Height(self.chain.tip.height + 1 + self.random.choice((MIN_LEAD_BLOCKS - 1, MIN_LEAD_BLOCKS, 3, 4)))

    def draw_governance_set_parameters(self, _time_ms: TimeMs) -> Any:
        return self._propose(SetParameters(self._lead(), (Value("points_per_hour", self.random.choice((5, 10, 20))),)))

    def draw_governance_set_calendar(self, _time_ms: TimeMs) -> Any:
        return self._propose(SetCalendar(self._lead(), (Day(TODAY + self.random.randrange(14)),), ()))

    def draw_governance_set_rule_book(self, _time_ms: TimeMs) -> Any:
        return self._propose(SetRuleBook(self._lead(), self.random.choice(tuple(RULE_BOOKS.versions))))

    def draw_governance_recover(self, time_ms: TimeMs) -> Any:
        """One that no operator has accepted: the chain's own set decides on the block, so that it can only be refused."""
        body, signers = self.draw_recovery(time_ms)
        return (replace(body, authorities=self.chain.authorities) if self.random.random() < 0.5 else body), signers

    def draw_recovery(self, _time_ms: TimeMs) -> tuple[Recover, tuple[SigningKey, ...]]:
        """A recovery for the next block, which puts consensus keys in charge that are new with it."""
        tip = self.chain.tip
        names = self.random.sample(AUTHORITIES, self.random.randint(1, len(AUTHORITIES)))
        authorities = tuple(make_authority(name, f"{name} {tip.height}") for name in names)
        return Recover(Height(tip.height + 1), tip.block_hash, authorities), tuple(self.random.sample(RECOVERY, 3))

    def draw_evidence(self) -> tuple[bytes, ...]:
        """Two messages of somebody at some height, which convict their sender or not."""
        key = self.random.choice((make_key("a"), *self._authority(), make_key("stranger")))
        height = Height(self.chain.tip.height + self.random.choice((-2, -1, 0, 0, 1)))
        return (make_evidence(*self._draw_messages(key, max(height, Height(0)))),)

    def _draw_messages(self, key: SigningKey, height: Height) -> tuple[Signed, Signed]:
        if self.random.random() < 0.3:
            return self._draw_proposal(key, height), self._draw_proposal(key, height)
        first, second = self.random.choice(((VoteType.PREVOTE,) * 2, (VoteType.PRECOMMIT,) * 2, tuple(VoteType)))
        return self._draw_vote(key, first, height), self._draw_vote(key, second, height)

    def _draw_proposal(self, key: SigningKey, height: Height) -> Signed:
        block_hash = sha256(bytes([self.random.randrange(4)]))
        return sign_proposal(CHAIN_ID, key, height, FIRST_ROUND, block_hash, NO_ROUND, (sha256(b"part"),))

    def _draw_vote(self, key: SigningKey, type_: VoteType, height: Height) -> Signed:
        value = self.random.choice((None, sha256(b"this"), sha256(b"that")))
        return sign_vote(CHAIN_ID, key, type_, height, Round(self.random.randrange(2)), value, NO_ROUND)


_OFTEN = ("hours.certify", "exchange.hold", "exchange.capture") * (len(KINDS) // 2)
_SETS = ("governance.change_authorities",) * (len(KINDS) // 7)
_SAVING = ("timebank.deposit", "timebank.donate") * (len(KINDS) // 10)
_WEIGHTED = (*KINDS, *_OFTEN, *_SETS, *_SAVING, "hours.amend", "hours.void", "exchange.refund")


RULE_BOOKS = make_rule_books(*(KindsRuleBook(number, KINDS) for number in range(1, 5)))
"""The rules under several numbers, so that random ledgers change their version and go on."""


def open_chain(store: KeyValueStore, recovery: SignedTransaction | None = None) -> Chain:
    return Chain.open(store, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties, recovery)


def commit(chain: Chain, candidate: Candidate) -> None:
    header = candidate.block.header
    block_hash = compute_block_hash(header)
    message = compute_commit_message(CHAIN_ID, header.height, FIRST_ROUND, block_hash)
    votes = tuple(Vote(item.key, _SIGNERS[item.key].sign(Context.BLOCK, message)) for item in candidate.deciders)
    chain.commit(candidate, Commit(header.height, FIRST_ROUND, block_hash, votes))


def make_blocks(seed: int, blocks: int, store: KeyValueStore, size: int = 6) -> Iterator[tuple[Chain, Candidate]]:
    """Yield the chain over a store that is empty at first, and each block once it is committed.

    Some blocks begin with a recovery. Only a node whose operator has accepted it builds such a block; the chain that is yielded
    is of another node, which takes it for what is in it.
    """
    chain = open_chain(store)
    script = Script(seed, chain)
    for number in range(blocks):
        time_ms = TimeMs(START_MS + (number + 1) * BLOCK_MS)
        if number < 2:
            transactions = tuple(script.begin_second(time_ms) if number else script.begin(time_ms))
        else:
            transactions = tuple(script.draw(time_ms) for _ in range(size))
        builder = chain
        evidence: tuple[bytes, ...] = ()
        if number >= 2:
            recovery = script.sign("governance.recover", *script.draw_recovery(time_ms), time_ms)
            builder = open_chain(store, recovery) if script.random.random() < 0.08 else chain
            evidence = script.draw_evidence()
        candidate = builder.build(transactions, time_ms, builder.authorities[0].key, evidence)
        commit(chain, chain.validate(candidate.block))
        yield chain, candidate


def compute_time(view: View) -> int:
    """Saved minutes of everybody, of the pool and of the issuer together: nothing."""
    people = sum(compute_minutes(get_account(view, volunteer).lots) for volunteer in VOLUNTEERS)
    merchants = sum(MERCHANT_TIME.get(view, merchant) or 0 for merchant in MERCHANTS)
    return people + merchants + (TIME_POOL.get(view) or 0) + (TIME_ISSUED.get(view) or 0)


def compute_points_in_hands(view: View) -> int:
    """Points of all volunteers, holds and merchants."""
    lots = sum(compute_sum(get_lots(view, volunteer)) for volunteer in VOLUNTEERS)
    held = 0
    for name in HOLD_NAMES:
        hold = HOLDS.get(view, name)
        if hold is not None and hold.status.name == "OPEN":
            held += compute_sum(hold.lots)
    donated = sum(compute_sum(get_donations(view, account)) for account in (None, *ORGANISATIONS))
    return lots + held + donated + sum(get_merchant_balance(view, merchant) for merchant in MERCHANTS)


def compute_issued(view: View) -> int:
    """The issuer's account."""
    return ISSUED.get(view) or 0


def compute_roots(seed: int, blocks: int) -> list[tuple[Hash, Hash]]:
    made = make_blocks(seed, blocks, MemoryStore())
    return [(item.block.header.state_root, item.tip.frontier.root) for _chain, item in made]


def replay(blocks: list[Block], store: KeyValueStore) -> Chain:
    chain = open_chain(store)
    for block in blocks:
        commit(chain, chain.validate(block))
    return chain


if __name__ == "__main__":
    for state_root, log_root in compute_roots(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(f"{state_root.hex()} {log_root.hex()}\n")
