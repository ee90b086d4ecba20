"""A region to measure: one authority, one organisation with two officers, and as many volunteers as are asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import Attendance, CertifyHours, Mode
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.rulebook import KINDS, RULE_BOOKS, compute_genesis_state, get_parties
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, sha256
from ledger.transactions import SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Day, Identifier, Minutes, Round, TimeMs
from node.chain import Chain
from node.home import make_development_genesis, make_development_key
from node.storage.leveldb import open_leveldb

ROWS_IN_BATCH = 500
ENROLMENTS_IN_BATCH = 1_000
NOW_MS = TimeMs(1_790_000_000_000)
FIRST_DAY = 20_200
DAYS = 300
OFFICERS = tuple(SigningKey(sha256(b"benchmark officer", bytes([number]))) for number in (1, 2))


def make_identifier(name: str) -> Identifier:
    """Return an identifier that depends on the name alone."""
    return Identifier(sha256(name.encode())[:16])


ORGANISATION, ACTIVITY = make_identifier("organisation"), make_identifier("activity")


@dataclass(slots=True)
class Region:
    """A chain in a folder, and how many transactions and records were made for it."""

    folder: Path
    volunteers: int
    transactions: int = 0
    records: int = 0
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        genesis = make_development_genesis()
        store = open_leveldb(self.folder / "store")
        self.chain = Chain.open(store, genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)
        authority = make_development_key("authority")
        keys = tuple(key.public_key for key in OFFICERS)
        self.add([self.sign("identity.register_organisation", RegisterOrganisation(ORGANISATION, "Bench", keys, 2), authority)])
        activity = PublishActivity(
            ACTIVITY, ORGANISATION, ActivityClass.SERVICE, Day(FIRST_DAY), Day(FIRST_DAY + DAYS), sha256(b"details")
        )
        self.add([self.sign("activities.publish", activity, OFFICERS[0])])
        for start in range(0, self.volunteers, ENROLMENTS_IN_BATCH):
            numbers = range(start, min(start + ENROLMENTS_IN_BATCH, self.volunteers))
            rows = tuple(Enrolment(make_identifier(f"v{number}"), sha256(b"tag %d" % number), None) for number in numbers)
            self.add([self.sign("identity.enrol_volunteers", EnrolVolunteers(ORGANISATION, rows), OFFICERS[0])])

    def sign(self, kind: str, body: object, *keys: SigningKey) -> SignedTransaction:
        """Return a signed transaction."""
        self.transactions += 1
        nonce = make_identifier(f"transaction {self.transactions}")
        content = encode(KINDS[kind].codec, body)
        signed = draft(Transaction(1, self.chain.chain_id, kind, content, nonce, TimeMs(NOW_MS + 86_400_000)))
        for key in keys:
            signed = sign(signed, key)
        return signed

    def make_batch(self) -> SignedTransaction:
        """Return a batch of records, each of another volunteer, signed by two officers."""
        rows = []
        for _ in range(ROWS_IN_BATCH):
            turn, volunteer = divmod(self.records, self.volunteers)
            name = make_identifier(f"record {self.records}")
            day = Day(FIRST_DAY + turn % DAYS)
            commitment = sha256(name)
            rows.append(Attendance(name, ACTIVITY, make_identifier(f"v{volunteer}"), day, None, Minutes(180), commitment))
            self.records += 1
        return self.sign("hours.certify", CertifyHours(ORGANISATION, Mode.ATOMIC, tuple(rows)), *OFFICERS)

    def add(self, transactions: list[SignedTransaction]) -> None:
        """Check, execute and make durable one block of these transactions."""
        for signed in transactions:
            self.chain.check(encode_signed(signed), NOW_MS)
        authority = make_development_key("authority")
        candidate = self.chain.build(transactions, NOW_MS, authority.public_key)
        if any(not outcome.is_accepted for outcome in candidate.outcomes) or candidate.left_out:
            raise RuntimeError("a transaction of the benchmark was refused")
        header = candidate.block.header
        block_hash = compute_block_hash(header)
        message = compute_commit_message(header.chain_id, header.height, Round(0), block_hash)
        vote = Vote(authority.public_key, authority.sign(Context.BLOCK, message))
        self.chain.commit(candidate, Commit(header.height, Round(0), block_hash, (vote,)))
