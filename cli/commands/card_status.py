"""Whether a business card stands: looked up, suspended, reinstated, revoked."""

from pathlib import Path
from typing import Final

import click

from cli.office.answers import parse_answer
from cli.office.files import write_whole
from cli.office.positions import fetch_position_status
from cli.options import IDENTIFIER, PATH
from cli.output import format_json
from cli.session import Session, asks, asks_with_key, sends
from contracts.card_table import AboutCard
from ledger.types import Identifier

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_position = click.option(
    "--position",
    type=click.IntRange(0, 2**31 - 1),
    help="The card's position, where an authority asks. Otherwise the newest's.",
)


def _find_position(session: Session, volunteer: Identifier, position: int | None) -> int:
    """Return the position that was given, or that of the volunteer's newest card, which only the volunteer may ask for."""
    if position is not None:
        return position
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}/card", key=session.load_key())
    return parse_answer(lambda answer: int(answer["position"]), document)


@click.command("status")
@_volunteer
@asks_with_key
def status(session: Session, *, volunteer: Identifier) -> None:
    """Show which card of a volunteer is on record, and whether it stands (asked for with the account's key or the card's)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}/card", key=session.load_key())
    session.output.give(document, format_json(document))


@click.command("save-status")
@click.argument("position", type=click.IntRange(0, 2**31 - 1))
@click.option("--out", type=PATH, required=True, help="The file to write.")
@asks
def save_status(session: Session, *, position: int, out: Path) -> None:
    """Save the proof of what the ledger says of POSITION, for hourledger verify --status where there is no network."""
    write_whole(out, fetch_position_status(session.client, position))
    session.output.give({"status": str(out)}, f"The proof of the status is in {out}.")


@click.command("suspend")
@_volunteer
@_position
@sends
def suspend(session: Session, *, volunteer: Identifier, position: int | None) -> None:
    """Let a card not be good for now (signed by the volunteer or by an authority)."""
    body = AboutCard(volunteer, _find_position(session, volunteer, position))
    session.carry_out("cards.suspend", body, "The card is suspended", position=body.position)


@click.command("reinstate")
@_volunteer
@_position
@sends
def reinstate(session: Session, *, volunteer: Identifier, position: int | None) -> None:
    """Let a suspended card be good again (signed by the volunteer; where an authority suspended it, by an authority)."""
    body = AboutCard(volunteer, _find_position(session, volunteer, position))
    session.carry_out("cards.reinstate", body, "The card is good again", position=body.position)


@click.command("revoke")
@_volunteer
@_position
@sends
def revoke(session: Session, *, volunteer: Identifier, position: int | None) -> None:
    """Take back a card for good (signed by the volunteer or by an authority)."""
    body = AboutCard(volunteer, _find_position(session, volunteer, position))
    session.carry_out("cards.revoke", body, "The card is revoked", position=body.position)


COMMANDS: Final = (status, save_status, suspend, reinstate, revoke)
