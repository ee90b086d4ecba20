"""The region of the documentation's examples: a real chain of four authorities, whose keys everybody knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from certificates.certificate import issue_certificate, read_content
from certificates.details import Opening, compute_public_commitment, compute_record_commitment
from certificates.evidence import Evidence
from certificates.jcs import JsonObject
from certificates.one_code import OneCode, ProvenEntry, build_one_code
from certificates.register import compute_document_hash, parse_number
from contracts.activities import ActivityClass, CloseActivity, PublishActivity
from contracts.certificates.registry import CERTIFICATE_REGISTERED, RegisterCertificate
from contracts.hours import HOURS_RECORDED, Attendance, CertifyHours, Mode
from contracts.identity.departed import VOLUNTEERS
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.parties import ORGANISATIONS
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.records import BATCHES
from contracts.rulebook import KINDS, RULE_BOOKS, compute_genesis_state, get_parties
from ledger.authorities import Authority
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message
from ledger.checkpoint import (
    Checkpoint,
    add_signatures,
    cosign,
    format_signed_checkpoint,
    parse_signed_checkpoint,
    sign_checkpoint,
)
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, hmac_sha256, sha256
from ledger.events import split_entry
from ledger.genesis import Genesis, to_day
from ledger.notes import SignatureType, VerifierKey
from ledger.proofs import Bundle, ProvenValue, build_bundle
from ledger.transactions import SignedTransaction, Transaction, draft, sign
from ledger.trust import TrustPolicy, build_trust
from ledger.types import EntryIndex, Hash, Identifier, Minutes, PublicKey, Round, TimeMs
from node.chain import Chain, ChainReader
from node.storage.memory import MemoryStore

CHAIN_ID: Final = "hours.example/river"
AUTHORITY_NAMES: Final = ("east", "north", "south", "west")
PRESENT: Final = ("east", "north", "west")
GENESIS_MS: Final = TimeMs(1_788_220_800_000)
NOW_MS: Final = TimeMs(1_790_000_000_000)
HOUR_MS: Final = 3_600_000


def make_key(name: str) -> SigningKey:
    """Return the key of this name."""
    return SigningKey(sha256(f"documentation: {name}".encode()))


def make_identifier(name: str) -> Identifier:
    """Return the identifier of this name."""
    return Identifier(sha256(f"documentation identifier: {name}".encode())[:16])


def _make_authority(name: str) -> Authority:
    log = make_key("log" if name == "east" else f"{name} log")
    return Authority(f"{name}.example", make_key(f"{name} vote").public_key, make_key(name).public_key, log.public_key)


GENESIS: Final = Genesis(
    1,
    CHAIN_ID,
    "River · 河",
    GENESIS_MS,
    tuple(_make_authority(name) for name in AUTHORITY_NAMES),
    (make_key("recovery").public_key,),
    (("points_per_hour", 2), ("utc_offset_minutes", 480)),
    (to_day(date(2026, 9, 25)),),
    (to_day(date(2026, 9, 20)),),
)
ORGANISATION, VOLUNTEER, ACTIVITY = (make_identifier(name) for name in ("organisation", "volunteer", "activity"))
OFFICERS: Final = tuple(make_key(name) for name in ("officer 1", "officer 2"))
VOLUNTEER_KEY: Final = make_key("volunteer")
SITE: Final = "volunteers.example"
POSITION: Final = 131_077


@dataclass(frozen=True, slots=True)
class Region:
    """The chain after three blocks, what was sent, and what opens its records."""

    reader: ChainReader
    transactions: tuple[SignedTransaction, ...]
    openings: Mapping[Hash, Opening]

    def find_entries(self, name: str) -> tuple[EntryIndex, ...]:
        """Return the indexes of the entries of one type."""
        indexes = map(EntryIndex, range(self.reader.tip.size))
        return tuple(index for index in indexes if split_entry(self.reader.read_entry(index))[0] == name)

    def make_bundle(self, indexes: tuple[EntryIndex, ...], keys: tuple[bytes, ...]) -> Bundle:
        """Return the bundle of these entries, the last header and these values."""
        wanted = sorted({*indexes, EntryIndex(self.reader.tip.size - 1)})
        entries = {index: self.reader.read_entry(index) for index in wanted}
        values = {key: ProvenValue(self.reader.state.get(key), self.reader.prove_state(key)) for key in keys}
        return build_bundle(self.make_checkpoint(), entries, self.reader.prove_entries(wanted), values)

    def make_checkpoint(self) -> str:
        """Return the note over the whole log, cosigned by three of the four."""
        checkpoint = Checkpoint(CHAIN_ID, self.reader.tip.size, self.reader.tip.frontier.root)
        time_s = self.reader.tip.header.time_ms // 1_000
        lines = [cosign(checkpoint, f"{name}.example", make_key(name), time_s + len(name)) for name in PRESENT]
        return format_signed_checkpoint(add_signatures(sign_checkpoint(checkpoint, make_key("log")), lines)).decode()

    def make_evidence(self, *, with_account: bool = False) -> Evidence:
        """Return the evidence for both records of the volunteer."""
        indexes = self.find_entries(HOURS_RECORDED.name)
        records = {index: HOURS_RECORDED.decode(self.reader.read_entry(index)) for index in indexes}
        keys = {ORGANISATIONS.key(ORGANISATION), *(BATCHES.key(item.batch) for item in records.values())}
        keys |= {VOLUNTEERS.key(VOLUNTEER)} if with_account else set()
        openings = {index: self.openings[item.commitment] for index, item in records.items()}
        return Evidence(self.make_bundle(indexes, tuple(keys)), openings)

    def make_code(self) -> OneCode:
        """Return the code of the certificate that is registered."""
        (index,) = self.find_entries(CERTIFICATE_REGISTERED.name)
        proven = ProvenEntry(index, self.reader.read_entry(index), self.reader.prove_entry(index))
        return build_one_code(parse_signed_checkpoint(self.make_checkpoint().encode()), proven, make_trust())

    def make_certificate(self) -> JsonObject:
        """Return the certificate that the first officer issues an hour later."""
        return issue_certificate(self.make_evidence(), OFFICERS[0], TimeMs(NOW_MS + HOUR_MS))

    def make_site_certificate(self) -> JsonObject:
        """Return the same under the name of the organisation's site, and with a position in the status lists."""
        evidence = self.make_evidence()
        return issue_certificate(evidence, OFFICERS[0], TimeMs(NOW_MS + HOUR_MS), host=SITE, position=POSITION)

    def make_own_certificate(self) -> JsonObject:
        """Return the one that the volunteer makes, with the first record opened and the second not."""
        evidence = self.make_evidence(with_account=True)
        index = min(evidence.openings)
        chosen = Evidence(evidence.bundle, {index: evidence.openings[index]})
        return issue_certificate(chosen, VOLUNTEER_KEY, TimeMs(NOW_MS + HOUR_MS))


