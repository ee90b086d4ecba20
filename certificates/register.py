"""Whether a certificate was revoked or superseded since: its entry in the register of its chain, from a newer bundle.

A certificate cannot carry this itself, because its number follows from its evidence. So whoever wants to know asks a node for a
bundle with the register's entry, or is given one as a file, and it is verified like the evidence. Registering is the
organisation's choice: that there is no entry is proven too, and says nothing against the certificate. A superseded certificate
stays true as history (DESIGN section 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from certificates.checkpoints import read_note, verify_note
from certificates.checks import compute_state_time
from certificates.jcs import JsonObject, encode_jcs, parse_json_object
from contracts.certificates.registry import CERTIFICATES, CertificateStatus, RegisteredCertificate
from ledger.checkpoint import Checkpoint
from ledger.codec import decode
from ledger.crypto import sha256
from ledger.errors import CodecError, HourledgerError, ProofError
from ledger.proofs import parse_bundle, verify_values
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES
from ledger.trust import TrustPolicy
from ledger.types import Hash, Height, Identifier, TimeMs

MAX_STATUS_BYTES: Final = 1 << 20
NOT_REGISTERED: Final = "not_registered"
_STANDING: Final = frozenset({CertificateStatus.VALID, CertificateStatus.SUPERSEDED})
"""What may be relied on. An erased one may not: it may have been revoked before its holder's account was erased."""
_URN: Final = "urn:uuid:"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register says of a certificate in the state after the block at `height`: a status, or `NOT_REGISTERED`."""

    status: str
    height: Height
    as_of_ms: TimeMs
    successor: Identifier | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """The register's entry of a certificate in the state after the block at `height`, None where there is none.

    Whoever has the state itself, as a node has, needs no proof of it.
    """

    content: RegisteredCertificate | None
    height: Height
    as_of_ms: TimeMs


def parse_number(text: str) -> Identifier:
    """Return the number of a certificate from its id, with or without `urn:uuid:`; raise `CodecError`."""
    plain = text.strip().lower().removeprefix(_URN)
    try:
        return Identifier(UUID(hex=plain.replace("-", "")).bytes)
    except ValueError as error:
        raise CodecError("a certificate's number is a UUID", Reason.USAGE) from error


def format_number(number: Identifier) -> str:
    """Return the id of the certificate of a number."""
    return f"{_URN}{UUID(bytes=bytes(number))}"


def compute_document_hash(document: JsonObject) -> Hash:
    """Return the hash of what a certificate says, without its signature: SHA-256 of its canonical form without `proof`."""
    return sha256(encode_jcs({name: value for name, value in document.items() if name != "proof"}))


@dataclass(frozen=True, slots=True)
class Subject:
    """What the register is asked about: a certificate's number, the hash of what it says, and whose it is."""

    number: Identifier
    document: Hash
    organisation: Identifier


def read_standing(
    status: bytes | Entry | HourledgerError, subject: Subject, checkpoint: Checkpoint, trust: Sequence[TrustPolicy]
) -> Standing:
    """Return what a bundle, or an entry, shows of a certificate whose evidence is under `checkpoint`.

    Raises why there is neither, and `HourledgerError` where the bundle proves nothing of it: with `STALE` where it is older
    than the certificate, or is about another one.
    """
    if isinstance(status, HourledgerError):
        raise status
    if isinstance(status, Entry):
        return judge_entry(status, subject)
    bundle = parse_bundle(parse_json_object(status, max_bytes=MAX_STATUS_BYTES))
    signed = read_note(bundle.checkpoint_note)
    newer = signed.checkpoint
    if newer.origin != checkpoint.origin:
        raise ProofError("the status is of another chain", Reason.STALE, newer.origin)
    verified = verify_note(signed, trust)
    if newer.size < checkpoint.size:
        raise ProofError("the status is older than the certificate", Reason.STALE, f"{newer.size} entries")
    header, values = verify_values(bundle, newer)
    key = CERTIFICATES.key(subject.number)
    if key not in values:
        raise ProofError("the status is about another certificate", Reason.STALE, format_number(subject.number))
    as_of_ms = compute_state_time(verified, header.time_ms)
    value = values[key]
    content = None if value is None else decode(CERTIFICATES.codec, value, max_bytes=MAX_VALUE_BYTES)
    return judge_entry(Entry(content, header.height, as_of_ms), subject)


def judge_entry(entry: Entry, subject: Subject) -> Standing:
    """Return what an entry of the register says of a certificate; raise `ProofError` where it is of another document."""
    content = entry.content
    if content is None or content.organisation != subject.organisation:
        return Standing(NOT_REGISTERED, entry.height, entry.as_of_ms)
    if content.status in _STANDING and content.document != subject.document:
        # The number follows from the content. So the organisation registered, by mistake, what is not this number's document.
        raise ProofError("the register has another issue of this certificate", Reason.STALE, format_number(subject.number))
    return Standing(content.status.name.lower(), entry.height, entry.as_of_ms, content.successor)


def describe_standing(standing: Standing) -> str:
    """Return what the register says, in words; raise `ProofError` for a certificate that is revoked or erased."""
    block = f"as of block {standing.height}"
    if standing.status == NOT_REGISTERED:
        return f"the organisation has not registered it, {block}"
    if standing.status not in {item.name.lower() for item in _STANDING}:
        raise ProofError(f"the certificate is {standing.status}, {block}", Reason.NOT_CURRENT)
    if standing.successor is not None:
        return f"superseded by {format_number(standing.successor)}, {block}: it stays true as history"
    return f"registered and neither revoked nor superseded, {block}"
