"""Cover: insurance of an activity or of a volunteer, attached and withdrawn."""

import click

from certificates.details import compute_public_commitment
from cli.office.builders import new_identifier
from cli.options import DATE, IDENTIFIER
from cli.session import Session, sends
from contracts.activities.cover import AttachCover, Insured, WithdrawCover
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier

_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that vouches for it.")
_activity = click.option("--activity", type=IDENTIFIER, help="The activity that is insured.")
_volunteer = click.option("--volunteer", type=IDENTIFIER, help="Or the volunteer who is.")


@click.group()
def command() -> None:
    """Insurance cover of activities and volunteers."""


@command.command("attach")
@_organisation
@_activity
@_volunteer
@click.option("--first-day", type=DATE, required=True, help="The first day of the cover, such as 2026-01-01.")
@click.option("--last-day", type=DATE, required=True, help="The last day of the cover.")
@click.option("--policy", required=True, help="The insurer's number. Its hash goes onto the ledger, the text does not.")
@sends
def attach(
    session: Session,
    *,
    organisation: Identifier,
    activity: Identifier | None,
    volunteer: Identifier | None,
    first_day: Day,
    last_day: Day,
    policy: str,
) -> None:
    """Say that a policy covers an activity or a volunteer (signed by one officer)."""
    cover, commitment = new_identifier(), compute_public_commitment({"policy": policy})
    body = AttachCover(cover, organisation, *_choose(activity, volunteer), first_day, last_day, commitment)
    session.carry_out("cover.attach", body, f"The cover is {cover.hex()}", cover=cover.hex())


@command.command("withdraw")
@click.argument("cover", type=IDENTIFIER)
@_organisation
@_activity
@_volunteer
@sends
def withdraw(
    session: Session, *, cover: Identifier, organisation: Identifier, activity: Identifier | None, volunteer: Identifier | None
) -> None:
    """Say that a cover does not hold any more (signed by one officer)."""
    body = WithdrawCover(cover, organisation, *_choose(activity, volunteer))
    session.carry_out("cover.withdraw", body, "The cover is withdrawn")


def _choose(activity: Identifier | None, volunteer: Identifier | None) -> tuple[Insured, Identifier]:
    if activity is not None and volunteer is None:
        return Insured.ACTIVITY, activity
    if volunteer is not None and activity is None:
        return Insured.VOLUNTEER, volunteer
    raise HourledgerError(Reason.USAGE, "give either --activity or --volunteer")
