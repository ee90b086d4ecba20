"""Notices: that an organisation told those who signed up something, such as a storm warning the day before (DOMAIN 2, S16).

The text goes its own way; the ledger keeps who gave notice, when, and the hash of what was said.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.activities.published import get_activity
from contracts.identity.parties import require_officers
from contracts.kinds import Kind
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.types import Hash, Identifier, TimeMs

MAX_NOTICES: Final = 16
"""The newest of an activity are kept in the state; the log keeps all."""


class Subject(IntEnum):
    """What a notice is about."""

    RISK = 1
    CHANGE = 2
    OTHER = 3


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as it is kept: what it is about, the hash of its text, and when the block was made."""

    subject: Subject
    text: Hash
    time_ms: TimeMs


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """Body and event: an organisation has told those who signed up for its activity something; `text` is its hash."""

    activity: Identifier
    organisation: Identifier
    subject: Subject
    text: Hash


_subject: Codec[Subject] = codec.member(Subject)
_give = codec.struct(GiveNotice, codec.identifier, codec.identifier, _subject, codec.hash_)
NOTICES: Final[Table[tuple[Notice, ...]]] = Table(
    b"notices",
    codec.sequence(codec.struct(Notice, _subject, codec.hash_, codec.time_ms), 1, MAX_NOTICES),
    is_public=True,
)
NOTICE_GIVEN: Final = EventType("activities.notice_given", _give)


def give_notice(state: Overlay, body: GiveNotice, context: TransactionContext) -> Effects:
    """Put a notice on record, once, also when the activity is closed or cancelled (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    if get_activity(state, body.activity, body.organisation) is None:
        raise Rejection(Reason.UNKNOWN_ACTIVITY, "the organisation has no such activity", body.activity.hex())
    notices = NOTICES.get(state, body.activity) or ()
    if any(item.text == body.text for item in notices):
        raise Rejection(Reason.NO_CHANGE, "that notice was given already", body.text.hex())
    notice = Notice(body.subject, body.text, context.block.time_ms)
    NOTICES.put(state, (*notices, notice)[-MAX_NOTICES:], body.activity)
    return Effects((NOTICE_GIVEN.encode(body),))


KINDS: Final = (Kind("activities.give_notice", _give, give_notice),)
EVENTS: Final = (NOTICE_GIVEN,)
TABLES: Final = (NOTICES,)
