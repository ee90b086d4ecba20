"""Random transactions over all kinds, from pools so small that collisions are frequent.

Whoever uses it gives the source of randomness: a seed repeats a ledger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from contracts.activities import ActivityClass, CloseActivity, PublishActivity
from contracts.activities.attendance import AttendanceMark, ExcuseAbsence, Mark, MarkAttendance
from contracts.activities.changes import CancelActivity, Cancellation, ChangeActivity
from contracts.activities.cover import AttachCover, Insured, WithdrawCover
from contracts.activities.notices import GiveNotice, Subject
from contracts.activities.projects import CloseProject, EvaluateProject, OpenProject, PlaceActivity
from contracts.activities.sign_ups import SignUpVolunteer, WithdrawVolunteer
from contracts.activities.terms import Risk, SetTerms, Terms
from contracts.exchange import ChangeOffer, EndHold, HoldPoints, HoldStatus, PointsOfHold, PublishOffer, WithdrawOffer
from contracts.exchange.settlements import AcknowledgeSettlement, CloseSettlement
from contracts.governance import MAX_LEAD_BLOCKS, MIN_LEAD_BLOCKS, ChangeAuthorities, Recover
from contracts.governance.settings import SetCalendar, SetParameters, Value
from contracts.governance.versions import SetRuleBook, find_version
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
from contracts.identity.parties import Standing, get_authorities
from contracts.identity.volunteer_keys import AboutReplacement, ChangeKey
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.points import ExpirePoints
from contracts.points.adjusting import Adjustment, AdjustPoints
from contracts.points.giving import DonatePoints, GivePoints, GrantPoints
from contracts.records import Record, RecordStatus
from contracts.rulebook import KINDS
from contracts.workdays import get_workdays
from ledger.authorities import Authority
from ledger.codec import MAX_DAY, MAX_POINTS, MAX_TIME_MS
from ledger.genesis import Genesis
from ledger.types import Day, Height, Identifier, Minutes, Points, PublicKey, TimeMs
from tests.contracts.chain import (
    AUTHORITY,
    RECOVERY,
    Chain,
    Result,
    authority_of,
    hash_of,
    identifier_of,
    key_of,
    make_genesis,
    name_of,
)
from tests.properties.account_operations import make_account_operations
from tests.properties.cases import make_cases
from tests.properties.order_operations import make_order_operations
from tests.properties.rating_operations import make_rating_operations
from tests.properties.region_operations import make_region_operations
from tests.properties.timebank_operations import make_time_operations

T = TypeVar("T")

MS_PER_DAY = 86_400_000
FIRST_DAY = Day(19_776)
"""2024-02-23: a week before a leap day and the end of a month."""
ORGANISATIONS = {"Harbour": ("ann", "bob"), "Library": ("lea",), "Museum": ("max", "zoe"), "Club": ("cy", "dee")}
MERCHANTS = ("Bakery", "Cinema")
VOLUNTEERS = ("mia", "noa", "old", "pia", "quinn", "rosa")
OFFICERS = ("ann", "bob", "lea", "max", "zoe", "cat")
ACTIVITIES = ("Shore", "Reading", "Guide", "Meeting", "Dunes", "Cliff", *(f"site {number}" for number in range(16)))
RECORDS = tuple(f"r{number}" for number in range(40))
COVERS = tuple(f"cover {number}" for number in range(24))
PROJECTS = ("coast", "books", "parks", "night")
TRAININGS = ("first-aid", "rescue")
OFFERS = ("bread", "ticket", "cake", "roll")
HOLDS = tuple(f"h{number}" for number in range(60))
AUTHORITIES = (AUTHORITY, "north", "south", "west", "east")
SETTABLE = (
    "ballot_validity_blocks",
    "late_records_earn",
    "max_hold_days",
    "points_per_hour",
    "points_validity_days",
    "refunds_are_given",
)
"""Parameters that random votes change: those that no invariant of earlier records is about."""
EVERYBODY = (*AUTHORITIES[:2], *OFFICERS, *MERCHANTS, *VOLUNTEERS, RECOVERY[0], "stranger")


@dataclass(frozen=True, slots=True)
class Pools:
    """What the numbers of random bodies are drawn from."""

    days: tuple[int, ...] = tuple(range(FIRST_DAY, FIRST_DAY + 12))
    starts: tuple[int | None, ...] = (None, None, 0, 540, 600, 660, 1_320, 1_380, 1_439)
    minutes: tuple[int, ...] = (60, 60, 61, 61, 120, 120, 180, 240, 240, 59, 600, 961, 1_440, 0, -1)
    points: tuple[int, ...] = (0, 1, 1, 2, 3, 5)
    changes: tuple[int, ...] = (0, 1, 3, -1, -2, -5)
    prices: tuple[int, ...] = (1, 2, 3)
    quantities: tuple[int, ...] = (1, 1, 2, 4)
    steps_ms: tuple[int, ...] = (0, *[60_000] * 6, *[3_600_000] * 6, MS_PER_DAY)
    start_ms: int = (FIRST_DAY + 9) * MS_PER_DAY
    activities: tuple[tuple[int, int], ...] = ((FIRST_DAY, FIRST_DAY + 11), (FIRST_DAY, FIRST_DAY + 60))
    leads: tuple[int, ...] = (MIN_LEAD_BLOCKS, 3, 4, 8, 8, 16, 16, 24, MIN_LEAD_BLOCKS - 1, MAX_LEAD_BLOCKS + 1)


EXTREMES = Pools(
    days=(0, 1, 30, 31, MAX_DAY - 31, MAX_DAY - 1, MAX_DAY, FIRST_DAY),
    starts=(None, 0, 1, 1_439),
    minutes=(1, 60, 1_440, 1_441, 0, -1, 2**31 - 1, -(2**31)),
    points=(0, 1, 1_000_000_000, MAX_POINTS),
    changes=(0, 1, 1_000_000_000, -1, -1_000_000_000),
    prices=(1, 1_000_000_000),
    quantities=(1, 1_000),
    steps_ms=(0, 1, MAX_TIME_MS // 2),
    start_ms=0,
    activities=((0, 1_000), (MAX_DAY - 1_000, MAX_DAY)),
    leads=(0, 1, MIN_LEAD_BLOCKS, 3, 4, MAX_LEAD_BLOCKS, MAX_LEAD_BLOCKS + 1, 2**62),
)

PARAMETERS: dict[str, tuple[tuple[str, int], ...]] = {
    "default": (),
    "short": (
        ("absences_for_sanction", 1), ("max_sanction_days", 30),
        ("star_publicity_days", 1), ("star_tenure_days", 10),
        ("star_1_hours", 0), ("star_2_hours", 0), ("star_3_hours", 1), ("star_4_hours", 2),
        ("adjustments_need_authority", 0),
        ("max_open_claims", 1), ("max_orders", 2),
        ("daily_cap_minutes", 300), ("late_records_earn", 0), ("points_validity_days", 2),
        ("recording_deadline_working_days", 2), ("key_waiting_days", 1),
        ("refunds_are_given", 0),
        ("time_age_needed", 0), ("time_buys_goods", 1), ("time_cap_hours", 2), ("time_gifts", 2), ("time_home_hours", 4),
        ("time_pool_grants", 2), ("time_stars_needed", 1), ("time_unit_minutes", 30),
        ("max_earning_minutes", 120), ("max_activity_earning_minutes", 120), ("backfilled_records_earn", 0),
    ),
    "low": (
        ("absences_for_sanction", 1), ("max_sanction_days", 1),
        ("star_publicity_days", 0), ("star_1_hours", 0), ("stars_need_authority", 1),
        ("answer_deadline_working_days", 1),
        ("max_open_claims", 0),
        ("adjustments_need_authority", 0),
        ("daily_cap_minutes", 1), ("late_records_earn", 0), ("max_hold_days", 1), ("max_record_minutes", 1_440),
        ("points_end_with_year", 0),
        ("refunds_are_given", 1),
        ("time_age_needed", 0), ("time_buys_goods", 0), ("time_cap_hours", 0), ("time_family", 0), ("time_gifts", 0),
        ("time_home_hours", 0), ("time_of_groups_spendable", 0), ("time_pool_grants", 0), ("time_stars_needed", 0),
        ("time_unit_minutes", 0),
        ("max_earning_minutes", 1), ("max_activity_earning_minutes", 1), ("backfilled_records_earn", 0),
        ("points_per_hour", 1), ("points_validity_days", 1), ("recording_deadline_working_days", 1),
        ("utc_offset_minutes", -720), ("withdrawal_notice_days", 0), ("key_waiting_days", 0),
    ),
    "high": (
        ("absences_for_sanction", 366), ("max_sanction_days", 3660),
        ("star_publicity_days", 90), ("star_5_hours", 100_000),
        ("answer_deadline_working_days", 366),
        ("max_open_claims", 1_000),
        ("adjustments_need_authority", 1),
        ("daily_cap_minutes", 1_440), ("late_records_earn", 1), ("max_hold_days", 366), ("max_record_minutes", 1_440),
        ("points_end_with_year", 1),
        ("refunds_are_given", 0),
        ("time_age_needed", 1), ("time_buys_goods", 1), ("time_cap_hours", 100_000), ("time_family", 2), ("time_gifts", 2),
        ("time_home_hours", 100_000), ("time_of_groups_spendable", 1), ("time_pool_grants", 2), ("time_stars_needed", 5),
        ("time_unit_minutes", 60),
        ("max_earning_minutes", 1_440), ("max_activity_earning_minutes", 1_578_239), ("max_coefficient_percent", 1_000),
        ("points_per_hour", 1_000), ("points_validity_days", 36_500), ("recording_deadline_working_days", 366),
        ("cover_required_for_all", 1),
        ("utc_offset_minutes", 840), ("withdrawal_notice_days", 60), ("key_waiting_days", 90),
    ),
}  # fmt: skip
"""What a region may choose: nothing, little time, the least and the most."""


def make_chain(genesis: Genesis | None = None, pools: Pools | None = None) -> Chain:
    """A chain with two organisations, two merchants, three volunteers and some activities and offers."""
    pools = pools or Pools()
    chain = Chain(genesis or make_genesis())
    for name in ("Harbour", "Library"):
        officers = tuple(key_of(officer).public_key for officer in ORGANISATIONS[name])
        body = RegisterOrganisation(identifier_of(name), name, officers, len(officers))
        submit(chain, ("region",), "identity.register_organisation", body, pools.start_ms)
    for name in MERCHANTS:
        merchant = RegisterMerchant(identifier_of(name), name, key_of(name).public_key)
        submit(chain, ("region",), "identity.register_merchant", merchant, pools.start_ms)
    rows = tuple(
        Enrolment(identifier_of(name), hash_of(name), None if name == "old" else key_of(name).public_key)
        for name in VOLUNTEERS[:3]
    )
    submit(chain, ("lea",), "identity.enrol_volunteers", EnrolVolunteers(identifier_of("Library"), rows), pools.start_ms)
    owners = (("Shore", "Harbour", "ann"), ("Reading", "Library", "lea"))
    for (activity, name, officer), (first, last) in zip(owners, pools.activities, strict=True):
        ids = identifier_of(activity), identifier_of(name)
        published = PublishActivity(*ids, ActivityClass.SERVICE, Day(first), Day(last), hash_of(activity))
        submit(chain, (officer,), "activities.publish", published, pools.start_ms)
    for offer, name, price in (("bread", "Bakery", 1), ("ticket", "Cinema", 2)):
        ids = identifier_of(offer), identifier_of(name)
        offered = PublishOffer(*ids, Points(price), Day(MAX_DAY), hash_of(offer))
        submit(chain, (name,), "exchange.publish_offer", offered, pools.start_ms)
    return chain


def submit(chain: Chain, signers: Sequence[str], kind: str, body: object, time_ms: int) -> Result:
    """Carry out a step of the preparation, which nothing may refuse."""
    result = chain.submit(signers, kind, body, time_ms)
    assert result.outcome.is_accepted, (kind, result.outcome)
    assert not any(result.outcome.rows)
    return result


_WEIGHTS = {
    "hours.certify": 40,
    "hours.amend": 16,
    "hours.void": 6,
    "exchange.hold": 24,
    "exchange.capture": 14,
    "exchange.refund": 12,
    "identity.register_organisation": 8,
    "hours.dispute": 8,
    "hours.resolve": 8,
    "hours.claim_missing": 8,
    "hours.claim_by_code": 10,
    "hours.reserve": 8,
    "exchange.release": 2,
    "exchange.close_settlement": 6,
    "exchange.acknowledge_settlement": 6,
    "exchange.expire": 2,
    "activities.cancel": 3,
    "activities.publish": 8,
    "activities.change": 3,
    "activities.close_project": 3,
    "activities.excuse": 12,
    "activities.mark_attendance": 12,
    "activities.set_terms": 12,
    "activities.sign_up": 28,
    "activities.withdraw": 8,
    "identity.change_standing": 3,
    "identity.remove_officer": 2,
    "identity.replace_officer": 2,
    "identity.refuse_key": 2,
    "identity.request_key": 8,
    "activities.close": 1,
    "identity.erase_volunteer": 1,
    "identity.merge_volunteers": 2,
    "identity.succeed_organisation": 1,
    "exchange.withdraw_offer": 1,
    "governance.change_authorities": 10,
    "governance.recover": 4,
    "certificates.register": 12,
    "sanctions.propose": 12,
    "sanctions.confirm": 8,
    "sanctions.appeal": 8,
    "sanctions.lift": 2,
    "certificates.revoke": 2,
    "certificates.suspend": 6,
    "certificates.reinstate": 6,
    "cards.register": 8,
    "cards.suspend": 8,
    "cards.reinstate": 10,
    "cards.revoke": 2,
    "certificates.supersede": 6,
    "certificates.withdraw_star": 2,
    "timebank.deposit": 24,
    "timebank.attest": 16,
    "timebank.give": 10,
    "timebank.redeem": 20,
    "timebank.buy": 10,
    "timebank.issue": 8,
    "timebank.withdraw_attestation": 2,
    "orders.dispatch": 12,
    "orders.accept": 14,
    "orders.complete": 16,
    "orders.certify": 24,
    "orders.rate": 12,
    "orders.cancel": 1,
    "orders.close": 3,
}
"""How often a kind is drawn, 4 where nothing is said: what ends things is rare, so that there is something to end."""
STEPS = 2 * sum(_WEIGHTS.get(kind, 4) for kind in KINDS)
"""Steps of a ledger in which every kind comes up several times, however many kinds there are."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A transaction to come: who signs what, and how long after the last one."""

    step_ms: int
    signers: tuple[str, ...]
    kind: str
    body: Any

    def __str__(self) -> str:
        """Names instead of hashes, for whoever reads a failure."""
        return f"+{self.step_ms} {' '.join(self.signers)}: {self.kind} {_shown(self.body)}"


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return name_of(value.hex()) if len(value) == 16 else name_of(value.hex()[:32])
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if hasattr(value, "__dataclass_fields__"):
        return "(" + ", ".join(_shown(getattr(value, name)) for name in value.__dataclass_fields__) + ")"
    return str(value)


