"""What the pseudo-random ledger draws about accounts: bodies, and the names of the keys that sign."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from contracts.accounts.carrying import CarryMonth, CarryPlaces
from contracts.accounts.erasing import EraseVolunteer
from contracts.accounts.merging import MergeVolunteers
from contracts.identity.groups import RegisterGroup
from contracts.identity.guardians import EndGuardianship, SetGuardian
from contracts.identity.succession import SucceedOrganisation
from ledger.crypto import SigningKey, sha256
from ledger.types import Day, Identifier, PublicKey

START_DAY = 1_760_000_000 // 86_400
Drawn = tuple[Any, tuple[str, ...]]
Draw = Callable[[Random, Sequence[Identifier], Sequence[Identifier]], Drawn]


def _erase(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    """Mostly of the one without a key, so that the others go on."""
    index = random.choice((3, 3, 3, 2))
    places = (random.choice(activities),) if random.random() < 0.3 else ()
    signers = random.choice(((f"volunteer {index + 1}",), ("officer 1 1", "officer 1 2", "a")))
    return EraseVolunteer(volunteers[index], places, ()), signers


def _merge(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del activities
    gone, remaining = random.choice(((3, 2), (2, 3), (3, 3), (3, 0)))
    signers = ("officer 1 1", f"volunteer {remaining + 1}", random.choice((f"volunteer {gone + 1}", "a")))
    return MergeVolunteers(volunteers[gone], volunteers[remaining]), signers


def _carry_month(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del activities
    return CarryMonth(volunteers[random.choice((2, 3))], Day(START_DAY + random.choice((-30, 0)))), ("stranger", "volunteer 1")


def _carry_places(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    return CarryPlaces(volunteers[random.choice((2, 3))], (random.choice(activities),), ()), ("volunteer 1",)


def _succeed(random: Random, _volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    names = [Identifier(sha256(b"property identifier ", f"organisation {name}".encode())[:16]) for name in ("3", "1", "2")]
    former = names[0] if random.random() < 0.9 else names[2]
    return SucceedOrganisation(former, names[1]), ("a", "officer 1 1", "officer 1 2")


def _register_group(random: Random, volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    guide = Identifier(sha256(b"property identifier organisation 1")[:16])
    group = random.choice((volunteers[0], Identifier(sha256(b"property identifier organisation 3")[:16])))
    keys = (make_public_key("officer 3 1"), make_public_key("officer 3 2"))
    return RegisterGroup(group, guide, "Group", keys, random.randint(0, 2)), ("officer 1 1", "officer 1 2")


def _set_guardian(random: Random, volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    name = f"guardian {random.randrange(99)}"
    return SetGuardian(volunteers[3], make_public_key(name)), ("officer 1 1", "officer 1 2", "a", name)


def _end_guardianship(_random: Random, volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    return EndGuardianship(volunteers[3]), ("officer 1 1", "officer 1 2")


def make_public_key(name: str) -> PublicKey:
    """The key of this name, as the ledger's script has it."""
    return SigningKey(sha256(b"property key ", name.encode())).public_key


ACCOUNT_DRAWS: Mapping[str, Draw] = {
    "identity.erase_volunteer": _erase,
    "identity.merge_volunteers": _merge,
    "identity.succeed_organisation": _succeed,
    "identity.register_group": _register_group,
    "identity.set_guardian": _set_guardian,
    "identity.end_guardianship": _end_guardianship,
    "identity.carry_month": _carry_month,
    "identity.carry_places": _carry_places,
}
