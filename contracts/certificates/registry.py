"""The register of certificates: number and date of a proof (Guidance 2015-149), and whether it still stands.

A certificate proves itself and needs no entry here. One that has an entry can be revoked and superseded, and whoever is shown
its number can check four things: number, period, total, status (DOMAIN section 4, rule 10). The number is that of the document,
which nobody guesses who has not seen it; so the entry is public and names no person, and the content is a hash.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.balances import get_balance
from contracts.certificates.numbers import compute_number
from contracts.identity.departed import require_account, resolve_account
from contracts.identity.parties import get_organisation, name_codec, require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from contracts.statuses import PositionStatus, position_codec, set_status, take_position
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, Minutes


class CertificateStatus(IntEnum):
    """Whether a registered certificate stands."""

    VALID = 1
    REVOKED = 2
    SUPERSEDED = 3
    ERASED = 4
    """Its holder's account was erased."""
    SUSPENDED = 5
    """Not to be relied on until it is reinstated."""


class Revocation(IntEnum):
    """Why a certificate is revoked. A code, because free text about a person does not belong on the chain."""

    ISSUED_IN_ERROR = 1
    RECORDS_CORRECTED = 2
    WRONG_PERSON = 3
    AT_HOLDERS_WISH = 4
    FALSE_STATEMENT = 5


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """An entry of the register. `successor` is the certificate that took this one's place, `position` where its status is."""

    organisation: Identifier
    issued_day: Day
    first_day: Day
    last_day: Day
    minutes: Minutes
    document: Hash
    status: CertificateStatus
    successor: Identifier | None
    position: int | None


@dataclass(frozen=True, slots=True)
class RegisterCertificate:
    """Body: an organisation enters a certificate; `document` is the hash of what it says, without its signature.

    `content` is the hash that the number is made of, which shows whose number it is; `position` is where its status is to be.
    """

    number: Identifier
    organisation: Identifier
    volunteer: Identifier
    first_day: Day
    last_day: Day
    minutes: Minutes
    document: Hash
    content: Hash
    position: int | None = None


@dataclass(frozen=True, slots=True)
class CertificateRegistered:
    """Event: a certificate is in the register, from a day on. It names the organisation in words, for whoever reads paper."""

    number: Identifier
    organisation: Identifier
    volunteer: Identifier
    first_day: Day
    last_day: Day
    minutes: Minutes
    document: Hash
    organisation_name: str
    position: int | None
    issued_day: Day


@dataclass(frozen=True, slots=True)
class RevokeCertificate:
    """Body: an organisation takes back a certificate of its own."""

    number: Identifier
    organisation: Identifier
    revocation: Revocation


@dataclass(frozen=True, slots=True)
class AboutCertificate:
    """Body: an organisation suspends a certificate of its own, or reinstates it."""

    number: Identifier
    organisation: Identifier


@dataclass(frozen=True, slots=True)
class SupersedeCertificate:
    """Body: an organisation puts another certificate of the same volunteer in the place of one."""

    number: Identifier
    organisation: Identifier
    successor: Identifier


@dataclass(frozen=True, slots=True)
class CertificateRevoked:
    """Event: a certificate does not stand any more."""

    number: Identifier
    organisation: Identifier
    volunteer: Identifier
    revocation: Revocation


@dataclass(frozen=True, slots=True)
class CertificateChanged:
    """Event: a certificate is not to be relied on for now, or is again."""

    number: Identifier
    organisation: Identifier
    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class CertificateSuperseded:
    """Event: a certificate is history, and the successor says what is true now."""

    number: Identifier
    organisation: Identifier
    volunteer: Identifier
    successor: Identifier


_revocation = codec.member(Revocation)
_position = codec.optional(position_codec)
_register = codec.struct(
    RegisterCertificate,
    codec.identifier,
    codec.identifier,
    codec.identifier,
    codec.day,
    codec.day,
    codec.minutes,
    codec.hash_,
    codec.hash_,
    _position,
)
_registered = codec.struct(
    CertificateRegistered,
    codec.identifier,
    codec.identifier,
    codec.identifier,
    codec.day,
    codec.day,
    codec.minutes,
    codec.hash_,
    name_codec,
    _position,
    codec.day,
)
_about = codec.struct(AboutCertificate, codec.identifier, codec.identifier)
_changed = codec.struct(CertificateChanged, codec.identifier, codec.identifier, codec.identifier)
_revoke = codec.struct(RevokeCertificate, codec.identifier, codec.identifier, _revocation)
_supersede = codec.struct(SupersedeCertificate, codec.identifier, codec.identifier, codec.identifier)

