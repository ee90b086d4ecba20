"""The regions of the test vectors: real chains with four authorities each, whose keys everybody knows, at fixed times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from certificates.details import Opening, compute_public_commitment, compute_record_commitment
from certificates.evidence import Evidence
from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import HOURS_RECORDED, Attendance, CertifyHours, Mode, RecordedHours
from contracts.identity.departed import VOLUNTEERS
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.parties import ORGANISATIONS
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.records import BATCHES
from contracts.rulebook import KINDS, RULE_BOOKS, compute_genesis_state, get_parties
from ledger.authorities import Authority
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, hmac_sha256, sha256
from ledger.events import Outcome, split_entry
from ledger.genesis import Genesis, to_day
from ledger.notes import SignatureType, VerifierKey
from ledger.proofs import Bundle, ProvenValue, build_bundle
from ledger.transactions import Transaction, draft, sign
from ledger.trust import build_trust, format_trust
from ledger.types import EntryIndex, Hash, Identifier, Minutes, Round, TimeMs
from node.chain import Chain, ChainReader
from node.storage.memory import MemoryStore

AUTHORITIES: Final = ("east", "north", "south", "west")
PRESENT: Final = ("east", "north", "west")
QUORUM: Final = 3
BLOCK_MS: Final = 60_000
BEGIN_MS: Final = TimeMs(1_790_000_000_000)
"""2026-09-21T14:13:20Z. A block a minute from then on."""
DAY_MS: Final = 86_400_000


def make_key(name: str) -> SigningKey:
    """Return the key of this name."""
    return SigningKey(sha256(f"hourledger test vectors: {name}".encode()))


def make_identifier(name: str) -> Identifier:
    """Return the identifier of this name."""
    return Identifier(sha256(f"hourledger test vectors, identifier: {name}".encode())[:16])


OFFICERS: Final = (make_key("officer 1"), make_key("officer 2"))
RIVERSIDE, MIA, NOA, VISITS = (make_identifier(name) for name in ("riverside", "mia", "noa", "visits"))
_SERVED: Final = ((MIA, 12, 540, 90), (MIA, 19, 840, 125), (NOA, 12, 540, 45))
"""Whose record, day of September 2026, start in minutes after midnight, and length."""


@dataclass(slots=True)
class World:
    """A chain that grows by a block a minute. `name` is the last part of its chain id."""

    name: str
    chain: Chain
    height: int = 0
    nonces: int = 0
    openings: dict[Hash, Opening] = field(default_factory=dict)

    @property
    def chain_id(self) -> str:
        """The chain's name."""
        return f"hours.example/{self.name}"

    @property
    def reader(self) -> ChainReader:
        """The chain as it is now."""
        return self.chain.reader()

    @property
    def now_ms(self) -> TimeMs:
        """The time of the newest block."""
        return TimeMs(BEGIN_MS + self.height * BLOCK_MS)

    def key(self, role: str) -> SigningKey:
        """Return a key of an authority: its `log`, its `vote`, or with its name alone its cosigner's key."""
        return make_key(f"{self.name} {role}")

    def carry_out(self, kind: str, body: Any, *keys: SigningKey) -> Outcome:  # noqa: ANN401 - any body
        """Put one transaction into a block of its own; raise `ValueError` unless it is accepted."""
        self.nonces += 1
        nonce = make_identifier(f"nonce {self.name} {self.nonces}")
        until_ms = TimeMs(self.now_ms + DAY_MS)
        signed = draft(Transaction(1, self.chain_id, kind, encode(KINDS[kind].codec, body), nonce, until_ms))
        for key in keys:
            signed = sign(signed, key)
        self.height += 1
        candidate = self.chain.build((signed,), self.now_ms, self.key("east vote").public_key)
        header = candidate.block.header
        block_hash = compute_block_hash(header)
        message = compute_commit_message(self.chain_id, header.height, Round(0), block_hash)
        voters = (self.key(f"{name} vote") for name in PRESENT)
        votes = tuple(Vote(voter.public_key, voter.sign(Context.BLOCK, message)) for voter in voters)
        self.chain.commit(candidate, Commit(header.height, Round(0), block_hash, votes))
        found = self.reader.find_outcome(signed.transaction_id)
        if found is None or not found.outcome.is_accepted:
            raise ValueError(f"{kind}: {found}")
        return found.outcome

    def sign_note(self, present: Sequence[str] = PRESENT, log: str = "east log") -> str:
        """Return the newest checkpoint, signed by a log and cosigned by some authorities."""
        tip = self.reader.tip
        return self.sign_checkpoint(Checkpoint(self.chain_id, tip.size, tip.frontier.root), present, log)

    def sign_checkpoint(self, checkpoint: Checkpoint, present: Sequence[str] = PRESENT, log: str = "east log") -> str:
        """Return any checkpoint, signed so."""
        lines = [
            cosign(checkpoint, f"{name}.{self.name}.example", self.key(name), (self.now_ms + BLOCK_MS) // 1_000)
            for name in present
        ]
        return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, self.key(log)), lines)).decode()

    def make_trust(self, names: Sequence[str] = AUTHORITIES) -> bytes:
        """Return the trust file that names these authorities and their logs."""
        logs = [VerifierKey(self.chain_id, SignatureType.ED25519, self.key(f"{name} log").public_key) for name in names]
        keys = [
            VerifierKey(f"{name}.{self.name}.example", SignatureType.COSIGNATURE, self.key(name).public_key) for name in names
        ]
        return format_trust(build_trust(self.chain_id, logs, keys, QUORUM))

    # ---------------------------------------------------------------------------------------------------- what is proven

    def find_records(self, volunteer: Identifier) -> dict[EntryIndex, RecordedHours]:
        """Return the records of a volunteer by their indexes."""
        indexes = (EntryIndex(index) for index in range(self.reader.tip.size))
        entries = ((index, self.reader.read_entry(index)) for index in indexes)
        records = ((i, HOURS_RECORDED.decode(entry)) for i, entry in entries if split_entry(entry)[0] == HOURS_RECORDED.name)
        return {index: record for index, record in records if record.volunteer == volunteer}

    def make_bundle(self, indexes: Iterable[EntryIndex], keys: Iterable[bytes], note: str | None = None) -> Bundle:
        """Return the bundle of entries, the last header and values."""
        reader = self.reader
        wanted = sorted({*indexes, EntryIndex(reader.tip.size - 1)})
        entries = {index: reader.read_entry(index) for index in wanted}
        values = {key: ProvenValue(reader.state.get(key), reader.prove_state(key)) for key in keys}
        return build_bundle(note or self.sign_note(), entries, reader.prove_entries(wanted), values)

    def make_evidence(self, volunteer: Identifier, opened: int | None = None, *, with_account: bool = False) -> Evidence:
        """Return the evidence for all records of a volunteer, of which the first `opened` are opened, or all."""
        records = self.find_records(volunteer)
        keys = {ORGANISATIONS.key(RIVERSIDE), *(BATCHES.key(item.batch) for item in records.values())}
        keys |= {VOLUNTEERS.key(volunteer)} if with_account else set()
        openings = {index: self.openings[item.commitment] for index, item in list(records.items())[:opened]}
        return Evidence(self.make_bundle(records, keys), openings)


