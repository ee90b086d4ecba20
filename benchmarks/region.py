"""A region to measure: a chain in the store of a node's home, filled with the service of `benchmarks.schedule`.

Blocks are made in this process by the node's own chain, with the clock of the schedule, so that years of service are there in
a minute. A node that is started on the home goes on from there.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from math import ceil
from pathlib import Path

from benchmarks.schedule import (
    ACTIVITIES,
    DAYS_IN_WEEK,
    ORGANISATIONS,
    ROWS_IN_BATCH,
    Batch,
    Joining,
    Schedule,
    make_activity,
    make_identifier,
    make_key,
    make_volunteer,
    make_volunteer_key,
)
from cli.session import compute_now_ms
from contracts.activities import ActivityClass, PublishActivity
from contracts.exchange import PublishOffer
from contracts.hours import CertifyHours, Mode
from contracts.identity.merchants import RegisterMerchant
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.rulebook import KINDS
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, sha256
from ledger.transactions import SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Day, Identifier, Points, Round, TimeMs
from node.chain import Chain
from node.home import Home, init_network, load_node_keys
from node.stopped import open_stopped
from node.storage.leveldb import open_leveldb
from tests.functional.node_process import find_ports

CHAIN_ID = "benchmark.example/log"
MS_PER_DAY = 86_400_000
VALIDITY_MS = 10 * MS_PER_DAY
ORGANISATION_IDS = tuple(make_identifier(f"organisation {number}") for number in range(ORGANISATIONS))
OFFICERS = tuple(tuple(make_key(f"officer {number} {which}") for which in (1, 2)) for number in range(ORGANISATIONS))
MERCHANT, MERCHANT_KEY = make_identifier("merchant"), make_key("merchant")
OFFER, OFFER_POINTS = make_identifier("offer"), Points(1)


@dataclass(frozen=True, slots=True)
class Spent:
    """Records that a block certified, and the seconds that it took: on the clock, and of this process's processors."""

    records: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where a region stands: steps of the schedule that were taken, transactions that were signed, records, and the time."""

    steps: int
    transactions: int
    records: int
    now_ms: TimeMs


@dataclass(frozen=True, slots=True)
class Kept:
    """A region that is closed: its home, and where it stands."""

    home: Home
    schedule: Schedule
    place: Place


@dataclass(slots=True)
class Region:
    """The chain in a home, and where it stands. Made by `opening`."""

    kept: Kept
    chain: Chain
    authority: SigningKey
    place: Place = field(init=False)
    _steps: Iterator[Joining | Batch] = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.kept.place
        self._steps = islice(self.schedule.iterate(), self.place.steps, None)

    @property
    def schedule(self) -> Schedule:
        """Who serves when."""
        return self.kept.schedule

    @property
    def now_ms(self) -> TimeMs:
        """The time of the next block."""
        return self.place.now_ms

    def keep(self) -> Kept:
        """Return what opens the region again, once it is closed."""
        return replace(self.kept, place=self.place)

    def sign(self, kind: str, body: object, *keys: SigningKey) -> SignedTransaction:
        """Return a signed transaction."""
        self.place = replace(self.place, transactions=self.place.transactions + 1)
        nonce = make_identifier(f"transaction {self.place.transactions}")
        return sign_transaction(kind, body, nonce, TimeMs(self.now_ms + VALIDITY_MS), keys)

    def set_up(self) -> None:
        """Register organisations, publish their activities, and admit a merchant with an offer that does not end."""
        first_day, last_day = self.schedule.first_day, self.schedule.last_day
        transactions = [
            self.sign(
                "identity.register_merchant", RegisterMerchant(MERCHANT, "Tea House", MERCHANT_KEY.public_key), self.authority
            )
        ]
        for organisation, officers in zip(ORGANISATION_IDS, OFFICERS, strict=True):
            keys = tuple(key.public_key for key in officers)
            body = RegisterOrganisation(organisation, "Benchmark", keys, len(keys))
            transactions.append(self.sign("identity.register_organisation", body, self.authority))
        self.add(transactions)
        offer = PublishOffer(OFFER, MERCHANT, OFFER_POINTS, Day(last_day + 365), sha256(b"details"))
        transactions = [self.sign("exchange.publish_offer", offer, MERCHANT_KEY)]
        for number, organisation in enumerate(ORGANISATION_IDS):
            for activity in range(ACTIVITIES):
                days = first_day, last_day
                activity_body = PublishActivity(
                    make_activity(number, activity), organisation, ActivityClass.SERVICE, *days, sha256(b"details")
                )
                transactions.append(self.sign("activities.publish", activity_body, OFFICERS[number][0]))
        self.add(transactions)

    def make_joining(self, step: Joining) -> SignedTransaction:
        """Return the enrolment of volunteers, each with a key of their own."""
        rows = tuple(
            Enrolment(make_volunteer(number), sha256(b"tag %d" % number), make_volunteer_key(number).public_key)
            for number in step.volunteers
        )
        body = EnrolVolunteers(ORGANISATION_IDS[step.organisation], rows)
        return self.sign("identity.enrol_volunteers", body, OFFICERS[step.organisation][0])

    def make_batch(self, step: Batch) -> SignedTransaction:
        """Return a batch of records, signed by both officers."""
        rows = tuple(self.schedule.make_attendance(*service) for service in step.services)
        body = CertifyHours(ORGANISATION_IDS[step.organisation], Mode.ATOMIC, rows)
        return self.sign("hours.certify", body, *OFFICERS[step.organisation])

    def take_batches(self, count: int, *, is_now: bool = False) -> list[SignedTransaction]:
        """Carry out the schedule's next steps up to so many batches, and return these, signed and not yet in a block.

        With `is_now` the region's clock is at the present afterwards, so that a node takes them. Raises `RuntimeError` where
        the schedule ends.
        """
        steps: list[Batch] = []
        while len(steps) < count:
            step = next(self._steps, None)
            if step is None:
                raise RuntimeError("the schedule of the benchmark has come to its end")
            self.place = replace(self.place, steps=self.place.steps + 1, now_ms=compute_week_end(self.schedule, step.week))
            if isinstance(step, Joining):
                self.add([self.make_joining(step)])
            else:
                steps.append(step)
        if is_now:
            self.move_to_present()
        return [self.make_batch(step) for step in steps]

    def move_to_present(self) -> None:
        """Set the region's clock to the present."""
        self.place = replace(self.place, now_ms=TimeMs(compute_now_ms()))

    def certify(self, batches: Sequence[SignedTransaction]) -> Spent:
        """Certify batches in one block."""
        spent = self.add(batches)
        records = ROWS_IN_BATCH * len(batches)
        self.place = replace(self.place, records=self.place.records + records)
        return Spent(records, spent.seconds, spent.cpu_seconds)

    def fill(self, records: int, block: int) -> list[Spent]:
        """Certify until there are so many records, or up to a batch more, `block` batches a block; return what each took."""
        spent = []
        while (missing := ceil((records - self.place.records) / ROWS_IN_BATCH)) > 0:
            spent.append(self.certify(self.take_batches(min(missing, block))))
        return spent

    def add(self, transactions: Sequence[SignedTransaction]) -> Spent:
        """Check, execute and make durable one block of these transactions, each of which must be accepted."""
        envelopes = [encode_signed(signed) for signed in transactions]
        began, cpu_began = time.perf_counter(), time.process_time()
        checked = [self.chain.check(envelope, self.now_ms) for envelope in envelopes]
        candidate = self.chain.build(checked, self.now_ms, self.authority.public_key)
        header = candidate.block.header
        block_hash = compute_block_hash(header)
        message = compute_commit_message(header.chain_id, header.height, Round(0), block_hash)
        vote = Vote(self.authority.public_key, self.authority.sign(Context.BLOCK, message))
        self.chain.commit(candidate, Commit(header.height, Round(0), block_hash, (vote,)))
        spent = Spent(0, time.perf_counter() - began, time.process_time() - cpu_began)
        refused = [outcome for outcome in candidate.outcomes if not outcome.is_accepted]
        if refused or candidate.left_out:
            raise RuntimeError(f"a transaction of the benchmark was refused: {refused or candidate.left_out}")
        return spent


