"""Terms of an activity that volunteers sign up for: how many places, how many may wait, and until when."""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.state import Table
from ledger.types import Day, Identifier

MAX_CAPACITY: Final = 100_000
MAX_WAITING: Final = 200
"""Who waits is read and written as a whole, and each may move up in one transaction."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`capacity` places, `waiting` who may wait for one, and volunteers sign up until `last_day`, that day included."""

    capacity: int
    waiting: int
    last_day: Day


@dataclass(frozen=True, slots=True)
class SetTerms:
    """Body and event: an organisation opens sign-up for its activity, or changes the terms."""

    activity: Identifier
    organisation: Identifier
    terms: Terms


terms_codec = codec.struct(
    Terms, codec.integer("capacity", 0, MAX_CAPACITY), codec.integer("waiting", 0, MAX_WAITING), codec.day
)
set_terms_codec = codec.struct(SetTerms, codec.identifier, codec.identifier, terms_codec)
TERMS: Final[Table[Terms]] = Table(b"terms", terms_codec, is_public=True)
