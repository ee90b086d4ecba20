"""A set of authorities that changes while the network has faults, and a model of who decides on which block.

The model is no copy of the product's: it is told of each final block once, and keeps the events that name a next set.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from certificates.handover import build_chain_trust, follow_handover
from contracts.governance import AUTHORITIES_CHANGED, MIN_LEAD_BLOCKS, ChangeAuthorities
from ledger.authorities import Authority, compute_quorum
from ledger.crypto import SigningKey, sha256
from ledger.events import split_entry
from ledger.proofs import Bundle
from ledger.types import Height
from tests.simulation.problems import UnsafeError

CHANGING_SEEDS: Final = 0.35
"""The share of seeds whose set changes. They have places of their own, so that the other seeds are as they were."""


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"simulation key ", name.encode()))


def make_authority(number: int) -> Authority:
    keys = (make_key(f"{number} {role}").public_key for role in ("authority", "cosigner", "log"))
    return Authority(f"simulation.example/a{number}", *keys)


@dataclass
class Sets:
    """Who decides from which height on, as far as blocks have told."""

    genesis: tuple[Authority, ...]
    changes: dict[int, tuple[Authority, ...]] = field(default_factory=dict)

    def find(self, height: int) -> tuple[Authority, ...]:
        """The set that decides on the block at `height`."""
        past = [effective for effective in self.changes if effective <= height]
        return self.changes[max(past)] if past else self.genesis

    def note(self, entries: Iterable[bytes]) -> None:
        """A block with these entries is final."""
        for entry in entries:
            if split_entry(entry)[0] == AUTHORITIES_CHANGED.name:
                changed = AUTHORITIES_CHANGED.decode(entry)
                self.changes[changed.effective_height] = changed.authorities

    def count_changes(self, height: int) -> int:
        """How many changes have taken effect at `height`."""
        return sum(effective <= height for effective in self.changes)

    def check_led(self, chain_id: str, bundles: Sequence[Bundle]) -> None:
        """Raise unless whoever trusts the first set is led by handovers from set to set."""
        policy = build_chain_trust(chain_id, self.genesis)
        for effective, bundle in zip(sorted(self.changes), bundles, strict=False):
            handover = follow_handover(policy, bundle)
            policy = handover.policy
            if handover.effective_height != effective or policy != build_chain_trust(chain_id, self.changes[effective]):
                raise UnsafeError(f"a handover leads to a set that does not decide at {effective}")

    @property
    def last_change(self) -> int:
        """The height from which the newest set decides."""
        return max(self.changes, default=0)


class Changer:
    """Draws changes: authorities come from spare places, go, and hand their name on to new keys."""

    def __init__(self, seed: int, size: int, faulty: Sequence[int], *, is_changing: bool | None = None) -> None:
        self._random = Random(f"sets of {seed}")
        is_drawn = self._random.random() < CHANGING_SEEDS
        is_changing = is_drawn if is_changing is None else is_changing
        self.spares = tuple(range(size, size + self._random.randint(1, 2))) if is_changing else ()
        self.times = self._random.randint(1, 3) if is_changing else 0
        self._faulty = {make_key(f"{number} authority").public_key for number in faulty}

    def draw_delay_ms(self, longest_ms: int) -> int:
        return self._random.randint(0, longest_ms)

    def draw(self, deciding: tuple[Authority, ...], height: int) -> ChangeAuthorities | None:
        """A change that a quorum might want at `height`, None where this one would leave too many liars in charge.

        The first authority stays, since its key signs all that is sent.
        """
        return self._make(self._draw_set(deciding), deciding, height)

    def _draw_set(self, deciding: tuple[Authority, ...]) -> tuple[Authority, ...]:
        others = [make_authority(number) for number in self.spares]
        free = [item for item in others if item.key not in {decider.key for decider in deciding}]
        match self._random.choice(("add", "add", "remove", "rotate")):
            case "add" if free:
                return (*deciding, self._random.choice(free))
            case "rotate" if free and len(deciding) > 1:
                place = self._random.randrange(1, len(deciding))
                renewed = replace(self._random.choice(free), name=deciding[place].name)
                return (*deciding[:place], renewed, *deciding[place + 1 :])
            case _:
                place = self._random.randrange(1, len(deciding)) if len(deciding) > 1 else 0
                return tuple(item for number, item in enumerate(deciding) if number != place)

    def _make(
        self, authorities: tuple[Authority, ...], deciding: tuple[Authority, ...], height: int
    ) -> ChangeAuthorities | None:
        liars = sum(item.key in self._faulty for item in authorities)
        names = {item.name for item in authorities}
        if not authorities or len(names) < len(authorities) or authorities == deciding:
            return None
        if liars > len(authorities) - compute_quorum(len(authorities)):
            return None
        lead = MIN_LEAD_BLOCKS + self._random.randint(0, 3)
        return ChangeAuthorities(Height(height + lead), authorities)
