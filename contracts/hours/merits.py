"""Training and awards: kinds of record of their own, which never count as hours (Order 67, articles 8, 9 and 19).

Whether a volunteer may join an activity that asks for training is a question to the table of training.
"""

from dataclasses import dataclass
from typing import Final

from contracts.hours.service import require_known
from contracts.identity.parties import require_officers
from contracts.kinds import Kind
from contracts.parameters import compute_today
from contracts.trainings import TRAININGS, Training, training_code
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier


@dataclass(frozen=True, slots=True)
class RecordTraining:
    """Body and event: a volunteer has completed a training, which is good up to and including `expires_day`.

    `training` is a short code of the region, such as `first-aid`.
    """

    organisation: Identifier
    volunteer: Identifier
    training: str
    completed_day: Day
    expires_day: Day
    commitment: Hash


@dataclass(frozen=True, slots=True)
class RecordAward:
    """Body, event and value: a volunteer was honoured on a day. What for is behind the commitment."""

    organisation: Identifier
    volunteer: Identifier
    award: Identifier
    day: Day
    commitment: Hash


@dataclass(frozen=True, slots=True)
class DropTraining:
    """Body and event: the organisation takes a training back that it recorded."""

    organisation: Identifier
    volunteer: Identifier
    training: str


@dataclass(frozen=True, slots=True)
class DropAward:
    """Body and event: the organisation takes an award back that it recorded."""

    organisation: Identifier
    volunteer: Identifier
    award: Identifier


_ids = (codec.identifier, codec.identifier)
_training = codec.struct(RecordTraining, *_ids, training_code, codec.day, codec.day, codec.hash_)
_award = codec.struct(RecordAward, *_ids, codec.identifier, codec.day, codec.hash_)
_drop_training = codec.struct(DropTraining, *_ids, training_code)
_drop_award = codec.struct(DropAward, *_ids, codec.identifier)
TRAINING_RECORDED: EventType[RecordTraining] = EventType(
    "hours.training_recorded", _training, lambda event: (event.volunteer, event.organisation)
)
TRAINING_DROPPED: EventType[DropTraining] = EventType(
    "hours.training_dropped", _drop_training, lambda event: (event.volunteer, event.organisation)
)
AWARD_RECORDED: EventType[RecordAward] = EventType(
    "hours.award_recorded", _award, lambda event: (event.volunteer, event.organisation)
)
AWARD_DROPPED: EventType[DropAward] = EventType(
    "hours.award_dropped", _drop_award, lambda event: (event.volunteer, event.organisation)
)
AWARDS: Final[Table[RecordAward]] = Table(b"award", _award)
"""Key: volunteer, then the award's identifier."""


def record_training(state: Overlay, body: RecordTraining, context: TransactionContext) -> Effects:
    """Record a training (signed by officers as the policy says). A later completion takes the place of an earlier one.

    Order 67, article 8.
    """
    _require_parties(state, body.organisation, body.volunteer, context)
    earlier = TRAININGS.get(state, body.volunteer, body.training.encode())
    if earlier is not None and earlier.completed_day >= body.completed_day:
        raise Rejection(Reason.ALREADY_EXISTS, "the training is on record for that day or a later one", body.training)
    if body.expires_day < body.completed_day:
        raise Rejection(Reason.INVALID_PERIOD, "the training expires before it is completed", str(body.expires_day))
    _require_past(state, body.completed_day, context)
    training = Training(body.organisation, body.completed_day, body.expires_day)
    TRAININGS.put(state, training, body.volunteer, body.training.encode())
    return Effects((TRAINING_RECORDED.encode(body),))


def drop_training(state: Overlay, body: DropTraining, context: TransactionContext) -> Effects:
    """Take a training back (signed by officers as the policy says)."""
    _require_parties(state, body.organisation, body.volunteer, context)
    key = body.volunteer, body.training.encode()
    _require_own(TRAININGS.get(state, *key), body.organisation, body.training)
    TRAININGS.delete(state, *key)
    return Effects((TRAINING_DROPPED.encode(body),))


def record_award(state: Overlay, body: RecordAward, context: TransactionContext) -> Effects:
    """Record an award (signed by officers as the policy says). Order 67, article 9."""
    _require_parties(state, body.organisation, body.volunteer, context)
    if AWARDS.has(state, body.volunteer, body.award):
        raise Rejection(Reason.ALREADY_EXISTS, "the award is on record", body.award.hex())
    _require_past(state, body.day, context)
    AWARDS.put(state, body, body.volunteer, body.award)
    return Effects((AWARD_RECORDED.encode(body),))


def drop_award(state: Overlay, body: DropAward, context: TransactionContext) -> Effects:
    """Take an award back (signed by officers as the policy says)."""
    _require_parties(state, body.organisation, body.volunteer, context)
    _require_own(AWARDS.get(state, body.volunteer, body.award), body.organisation, body.award.hex())
    AWARDS.delete(state, body.volunteer, body.award)
    return Effects((AWARD_DROPPED.encode(body),))


def _require_parties(state: View, organisation: Identifier, volunteer: Identifier, context: TransactionContext) -> None:
    require_known(state, organisation, volunteer)
    require_officers(state, context, organisation)


def _require_past(state: View, day: Day, context: TransactionContext) -> None:
    if day > compute_today(state, context.block.time_ms):
        raise Rejection(Reason.FUTURE_DATE, "that day has not begun", str(day))


def _require_own(found: Training | RecordAward | None, organisation: Identifier, name: str) -> None:
    if found is None or found.organisation != organisation:
        raise Rejection(Reason.UNKNOWN_RECORD, "the organisation recorded no such thing", name)


KINDS: Final = (
    Kind("hours.record_training", _training, record_training),
    Kind("hours.drop_training", _drop_training, drop_training),
    Kind("hours.record_award", _award, record_award),
    Kind("hours.drop_award", _drop_award, drop_award),
)
EVENTS: Final = (TRAINING_RECORDED, TRAINING_DROPPED, AWARD_RECORDED, AWARD_DROPPED)
TABLES: Final = (AWARDS,)
