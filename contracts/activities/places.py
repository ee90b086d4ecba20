"""Places of an activity: who has one, who waits for one, and how a free place finds its person.

One value counts the places that are taken and holds those who wait, in their order. Every change goes through it, one after the
other, also within a block: so an activity is never oversold (DOMAIN section 2, S12).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Final

from contracts.activities.terms import MAX_CAPACITY, MAX_WAITING, Terms
from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Identifier


class SignUpStanding(IntEnum):
    """How a volunteer stands to an activity."""

    CONFIRMED = 1
    WAITING = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class SignUp:
    """A volunteer's promise: expected from `first_day` on, and after a withdrawal no more from `free_day` on."""

    standing: SignUpStanding
    first_day: Day
    free_day: Day | None


@dataclass(frozen=True, slots=True)
class Places:
    """How many places are taken, and who waits, the longest first."""

    taken: int
    waiting: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class ChangedSignUp:
    """Event: a volunteer has a place, waits for one, or has given it up."""

    activity: Identifier
    organisation: Identifier
    volunteer: Identifier
    standing: SignUpStanding


_standing: Codec[SignUpStanding] = codec.member(SignUpStanding)
SIGN_UPS: Final[Table[SignUp]] = Table(b"sign-up", codec.struct(SignUp, _standing, codec.day, codec.optional(codec.day)))
PLACES: Final[Table[Places]] = Table(
    b"places",
    codec.struct(Places, codec.integer("taken", 0, MAX_CAPACITY), codec.sequence(codec.identifier, 0, MAX_WAITING)),
)
SIGN_UP_CHANGED: Final[EventType[ChangedSignUp]] = EventType(
    "activities.sign_up_changed",
    codec.struct(ChangedSignUp, codec.identifier, codec.identifier, codec.identifier, _standing),
    lambda event: (event.volunteer, event.organisation),
)


def get_places(view: View, activity: Identifier) -> Places:
    """Return the places of an activity: none is taken where nobody has signed up."""
    return PLACES.get(view, activity) or Places(0, ())


def find_place(state: Overlay, activity: Identifier, volunteer: Identifier, terms: Terms) -> SignUpStanding:
    """Take a place for a volunteer, or one on the waiting list; raise `Rejection` where both are full.

    Whoever waits goes first: `move_up` has been asked before.
    """
    places = get_places(state, activity)
    if places.taken < terms.capacity:
        PLACES.put(state, Places(places.taken + 1, places.waiting), activity)
        return SignUpStanding.CONFIRMED
    if len(places.waiting) < terms.waiting:
        PLACES.put(state, Places(places.taken, (*places.waiting, volunteer)), activity)
        return SignUpStanding.WAITING
    raise Rejection(Reason.ACTIVITY_FULL, f"all {terms.capacity} places are taken, and nobody more may wait", str(places.taken))


def leave_place(state: Overlay, activity: Identifier, volunteer: Identifier, standing: SignUpStanding) -> None:
    """Give up a place, or one on the waiting list."""
    places = get_places(state, activity)
    taken = places.taken - (standing is SignUpStanding.CONFIRMED)
    PLACES.put(state, Places(taken, tuple(item for item in places.waiting if item != volunteer)), activity)


def move_up(
    state: Overlay, activity: Identifier, terms: Terms, today: Day, may_take_part: Callable[[Identifier], bool]
) -> tuple[Identifier, ...]:
    """Give free places to those who have waited longest, and return them in their order.

    Who may not take part now, because a cover has ended, is passed over and goes on waiting.
    """
    places = get_places(state, activity)
    free = max(terms.capacity - places.taken, 0)
    moved = tuple(islice(filter(may_take_part, places.waiting if free else ()), free))
    for volunteer in moved:
        SIGN_UPS.put(state, SignUp(SignUpStanding.CONFIRMED, today, None), activity, volunteer)
    if moved:
        waiting = tuple(item for item in places.waiting if item not in set(moved))
        PLACES.put(state, Places(places.taken + len(moved), waiting), activity)
    return moved
