"""The state of training: who has had which, and until when it is good. Records fill it; sign-up to activities reads it."""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import Codec
from ledger.state import Table, View
from ledger.types import Day, Identifier


@dataclass(frozen=True, slots=True)
class Training:
    """A training as it was completed last; good up to and including `expires_day`."""

    organisation: Identifier
    completed_day: Day
    expires_day: Day


training_code: Codec[str] = codec.text("training code", 32)
TRAININGS: Final[Table[Training]] = Table(b"training", codec.struct(Training, codec.identifier, codec.day, codec.day))
"""Key: volunteer, then the training's code."""
TABLES: Final = (TRAININGS,)


def has_training(state: View, volunteer: Identifier, code: str, day: Day) -> bool:
    """Whether a volunteer has a training of this code that is good on a day."""
    training = TRAININGS.get(state, volunteer, code.encode())
    return training is not None and training.expires_day >= day
