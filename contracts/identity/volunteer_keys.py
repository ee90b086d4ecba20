"""A volunteer's key: changed by the volunteer, and replaced when it is lost.

Whoever still has the key changes it alone. For one that is lost two people speak, at least one of them an officer of the
enrolling organisation, and then it takes some days in which the old key can object: nobody's account is taken over unnoticed.
A volunteer who never had a key gets the first one in the same way, without the days: there is nobody who could object.
"""

from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from contracts.card_table import end_card_of_key
from contracts.identity.departed import VOLUNTEERS, Volunteer
from contracts.identity.parties import (
    Party,
    Role,
    get_acting,
    get_volunteer,
    require_two_people,
    require_volunteer,
    take_key,
)
from contracts.identity.wards import GUARDIANS, get_voice
from contracts.kinds import Kind
from contracts.parameters import MINUTES_PER_DAY, MS_PER_MINUTE, get_parameter
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Identifier, PublicKey, TimeMs

_MS_PER_DAY: Final = MINUTES_PER_DAY * MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class Replacement:
    """The key that a volunteer is to have, usable from `from_ms` on if nobody objects."""

    key: PublicKey
    from_ms: TimeMs


@dataclass(frozen=True, slots=True)
class ChangeKey:
    """Body and event: the key that a volunteer is to have, or has from now on."""

    volunteer: Identifier
    key: PublicKey


@dataclass(frozen=True, slots=True)
class AboutReplacement:
    """Body: whose replacement it is about."""

    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class KeyRequested:
    """Event: a lost key is to be replaced, from `from_ms` on."""

    volunteer: Identifier
    organisation: Identifier
    key: PublicKey
    from_ms: TimeMs


_change_key = codec.struct(ChangeKey, codec.identifier, codec.public_key)
_about_replacement = codec.struct(AboutReplacement, codec.identifier)

KEY_CHANGED: EventType[ChangeKey] = EventType("identity.key_changed", _change_key, lambda event: (event.volunteer,))
KEY_REQUESTED: EventType[KeyRequested] = EventType(
    "identity.key_requested",
    codec.struct(KeyRequested, codec.identifier, codec.identifier, codec.public_key, codec.time_ms),
    lambda event: (event.volunteer, event.organisation),
)
KEY_REFUSED: EventType[ChangeKey] = EventType("identity.key_refused", _change_key, lambda event: (event.volunteer,))
REPLACEMENTS: Final[Table[Replacement]] = Table(b"key-replacement", codec.struct(Replacement, codec.public_key, codec.time_ms))


def rotate_key(state: Overlay, body: ChangeKey, context: TransactionContext) -> Effects:
    """Change the volunteer's own key (signed by the volunteer). The old one does nothing any more, and no request is left."""
    volunteer = require_volunteer(state, context, body.volunteer)
    return _give_key(state, body.volunteer, volunteer, body.key)


def request_key(state: Overlay, body: ChangeKey, context: TransactionContext) -> Effects:
    """Ask for a new key where the old one is lost (signed by an officer of the enrolling organisation and a second person).

    The second person is another officer or an authority; together they are as many as the organisation's policy says.
    """
    volunteer = get_volunteer(state, body.volunteer)
    require_two_people(state, context, volunteer.enrolled_by)
    take_key(state, body.key, Party(Role.VOLUNTEER, body.volunteer))
    if REPLACEMENTS.has(state, body.volunteer):
        raise Rejection(Reason.CHANGE_PENDING, "another key waits for this volunteer", body.volunteer.hex())
    days = 0 if volunteer.key is None else get_parameter(state, "key_waiting_days")
    from_ms = TimeMs(min(context.block.time_ms + days * _MS_PER_DAY, codec.MAX_TIME_MS))
    REPLACEMENTS.put(state, Replacement(body.key, from_ms), body.volunteer)
    return Effects((KEY_REQUESTED.encode(KeyRequested(body.volunteer, volunteer.enrolled_by, body.key, from_ms)),))


def refuse_key(state: Overlay, body: AboutReplacement, context: TransactionContext) -> Effects:
    """Object to a replacement (signed by the volunteer with the old key, or by an officer of the enrolling organisation)."""
    volunteer = get_volunteer(state, body.volunteer)
    waiting = _get_replacement(state, body.volunteer)
    may_object = {
        volunteer.key,
        get_voice(state, body.volunteer, volunteer),
        *get_acting(state, volunteer.enrolled_by).officers,
    }
    if may_object.isdisjoint(context.signers):
        raise Rejection(Reason.NOT_PERMITTED, "neither the volunteer nor an officer has signed", context.signers[0].hex())
    REPLACEMENTS.delete(state, body.volunteer)
    return Effects((KEY_REFUSED.encode(ChangeKey(body.volunteer, waiting.key)),))


def take_up_key(state: Overlay, body: AboutReplacement, context: TransactionContext) -> Effects:
    """Put the new key in the place of the lost one once the days are over (signed by the volunteer with the new key).

    A ward's guardian signs as well.
    """
    volunteer = get_volunteer(state, body.volunteer)
    waiting = _get_replacement(state, body.volunteer)
    if waiting.key not in context.signers:
        raise Rejection(Reason.NOT_PERMITTED, "the new key has not signed", context.signers[0].hex())
    guardian = GUARDIANS.get(state, body.volunteer)
    if guardian is not None and guardian not in context.signers:
        raise Rejection(Reason.NOT_PERMITTED, "the guardian has not signed", context.signers[0].hex())
    if context.block.time_ms < waiting.from_ms:
        raise Rejection(Reason.WAITING_PERIOD, "the old key may still object", str(waiting.from_ms))
    REPLACEMENTS.delete(state, body.volunteer)
    VOLUNTEERS.put(state, replace(volunteer, key=waiting.key), body.volunteer)
    ended = end_card_of_key(state, body.volunteer, volunteer.key)
    return Effects((KEY_CHANGED.encode(ChangeKey(body.volunteer, waiting.key)), *ended))


def _get_replacement(state: View, volunteer: Identifier) -> Replacement:
    waiting = REPLACEMENTS.get(state, volunteer)
    if waiting is None:
        raise Rejection(Reason.UNKNOWN_REPLACEMENT, "no new key waits for this volunteer", volunteer.hex())
    return waiting


def _give_key(state: Overlay, identifier: Identifier, volunteer: Volunteer, key: PublicKey) -> Effects:
    take_key(state, key, Party(Role.VOLUNTEER, identifier))
    if REPLACEMENTS.has(state, identifier):
        REPLACEMENTS.delete(state, identifier)
    VOLUNTEERS.put(state, replace(volunteer, key=key), identifier)
    ended = end_card_of_key(state, identifier, volunteer.key)
    return Effects((KEY_CHANGED.encode(ChangeKey(identifier, key)), *ended))


KINDS = (
    Kind("identity.rotate_key", _change_key, rotate_key),
    Kind("identity.request_key", _change_key, request_key),
    Kind("identity.refuse_key", _about_replacement, refuse_key),
    Kind("identity.take_up_key", _about_replacement, take_up_key),
)
EVENTS = (KEY_CHANGED, KEY_REQUESTED, KEY_REFUSED)
TABLES = (REPLACEMENTS,)