def make_trust() -> TrustPolicy:
    """Return the region's trust file: one log, three of four authorities."""
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, make_key("log").public_key)
    cosigners = [VerifierKey(f"{n}.example", SignatureType.COSIGNATURE, make_key(n).public_key) for n in AUTHORITY_NAMES]
    return build_trust(CHAIN_ID, [log], cosigners, 3)


def make_transaction(kind: str, body: object) -> Transaction:
    """Return an unsigned transaction of the example."""
    nonce = make_identifier(f"nonce of {kind}")
    return Transaction(1, CHAIN_ID, kind, encode(KINDS[kind].codec, body), nonce, TimeMs(NOW_MS + 24 * HOUR_MS))


def make_closing() -> SignedTransaction:
    """Return the transaction of the page on transactions: an officer closes the activity."""
    return sign(draft(make_transaction("activities.close", CloseActivity(ACTIVITY, ORGANISATION))), OFFICERS[0])


def make_region(*later: SignedTransaction) -> Region:
    """Build the chain: an organisation in block 1, a volunteer and an activity in block 2, their hours in block 3.

    Transactions that come later are in a fourth block, an hour after the third.
    """
    store = MemoryStore()
    chain = Chain.open(store, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
    openings = {compute_record_commitment(opening): opening for opening in map(_make_opening, range(3))}
    blocks = (
        (_sign("identity.register_organisation", _registration(), make_key("east vote")),),
        (
            _sign("identity.enrol_volunteers", _enrolment(), OFFICERS[0]),
            _sign("activities.publish", _publication(), OFFICERS[0]),
        ),
        (_sign("hours.certify", _certification(tuple(openings)), *OFFICERS),),
    )
    for number, transactions in enumerate(blocks, start=1):
        _commit(chain, transactions, TimeMs(NOW_MS - (len(blocks) - number) * HOUR_MS))
    if later:
        _commit(chain, later, TimeMs(NOW_MS + HOUR_MS))
    return Region(chain.reader(), tuple(item for transactions in blocks for item in transactions), openings)


def make_registered_region() -> Region:
    """Build the same chain, in which the certificate is then registered."""
    document = make_region().make_certificate()
    number, hashed = parse_number(str(document["id"])), compute_document_hash(document)
    days = to_day(date(2026, 9, _SERVED[0][0])), to_day(date(2026, 9, _SERVED[1][0]))
    minutes = Minutes(sum(minutes for _day, _start, minutes in _SERVED[:2]))
    body = RegisterCertificate(number, ORGANISATION, VOLUNTEER, *days, minutes, hashed, read_content(document))
    return make_region(_sign("certificates.register", body, *OFFICERS))


def _sign(kind: str, body: object, *keys: SigningKey) -> SignedTransaction:
    signed = draft(make_transaction(kind, body))
    for key in keys:
        signed = sign(signed, key)
    return signed


def _commit(chain: Chain, transactions: tuple[SignedTransaction, ...], time_ms: TimeMs) -> None:
    candidate = chain.build(transactions, time_ms, make_key("east vote").public_key)
    if candidate.left_out:
        raise candidate.left_out[0].error
    header = candidate.block.header
    block_hash = compute_block_hash(header)
    message = compute_commit_message(CHAIN_ID, header.height, Round(0), block_hash)
    keys = (make_key(f"{name} vote") for name in PRESENT)
    votes = tuple(Vote(key.public_key, key.sign(Context.BLOCK, message)) for key in keys)
    chain.commit(candidate, Commit(header.height, Round(0), block_hash, votes))


def _registration() -> RegisterOrganisation:
    officers: tuple[PublicKey, ...] = tuple(key.public_key for key in OFFICERS)
    return RegisterOrganisation(ORGANISATION, "Riverside Volunteers 河畔志愿服务队", officers, 2)


def _enrolment() -> EnrolVolunteers:
    tag = hmac_sha256(sha256(b"documentation: registrar"), b"V-0001")
    return EnrolVolunteers(ORGANISATION, (Enrolment(VOLUNTEER, tag, VOLUNTEER_KEY.public_key),))


def _publication() -> PublishActivity:
    details = compute_public_commitment({"activity_name": "Care home visit · 敬老院陪伴"})
    first, last = to_day(date(2026, 9, 1)), to_day(date(2026, 9, 30))
    return PublishActivity(ACTIVITY, ORGANISATION, ActivityClass.SERVICE, first, last, details)


_SERVED: Final = ((12, 540, 90), (19, 840, 125), (19, 900, 60))
"""Day of September 2026, start in minutes after midnight, and length: the third overlaps the second."""


def _make_opening(number: int) -> Opening:
    day, start, minutes = _SERVED[number]
    end = start + minutes
    details: dict[str, Any] = {
        "activity_name": "Care home visit · 敬老院陪伴",
        "date": f"2026-09-{day:02}",
        "start": f"{start // 60:02}:{start % 60:02}",
        "end": f"{end // 60:02}:{end % 60:02}",
        "minutes": minutes,
        "place": "Riverside · 河畔",
    }
    return Opening(sha256(b"documentation: salt", bytes([number])), details)


def _certification(commitments: tuple[Hash, ...]) -> CertifyHours:
    rows = tuple(
        Attendance(
            make_identifier(f"record {number}"),
            ACTIVITY,
            VOLUNTEER,
            to_day(date(2026, 9, day)),
            start,
            Minutes(minutes),
            commitments[number],
        )
        for number, (day, start, minutes) in enumerate(_SERVED)
    )
    return CertifyHours(ORGANISATION, Mode.BEST_EFFORT, rows)
