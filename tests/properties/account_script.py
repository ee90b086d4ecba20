"""What the pseudo-random ledger draws about accounts: bodies, and the names of the keys that sign."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from contracts.accounts.erasing import EraseVolunteer
from ledger.types import Identifier

Drawn = tuple[Any, tuple[str, ...]]
Draw = Callable[[Random, Sequence[Identifier], Sequence[Identifier]], Drawn]


def _erase(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    """Mostly of the one without a key, so that the others go on."""
    index = random.choice((3, 3, 3, 2))
    places = (random.choice(activities),) if random.random() < 0.3 else ()
    signers = random.choice(((f"volunteer {index + 1}",), ("officer 1 1", "officer 1 2", "a")))
    return EraseVolunteer(volunteers[index], places, ()), signers


ACCOUNT_DRAWS: Mapping[str, Draw] = {"identity.erase_volunteer": _erase}
