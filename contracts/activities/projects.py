"""Projects: activities that belong together, from setting up to the evaluation (DOMAIN section 2, S17).

A project is open while its activities are carried out, closed when they are, and evaluated at the end. A project that improves
on an evaluated one names it. What it is about, and the report, stay off the chain; their commitment and hash are on it.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.activities.published import require_activity
from contracts.identity.parties import require_officers, require_own_officers
from contracts.kinds import Kind
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Hash, Identifier

MAX_GRADE: Final = 5
MAX_OPEN_ACTIVITIES: Final = 10_000


class ProjectStatus(IntEnum):
    """How far a project is."""

    OPEN = 1
    CLOSED = 2
    EVALUATED = 3


@dataclass(frozen=True, slots=True)
class Project:
    """An organisation's project. `open_activities` of those under it are neither closed nor cancelled."""

    organisation: Identifier
    status: ProjectStatus
    open_activities: int
    details: Hash


@dataclass(frozen=True, slots=True)
class OpenProject:
    """Body and event: an organisation sets up a project; `improves` is an evaluated one that it learns from."""

    project: Identifier
    organisation: Identifier
    improves: Identifier | None
    details: Hash


@dataclass(frozen=True, slots=True)
class PlaceActivity:
    """Body and event: an activity belongs to a project, or, with None, to none any more."""

    activity: Identifier
    organisation: Identifier
    project: Identifier | None


@dataclass(frozen=True, slots=True)
class CloseProject:
    """Body and event: a project is carried out."""

    project: Identifier
    organisation: Identifier


@dataclass(frozen=True, slots=True)
class EvaluateProject:
    """Body and event: the result of a project, from 1 (failed) to 5 (excellent), and the hash of the report."""

    project: Identifier
    organisation: Identifier
    grade: int
    report: Hash


_open = codec.struct(OpenProject, codec.identifier, codec.identifier, codec.optional(codec.identifier), codec.hash_)
_place = codec.struct(PlaceActivity, codec.identifier, codec.identifier, codec.optional(codec.identifier))
_close = codec.struct(CloseProject, codec.identifier, codec.identifier)
_evaluate = codec.struct(EvaluateProject, codec.identifier, codec.identifier, codec.integer("grade", 1, MAX_GRADE), codec.hash_)
_count = codec.integer("open activities", 0, MAX_OPEN_ACTIVITIES)

PROJECTS: Final[Table[Project]] = Table(
    b"project", codec.struct(Project, codec.identifier, codec.member(ProjectStatus), _count, codec.hash_), is_public=True
)
PROJECT_OF: Final[Table[Identifier]] = Table(b"project-of", codec.identifier, is_public=True)
PROJECT_OPENED: Final = EventType("activities.project_opened", _open)
ACTIVITY_PLACED: Final = EventType("activities.placed", _place)
PROJECT_CLOSED: Final = EventType("activities.project_closed", _close)
PROJECT_EVALUATED: Final = EventType("activities.project_evaluated", _evaluate)


def open_project(state: Overlay, body: OpenProject, context: TransactionContext) -> Effects:
    """Set up a project (signed by one officer)."""
    require_own_officers(state, context, body.organisation, count=1)
    if PROJECTS.has(state, body.project):
        raise Rejection(Reason.ALREADY_EXISTS, "the project's identifier is taken", body.project.hex())
    if body.improves is not None:
        earlier = _require_project(state, body.improves, body.organisation)
        if earlier.status is not ProjectStatus.EVALUATED:
            raise Rejection(Reason.PROJECT_OPEN, "the project to improve on is not evaluated", body.improves.hex())
    PROJECTS.put(state, Project(body.organisation, ProjectStatus.OPEN, 0, body.details), body.project)
    return Effects((PROJECT_OPENED.encode(body),))


def place_activity(state: Overlay, body: PlaceActivity, context: TransactionContext) -> Effects:
    """Put an open activity under a project, or take it out (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    require_activity(state, body.activity, body.organisation)
    project = None if body.project is None else _require_open(state, body.project, body.organisation)
    if project is not None and project.open_activities >= MAX_OPEN_ACTIVITIES:
        raise Rejection(Reason.ACTIVITY_FULL, "the project has too many open activities", str(project.open_activities))
    if PROJECT_OF.get(state, body.activity) == body.project:
        raise Rejection(Reason.NO_CHANGE, "the activity is there already", body.activity.hex())
    finish_activity(state, body.activity)
    if project is None or body.project is None:
        PROJECT_OF.delete(state, body.activity)
    else:
        PROJECT_OF.put(state, body.project, body.activity)
        PROJECTS.put(state, replace(project, open_activities=project.open_activities + 1), body.project)
    return Effects((ACTIVITY_PLACED.encode(body),))


def finish_activity(state: Overlay, activity: Identifier) -> None:
    """Count an activity out of the open ones of its project, if it has one."""
    identifier = PROJECT_OF.get(state, activity)
    project = None if identifier is None else PROJECTS.get(state, identifier)
    if identifier is not None and project is not None:
        PROJECTS.put(state, replace(project, open_activities=project.open_activities - 1), identifier)


def close_project(state: Overlay, body: CloseProject, context: TransactionContext) -> Effects:
    """Close a project whose activities are all closed or cancelled (signed by one officer)."""
    require_officers(state, context, body.organisation, count=1)
    project = _require_open(state, body.project, body.organisation)
    if project.open_activities:
        raise Rejection(Reason.PROJECT_OPEN, "activities of the project are open", str(project.open_activities))
    PROJECTS.put(state, replace(project, status=ProjectStatus.CLOSED), body.project)
    return Effects((PROJECT_CLOSED.encode(body),))


def evaluate_project(state: Overlay, body: EvaluateProject, context: TransactionContext) -> Effects:
    """Evaluate a closed project, once (signed by officers as the policy says)."""
    require_officers(state, context, body.organisation)
    project = _require_project(state, body.project, body.organisation)
    if project.status is ProjectStatus.EVALUATED:
        raise Rejection(Reason.PROJECT_CLOSED, "the project is evaluated already", body.project.hex())
    if project.status is ProjectStatus.OPEN:
        raise Rejection(Reason.PROJECT_OPEN, "the project is not closed", body.project.hex())
    PROJECTS.put(state, replace(project, status=ProjectStatus.EVALUATED), body.project)
    return Effects((PROJECT_EVALUATED.encode(body),))


def _require_project(state: View, identifier: Identifier, organisation: Identifier) -> Project:
    project = PROJECTS.get(state, identifier)
    if project is None or project.organisation != organisation:
        raise Rejection(Reason.UNKNOWN_PROJECT, "the organisation has no such project", identifier.hex())
    return project


def _require_open(state: View, identifier: Identifier, organisation: Identifier) -> Project:
    project = _require_project(state, identifier, organisation)
    if project.status is not ProjectStatus.OPEN:
        raise Rejection(Reason.PROJECT_CLOSED, "the project is closed", identifier.hex())
    return project


KINDS: Final = (
    Kind("activities.open_project", _open, open_project),
    Kind("activities.place", _place, place_activity),
    Kind("activities.close_project", _close, close_project),
    Kind("activities.evaluate_project", _evaluate, evaluate_project),
)
EVENTS: Final = (PROJECT_OPENED, ACTIVITY_PLACED, PROJECT_CLOSED, PROJECT_EVALUATED)
TABLES: Final = (PROJECTS, PROJECT_OF)