def make_world(name: str = "river") -> World:
    """Build a region in which an organisation has certified two records of Mia and one of Noa."""
    world = World(name, _open_chain(name))
    officers = tuple(key.public_key for key in OFFICERS)
    details = compute_public_commitment({"activity_name": "Care home visit · 敬老院陪伴"})
    days = to_day(date(2026, 9, 1)), to_day(date(2026, 9, 30))
    rows = tuple(_make_row(world, number) for number in range(len(_SERVED)))
    registration = RegisterOrganisation(RIVERSIDE, "Riverside Volunteers 河畔志愿服务队", officers, 2)
    world.carry_out("identity.register_organisation", registration, world.key("east vote"))
    world.carry_out("identity.enrol_volunteers", EnrolVolunteers(RIVERSIDE, (_enrol("mia"), _enrol("noa"))), OFFICERS[0])
    published = PublishActivity(VISITS, RIVERSIDE, ActivityClass.SERVICE, *days, details)
    world.carry_out("activities.publish", published, OFFICERS[0])
    world.carry_out("hours.certify", CertifyHours(RIVERSIDE, Mode.ATOMIC, rows), *OFFICERS)
    return world


def _open_chain(name: str) -> Chain:
    authorities = tuple(_make_authority(name, authority) for authority in AUTHORITIES)
    genesis = Genesis(
        1,
        f"hours.example/{name}",
        f"{name.title()} · 河",
        TimeMs(BEGIN_MS - DAY_MS),
        authorities,
        (),
        (("points_per_hour", 2), ("utc_offset_minutes", 480)),
        (),
        (),
    )
    return Chain.open(MemoryStore(), genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)


def _make_authority(region: str, name: str) -> Authority:
    keys = (make_key(f"{region} {name}{role}").public_key for role in (" vote", "", " log"))
    return Authority(f"{name}.{region}.example", *keys)


def _enrol(name: str) -> Enrolment:
    tag = hmac_sha256(sha256(b"hourledger test vectors: registrar"), name.encode())
    return Enrolment(make_identifier(name), tag, make_key(name).public_key)


def _make_row(world: World, number: int) -> Attendance:
    volunteer, day, start, minutes = _SERVED[number]
    end = start + minutes
    details: dict[str, Any] = {
        "activity_name": "Care home visit · 敬老院陪伴",
        "date": f"2026-09-{day:02}",
        "start": f"{start // 60:02}:{start % 60:02}",
        "end": f"{end // 60:02}:{end % 60:02}",
        "minutes": minutes,
        "place": "Riverside · 河畔",
    }
    opening = Opening(sha256(b"hourledger test vectors: salt", world.name.encode(), bytes([number])), details)
    commitment = compute_record_commitment(opening)
    world.openings[commitment] = opening
    day_number = to_day(date(2026, 9, day))
    return Attendance(make_identifier(f"record {number}"), VISITS, volunteer, day_number, start, Minutes(minutes), commitment)
