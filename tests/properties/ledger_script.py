"""A pseudo-random ledger: valid and invalid transactions of every kind, from a seed, over few parties so that they collide.

Run as a program it prints the roots that the seed leads to: `python -m tests.properties.ledger_script SEED BLOCKS`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from contracts.activities import ActivityClass, CloseActivity, PublishActivity
from contracts.exchange import HOLDS, MAX_QUANTITY, EndHold, HoldPoints, PointsOfHold, PublishOffer, WithdrawOffer
from contracts.hours import AmendHours, Attendance, CertifyHours, Correction, Mode, VoidHours
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import ChangeOfficer, ChangeStanding, RegisterOrganisation, SetPolicy
from contracts.identity.parties import Standing
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.lots import compute_sum
from contracts.points import ISSUED, ExpirePoints, get_lots, get_merchant_balance
from contracts.rulebook import KINDS, RuleBookV1, compute_genesis_state, get_parties
from ledger.authorities import Authority
from ledger.blocks import Block, Commit, Vote, compute_block_hash, compute_commit_message
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, sha256
from ledger.genesis import GENESIS_VERSION, Genesis
from ledger.state import View
from ledger.transactions import TRANSACTION_VERSION, SignedTransaction, Transaction, draft, sign
from ledger.types import Day, Hash, Identifier, Minutes, Points, Round, TimeMs
from node.chain import Candidate, Chain
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore

CHAIN_ID = "property.example/log"
START_MS = TimeMs(1_760_000_000_000)
BLOCK_MS = 6 * 3_600_000
TODAY = START_MS // 86_400_000
FIRST_ROUND = Round(0)
ROWS = 8
NAMES = ("1", "2", "3")


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"property key ", name.encode()))


def make_identifier(name: str) -> Identifier:
    return Identifier(sha256(b"property identifier ", name.encode())[:16])


AUTHORITY = Authority(
    "property.example/a1", make_key("a").public_key, make_key("a cosigner").public_key, make_key("a log").public_key
)
GENESIS = Genesis(
    GENESIS_VERSION,
    CHAIN_ID,
    "Test",
    START_MS,
    (AUTHORITY,),
    (),
    (("points_per_hour", 20), ("points_validity_days", 3)),
    (),
    (),
)
ORGANISATIONS = tuple(make_identifier(f"organisation {name}") for name in NAMES)
MERCHANTS = tuple(make_identifier(f"merchant {name}") for name in NAMES[:2])
VOLUNTEERS = tuple(make_identifier(f"volunteer {name}") for name in "1234")
ACTIVITIES = tuple(make_identifier(f"activity {name}") for name in "1234")
OFFERS = tuple(make_identifier(f"offer {name}") for name in "12")
HOLD_NAMES = tuple(make_identifier(f"hold {name}") for name in range(60))
RECORDS = tuple(make_identifier(f"record {name}") for name in range(40))
KEYS = (
    make_key("a"),
    *(make_key(f"officer {name} {number}") for name in NAMES for number in (1, 2)),
    *(make_key(f"merchant {name}") for name in NAMES[:2]),
    *(make_key(f"volunteer {name}") for name in "1234"),
    make_key("stranger"),
)


@dataclass
class Script:
    """Draws transactions. Half of the time the right people sign."""

    seed: int
    random: Random = field(init=False)
    number: int = 0
    holds: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def draw(self, time_ms: TimeMs) -> SignedTransaction:
        kind = self.random.choice(_WEIGHTED)
        body, signers = getattr(self, "draw_" + kind.replace(".", "_"))(time_ms)
        if self.random.random() < 0.25:
            signers = tuple(self.random.sample(KEYS, self.random.randint(1, 3)))
        return self.sign(kind, body, signers, time_ms)

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
        return self._organisation(self.random.randrange(3)), (make_key("a"),)

    def draw_identity_change_standing(self, _time_ms: TimeMs) -> Any:
        party = self.random.choice((ORGANISATIONS[2], MERCHANTS[1], VOLUNTEERS[0]))
        return ChangeStanding(party, self.random.choice(tuple(Standing))), (make_key("a"),)

    def draw_identity_add_officer(self, _time_ms: TimeMs) -> Any:
        number = self.random.randrange(3)
        return ChangeOfficer(ORGANISATIONS[number], self.random.choice(KEYS).public_key), self._officers(number, 2)

    def draw_identity_remove_officer(self, _time_ms: TimeMs) -> Any:
        return ChangeOfficer(ORGANISATIONS[2], self.random.choice(KEYS).public_key), self._officers(2, 2)

    def draw_identity_set_policy(self, _time_ms: TimeMs) -> Any:
        return SetPolicy(ORGANISATIONS[2], self.random.randint(0, 3)), self._officers(2, 2)

    def draw_identity_register_merchant(self, _time_ms: TimeMs, number: int | None = None) -> Any:
        number = self.random.randrange(2) if number is None else number
        key = make_key(f"merchant {NAMES[number]}").public_key
        return RegisterMerchant(MERCHANTS[number], f"Merchant {number}", key), (make_key("a"),)

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
        )
        return body, self._officers(number, 1)

    def draw_activities_close(self, _time_ms: TimeMs) -> Any:
        return CloseActivity(ACTIVITIES[3], ORGANISATIONS[0]), self._officers(0, 1)

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
        return CertifyHours(ORGANISATIONS[number], mode, rows), self._officers(number, 2)

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

    def draw_points_expire(self, _time_ms: TimeMs) -> Any:
        return ExpirePoints(self.random.choice(VOLUNTEERS)), (make_key("a"),)

    def draw_exchange_publish_offer(self, _time_ms: TimeMs) -> Any:
        index = self.random.randrange(2)
        body = PublishOffer(OFFERS[index], MERCHANTS[index], Points(2), Day(TODAY + 9), sha256(b"o"))
        return body, (make_key(f"merchant {index + 1}"),)

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


_OFTEN = ("hours.certify", "exchange.hold", "exchange.capture") * 5
_WEIGHTED = (*KINDS, *_OFTEN, "hours.amend", "hours.void", "exchange.refund")


def open_chain(store: KeyValueStore) -> Chain:
    return Chain.open(store, GENESIS, RuleBookV1(), compute_genesis_state(GENESIS), get_parties)


def commit(chain: Chain, candidate: Candidate) -> None:
    header = candidate.block.header
    block_hash = compute_block_hash(header)
    message = compute_commit_message(CHAIN_ID, header.height, FIRST_ROUND, block_hash)
    vote = Vote(AUTHORITY.key, make_key("a").sign(Context.BLOCK, message))
    chain.commit(candidate, Commit(header.height, FIRST_ROUND, block_hash, (vote,)))


def make_blocks(seed: int, blocks: int, chain: Chain, size: int = 6) -> Iterator[Candidate]:
    """Yield each block once it is committed to `chain`."""
    script = Script(seed)
    for number in range(blocks):
        time_ms = TimeMs(START_MS + (number + 1) * BLOCK_MS)
        if number < 2:
            transactions = tuple(script.begin_second(time_ms) if number else script.begin(time_ms))
        else:
            transactions = tuple(script.draw(time_ms) for _ in range(size))
        candidate = chain.build(transactions, time_ms, AUTHORITY.key)
        commit(chain, candidate)
        yield candidate


def compute_points_in_hands(view: View) -> int:
    """Points of all volunteers, holds and merchants."""
    lots = sum(compute_sum(get_lots(view, volunteer)) for volunteer in VOLUNTEERS)
    held = 0
    for name in HOLD_NAMES:
        hold = HOLDS.get(view, name)
        if hold is not None and hold.status.name == "OPEN":
            held += compute_sum(hold.lots)
    return lots + held + sum(get_merchant_balance(view, merchant) for merchant in MERCHANTS)


def compute_issued(view: View) -> int:
    """The issuer's account."""
    return ISSUED.get(view) or 0


def compute_roots(seed: int, blocks: int) -> list[tuple[Hash, Hash]]:
    chain = open_chain(MemoryStore())
    return [(made.block.header.state_root, made.tip.frontier.root) for made in make_blocks(seed, blocks, chain)]


def replay(blocks: list[Block], store: KeyValueStore) -> Chain:
    chain = open_chain(store)
    for block in blocks:
        commit(chain, chain.validate(block))
    return chain


if __name__ == "__main__":
    for state_root, log_root in compute_roots(int(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write(f"{state_root.hex()} {log_root.hex()}\n")
