"""What the pseudo-random ledger draws about ratings: bodies, and the names of the keys that sign."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from contracts.ratings.given import (
    RATE_KIND,
    Invitation,
    InviteRatings,
    RateByOfficer,
    RateService,
    WithdrawInvitation,
)
from contracts.tokens import Statement, compute_token_hash, sign_statement
from ledger.crypto import SigningKey, sha256
from ledger.types import Identifier
from tests.properties.account_script import Draw, Drawn
from tests.properties.order_script import CHAIN_ID, OFFICERS, ORGANISATION

RATINGS: Final = tuple(Identifier(sha256(b"rating %d" % number)[:16]) for number in range(4))


def _token(rating: Identifier) -> SigningKey:
    return SigningKey(sha256(b"rating token ", rating))


def _invite(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    rows = tuple(
        Invitation(rating, activities[0], random.choice(volunteers[:2]), compute_token_hash(_token(rating).public_key))
        for rating in random.sample(RATINGS, 2)
    )
    return InviteRatings(ORGANISATION, rows), OFFICERS


def _rate(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    rating, score = random.choice(RATINGS), random.randint(1, 5)
    signature = sign_statement(_token(rating), Statement(CHAIN_ID, RATE_KIND, rating, score))
    return RateService(rating, score, _token(rating).public_key, signature), ("volunteer 1",)


def _withdraw(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    del volunteers, activities
    return WithdrawInvitation(ORGANISATION, random.choice(RATINGS)), OFFICERS


def _by_officer(random: Random, volunteers: Sequence[Identifier], activities: Sequence[Identifier]) -> Drawn:
    return RateByOfficer(ORGANISATION, activities[0], random.choice(volunteers[:2]), random.randint(1, 5)), OFFICERS


RATING_DRAWS: Mapping[str, Draw] = {
    "ratings.invite": _invite,
    RATE_KIND: _rate,
    "ratings.withdraw_invitation": _withdraw,
    "ratings.rate_by_officer": _by_officer,
}