CERTIFICATES: Final[Table[RegisteredCertificate]] = Table(
    b"certificate",
    codec.struct(
        RegisteredCertificate,
        codec.identifier,
        codec.day,
        codec.day,
        codec.day,
        codec.minutes,
        codec.hash_,
        codec.member(CertificateStatus),
        codec.optional(codec.identifier),
        _position,
    ),
    is_public=True,
)
HOLDERS: Final[Table[Identifier]] = Table(b"certificate-holder", codec.identifier)
CERTIFICATE_REGISTERED: Final[EventType[CertificateRegistered]] = EventType(
    "certificates.registered", _registered, lambda event: (event.volunteer, event.organisation)
)
CERTIFICATE_SUSPENDED: Final[EventType[CertificateChanged]] = EventType(
    "certificates.suspended", _changed, lambda event: (event.volunteer, event.organisation)
)
CERTIFICATE_REINSTATED: Final[EventType[CertificateChanged]] = EventType(
    "certificates.reinstated", _changed, lambda event: (event.volunteer, event.organisation)
)
CERTIFICATE_REVOKED: Final[EventType[CertificateRevoked]] = EventType(
    "certificates.revoked",
    codec.struct(CertificateRevoked, codec.identifier, codec.identifier, codec.identifier, _revocation),
    lambda event: (event.volunteer, event.organisation),
)
CERTIFICATE_SUPERSEDED: Final[EventType[CertificateSuperseded]] = EventType(
    "certificates.superseded",
    codec.struct(CertificateSuperseded, codec.identifier, codec.identifier, codec.identifier, codec.identifier),
    lambda event: (event.volunteer, event.organisation),
)


def register_certificate(state: Overlay, body: RegisterCertificate, context: TransactionContext) -> Effects:
    """Enter a certificate (signed by officers as the policy says). Its date is the day of the block (Guidance 2015-149).

    It may state no more than all that counts of the volunteer's service here: the entry alone, in one code, is shown to people.
    """
    name = get_organisation(state, body.organisation).name
    require_account(state, body.volunteer)
    require_officers(state, context, body.organisation)
    if CERTIFICATES.has(state, body.number):
        raise Rejection(Reason.ALREADY_EXISTS, "the certificate is registered already", body.number.hex())
    if body.first_day > body.last_day:
        raise Rejection(Reason.INVALID_PERIOD, "the period ends before it begins", str(body.last_day))
    if body.minutes < 1:
        raise Rejection(Reason.INVALID_MINUTES, "a certificate is about a minute of service or more", str(body.minutes))
    recorded = get_balance(state, resolve_account(state, body.volunteer)).minutes
    if body.minutes > recorded:
        raise Rejection(Reason.INVALID_MINUTES, "the volunteer has fewer minutes on record", str(recorded))
    today = compute_today(state, context.block.time_ms)
    if body.last_day > today:
        raise Rejection(Reason.FUTURE_DATE, "the period is not over", str(body.last_day))
    if body.number != compute_number(body.organisation, body.content):
        raise Rejection(Reason.FOREIGN_NUMBER, "the number is not of a certificate of the organisation", body.number.hex())
    if body.position is not None:
        take_position(state, body.position)
    content = body.first_day, body.last_day, body.minutes, body.document
    issued_day = Day(min(today, codec.MAX_DAY))
    entry = RegisteredCertificate(body.organisation, issued_day, *content, CertificateStatus.VALID, None, body.position)
    CERTIFICATES.put(state, entry, body.number)
    HOLDERS.put(state, body.volunteer, body.number)
    event = CertificateRegistered(body.number, body.organisation, body.volunteer, *content, name, body.position, issued_day)
    return Effects((CERTIFICATE_REGISTERED.encode(event),))


def revoke_certificate(state: Overlay, body: RevokeCertificate, context: TransactionContext) -> Effects:
    """Take back a certificate (signed by officers as the policy says). The records that it was about are not touched."""
    require_officers(state, context, body.organisation, may_be_suspended=True)
    entry, holder = _require_own(state, body.number, body.organisation)
    if entry.status is not CertificateStatus.SUSPENDED:
        _require_valid(entry, body.number)
    _put_status(state, body.number, entry, CertificateStatus.REVOKED)
    return Effects((CERTIFICATE_REVOKED.encode(CertificateRevoked(body.number, body.organisation, holder, body.revocation)),))


def suspend_certificate(state: Overlay, body: AboutCertificate, context: TransactionContext) -> Effects:
    """Say that a certificate is not to be relied on for now (signed by officers as the policy says)."""
    require_officers(state, context, body.organisation, may_be_suspended=True)
    _require_change(state, body.number, CertificateStatus.SUSPENDED)
    entry, holder = _require_own(state, body.number, body.organisation)
    _require_valid(entry, body.number)
    _put_status(state, body.number, entry, CertificateStatus.SUSPENDED)
    return Effects((CERTIFICATE_SUSPENDED.encode(CertificateChanged(body.number, body.organisation, holder)),))