class Generator:
    """Draws operations. Most are signed as they must be, and most name what exists, so that rules are reached."""

    def __init__(self, random: Random, chain: Chain, pools: Pools | None = None, kinds: Sequence[str] = tuple(KINDS)) -> None:
        self.random = random
        self.chain = chain
        self.pools = pools or Pools()
        self.change: ChangeAuthorities | None = None
        self.proposals: dict[type, Any] = {}
        """What was proposed last, by type of body, so that others approve the very same."""
        self.now_ms = 0
        self.makers: dict[str, Callable[[], tuple[tuple[str, ...], Any]]] = {
            "identity.register_organisation": self._register_organisation,
            "identity.register_merchant": self._register_merchant,
            "identity.change_standing": self._change_standing,
            "identity.add_officer": self._add_officer,
            "identity.remove_officer": self._remove_officer,
            "identity.replace_officer": self._replace_officer,
            "identity.set_preparers": self._set_preparers,
            "identity.set_policy": self._set_policy,
            "identity.rotate_key": self._rotate_key,
            "identity.request_key": self._request_key,
            "identity.refuse_key": lambda: self._about_replacement(new=False),
            "identity.take_up_key": lambda: self._about_replacement(new=True),
            "identity.enrol_volunteers": self._enrol,
            "activities.publish": self._publish,
            "activities.close": self._close,
            "activities.change": self._change_activity,
            "activities.cancel": self._cancel_activity,
            "activities.open_project": self._open_project,
            "activities.place": self._place_activity,
            "activities.close_project": self._close_project,
            "activities.evaluate_project": self._evaluate_project,
            "activities.mark_attendance": self._mark_attendance,
            "activities.excuse": self._excuse,
            "activities.give_notice": self._give_notice,
            "cover.attach": self._attach_cover,
            "cover.withdraw": self._withdraw_cover,
            "activities.set_terms": self._set_terms,
            "activities.sign_up": self._sign_up,
            "activities.withdraw": self._withdraw_volunteer,
            "hours.certify": self._certify,
            "hours.amend": self._amend,
            "hours.void": self._void,
            "hours.dispute": self._dispute,
            "hours.resolve": self._resolve,
            "hours.cosign": self._cosign,
            "hours.claim_missing": self._claim_missing,
            "hours.answer_claim": self._answer_claim,
            "hours.reserve": self._reserve,
            "hours.claim_by_code": self._claim_by_code,
            "hours.drop_reserved": self._drop_reserved,
            "hours.import_total": self._import_total,
            "hours.drop_total": self._drop_total,
            "hours.record_training": self._record_training,
            "hours.drop_training": self._drop_training,
            "hours.record_award": self._record_award,
            "hours.drop_award": self._drop_award,
            "points.expire": self._expire_points,
            "points.give": self._give,
            "points.donate": self._donate,
            "points.grant": self._grant,
            "points.adjust": self._adjust,
            "exchange.publish_offer": self._offer,
            "exchange.change_offer": self._change_offer,
            "exchange.withdraw_offer": self._withdraw,
            "exchange.hold": self._hold,
            "exchange.capture": lambda: self._points_of_hold(HoldStatus.OPEN),
            "exchange.refund": lambda: self._points_of_hold(HoldStatus.CAPTURED),
            "exchange.deliver": self._deliver,
            "exchange.close_settlement": self._settle,
            "exchange.acknowledge_settlement": self._acknowledge,
            "exchange.release": self._end_hold,
            "exchange.expire": self._end_hold,
            "governance.change_authorities": self._change_authorities,
            "governance.recover": self._recover,
            "governance.set_parameters": self._set_parameters,
            "governance.set_calendar": self._set_calendar,
            "governance.set_rule_book": self._set_rule_book,
            **make_cases(self),
            **make_account_operations(self),
            **make_time_operations(self),
            **make_region_operations(self),
            **make_order_operations(self),
            **make_rating_operations(self),
        }
        assert set(self.makers) == set(KINDS)
        assert set(_WEIGHTS) <= set(KINDS)
        self.kinds = tuple(kind for kind in kinds for _ in range(_WEIGHTS.get(kind, 4)))

    def draw(self, time_ms: int) -> Operation:
        """Return the next operation, when the last block was at `time_ms`."""
        kind = self._choose(self.kinds)
        # What expires needs time, and the more kinds there are, the less often a draw that takes time meets it.
        step_ms = 3 * MS_PER_DAY if kind == "points.expire" and self._is_rare(2) else self._choose(self.pools.steps_ms)
        self.now_ms = min(time_ms + step_ms, MAX_TIME_MS)
        signers, body = self.makers[kind]()
        return Operation(self.now_ms - time_ms, self._perhaps_other(signers), kind, body)

    def _choose(self, items: Sequence[T]) -> T:
        return items[self.random.randrange(len(items))]

    choose = _choose

    def choose_organisation(self) -> tuple[str, tuple[str, ...]]:
        """Return an organisation and the officers that it has now."""
        return self._organisation()

    def choose_officers(self, name: str) -> tuple[str, ...]:
        """Return the officers that an organisation has now."""
        return self._officers_of(name)

    def choose_keys(self, volunteer: str) -> tuple[str, ...]:
        """Return the key that a volunteer has now, if any."""
        return self._keys_of(volunteer)

    def choose_authority(self) -> tuple[str, ...]:
        """Return whoever decides now, one of them."""
        return self._authority()

    def choose_record(self) -> tuple[str, Identifier, Record] | None:
        """Return a record with its organisation's name and its volunteer, mostly one that counts."""
        found = self._existing()
        return None if found is None else (found[0], Identifier(found[2]), found[3])

    def choose_activity(self) -> tuple[str, str, tuple[str, ...]]:
        """Return an activity, its organisation (seldom another), and the officers of that."""
        return self._owned()

    def _is_rare(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == one_in - 1

    def _perhaps_other(self, signers: tuple[str, ...]) -> tuple[str, ...]:
        return (self._choose(EVERYBODY),) if self._is_rare(12) else signers

    def _organisation(self) -> tuple[str, tuple[str, ...]]:
        """Return an organisation and the officers that it has now."""
        name = self._choose(("Harbour", "Harbour", "Library", "Library", "Museum", "Club"))
        return name, self._officers_of(name)

    def _officers_of(self, name: str) -> tuple[str, ...]:
        acting = self.chain.read_table(b"successor").get(identifier_of(name), identifier_of(name))
        found = self.chain.read_table(b"organisation").get(acting)
        if found is None:
            return ORGANISATIONS[name]
        guide = self.chain.read_table(b"organisation").get(self.chain.read_table(b"guide").get(acting, b""))
        keys = (*found.officers, *(guide.officers[:1] if guide else ()))
        return tuple(name_of(key.hex()[:32]) for key in keys)

    def _register_organisation(self) -> tuple[tuple[str, ...], Any]:
        name = self._choose(tuple(ORGANISATIONS))
        chosen = ORGANISATIONS[name] if self._is_rare(2) else (self._choose(OFFICERS), self._choose(OFFICERS))
        keys = tuple(key_of(officer).public_key for officer in chosen)
        return self._authority(), RegisterOrganisation(identifier_of(name), name, keys, self._choose((1, 2, 0, 3)))

    def _register_merchant(self) -> tuple[tuple[str, ...], Any]:
        name = self._choose((*MERCHANTS, "Museum", "mia"))
        return self._authority(), RegisterMerchant(identifier_of(name), name, key_of(self._choose(EVERYBODY)).public_key)

    def _change_standing(self) -> tuple[tuple[str, ...], Any]:
        name = self._choose((*ORGANISATIONS, *MERCHANTS, "mia"))
        standing = self._choose((*[Standing.ACTIVE] * 4, Standing.SUSPENDED))
        return self._authority(), ChangeStanding(identifier_of(name), standing)

    def _add_officer(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        return officers, ChangeOfficer(identifier_of(name), key_of(self._choose(OFFICERS)).public_key)

    def _remove_officer(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        return officers, ChangeOfficer(identifier_of(name), key_of(self._choose((*officers, OFFICERS[0]))).public_key)

    def _replace_officer(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        lost, key = self._choose((*officers, OFFICERS[0])), self._choose((*OFFICERS, f"{name} {self.chain.height}"))
        remaining = tuple(officer for officer in officers if officer != lost)[:1]
        body = ReplaceOfficer(identifier_of(name), key_of(lost).public_key, key_of(key).public_key)
        return (*self._authority(), *remaining), body

    def _keys_of(self, volunteer: str) -> tuple[str, ...]:
        """Return the volunteer's key by name, or nothing for one who has none."""
        found = self.chain.read_table(b"volunteer").get(identifier_of(volunteer))
        key = self.chain.read_table(b"guardian").get(identifier_of(volunteer), found.key if found else None)
        return () if key is None else (name_of(key.hex()[:32]),)

    def _new_key(self) -> PublicKey:
        return key_of("stranger" if self._is_rare(12) else f"phone {self.chain.height}").public_key

    def _rotate_key(self) -> tuple[tuple[str, ...], Any]:
        volunteer = self._choose(VOLUNTEERS)
        return self._keys_of(volunteer) or ("mia",), ChangeKey(identifier_of(volunteer), self._new_key())

    def _request_key(self) -> tuple[tuple[str, ...], Any]:
        volunteer = self._choose(VOLUNTEERS)
        found = self.chain.read_table(b"volunteer").get(identifier_of(volunteer))
        officers = self._officers_of(name_of(found.enrolled_by.hex())) if found else ("ann",)
        return (*officers, *self._authority()[: 1 - self._is_rare(6)]), ChangeKey(identifier_of(volunteer), self._new_key())

    def _about_replacement(self, *, new: bool) -> tuple[tuple[str, ...], Any]:
        """Whoever waits takes up the new key, or objects with the old one."""
        waiting = self.chain.read_table(b"key-replacement")
        volunteer = self._choose((*[name for name in VOLUNTEERS if identifier_of(name) in waiting] * 8, *VOLUNTEERS))
        found = waiting.get(identifier_of(volunteer))
        keys = (name_of(found.key.hex()[:32]),) if found and new else self._keys_of(volunteer)
        return keys or ("lea",), AboutReplacement(identifier_of(volunteer))

    def _set_preparers(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        chosen = () if self._is_rare(3) else (self._choose((*officers, *officers, OFFICERS[0])),)
        return officers, SetPreparers(identifier_of(name), tuple(key_of(item).public_key for item in chosen))

    def _set_policy(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        return officers, SetPolicy(identifier_of(name), self._choose((1, 2, 0, 3)))

    def _enrol(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        rows = tuple(self._enrolment() for _ in range(1 + self.random.randrange(3)))
        return officers[:1], EnrolVolunteers(identifier_of(name), rows)

    def _enrolment(self) -> Enrolment:
        name = self._choose((*VOLUNTEERS, "Bakery"))
        key = None if self._is_rare(3) else key_of(self._choose((name, *EVERYBODY))).public_key
        return Enrolment(identifier_of(name), hash_of(self._choose((name, *VOLUNTEERS))), key)

    def _publish(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        activity = self._choose(ACTIVITIES)
        class_ = self._choose((ActivityClass.SERVICE, ActivityClass.SERVICE, ActivityClass.MEETING))
        days = Day(self._choose(self.pools.days)), Day(self._choose(self.pools.days))
        if self._is_rare(2):
            first = min(self.now_ms // MS_PER_DAY + self._choose((0, 1, 4, 9)), MAX_DAY)
            days = Day(first), Day(min(first + self._choose((0, 9, 30)), MAX_DAY))
        coefficient = self._choose((50, 100, 100, 100, 150))
        return officers[:1], PublishActivity(
            identifier_of(activity), identifier_of(name), class_, *days, hash_of(activity), coefficient
        )

    def _close(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        return officers[:1], CloseActivity(identifier_of(activity), identifier_of(name))

    def _owned(self) -> tuple[str, str, tuple[str, ...]]:
        """Return an activity, its organisation (seldom another), and the officers of that."""
        activities = self.chain.read_table(b"activity")
        known = [name for name in ACTIVITIES if identifier_of(name) in activities]
        running = [name for name in known if activities[identifier_of(name)].last_day * MS_PER_DAY >= self.now_ms]
        activity = self._choose((*running * 8, *known * 2, *ACTIVITIES))
        found = activities.get(identifier_of(activity))
        if found is None or self._is_rare(12):
            return activity, *self._organisation()
        name = name_of(found.organisation.hex())
        return activity, name, self._officers_of(name)

    def _change_activity(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        days = Day(self._choose(self.pools.days)), Day(self._choose(self.pools.days))
        found = self.chain.read_table(b"activity").get(identifier_of(activity))
        if found and self._is_rare(2):
            days = found.first_day, Day(min(max(found.last_day + self._choose((-1, 0, 1, 9)), 0), MAX_DAY))
        details = hash_of(activity)
        return officers[:1], ChangeActivity(identifier_of(activity), identifier_of(name), *days, details)

    def _cancel_activity(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        coming = [
            (item, name_of(found.organisation.hex()))
            for item in ACTIVITIES
            if (found := self.chain.read_table(b"activity").get(identifier_of(item))) is not None
            and found.is_open
            and found.first_day * MS_PER_DAY >= self.now_ms
        ]
        if coming:
            activity, name = self._choose(coming)
            officers = self._officers_of(name)
        why = self._choose(tuple(Cancellation))
        return officers[:1], CancelActivity(identifier_of(activity), identifier_of(name), why)

    def _project(self) -> tuple[str, str, tuple[str, ...]]:
        """Return a project, its organisation (seldom another), and the officers of that."""
        project = self._choose(PROJECTS)
        found = self.chain.read_table(b"project").get(identifier_of(project))
        if found is None or self._is_rare(12):
            return project, *self._organisation()
        name = name_of(found.organisation.hex())
        return project, name, self._officers_of(name)

    def _open_project(self) -> tuple[tuple[str, ...], Any]:
        project, name, officers = self._project()
        improves = identifier_of(self._choose(PROJECTS)) if self._is_rare(3) else None
        return officers[:1], OpenProject(identifier_of(project), identifier_of(name), improves, hash_of(project))

    def _place_activity(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        projects = self.chain.read_table(b"project")
        own = [item for item in PROJECTS if identifier_of(item) in projects]
        own = [item for item in own if projects[identifier_of(item)].organisation == identifier_of(name)]
        project = None if self._is_rare(3) else identifier_of(self._choose((*own * 4, *PROJECTS)))
        return officers[:1], PlaceActivity(identifier_of(activity), identifier_of(name), project)

    def _close_project(self) -> tuple[tuple[str, ...], Any]:
        project, name, officers = self._project()
        return officers[:1], CloseProject(identifier_of(project), identifier_of(name))

    def _evaluate_project(self) -> tuple[tuple[str, ...], Any]:
        project, name, officers = self._project()
        grade = 1 + self.random.randrange(5)
        return officers, EvaluateProject(identifier_of(project), identifier_of(name), grade, hash_of("report"))

    def _day_near_today(self) -> Day:
        """Return today mostly, or yesterday, or any other day."""
        today = self.now_ms // MS_PER_DAY
        return Day(min(max(self._choose((today, today, today - 1, *self.pools.days[:2])), 0), MAX_DAY))

    def _mark_attendance(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        rows = [AttendanceMark(identifier_of(self._choose(VOLUNTEERS)), self._choose(tuple(Mark))) for _ in range(4)]
        ids, day = (identifier_of(activity), identifier_of(name)), self._day_near_today()
        signed_up = sorted(self.chain.read_table(b"sign-up"))
        if signed_up and not self._is_rare(3):
            key = self._choose(signed_up)
            ids = type(ids[0])(key[:16]), self.chain.read_table(b"activity")[key[:16]].organisation
            officers = self._officers_of(name_of(ids[1].hex()))
            rows.append(AttendanceMark(type(ids[0])(key[16:]), self._choose(tuple(Mark))))
            day = self._choose((day, self.chain.read_table(b"activity")[key[:16]].first_day))
        return officers[:1], MarkAttendance(*ids, day, tuple(rows))

    def _excuse(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        day, volunteer = self._day_near_today(), identifier_of(self._choose(VOLUNTEERS))
        absences = [
            (key, item.day)
            for key, marks in sorted(self.chain.read_table(b"attendance").items())
            for item in marks
            if item.mark is Mark.ABSENT
        ]
        if absences and not self._is_rare(6):
            key, day = self._choose(absences)
            name = name_of(self.chain.read_table(b"activity")[key[:16]].organisation.hex())
            volunteer, ids = type(volunteer)(key[16:]), (type(volunteer)(key[:16]), identifier_of(name))
            return self._officers_of(name)[:1], ExcuseAbsence(*ids, day, volunteer)
        return officers[:1], ExcuseAbsence(identifier_of(activity), identifier_of(name), day, volunteer)

    def _give_notice(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        text = hash_of(f"notice {self.random.randrange(20)}")
        return officers[:1], GiveNotice(identifier_of(activity), identifier_of(name), self._choose(tuple(Subject)), text)

    def _insured(self) -> tuple[tuple[str, ...], tuple[Identifier, Insured, Identifier]]:
        """Return who signs, and a cover's organisation and subject."""
        activity, name, officers = self._owned()
        if self._is_rare(2):
            return officers[:1], (identifier_of(name), Insured.ACTIVITY, identifier_of(activity))
        return officers[:1], (identifier_of(name), Insured.VOLUNTEER, identifier_of(self._choose(VOLUNTEERS)))

    def _attach_cover(self) -> tuple[tuple[str, ...], Any]:
        signers, insured = self._insured()
        first = self._day_near_today()
        last = Day(min(first + self._choose((-1, 1, 30, 60)), MAX_DAY) if first else 0)
        return signers, AttachCover(identifier_of(self._choose(COVERS)), *insured, first, last, hash_of("policy"))

    def _withdraw_cover(self) -> tuple[tuple[str, ...], Any]:
        found = sorted(self.chain.read_table(b"cover").items())
        signers, insured = self._insured()
        cover = identifier_of(self._choose(COVERS))
        if found and not self._is_rare(6):
            key, covers = self._choose(found)
            item = self._choose(covers)
            cover, insured = item.cover, (item.organisation, Insured(key[0]), type(cover)(key[1:]))
            signers = self._officers_of(name_of(item.organisation.hex()))[:1]
        return signers, WithdrawCover(cover, *insured)

    def _set_terms(self) -> tuple[tuple[str, ...], Any]:
        activity, name, officers = self._owned()
        found = self.chain.read_table(b"activity").get(identifier_of(activity))
        last_day = found.last_day if found and not self._is_rare(3) else self._choose(self.pools.days)
        asked = self._choose((Risk.ORDINARY, Risk.ORDINARY, Risk.HAZARDOUS)), self._choose(((), (), (), ("first-aid",)))
        terms = Terms(self._choose((0, 1, 1, 2, 3)), self._choose((0, 1, 2, 2)), Day(last_day), *asked)
        return officers[:1], SetTerms(identifier_of(activity), identifier_of(name), terms)

    def _volunteer_at(self) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return who signs, and the identifiers of an activity, its organisation and a volunteer."""
        activity, name, officers = self._owned()
        volunteer = self._choose((*VOLUNTEERS[:3] * 3, *VOLUNTEERS))
        signers = officers[:1] if volunteer == "old" or self._is_rare(3) else self._keys_of(volunteer) or ("mia",)
        return signers, tuple(map(identifier_of, (activity, name, volunteer)))

    def _sign_up(self) -> tuple[tuple[str, ...], Any]:
        signers, identifiers = self._volunteer_at()
        return signers, SignUpVolunteer(*identifiers)

    def _withdraw_volunteer(self) -> tuple[tuple[str, ...], Any]:
        signers, identifiers = self._volunteer_at()
        return signers, WithdrawVolunteer(*identifiers)

    def _attendance(self, activities: tuple[str, ...]) -> Attendance:
        record = self._choose(RECORDS)
        return Attendance(
            identifier_of(record),
            identifier_of(self._choose(activities)),
            identifier_of(self._choose(("mia", "mia", *VOLUNTEERS))),
            Day(self._choose(self.pools.days)),
            self._choose(self.pools.starts),
            Minutes(self._choose(self.pools.minutes)),
            hash_of(record),
        )

    def _activities_of(self, name: str) -> tuple[str, ...]:
        """Return activities to choose from, mostly open ones of the organisation."""
        activities = self.chain.read_table(b"activity").values()
        names = {item.details: name for name in ACTIVITIES for item in activities if item.details == hash_of(name)}
        own = [names[item.details] for item in activities if item.organisation == identifier_of(name) and item.is_open]
        return (*sorted(own) * 8, *ACTIVITIES)

    def _certify(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        rows = tuple(self._attendance(self._activities_of(name)) for _ in range(1 + self.random.randrange(6)))
        mode = self._choose((Mode.BEST_EFFORT, Mode.BEST_EFFORT, Mode.ATOMIC))
        return officers, CertifyHours(identifier_of(name), mode, rows, self._is_rare(4))

    def _existing(self) -> tuple[str, tuple[str, ...], bytes, Record] | None:
        """Return a record as (organisation, its officers, volunteer, record), or None where there is none."""
        calendars = sorted(self.chain.read_table(b"calendar").items())
        if not calendars or self._is_rare(8):
            return None
        key, records = self._choose(calendars)
        counted = tuple(record for record in records if record.status is RecordStatus.COUNTED)
        record = self._choose(records if not counted or self._is_rare(6) else counted)
        name = name_of(self.chain.read_table(b"batch")[record.batch].organisation.hex())
        return name, self._officers_of(name), key[:16], record

    def _amend(self) -> tuple[tuple[str, ...], Any]:
        found = self._existing()
        name, officers = found[:2] if found else self._organisation()
        row = self._attendance(self._activities_of(name))
        recorded = Day(self._choose(self.pools.days))
        if found:
            _, _, volunteer, old = found
            row = Attendance(
                old.record, row.activity, type(row.volunteer)(volunteer), row.day, row.start, row.minutes, row.commitment
            )
            recorded = old.day
        return officers, AmendHours(identifier_of(name), recorded, row, self._choose(tuple(Correction)))

    def _void(self) -> tuple[tuple[str, ...], Any]:
        found = self._existing()
        name, officers = found[:2] if found else self._organisation()
        row = self._attendance(ACTIVITIES)
        record, volunteer, day = row.record, row.volunteer, row.day
        if found:
            _, _, owner, old = found
            record, volunteer, day = old.record, type(volunteer)(owner), old.day
        return officers, VoidHours(identifier_of(name), record, volunteer, day, self._choose(tuple(Correction)))

    def _dispute(self) -> tuple[tuple[str, ...], Any]:
        found = self._existing()
        row = self._attendance(ACTIVITIES)
        ids = identifier_of(self._organisation()[0]), row.volunteer, row.record
        day = row.day
        if found:
            name, _, owner, old = found
            ids, day = (identifier_of(name), type(row.volunteer)(owner), old.record), old.day
        return self._keys_of(name_of(ids[1].hex())) or ("mia",), DisputeRecord(*ids, day, self._choose(tuple(Correction)))

    def _resolve(self) -> tuple[tuple[str, ...], Any]:
        answer = self._choose(tuple(Resolution))
        disputes = sorted(self.chain.read_table(b"dispute").items())
        if not disputes or self._is_rare(6):
            name, officers = self._organisation()
            row = self._attendance(ACTIVITIES)
            return officers, ResolveDispute(identifier_of(name), row.volunteer, row.record, row.day, answer)
        key, dispute = self._choose(disputes)
        name, record = name_of(key[:16].hex()), (key[16:32], int.from_bytes(key[32:], "big"))
        months = self.chain.read_table(b"calendar").items()
        entries = [(Identifier(month[:16]), item) for month, found in months for item in found]
        (standing,) = [
            (owner, item.day)
            for owner, item in entries
            if (item.batch, item.row) == record and item.status is not RecordStatus.MOVED
        ]
        ids = identifier_of(name), standing[0], dispute.record
        return self._officers_of(name), ResolveDispute(*ids, standing[1], answer)

    def _cosign(self) -> tuple[tuple[str, ...], Any]:
        signers, body = self._dispute()
        return signers, CosignRecord(body.organisation, body.volunteer, body.record, body.recorded_day)

    def _claim_missing(self) -> tuple[tuple[str, ...], Any]:
        activity, name, _ = self._owned()
        volunteer = self._choose(VOLUNTEERS)
        ids = identifier_of(self._choose(HOLDS[:20])), identifier_of(name), identifier_of(volunteer)
        return (volunteer,), ClaimMissing(*ids, identifier_of(activity), Day(self._choose(self.pools.days)))

    def _answer_claim(self) -> tuple[tuple[str, ...], Any]:
        claims = sorted(self.chain.read_table(b"missing").items())
        if not claims or self._is_rare(6):
            name, officers = self._organisation()
            ids = identifier_of(self._choose(HOLDS[:20])), identifier_of(name), identifier_of(self._choose(VOLUNTEERS))
            return officers, AnswerClaim(*ids, None)
        key, claim = self._choose(claims)
        record = identifier_of(self._choose(RECORDS)) if self._is_rare(2) else None
        found = self.chain.read_table(b"calendar")
        months = [records for place, records in sorted(found.items()) if place[:16] == claim.volunteer]
        if months and self._is_rare(2):
            record = self._choose(self._choose(months)).record
        name = name_of(key[:16].hex())
        claimed = type(claim.volunteer)(key[16:])
        return self._officers_of(name), AnswerClaim(claimed, identifier_of(name), claim.volunteer, record)

    def _code(self) -> Any:
        return identifier_of(self._choose(HOLDS[:6]))

    def _reserve(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        row = self._attendance(self._activities_of(name))
        content = row.record, row.activity, row.day, row.start, row.minutes, row.commitment
        return officers, ReserveHours(identifier_of(name), (ReservedHours(compute_code_hash(self._code()), *content),))

    def _claim_by_code(self) -> tuple[tuple[str, ...], Any]:
        volunteer = self._choose(VOLUNTEERS)
        return (volunteer,), ClaimByCode(identifier_of(volunteer), self._code())

    def _drop_reserved(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        return officers, DropReserved(identifier_of(name), compute_code_hash(self._code()))

    def _office(self) -> tuple[tuple[str, ...], tuple[Identifier, Identifier]]:
        name, officers = self._organisation()
        return officers, (identifier_of(name), identifier_of(self._choose(VOLUNTEERS)))

    def _import_total(self) -> tuple[tuple[str, ...], Any]:
        officers, ids = self._office()
        days = Day(self._choose(self.pools.days)), Day(self._choose(self.pools.days))
        minutes = Minutes(self._choose(self.pools.minutes))
        return officers, ImportTotal(*ids, hash_of(self._choose(("old", "older"))), *days, minutes, hash_of("paper"))

    def _drop_total(self) -> tuple[tuple[str, ...], Any]:
        officers, ids = self._office()
        return officers, DropTotal(*ids, hash_of(self._choose(("old", "older"))))

    def _record_training(self) -> tuple[tuple[str, ...], Any]:
        officers, ids = self._office()
        days = Day(self._choose(self.pools.days)), Day(self._choose(self.pools.days))
        return officers, RecordTraining(*ids, self._choose(TRAININGS), *days, hash_of("training"))

    def _record_award(self) -> tuple[tuple[str, ...], Any]:
        officers, ids = self._office()
        award = identifier_of(self._choose(OFFERS))
        return officers, RecordAward(*ids, award, Day(self._choose(self.pools.days)), hash_of("award"))

    def _drop_training(self) -> tuple[tuple[str, ...], Any]:
        found = sorted(self.chain.read_table(b"training").items())
        if found and not self._is_rare(4):
            key, training = self._choose(found)
            officers = self._officers_of(name_of(training.organisation.hex()))
            return officers, DropTraining(training.organisation, type(training.organisation)(key[:16]), key[16:].decode())
        officers, ids = self._office()
        return officers, DropTraining(*ids, self._choose(TRAININGS))

    def _drop_award(self) -> tuple[tuple[str, ...], Any]:
        found = sorted(self.chain.read_table(b"award").items())
        if found and not self._is_rare(4):
            _, award = self._choose(found)
            officers = self._officers_of(name_of(award.organisation.hex()))
            return officers, DropAward(award.organisation, award.volunteer, award.award)
        officers, ids = self._office()
        return officers, DropAward(*ids, identifier_of(self._choose(OFFERS)))

    def _expire_points(self) -> tuple[tuple[str, ...], Any]:
        rich = [name for name in VOLUNTEERS if self.chain.read_lots().get(identifier_of(name))]
        return self._authority(), ExpirePoints(identifier_of(self._choose((*rich * 8, *VOLUNTEERS))))

    def _rich(self) -> str:
        rich = [name for name in VOLUNTEERS if identifier_of(name) in self.chain.read_lots()]
        return self._choose((*rich * 4, *VOLUNTEERS))

    def _give(self) -> tuple[tuple[str, ...], Any]:
        name, other = self._rich(), self._choose(VOLUNTEERS)
        points = Points(self._choose(self.pools.points))
        return self._keys_of(name) or (name,), GivePoints(identifier_of(name), identifier_of(other), points)

    def _donate(self) -> tuple[tuple[str, ...], Any]:
        name, account = self._rich(), self._choose((None, None, "Harbour", "Library", "Museum"))
        organisation = identifier_of(account) if account else None
        points = Points(self._choose(self.pools.points))
        return self._keys_of(name) or (name,), DonatePoints(identifier_of(name), organisation, points)

    def _grant(self) -> tuple[tuple[str, ...], Any]:
        filled = [name_of(key.hex()) for key in self.chain.read_table(b"donation-points")]
        account = self._choose((*filled * 4, "", "Harbour", "Museum"))
        signers = self._officers_of(account) if account else self._authority()
        points, volunteer = Points(self._choose(self.pools.points)), identifier_of(self._choose(VOLUNTEERS))
        return signers, GrantPoints(identifier_of(account) if account else None, volunteer, points)

    def _adjust(self) -> tuple[tuple[str, ...], Any]:
        name, officers = self._organisation()
        signers = officers if self._is_rare(3) else (*officers[:1], *self._authority())
        change, reason = self._choose(self.pools.changes), self._choose(tuple(Adjustment))
        ids = identifier_of(name), identifier_of(self._rich())
        return signers, AdjustPoints(*ids, change, reason, hash_of("explanation"))

    def _offer(self) -> tuple[tuple[str, ...], Any]:
        offer, name = self._choose(OFFERS), self._choose(MERCHANTS)
        day = Day(self._choose((min(self.now_ms // MS_PER_DAY + 30, MAX_DAY), *self.pools.days[-2:])))
        price = Points(self._choose(self.pools.prices))
        terms = (self._choose((None, None, Day(self._choose(self.pools.days)))), self._choose((None, 0, 2, 8)))
        return (name,), PublishOffer(identifier_of(offer), identifier_of(name), price, day, hash_of(offer), *terms)

    def _change_offer(self) -> tuple[tuple[str, ...], Any]:
        found = self.chain.read_table(b"offer")
        offers = [name for name in OFFERS if identifier_of(name) in found and found[identifier_of(name)].is_open]
        offer = self._choose((*offers * 4, *OFFERS))
        known = found.get(identifier_of(offer))
        name = name_of(known.merchant.hex()) if known else self._choose(MERCHANTS)
        day = Day(self._choose((min(self.now_ms // MS_PER_DAY + 30, MAX_DAY), *self.pools.days[-2:])))
        stock = self._choose((None, None, 0, 4, 20))
        return (name,), ChangeOffer(identifier_of(offer), identifier_of(name), day, None, stock)

    def _withdraw(self) -> tuple[tuple[str, ...], Any]:
        name = self._choose(MERCHANTS)
        return (name,), WithdrawOffer(identifier_of(self._choose(OFFERS)), identifier_of(name))

    def _hold(self) -> tuple[tuple[str, ...], Any]:
        volunteer = self._rich()
        expires = min(self.now_ms + self._choose((*[MS_PER_DAY] * 3, *[30 * MS_PER_DAY] * 4, 3_600_000, 0)), MAX_TIME_MS)
        found = self.chain.read_table(b"offer")
        offers = [name for name in OFFERS if identifier_of(name) in found and found[identifier_of(name)].is_open]
        offer = self._choose((*offers * 4, *OFFERS))
        unused = [name for name in HOLDS if identifier_of(name) not in self.chain.read_table(b"hold")]
        ids = identifier_of(self._choose((*unused, *HOLDS[:8]))), identifier_of(volunteer), identifier_of(offer)
        return self._keys_of(volunteer) or (volunteer,), HoldPoints(*ids, self._choose(self.pools.quantities), TimeMs(expires))

    def _merchant_of(self, hold: str) -> str:
        found = self.chain.read_table(b"hold").get(identifier_of(hold))
        return name_of(found.merchant.hex()) if found else self._choose(MERCHANTS)

    def _held(self, status: HoldStatus) -> str:
        """Return a hold, mostly one of this status that still has points."""
        found = self.chain.read_table(b"hold")
        holds = [name for name in HOLDS if identifier_of(name) in found]
        live = [name for name in holds if found[identifier_of(name)].lots and found[identifier_of(name)].status is status]
        return self._choose((*live * 20, *holds) or HOLDS[:1])

    def _points_of_hold(self, status: HoldStatus) -> tuple[tuple[str, ...], Any]:
        hold = self._held(status)
        points = Points(self._choose(self.pools.points))
        return (self._merchant_of(hold),), PointsOfHold(identifier_of(hold), points)

    def _deliver(self) -> tuple[tuple[str, ...], Any]:
        hold = self._held(HoldStatus.CAPTURED)
        return (self._merchant_of(hold),), EndHold(identifier_of(hold))

    def _month(self, *, is_closed: bool) -> tuple[bytes, int, int, Any]:
        """Return a merchant, a year and a month, mostly with a turnover that is closed or not, and the turnover."""
        found = sorted(self.chain.read_table(b"turnover").items())
        fitting = [item for item in found if (item[1].closed_by is not None) is is_closed and not item[1].is_acknowledged]
        if not found or self._is_rare(6):
            return identifier_of(self._choose((*MERCHANTS, "mia"))), 2024, 2, None
        key, turnover = self._choose(fitting or found)
        number = int.from_bytes(key[16:], "big")
        return key[:16], number // 12, number % 12 + 1, turnover

    def _settle(self) -> tuple[tuple[str, ...], Any]:
        merchant, year, month, _ = self._month(is_closed=False)
        return self._authority(), CloseSettlement(Identifier(merchant), year, month)

    def _acknowledge(self) -> tuple[tuple[str, ...], Any]:
        merchant, year, month, found = self._month(is_closed=True)
        captured = found.captured if found and not self._is_rare(4) else Points(1)
        refunded = found.refunded if found else Points(0)
        body = AcknowledgeSettlement(Identifier(merchant), year, month, captured, refunded)
        return (name_of(merchant.hex()),), body

    def _end_hold(self) -> tuple[tuple[str, ...], Any]:
        hold = self._held(HoldStatus.OPEN)
        return (self._merchant_of(hold),), EndHold(identifier_of(hold))

    def _deciders(self) -> tuple[Authority, ...]:
        return get_authorities(self.chain, Height(self.chain.height + 1))

    def _voters(self) -> tuple[str, ...]:
        return tuple(name_of(item.key.hex()[:32]) for item in self._deciders())

    def _authority(self) -> tuple[str, ...]:
        """Return whoever decides now, one of them."""
        return (self._choose(self._voters()),)

    def _change_authorities(self) -> tuple[tuple[str, ...], Any]:
        """Some of those who decide, often in favour of what others were in favour of before."""
        voters = self._voters()
        start, count = self.random.randrange(len(voters)), 1 + self.random.randrange(len(voters))
        if self.change is None or self.change.effective_height < self.chain.height + 1 + MIN_LEAD_BLOCKS or self._is_rare(4):
            height = Height(self.chain.height + 1 + self._choose(self.pools.leads))
            self.change = ChangeAuthorities(height, self._next_set())
        return tuple((voters * 2)[start : start + count]), self.change

    def _propose(self, make: Callable[[Height], Any]) -> tuple[tuple[str, ...], Any]:
        """Some of those who decide, mostly in favour of what was proposed last, while that can still take effect."""
        voters = self._voters()
        proposed = make(Height(self.chain.height + 1 + self._choose(self.pools.leads)))
        last = self.proposals.get(type(proposed))
        if last is None or last.effective_height < self.chain.height + 1 + MIN_LEAD_BLOCKS or self._is_rare(4):
            self.proposals[type(proposed)] = last = proposed
        return tuple(self.random.sample(voters, 1 + self.random.randrange(len(voters)))), last

    def _set_parameters(self) -> tuple[tuple[str, ...], Any]:
        names = self.random.sample(SETTABLE, self._choose((1, 1, 2, 3)))
        values = [Value(name, self._choose((0, 1, 2, 2, 5, 30, 30, 2**53))) for name in names]
        ordered = values if self._is_rare(6) else sorted(values, key=lambda item: item.name)
        return self._propose(lambda height: SetParameters(height, tuple(ordered)))

    def _set_calendar(self) -> tuple[tuple[str, ...], Any]:
        days = sorted({Day(FIRST_DAY + self.random.randrange(10)) for _ in range(3)})
        weekends = tuple(day for day in days if (day + 3) % 7 >= 5)
        if self._is_rare(6):
            current = get_workdays(self.chain)
            return self._propose(lambda height: SetCalendar(height, current.holidays, current.working_weekends))
        holidays = tuple(days) if self._is_rare(6) else tuple(day for day in days if day not in weekends)
        return self._propose(lambda height: SetCalendar(height, holidays, weekends if self._is_rare(2) else ()))

    def _set_rule_book(self) -> tuple[tuple[str, ...], Any]:
        current = find_version(self.chain, Height(self.chain.height + 1))
        version = max(1, current + self._choose((-1, 0, 0, 1, 1, 2)))
        return self._propose(lambda height: SetRuleBook(height, version))

    def _next_set(self) -> tuple[Authority, ...]:
        if self._is_rare(8):
            return self._deciders()
        return self._perhaps_bad(tuple(self._member(name) for name in self._sample_authorities()))

    def _sample_authorities(self) -> list[str]:
        return self.random.sample(AUTHORITIES, self._choose((1, 2, 3, 4, 4, 5)))

    def _member(self, name: str) -> Authority:
        """Return an authority as it is in the set now, new, with a new key, or seldom with somebody else's."""
        known = {item.name: item for item in self._deciders()}
        key = self._choose((*[name] * 6, f"{name} new", self._choose(EVERYBODY)))
        return known[name] if name in known and not self._is_rare(4) else authority_of(name, key)

    def _perhaps_bad(self, authorities: tuple[Authority, ...]) -> tuple[Authority, ...]:
        if self._is_rare(16):
            return (*authorities, self._choose((*authorities, authority_of("not a name"))))
        return authorities

    def _recover(self) -> tuple[tuple[str, ...], Any]:
        """Most of the recovery keys, for a set whose consensus keys are new with this very block."""
        height = self.chain.height + 1
        authorities = tuple(authority_of(name, f"{name} {height}") for name in self._sample_authorities())
        authorities = self._deciders() if self._is_rare(8) else self._perhaps_bad(authorities)
        parent_hash = hash_of("another block") if self._is_rare(8) else self.chain.block_hash
        named = Height(height + self._is_rare(8))
        return RECOVERY[: self._choose((2, 3, 3, 4))], Recover(named, parent_hash, authorities)
