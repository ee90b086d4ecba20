"""Projects: activities that belong together, from setting up to the evaluation."""

import click

from certificates.details import compute_public_commitment
from certificates.jcs import JsonObject
from cli.commands.activity_people import find_organisation
from cli.office.answers import parse_identifier_hex
from cli.office.builders import new_identifier
from cli.options import IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks, sends
from contracts.activities.projects import MAX_GRADE, CloseProject, EvaluateProject, OpenProject, PlaceActivity
from ledger.types import Identifier

_project = click.argument("project", type=IDENTIFIER)


@click.group("project")
def command() -> None:
    """Projects of an organisation."""


@command.command("open")
@click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation's identifier.")
@click.option("--name", required=True, help="The project's name. Its hash goes onto the ledger, the text does not.")
@click.option("--improves", type=IDENTIFIER, help="An evaluated project that this one learns from.")
@sends
def open_project(session: Session, *, organisation: Identifier, name: str, improves: Identifier | None) -> None:
    """Set up a project (signed by one officer)."""
    identifier = new_identifier()
    details: JsonObject = {"project_name": name}
    body = OpenProject(identifier, organisation, improves, compute_public_commitment(details))
    more = {"project": identifier.hex(), "details": details}
    session.carry_out("activities.open_project", body, f"The project is {identifier.hex()}", **more)


@command.command("place")
@_project
@click.argument("activity", type=IDENTIFIER)
@sends
def place_activity(session: Session, *, project: Identifier, activity: Identifier) -> None:
    """Put an activity under a project (signed by one officer)."""
    body = PlaceActivity(activity, find_organisation(session, activity), project)
    session.carry_out("activities.place", body, "The activity belongs to the project")


@command.command("remove")
@click.argument("activity", type=IDENTIFIER)
@sends
def remove_activity(session: Session, *, activity: Identifier) -> None:
    """Take an activity out of its project (signed by one officer)."""
    body = PlaceActivity(activity, find_organisation(session, activity), None)
    session.carry_out("activities.place", body, "The activity belongs to no project")


@command.command("close")
@_project
@sends
def close_project(session: Session, *, project: Identifier) -> None:
    """Close a project whose activities are all closed or cancelled (signed by one officer)."""
    session.carry_out("activities.close_project", CloseProject(project, _find_owner(session, project)), "The project is closed")


@command.command("evaluate")
@_project
@click.option("--grade", type=click.IntRange(1, MAX_GRADE), required=True, help="From 1, failed, to 5, excellent.")
@click.option("--report", required=True, help="The report's text. Its hash goes onto the ledger, the text does not.")
@sends
def evaluate_project(session: Session, *, project: Identifier, grade: int, report: str) -> None:
    """Evaluate a closed project (signed by officers as the policy says)."""
    commitment = compute_public_commitment({"report": report})
    body = EvaluateProject(project, _find_owner(session, project), grade, commitment)
    session.carry_out("activities.evaluate_project", body, "The project is evaluated", report_hash=commitment.hex())


@command.command("show")
@_project
@asks
def show_project(session: Session, *, project: Identifier) -> None:
    """Show a project as everybody may see it."""
    document = session.client.get_json(f"/v1/projects/{project.hex()}")
    session.output.give(document, format_json(document))


def _find_owner(session: Session, project: Identifier) -> Identifier:
    return parse_identifier_hex(str(session.client.get_json(f"/v1/projects/{project.hex()}")["organisation"]))
