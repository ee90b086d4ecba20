"""Random operations on ratings."""

from collections.abc import Callable
from typing import Final

from contracts.ratings.given import RATE_KIND, InviteRatings, RateByOfficer, WithdrawInvitation
from ledger.types import Identifier
from tests.contracts.chain import identifier_of, name_of
from tests.contracts.rating_words import make_invitation, make_service_rating
from tests.properties.cases import Draws, Made

RATINGS: Final = tuple(f"q{number}" for number in range(6))


def make_rating_operations(draws: Draws) -> dict[str, Callable[[], Made]]:
    """Return the maker of each kind."""
    return {
        "ratings.invite": lambda: _invite(draws),
        RATE_KIND: lambda: _rate(draws),
        "ratings.withdraw_invitation": lambda: _withdraw(draws),
        "ratings.rate_by_officer": lambda: _by_officer(draws),
    }


def _choose_attended(draws: Draws) -> tuple[str, str]:
    """An activity and a volunteer, mostly with a mark there."""
    marked = sorted(draws.chain.read_table(b"attendance"))
    if not marked or not draws.choose(range(4)):
        return draws.choose(("Shore", "Reading")), draws.choose(("mia", "noa"))
    key = draws.choose(marked)
    return name_of(key[:16].hex()), name_of(key[16:].hex())


def _owner(draws: Draws, activity: str) -> str:
    found = draws.chain.read_table(b"activity").get(identifier_of(activity))
    return "Harbour" if found is None else str(name_of(found.organisation.hex()))


def _invite(draws: Draws) -> Made:
    activity, volunteer = _choose_attended(draws)
    owner = _owner(draws, activity)
    rows = tuple(make_invitation(draws.choose(RATINGS), activity, volunteer) for _ in range(2))
    return draws.choose_officers(owner), InviteRatings(identifier_of(owner), rows)


def _choose_waiting(draws: Draws) -> str:
    waiting = [name for name in RATINGS if identifier_of(name) in draws.chain.read_table(b"rating")]
    return str(draws.choose((*waiting * 8, *RATINGS)))


def _rate(draws: Draws) -> Made:
    rating, score = _choose_waiting(draws), draws.choose((1, 3, 5))
    said = draws.choose((None, None, None, 2))
    token = draws.choose((rating, rating, rating, "q0"))
    return (draws.choose(("mia", "lea", "ann")),), make_service_rating(rating, score, token, said=said)


def _withdraw(draws: Draws) -> Made:
    rating = _choose_waiting(draws)
    waiting = draws.chain.read_table(b"rating").get(identifier_of(rating))
    owner = Identifier(identifier_of("Harbour")) if waiting is None else waiting.organisation
    return draws.choose_officers(name_of(owner.hex())), WithdrawInvitation(owner, identifier_of(rating))


def _by_officer(draws: Draws) -> Made:
    activity, volunteer = _choose_attended(draws)
    owner = _owner(draws, activity)
    ids = identifier_of(owner), identifier_of(activity), identifier_of(volunteer)
    return draws.choose_officers(owner), RateByOfficer(*ids, draws.choose((1, 4, 5)))
