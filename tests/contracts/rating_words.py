"""What the tables of ledgers say about ratings and scores."""

from datetime import date
from typing import Any

from contracts.ratings.given import (
    RATE_KIND,
    Invitation,
    InviteRatings,
    RateByOfficer,
    RateService,
    WithdrawInvitation,
)
from contracts.ratings.score import compute_score, load_inputs
from contracts.tokens import Statement, compute_token_hash, sign_statement
from ledger.genesis import to_day
from tests.contracts.chain import CHAIN_ID, Chain, identifier_of, key_of


def make_invitation(rating: str, activity: str, volunteer: str) -> Invitation:
    """An invitation whose token is named like it."""
    ids = identifier_of(rating), identifier_of(activity), identifier_of(volunteer)
    return Invitation(*ids, compute_token_hash(key_of(f"token {rating}").public_key))


def make_service_rating(rating: str, score: int, token: str, *, said: int | None = None) -> RateService:
    """A rating with a token; where `said` is another score, somebody altered it on the way."""
    key = key_of(f"token {token}")
    statement = Statement(CHAIN_ID, RATE_KIND, identifier_of(rating), said or score)
    return RateService(identifier_of(rating), score, key.public_key, sign_statement(key, statement))


def parse_rating(words: list[str], rows: list[str]) -> tuple[str, Any] | None:
    """Kind and body of what a row says, None where it is about something else."""
    match words:
        case ["invite", "ratings", "by", name]:
            return "ratings.invite", InviteRatings(identifier_of(name), tuple(make_invitation(*row.split()) for row in rows))
        case ["rate", "service", rating, score, "with", "token", token, *altered]:
            return RATE_KIND, make_service_rating(rating, int(score), token, said=int(altered[-1]) if altered else None)
        case ["withdraw", "rating", rating, "of", name]:
            return "ratings.withdraw_invitation", WithdrawInvitation(identifier_of(name), identifier_of(rating))
        case ["rate", volunteer, "in", activity, "by", name, score]:
            ids = identifier_of(name), identifier_of(activity), identifier_of(volunteer)
            return "ratings.rate_by_officer", RateByOfficer(*ids, int(score))
    return None


def describe_rating(chain: Chain, words: list[str]) -> str | None:
    """Answer a question of a table about ratings; None where it is about something else."""
    match words:
        case ["ratings", name]:
            tally = chain.read_table(b"rating-tally").get(identifier_of(name))
            if tally is None:
                return "none"
            return f"served {tally.served_sum}/{tally.served_count}, officers {tally.officer_sum}/{tally.officer_count}"
        case ["score", name, day]:
            inputs = load_inputs(chain, identifier_of(name), to_day(date.fromisoformat(day)))
            return str(compute_score(inputs))
    return None
