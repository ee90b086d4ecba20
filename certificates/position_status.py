"""What became of a position: from a status list, or from a bundle with the value of the state, a quorum's word."""

from collections.abc import Sequence
from dataclasses import dataclass

from certificates.checkpoints import read_note, verify_note
from certificates.checks import Times, compute_state_time, verify_age
from certificates.jcs import parse_json_object
from certificates.register import MAX_STATUS_BYTES
from certificates.status_list import parse_status_list, verify_list_signature, verify_list_time
from certificates.status_uris import name_list
from contracts.statuses import CHUNKS, PositionStatus, compute_chunk_key, read_status
from ledger.codec import decode
from ledger.errors import HourledgerError, ProofError
from ledger.proofs import parse_bundle, verify_values
from ledger.reasons import EXPLANATIONS, ExitCode, Reason
from ledger.trust import TrustPolicy
from ledger.types import TimeMs


@dataclass(frozen=True, slots=True)
class Place:
    """A status position of a chain."""

    chain_id: str
    position: int


@dataclass(frozen=True, slots=True)
class FoundStatus:
    """What was found, as of when, and in what."""

    status: PositionStatus
    as_of_ms: TimeMs
    source: str


def find_status(
    status: bytes | HourledgerError | None, place: Place, trust: Sequence[TrustPolicy], times: Times
) -> FoundStatus:
    """Return the status of a position from a list or a bundle.

    Raises `HourledgerError`: `STATUS_UNKNOWN` where nothing was given, `STALE` where it is too old or about something else, why
    it could not be had, or why it does not count.
    """
    if status is None:
        raise ProofError("no status list was given", Reason.STATUS_UNKNOWN)
    if isinstance(status, HourledgerError):
        raise _make_unknown(status)
    read = _read_list if is_status_list(status) else _read_bundle
    return read(status, place, trust, times)


def _make_unknown(error: HourledgerError) -> HourledgerError:
    """Return why a status could not be had, as something that leaves the answer open."""
    if EXPLANATIONS[error.reason].exit_code is ExitCode.UNDETERMINED:
        return error
    return ProofError(f"the status could not be had: {error.detail}", Reason.STATUS_UNKNOWN, error.value)


def is_status_list(status: bytes) -> bool:
    """Whether a status is a list, and not a bundle or another JSON object."""
    return not status.lstrip(b" \t\r\n").startswith(b"{")


def _read_list(data: bytes, place: Place, trust: Sequence[TrustPolicy], times: Times) -> FoundStatus:
    found, jws = parse_status_list(data)
    if found.name != name_list(place.chain_id, place.position):
        raise ProofError("it is another status list", Reason.STALE, found.name.uri)
    verify_list_signature(found, jws, trust)
    verify_list_time(found.issued_ms, found.expires_ms, times)
    return FoundStatus(found.get(place.position), found.issued_ms, f"status list {found.name.number}")


def _read_bundle(data: bytes, place: Place, trust: Sequence[TrustPolicy], times: Times) -> FoundStatus:
    bundle = parse_bundle(parse_json_object(data, max_bytes=MAX_STATUS_BYTES))
    signed = read_note(bundle.checkpoint_note)
    checkpoint = signed.checkpoint
    if checkpoint.origin != place.chain_id:
        raise ProofError("the status is of another chain", Reason.STALE, checkpoint.origin)
    verified = verify_note(signed, trust)
    header, values = verify_values(bundle, checkpoint)
    key = compute_chunk_key(place.position)
    if key not in values:
        raise ProofError("the status is about other positions", Reason.STALE, str(place.position))
    as_of_ms = compute_state_time(verified, header.time_ms)
    verify_age(as_of_ms, times)
    value = values[key]
    status = None if value is None else _read_chunk(decode(CHUNKS.codec, value), place.position)
    if status is None:
        raise ProofError("nobody has taken the position", Reason.NOT_CURRENT, str(place.position))
    return FoundStatus(status, as_of_ms, f"state of block {header.height}")


def _read_chunk(chunk: bytes, position: int) -> PositionStatus | None:
    try:
        return read_status(chunk, position)
    except ValueError as error:  # from a rule book that is not known here
        detail = "the state says a number of the position that has no meaning here"
        raise ProofError(detail, Reason.UNSUPPORTED_VERSION, str(position)) from error
