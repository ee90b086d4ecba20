"""Random operations on accounts that end."""

from collections.abc import Callable
from typing import Any

from contracts.accounts.erasing import EraseVolunteer
from ledger.types import Identifier
from tests.contracts.chain import identifier_of, name_of
from tests.properties.cases import Draws

PEOPLE = ("pia", "quinn", "rosa", "pia", "quinn", "rosa", "mia", "old")
"""Who ends: seldom those about whom the ledger is."""


def make_account_operations(draws: Draws) -> dict[str, Callable[[], tuple[tuple[str, ...], Any]]]:
    """Return the maker of each kind."""
    return {"identity.erase_volunteer": lambda: _erase(draws)}


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