def reinstate_certificate(state: Overlay, body: AboutCertificate, context: TransactionContext) -> Effects:
    """Let a suspended certificate stand again (signed by officers as the policy says)."""
    require_officers(state, context, body.organisation)
    _require_change(state, body.number, CertificateStatus.VALID)
    entry, holder = _require_own(state, body.number, body.organisation)
    if entry.status is not CertificateStatus.SUSPENDED:
        raise Rejection(Reason.CERTIFICATE_CLOSED, f"the certificate is {entry.status.name.lower()}", body.number.hex())
    _put_status(state, body.number, entry, CertificateStatus.VALID)
    return Effects((CERTIFICATE_REINSTATED.encode(CertificateChanged(body.number, body.organisation, holder)),))


def supersede_certificate(state: Overlay, body: SupersedeCertificate, context: TransactionContext) -> Effects:
    """Put a newer certificate in the place of one (signed by officers as the policy says). The old one verifies as history."""
    require_officers(state, context, body.organisation)
    if body.number == body.successor:
        raise Rejection(Reason.NO_CHANGE, "a certificate does not follow itself", body.number.hex())
    entry, holder = _require_own(state, body.number, body.organisation)
    successor, other = _require_own(state, body.successor, body.organisation)
    if resolve_account(state, other) != resolve_account(state, holder):
        raise Rejection(Reason.UNKNOWN_CERTIFICATE, "the successor is another volunteer's", body.successor.hex())
    _require_valid(entry, body.number)
    _require_valid(successor, body.successor)
    _put_status(state, body.number, entry, CertificateStatus.SUPERSEDED, body.successor)
    event = CertificateSuperseded(body.number, body.organisation, holder, body.successor)
    return Effects((CERTIFICATE_SUPERSEDED.encode(event),))


def erase_holder(state: Overlay, number: Identifier, volunteer: Identifier) -> None:
    """Let a certificate show that its holder was erased, and forget who that was; raise `Rejection` for another's."""
    entry = CERTIFICATES.get(state, number)
    if entry is None or not _is_held_by(state, number, volunteer):
        raise Rejection(Reason.UNKNOWN_CERTIFICATE, "the volunteer has no such certificate", number.hex())
    _put_status(state, number, entry, CertificateStatus.ERASED)
    HOLDERS.delete(state, number)


def _put_status(
    state: Overlay,
    number: Identifier,
    entry: RegisteredCertificate,
    status: CertificateStatus,
    successor: Identifier | None = None,
) -> None:
    """Set a certificate's status, in its entry and in its position."""
    CERTIFICATES.put(state, replace(entry, status=status, successor=successor), number)
    if entry.position is not None:
        set_status(state, entry.position, PositionStatus[status.name])


def _is_held_by(state: View, number: Identifier, volunteer: Identifier) -> bool:
    """Whether a certificate is about a volunteer, or about an account that went over into the volunteer's."""
    holder = HOLDERS.get(state, number)
    return holder is not None and resolve_account(state, holder) == volunteer


def _require_own(state: View, number: Identifier, organisation: Identifier) -> tuple[RegisteredCertificate, Identifier]:
    """Return an organisation's entry and whose certificate it is, or raise `Rejection`."""
    entry, holder = CERTIFICATES.get(state, number), HOLDERS.get(state, number)
    if entry is None or holder is None or entry.organisation != organisation:
        raise Rejection(Reason.UNKNOWN_CERTIFICATE, "the organisation has registered no such certificate", number.hex())
    return entry, holder


def _require_change(state: View, number: Identifier, status: CertificateStatus) -> None:
    """Raise `Rejection` for a certificate that has the status already."""
    entry = CERTIFICATES.get(state, number)
    if entry is not None and entry.status is status:
        raise Rejection(Reason.NO_CHANGE, f"the certificate is {status.name.lower()}", number.hex())


def _require_valid(entry: RegisteredCertificate, number: Identifier) -> None:
    """Raise `Rejection` for a certificate that is suspended, or was revoked or superseded."""
    if entry.status is not CertificateStatus.VALID:
        raise Rejection(Reason.CERTIFICATE_CLOSED, f"the certificate is {entry.status.name.lower()}", number.hex())


KINDS: Final = (
    Kind("certificates.register", _register, register_certificate),
    Kind("certificates.revoke", _revoke, revoke_certificate),
    Kind("certificates.suspend", _about, suspend_certificate),
    Kind("certificates.reinstate", _about, reinstate_certificate),
    Kind("certificates.supersede", _supersede, supersede_certificate),
)
EVENTS: Final = (
    CERTIFICATE_REGISTERED,
    CERTIFICATE_REVOKED,
    CERTIFICATE_SUSPENDED,
    CERTIFICATE_REINSTATED,
    CERTIFICATE_SUPERSEDED,
)
TABLES: Final = (CERTIFICATES, HOLDERS)
