"""Trainings: kinds of record of their own, which never count as hours (Order 67, articles 8 and 19)."""

import click

from cli.office.explaining import commit_to
from cli.options import DATE, IDENTIFIER
from cli.session import Session, sends
from contracts.hours.merits import DropTraining, RecordTraining
from ledger.types import Day, Identifier

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_training = click.argument("training")
_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that records it.")


@click.group()
def command() -> None:
    """Trainings of volunteers."""


@command.command("record")
@_volunteer
@_training
@_organisation
@click.option("--completed", type=DATE, required=True, help="The day on which it was completed.")
@click.option("--expires", type=DATE, required=True, help="The last day on which it is good.")
@click.option("--details", required=True, help="What it was, in words. Only their commitment goes onto the ledger.")
@sends
def record(
    session: Session,
    *,
    volunteer: Identifier,
    training: str,
    organisation: Identifier,
    completed: Day,
    expires: Day,
    details: str,
) -> None:
    """Record that VOLUNTEER has completed TRAINING, a short code of the region (signed by officers as the policy says)."""
    commitment, kept = commit_to(details)
    body = RecordTraining(organisation, volunteer, training, completed, expires, commitment)
    session.carry_out("hours.record_training", body, f"The training {training} is recorded", **kept)


@command.command("drop")
@_volunteer
@_training
@_organisation
@sends
def drop(session: Session, *, volunteer: Identifier, training: str, organisation: Identifier) -> None:
    """Take a training back that the organisation recorded (signed by officers as the policy says)."""
    body = DropTraining(organisation, volunteer, training)
    session.carry_out("hours.drop_training", body, f"The training {training} is taken back")