def sign_transaction(
    kind: str, body: object, nonce: Identifier, valid_until_ms: TimeMs, keys: Sequence[SigningKey]
) -> SignedTransaction:
    """Return a transaction of the benchmark's chain, signed by all keys."""
    signed = draft(Transaction(1, CHAIN_ID, kind, encode(KINDS[kind].codec, body), nonce, valid_until_ms))
    for key in keys:
        signed = sign(signed, key)
    return signed


def compute_week_end(schedule: Schedule, week: int) -> TimeMs:
    """Return when a week of the schedule is over everywhere."""
    return TimeMs((schedule.first_day + (week + 1) * DAYS_IN_WEEK) * MS_PER_DAY)


def make_region(folder: Path, schedule: Schedule) -> Kept:
    """Make the home of a chain with one authority in a folder, and set up what everything else needs."""
    time_ms = TimeMs(compute_week_end(schedule, 0) - DAYS_IN_WEEK * MS_PER_DAY)
    homes = init_network(
        folder, 1, chain_id=CHAIN_ID, region="Benchmark", time_ms=time_ms, passphrase=None, first_port=find_ports(2)
    )
    open_leveldb(homes[0].store).close()
    with opening(Kept(homes[0], schedule, Place(0, 0, 0, time_ms))) as region:
        region.set_up()
        return region.keep()


@contextmanager
def opening(kept: Kept) -> Iterator[Region]:
    """Give the chain of a region whose node does not run, until the block ends."""
    with open_stopped(kept.home) as node:
        node.chain.warm_up()  # as a node does that starts
        yield Region(kept, node.chain, load_node_keys(kept.home, None).authority)


def clone(kept: Kept, folder: Path) -> Kept:
    """Return a copy of a closed region in another folder.

    A sorted table that LevelDB knows of is never changed, so the copy has the same one under another name. One that is not
    older than what LevelDB last noted of its tables may be left of work that the closing cut short: its number is given out
    once more, and copies that had it in common would write into each other's tables, which ends their processes with SIGBUS.
    """
    noted_ns = max((path.stat().st_mtime_ns for path in kept.home.store.glob("MANIFEST-*")), default=0)

    def copy(source: str, target: str) -> None:
        if source.endswith(".ldb") and Path(source).stat().st_mtime_ns < noted_ns:
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(kept.home.path, folder, copy_function=copy)
    return replace(kept, home=Home(folder))


def compute_bytes(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
