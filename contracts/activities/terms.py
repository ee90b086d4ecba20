"""Terms of an activity that volunteers sign up for: how many places there are, until when, and what is asked of them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.trainings import training_code
from ledger import codec
from ledger.state import Table
from ledger.types import Day, Identifier

MAX_CAPACITY: Final = 100_000
MAX_WAITING: Final = 200
"""Who waits is read and written as a whole, and each may move up in one transaction."""


MAX_TRAININGS: Final = 8


class Risk(IntEnum):
    """Class of an activity by what may happen to those who take part (Regulations, article 17)."""

    ORDINARY = 1
    HAZARDOUS = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """`capacity` places, `waiting` who may wait for one, and volunteers sign up until `last_day`, that day included.

    Whoever signs up has had all of `trainings`, each named by a short code of the region such as `first-aid`.
    """

    capacity: int
    waiting: int
    last_day: Day
    risk: Risk = Risk.ORDINARY
    trainings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetTerms:
    """Body and event: an organisation opens sign-up for its activity, or changes the terms."""

    activity: Identifier
    organisation: Identifier
    terms: Terms


terms_codec = codec.struct(
    Terms,
    codec.integer("capacity", 0, MAX_CAPACITY),
    codec.integer("waiting", 0, MAX_WAITING),
    codec.day,
    codec.member(Risk),
    codec.sequence(training_code, 0, MAX_TRAININGS),
)
set_terms_codec = codec.struct(SetTerms, codec.identifier, codec.identifier, terms_codec)
TERMS: Final[Table[Terms]] = Table(b"terms", terms_codec, is_public=True)
