"""Ratings of service: by who was served, with a one-time token, and by the person in charge; and the score."""

import secrets
from typing import Final

import click

from cli.office.builders import new_identifier
from cli.options import HASH, IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.ratings.given import (
    RATE_KIND,
    Invitation,
    InviteRatings,
    RateByOfficer,
    RateService,
    WithdrawInvitation,
)
from contracts.tokens import MAX_SCORE, MIN_SCORE, Statement, compute_token_hash, sign_statement
from ledger.crypto import SigningKey
from ledger.types import Hash, Identifier

_SEED_BYTES: Final = 32
_SCORE: Final = click.IntRange(MIN_SCORE, MAX_SCORE)
_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that ran the activity.")
_activity = click.option("--activity", type=IDENTIFIER, required=True, help="The activity.")


@click.group()
def command() -> None:
    """Ratings of volunteers' service, and their score."""


@command.command("invite")
@click.argument("volunteers", type=IDENTIFIER, nargs=-1, required=True)
@_organisation
@_activity
@sends
def invite(session: Session, *, volunteers: tuple[Identifier, ...], organisation: Identifier, activity: Identifier) -> None:
    """Let the service of VOLUNTEERS who attended be rated (signed by one officer).

    The answer has a token for each, once: hand it to who was served. Nobody can find it out again.
    """
    tokens = [SigningKey(secrets.token_bytes(_SEED_BYTES)) for _ in volunteers]
    rows = tuple(
        Invitation(new_identifier(), activity, volunteer, compute_token_hash(token.public_key))
        for volunteer, token in zip(volunteers, tokens, strict=True)
    )
    given = [
        {"volunteer": row.volunteer.hex(), "rating": row.rating.hex(), "token": token.seed.hex()}
        for row, token in zip(rows, tokens, strict=True)
    ]
    lines = [f"{item['volunteer']}: rating {item['rating']}, token {item['token']}" for item in given]
    session.carry_out("ratings.invite", InviteRatings(organisation, rows), "\n".join((*lines, "Invited")), ratings=given)


@command.command("rate")
@click.argument("rating", type=IDENTIFIER)
@click.option("--score", type=_SCORE, required=True, help="From 1 to 5.")
@click.option("--token", type=HASH, required=True, help="The token that was handed to who was served.")
@sends
def rate(session: Session, *, rating: Identifier, score: int, token: Hash) -> None:
    """Rate a service, once, with the token of RATING. Any registered key sends it, and cannot alter it."""
    key = SigningKey(token)
    statement = Statement(session.client.get_status().chain_id, RATE_KIND, rating, score)
    body = RateService(rating, score, key.public_key, sign_statement(key, statement))
    session.carry_out("ratings.rate", body, "The service is rated")


@command.command("withdraw")
@click.argument("rating", type=IDENTIFIER)
@_organisation
@sends
def withdraw(session: Session, *, rating: Identifier, organisation: Identifier) -> None:
    """Wait for RATING no longer, say because its token was lost (signed by one officer)."""
    body = WithdrawInvitation(organisation, rating)
    session.carry_out("ratings.withdraw_invitation", body, "The rating is waited for no longer")


@command.command("officer")
@click.argument("volunteer", type=IDENTIFIER)
@_organisation
@_activity
@click.option("--score", type=_SCORE, required=True, help="From 1 to 5.")
@sends
def officer(session: Session, *, volunteer: Identifier, organisation: Identifier, activity: Identifier, score: int) -> None:
    """Rate the service of VOLUNTEER in an activity as the person in charge, once (signed by one officer)."""
    body = RateByOfficer(organisation, activity, volunteer, score)
    session.carry_out("ratings.rate_by_officer", body, "The service is rated")


@command.command("score")
@click.argument("volunteer", type=IDENTIFIER)
@asks_with_key
def show_score(session: Session, *, volunteer: Identifier) -> None:
    """Show the score of VOLUNTEER, the version of its formula and what it was computed from (to the volunteer)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}/score", key=session.load_key())
    session.output.give(document, format_json(document))
