"""Stars: publicised for some days, so that whoever knows better can object, and awarded then."""

import click

from cli.office.builders import new_identifier
from cli.office.explaining import commit_to
from cli.options import IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.certificates.stars import MAX_STARS, DecideStar, ObjectToStar, PublicizeStar
from ledger.types import Identifier

_award = click.argument("award", type=IDENTIFIER)
_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation whose award it is.")


@click.group()
def command() -> None:
    """Star awards of volunteers."""


@command.command("publicize")
@click.argument("volunteer", type=IDENTIFIER)
@_organisation
@click.option("--stars", type=click.IntRange(1, MAX_STARS), required=True, help="How many.")
@sends
def publicize(session: Session, *, volunteer: Identifier, organisation: Identifier, stars: int) -> None:
    """Announce stars for VOLUNTEER (signed by officers as the policy says). They are awarded when the days are over."""
    award = new_identifier()
    body = PublicizeStar(award, organisation, volunteer, stars)
    session.carry_out("certificates.publicize_star", body, f"The award is {award.hex()}", award=award.hex())


@command.command("object")
@_award
@_organisation
@click.option("--objector", type=IDENTIFIER, required=True, help="The volunteer or the organisation that objects.")
@click.option("--grounds", required=True, help="Why, in words. Only their commitment goes onto the ledger.")
@sends
def object_to(session: Session, *, award: Identifier, organisation: Identifier, objector: Identifier, grounds: str) -> None:
    """Object while an award is publicised (signed by the objecting volunteer, or one officer of the objecting organisation)."""
    commitment, kept = commit_to(grounds)
    body = ObjectToStar(award, organisation, objector, commitment)
    session.carry_out("certificates.object_to_star", body, "The objection is on record", **kept)


@command.command("award")
@_award
@_organisation
@sends
def award_star(session: Session, *, award: Identifier, organisation: Identifier) -> None:
    """Award what was publicised (signed by officers as the policy says; after an objection by an authority too)."""
    session.carry_out("certificates.award_star", DecideStar(award, organisation), "The stars are awarded")


@command.command("withdraw")
@_award
@_organisation
@sends
def withdraw(session: Session, *, award: Identifier, organisation: Identifier) -> None:
    """Withdraw what was publicised and not awarded (signed by officers as the policy says)."""
    session.carry_out("certificates.withdraw_star", DecideStar(award, organisation), "The award is withdrawn")


@command.command("show")
@_award
@asks_with_key
def show(session: Session, *, award: Identifier) -> None:
    """Show an award (asked for with the key of the volunteer, an officer, or whoever objected)."""
    document = session.client.get_json(f"/v1/stars/{award.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))
