"""A small region in memory: one authority, one organisation with two officers, one volunteer with five records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from certificates.certificate import issue_certificate
from certificates.details import Opening, compute_record_commitment
from certificates.evidence import Evidence
from certificates.jcs import JsonObject, encode_jcs
from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import HOURS_RECORDED, AmendHours, Attendance, CertifyHours, Correction, Mode, VoidHours
from contracts.identity.departed import VOLUNTEERS
from contracts.identity.organisations import ChangeStanding, RegisterOrganisation
from contracts.identity.parties import ORGANISATIONS, Standing
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.records import BATCHES
from contracts.rulebook import KINDS, RULE_BOOK_V1, compute_genesis_state
from ledger import log_proof, merkle, state_tree
from ledger.authorities import Authority, compute_authorities_hash
from ledger.blocks import HEADER, HEADER_VERSION, Header
from ledger.checkpoint import Checkpoint, add_signatures, cosign, format_signed_checkpoint, sign_checkpoint
from ledger.codec import encode
from ledger.crypto import SigningKey, sha256
from ledger.events import split_entry
from ledger.execution import BlockContext, execute_block
from ledger.genesis import Genesis, to_date
from ledger.notes import SignatureType, VerifierKey
from ledger.proofs import Bundle, ProvenValue, build_bundle
from ledger.state import EmptyView, Overlay, iterate_hashed
from ledger.transactions import SignedTransaction, Transaction, draft, sign
from ledger.trust import TrustPolicy, build_trust
from ledger.types import Day, EntryIndex, Hash, Height, Identifier, Minutes, TimeMs

NOW = TimeMs(1_760_000_000_000)
FIRST_DAY = 20_000
CHAIN_ID = "region.example/log"


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"test key", name.encode()))


def make_identifier(name: str) -> Identifier:
    return Identifier(sha256(b"test identifier", name.encode())[:16])


AUTHORITY = Authority(
    "region.example/a1", make_key("a1").public_key, make_key("a1 cosigner").public_key, make_key("a1 log").public_key
)
ORGANISATION, VOLUNTEER, ACTIVITY = (make_identifier(name) for name in ("organisation", "volunteer", "activity"))


@dataclass(frozen=True)
class Region:
    """Everything executed in one block after genesis, and what can be proven of it."""

    chain_id: str
    entries: tuple[bytes, ...]
    state: Overlay
    header: Header
    openings: Mapping[bytes, Opening]
    batches: tuple[Identifier, ...]

    def checkpoint_note(self, *, cosigner: str = "a1 cosigner", log: str = "a1 log") -> str:
        frontier = merkle.append(merkle.EMPTY_FRONTIER, [merkle.compute_leaf_hash(entry) for entry in self.entries]).frontier
        checkpoint = Checkpoint(self.chain_id, frontier.size, frontier.root)
        signed = sign_checkpoint(checkpoint, make_key(log))
        signed = add_signatures(signed, [cosign(checkpoint, AUTHORITY.name, make_key(cosigner), NOW // 1000)])
        return format_signed_checkpoint(signed).decode()

    def bundle(self, indices: Iterable[EntryIndex], keys: Iterable[bytes], **notes: str) -> Bundle:
        """The entries at `indices`, the last header, and the values of `keys`."""
        nodes = merkle.append(merkle.EMPTY_FRONTIER, [merkle.compute_leaf_hash(entry) for entry in self.entries]).nodes
        read = {(level, position): hash_ for level, position, hash_ in nodes}
        wanted = sorted({*indices, EntryIndex(len(self.entries) - 1)})
        hashes = log_proof.prove_entries(lambda *place: read[place], wanted, len(self.entries))
        leaves: dict[Hash, Hash | None] = dict(iterate_hashed(self.state.changes))
        pages = state_tree.update(lambda _path: None, leaves).pages
        values = {key: ProvenValue(self.state.get(key), state_tree.prove(pages.get, sha256(key))) for key in keys}
        return build_bundle(self.checkpoint_note(**notes), {index: self.entries[index] for index in wanted}, hashes, values)

    def evidence(self, *, left_out: Iterable[int] = (), with_account: bool = False) -> Evidence:
        """All current and former records of the volunteer but those left out, with openings."""
        events = {
            EntryIndex(index): HOURS_RECORDED.decode(entry)
            for index, entry in enumerate(self.entries)
            if split_entry(entry)[0] == HOURS_RECORDED.name and index not in left_out
        }
        keys = {ORGANISATIONS.key(ORGANISATION), *(BATCHES.key(batch) for batch in self.batches)}
        keys |= {VOLUNTEERS.key(VOLUNTEER)} if with_account else set()
        return Evidence(self.bundle(events, keys), {index: self.openings[event.commitment] for index, event in events.items()})

    def certificate(self, *, signer: str = "officer 1", **options: Any) -> JsonObject:
        return issue_certificate(self.evidence(), make_key(signer), NOW, **options)

    def certificate_bytes(self) -> bytes:
        return encode_jcs(self.certificate())


class RegionBuilder:
    """Carries out transactions and remembers what a certificate needs."""

    def __init__(self) -> None:
        self.genesis = Genesis(1, CHAIN_ID, "Test", TimeMs(1), (AUTHORITY,), (), (), (), ())
        self.openings: dict[bytes, Opening] = {}
        self.batches: list[Identifier] = []
        self.transactions: list[SignedTransaction] = []

    def sign(self, kind: str, body: object, *signers: str) -> SignedTransaction:
        nonce = make_identifier(f"{kind} {len(self.transactions)}")
        body_bytes = encode(KINDS[kind].codec, body)
        signed = draft(Transaction(1, self.genesis.chain_id, kind, body_bytes, nonce, TimeMs(NOW + 1000)))
        for name in signers:
            signed = sign(signed, make_key(name))
        self.transactions.append(signed)
        return signed

    def attend(self, number: int, minutes: int = 90) -> Attendance:
        day = Day(FIRST_DAY + number)
        details: JsonObject = {
            "activity_name": "敬老院陪伴 · Care home visit",
            "date": to_date(day).isoformat(),
            "minutes": minutes,
            "start": "09:00",
            "end": f"{9 + minutes // 60:02}:{minutes % 60:02}",
            "place": "宁波市鄞州区",
        }
        opening = Opening(sha256(b"salt", number.to_bytes(4, "big"), minutes.to_bytes(4, "big")), details)
        commitment = compute_record_commitment(opening)
        self.openings[commitment] = opening
        record = make_identifier(f"record {number}")
        return Attendance(record, ACTIVITY, VOLUNTEER, day, 540, Minutes(minutes), commitment)

    def certify(self, rows: Sequence[Attendance]) -> None:
        body = CertifyHours(ORGANISATION, Mode.ATOMIC, tuple(rows))
        signed = self.sign("hours.certify", body, "officer 1", "officer 2")
        self.batches.append(Identifier(signed.transaction_id[:16]))

    def begin(self) -> None:
        officers = tuple(make_key(name).public_key for name in ("officer 1", "officer 2"))
        self.sign("identity.register_organisation", RegisterOrganisation(ORGANISATION, "河畔志愿服务队", officers, 2), "a1")
        self.sign(
            "identity.enrol_volunteers",
            EnrolVolunteers(ORGANISATION, (Enrolment(VOLUNTEER, sha256(b"tag"), make_key("volunteer").public_key),)),
            "officer 1",
        )
        activity = PublishActivity(
            ACTIVITY, ORGANISATION, ActivityClass.SERVICE, Day(FIRST_DAY - 10), Day(FIRST_DAY + 300), sha256(b"details")
        )
        self.sign("activities.publish", activity, "officer 1")

    def finish(self) -> Region:
        state = Overlay(EmptyView())
        state.absorb(compute_genesis_state(self.genesis))
        block = BlockContext(self.genesis.chain_id, Height(1), NOW)
        executed = execute_block(state, RULE_BOOK_V1, self.transactions, block)
        assert all(outcome.is_accepted for outcome in executed.outcomes), executed.outcomes
        state.absorb(executed.state)
        authorities_hash = compute_authorities_hash((AUTHORITY,))
        header = Header(
            HEADER_VERSION,
            self.genesis.chain_id,
            Height(1),
            NOW,
            sha256(b"parent"),
            AUTHORITY.key,
            sha256(b"transactions"),
            sha256(b"events"),
            state_tree.compute_state_root({key: value for key, value in iterate_hashed(state.changes) if value is not None}),
            EntryIndex(0),
            merkle.EMPTY_ROOT,
            authorities_hash,
            authorities_hash,
            1,
            sha256(b"evidence"),
        )
        entries = (*executed.entries, HEADER.encode(header))
        return Region(self.genesis.chain_id, entries, state, header, self.openings, tuple(self.batches))


@pytest.fixture
def builder() -> RegionBuilder:
    """A region whose organisation, volunteer and activity exist."""
    started = RegionBuilder()
    started.begin()
    return started


@pytest.fixture
def region(builder: RegionBuilder) -> Region:
    """The region after five records were certified."""
    builder.certify([builder.attend(number) for number in range(5)])
    return builder.finish()


@pytest.fixture
def region_with_void(builder: RegionBuilder) -> Region:
    """The same, but one record was made void afterwards."""
    builder.certify([builder.attend(number) for number in range(5)])
    void = VoidHours(ORGANISATION, make_identifier("record 2"), VOLUNTEER, Day(FIRST_DAY + 2), Correction.NOT_SERVICE)
    builder.sign("hours.void", void, "officer 1", "officer 2")
    return builder.finish()


@pytest.fixture
def region_with_amendment(builder: RegionBuilder) -> Region:
    """The same, but one record was amended from 90 to 60 minutes."""
    builder.certify([builder.attend(number) for number in range(5)])
    amend = AmendHours(ORGANISATION, Day(FIRST_DAY + 2), builder.attend(2, minutes=60), Correction.WRONG_TIME)
    builder.sign("hours.amend", amend, "officer 1", "officer 2")
    return builder.finish()


@pytest.fixture
def region_suspended(builder: RegionBuilder) -> Region:
    """The same, but the organisation was suspended afterwards."""
    builder.certify([builder.attend(number) for number in range(5)])
    builder.sign("identity.change_standing", ChangeStanding(ORGANISATION, Standing.SUSPENDED), "a1")
    return builder.finish()


@pytest.fixture
def trust() -> TrustPolicy:
    """The region's trust file."""
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, AUTHORITY.log_key)
    cosigner = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
    return build_trust(CHAIN_ID, [log], [cosigner], 1)


@pytest.fixture
def foreign_trust() -> TrustPolicy:
    """Another region's trust file."""
    log = VerifierKey("other.example/log", SignatureType.ED25519, make_key("other log").public_key)
    cosigner = VerifierKey("other.example/a1", SignatureType.COSIGNATURE, make_key("other cosigner").public_key)
    return build_trust("other.example/log", [log], [cosigner], 1)


@pytest.fixture
def trust_of_two() -> TrustPolicy:
    """A trust file that asks for two authorities where the checkpoint has one."""
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, AUTHORITY.log_key)
    first = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
    second = replace(first, name="region.example/a2", public_key=make_key("a2 cosigner").public_key)
    return build_trust(CHAIN_ID, [log], [first, second], 2)
