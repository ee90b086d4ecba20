"""Random operations on accounts that end."""

from collections.abc import Callable
from typing import Any

from contracts.accounts.carrying import CarryMonth, CarryPlaces
from contracts.accounts.erasing import EraseVolunteer
from contracts.accounts.merging import MergeVolunteers
from contracts.identity.groups import RegisterGroup
from contracts.identity.guardians import EndGuardianship, SetGuardian
from contracts.identity.succession import SucceedOrganisation
from ledger.types import Day, Hash, Identifier
from tests.contracts.chain import identifier_of, key_of, name_of
from tests.properties.cases import Draws

PEOPLE = (*("pia", "quinn", "rosa") * 6, "mia", "old")
"""Who ends: seldom those about whom the ledger is."""
FIRST_DAY = 19_776


def make_account_operations(draws: Draws) -> dict[str, Callable[[], tuple[tuple[str, ...], Any]]]:
    """Return the maker of each kind."""
    return {
        "identity.erase_volunteer": lambda: _erase(draws),
        "identity.merge_volunteers": lambda: _merge(draws),
        "identity.succeed_organisation": lambda: _succeed(draws),
        "identity.set_guardian": lambda: _set_guardian(draws),
        "identity.end_guardianship": lambda: _end_guardianship(draws),
        "identity.register_group": lambda: _register_group(draws),
        "identity.carry_month": lambda: _carry_month(draws),
        "identity.carry_places": lambda: _carry_places(draws),
    }


def _merge(draws: Draws) -> tuple[tuple[str, ...], Any]:
    volunteer, remaining = draws.choose(PEOPLE), draws.choose(("mia", "noa", "mia", "noa", *PEOPLE[:3]))
    found = draws.chain.read_table(b"volunteer").get(identifier_of(remaining))
    officers = draws.choose_officers(name_of(found.enrolled_by.hex())) if found is not None else ("lea",)
    keys = (*draws.choose_keys(volunteer), *draws.choose_keys(remaining))
    authority = draws.choose_authority() if draws.choose(range(2)) else ()
    body = MergeVolunteers(identifier_of(volunteer), identifier_of(remaining))
    return (*officers[:1], *dict.fromkeys((*keys, *authority))), body


def _succeed(draws: Draws) -> tuple[tuple[str, ...], Any]:
    """Seldom of those about whom the ledger is."""
    former, successor = (
        draws.choose((*["Club"] * 8, "Museum", "Museum", "Harbour")),
        draws.choose(("Harbour", "Library", "Museum")),
    )
    body = SucceedOrganisation(identifier_of(former), identifier_of(successor))
    return (*draws.choose_authority(), *draws.choose_officers(successor)), body


def _register_group(draws: Draws) -> tuple[tuple[str, ...], Any]:
    group, guide = draws.choose(("Club", "Club", "Museum")), draws.choose(("Harbour", "Library", "Museum", "Club"))
    keys = tuple(key_of(name).public_key for name in draws.choose((("cy", "dee"), ("cy",), ("ann",))))
    body = RegisterGroup(identifier_of(group), identifier_of(guide), group, keys, draws.choose((1, 1, 2)))
    return draws.choose_officers(guide), body


def _set_guardian(draws: Draws) -> tuple[tuple[str, ...], Any]:
    volunteer = draws.choose((*PEOPLE, "mia"))
    found = draws.chain.read_table(b"volunteer").get(identifier_of(volunteer))
    officers = draws.choose_officers(name_of(found.enrolled_by.hex())) if found is not None else ("lea",)
    guardian = draws.choose((f"guardian {draws.chain.height}", f"guardian {draws.chain.height}", "noa"))
    key = key_of(guardian).public_key
    return (*officers, *draws.choose_authority(), guardian), SetGuardian(identifier_of(volunteer), key)


def _end_guardianship(draws: Draws) -> tuple[tuple[str, ...], Any]:
    wards = [name_of(key.hex()) for key in sorted(draws.chain.read_table(b"guardian"))]
    volunteer = draws.choose((*wards * 8, *PEOPLE))
    found = draws.chain.read_table(b"volunteer").get(identifier_of(volunteer))
    officers = draws.choose_officers(name_of(found.enrolled_by.hex())) if found is not None else ("lea",)
    return officers, EndGuardianship(identifier_of(volunteer))


def _choose_merged(draws: Draws, table: bytes, place: int) -> tuple[Identifier, list[bytes]]:
    """A merged account, mostly one of which a table still has keys; and those keys."""
    merged = draws.chain.read_table(b"merged")
    keys = [key for key in sorted(draws.chain.read_table(table)) if key[place : place + 16] in merged]
    account = draws.choose(sorted(merged)) if merged else identifier_of("mia")
    if keys:
        account = draws.choose(keys)[place : place + 16]
    return Identifier(account), [key for key in keys if key[place : place + 16] == account]


def _carry_month(draws: Draws) -> tuple[tuple[str, ...], Any]:
    account, keys = _choose_merged(draws, b"calendar", 0)
    months = [draws.chain.read_table(b"calendar")[key][0].day for key in keys]
    return ("noa",), CarryMonth(account, draws.choose(months) if months else Day(FIRST_DAY))


def _carry_places(draws: Draws) -> tuple[tuple[str, ...], Any]:
    account, keys = _choose_merged(draws, b"sign-up", 16)
    totals = draws.chain.read_table(b"imported-total")
    sources = tuple(Hash(key[16:]) for key in sorted(totals) if key[:16] == account)
    return ("noa",), CarryPlaces(account, tuple(Identifier(key[:16]) for key in keys), sources)


def _erase(draws: Draws) -> tuple[tuple[str, ...], Any]:
    volunteer = draws.choose(PEOPLE)
    account = identifier_of(volunteer)
    places = [Identifier(key[:16]) for key in sorted(draws.chain.read_table(b"sign-up")) if key[16:] == account]
    holders = draws.chain.read_table(b"certificate-holder")
    numbers = [Identifier(key) for key in sorted(holders) if holders[key] == account]
    if not draws.choose(range(8)):
        places = [*places, identifier_of("Shore")]
    found = draws.chain.read_table(b"volunteer").get(account)
    signers = draws.choose_keys(volunteer)
    if found is not None and (not signers or not draws.choose(range(3))):
        signers = (*draws.choose_officers(name_of(found.enrolled_by.hex())), *draws.choose_authority())
    return signers or ("lea",), EraseVolunteer(account, tuple(places), tuple(numbers))
