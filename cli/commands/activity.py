"""Activities: published before hours are recorded for them, changed, called off, closed; and who takes part."""

from dataclasses import replace
from pathlib import Path

import click

from certificates.details import compute_public_commitment
from cli.commands import activity_people, activity_projects
from cli.office.desk import Desk
from cli.office.importer import publish as publish_activities
from cli.office.record_book import KnownActivity
from cli.options import DATE, IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks, open_desk, works_at_desk
from contracts.activities import ActivityClass, CloseActivity
from contracts.activities.changes import CancelActivity, Cancellation, ChangeActivity
from contracts.activities.published import MAX_COEFFICIENT, NO_COEFFICIENT
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier

_CLASSES = [item.name.lower() for item in ActivityClass]


@click.group()
def command() -> None:
    """Activities of an organisation."""


@command.command("publish")
@click.argument("reference")
@click.option("--name", required=True, help="The activity's name. Its hash goes onto the ledger, the text does not.")
@click.option("--class", "class_name", type=click.Choice(_CLASSES), default="service", show_default=True, help="What it is.")
@click.option("--first-day", type=DATE, required=True, help="Such as 2026-10-11.")
@click.option("--last-day", type=DATE, help="Otherwise the first day.")
@click.option(
    "--coefficient",
    type=click.IntRange(1, MAX_COEFFICIENT),
    default=100,
    show_default=True,
    help="Points that its hours earn for its difficulty, in percent.",
)
@works_at_desk
def publish(
    session: Session,
    *,
    reference: str,
    name: str,
    class_name: str,
    first_day: Day,
    last_day: Day | None,
    coefficient: int,
    office: Path,
    organisation: Identifier | None,
) -> None:
    """Publish the activity that the organisation's files call REFERENCE (signed by one officer).

    With a coefficient of its own it is signed by officers as the policy says.
    """
    activity_class = ActivityClass[class_name.upper()]
    with open_desk(session, office, organisation) as desk:
        identifier = desk.book.compute_activity(reference, activity_class, first_day)
        document = {"activity": identifier.hex(), "reference": reference, "dry_run": session.is_dry_run}
        activity = KnownActivity(
            identifier, reference, activity_class, first_day, last_day or first_day, name, is_published=False
        )
        if session.is_dry_run:
            session.output.give(document, f"{name} would be published as {identifier.hex()}.")
            return
        _require_signatures(desk, coefficient)
        desk.resume()
        publish_activities(desk, (activity,), coefficient)
        session.output.give(document, f"{name} is published as {identifier.hex()}.")


def _require_signatures(desk: Desk, coefficient: int) -> None:
    """Raise `HourledgerError` before anything is kept that the ledger would refuse."""
    if coefficient != NO_COEFFICIENT and not desk.policy.is_met_by(key.public_key for key in desk.keys):
        detail = "a coefficient takes as many officers as certify hours: name the key of each with --key"
        raise HourledgerError(Reason.INSUFFICIENT_SIGNATURES, detail, f"{coefficient} %")


@command.command("close")
@click.argument("reference")
@works_at_desk
def close(session: Session, *, reference: str, office: Path, organisation: Identifier | None) -> None:
    """Close the activity that the organisation's files call REFERENCE (signed by one officer)."""
    with open_desk(session, office, organisation) as desk:
        for item in _find_published(desk, reference):
            done = f"{reference} is closed"
            session.carry_out("activities.close", CloseActivity(item.activity, desk.organisation), done)


@command.command("cancel")
@click.argument("reference")
@click.option("--why", type=click.Choice([item.name.lower() for item in Cancellation]), required=True, help="The reason.")
@works_at_desk
def cancel(session: Session, *, reference: str, why: str, office: Path, organisation: Identifier | None) -> None:
    """Call off the activity that the organisation's files call REFERENCE, on its first day at the latest."""
    with open_desk(session, office, organisation) as desk:
        item = _find_one(desk, reference)
        body = CancelActivity(item.activity, desk.organisation, Cancellation[why.upper()])
        session.carry_out("activities.cancel", body, f"{reference} is called off")


@command.command("change")
@click.argument("reference")
@click.option("--name", help="Another name.")
@click.option("--first-day", type=DATE, help="Another first day.")
@click.option("--last-day", type=DATE, help="Another last day.")
@works_at_desk
def change(
    session: Session,
    *,
    reference: str,
    name: str | None,
    first_day: Day | None,
    last_day: Day | None,
    office: Path,
    organisation: Identifier | None,
) -> None:
    """Change name or days of the activity that the organisation's files call REFERENCE (signed by one officer)."""
    with open_desk(session, office, organisation) as desk:
        old = _find_one(desk, reference)
        days = old.first_day if first_day is None else first_day, old.last_day if last_day is None else last_day
        new = replace(old, first_day=days[0], last_day=days[1], details=name or old.details)
        details = compute_public_commitment({"activity_name": new.details, "reference": reference})
        body = ChangeActivity(old.activity, desk.organisation, *days, details)
        session.carry_out("activities.change", body, f"{reference} is changed")
        if not session.is_dry_run:
            desk.book.add_activity(new)


def _find_published(desk: Desk, reference: str) -> list[KnownActivity]:
    found = [item for item in desk.book.find_activities(reference) if item.is_published]
    if not found:
        raise HourledgerError(Reason.UNKNOWN_ACTIVITY, "the record book has no such activity", reference)
    return found


def _find_one(desk: Desk, reference: str) -> KnownActivity:
    """Return the newest activity of a reference: an earlier one has begun before it."""
    return max(_find_published(desk, reference), key=lambda item: item.first_day)


@command.command("show")
@click.argument("activity", type=IDENTIFIER)
@asks
def show(session: Session, *, activity: Identifier) -> None:
    """Show an activity as everybody may see it."""
    document = session.client.get_json(f"/v1/activities/{activity.hex()}")
    session.output.give(document, format_json(document))


for _command in (*activity_people.COMMANDS, activity_projects.command):
    command.add_command(_command)
