"""Who takes part in an activity: terms, sign-up, attendance, and notices given."""

from dataclasses import replace

import click

from certificates.details import compute_public_commitment
from cli.office.answers import parse_identifier_hex
from cli.options import DATE, IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks_with_key, sends
from contracts.activities.attendance import AttendanceMark, ExcuseAbsence, Mark, MarkAttendance
from contracts.activities.notices import GiveNotice, Subject
from contracts.activities.sign_ups import SignUpVolunteer, WithdrawVolunteer
from contracts.activities.terms import MAX_CAPACITY, MAX_TRAININGS, MAX_WAITING, Risk, SetTerms, Terms
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier

_activity = click.argument("activity", type=IDENTIFIER)
_volunteer = click.option("--volunteer", type=IDENTIFIER, required=True, help="The volunteer's identifier.")
_day = click.option("--day", type=DATE, required=True, help="Such as 2026-10-11.")


def find_organisation(session: Session, activity: Identifier) -> Identifier:
    """Return whose an activity is, as the node tells it."""
    return parse_identifier_hex(str(session.client.get_json(f"/v1/activities/{activity.hex()}")["organisation"]))


@click.command("terms")
@_activity
@click.option("--places", type=click.IntRange(0, MAX_CAPACITY), required=True, help="How many can take part.")
@click.option("--waiting", type=click.IntRange(0, MAX_WAITING), default=0, show_default=True, help="How many may wait.")
@click.option("--until", type=DATE, required=True, help="The last day on which volunteers sign up themselves.")
@click.option("--hazardous", is_flag=True, help="The activity may endanger a person, so it needs insurance cover.")
@click.option(
    "--training", "trainings", multiple=True, help="Code of a training that is asked for. May be given several times."
)
@sends
def set_terms(
    session: Session,
    *,
    activity: Identifier,
    places: int,
    waiting: int,
    until: Day,
    hazardous: bool,
    trainings: tuple[str, ...],
) -> None:
    """Open sign-up for an activity, or change its terms (signed by one officer)."""
    if len(trainings) > MAX_TRAININGS:
        raise HourledgerError(Reason.USAGE, f"an activity asks for {MAX_TRAININGS} trainings at most", str(len(trainings)))
    terms = Terms(places, waiting, until, Risk.HAZARDOUS if hazardous else Risk.ORDINARY, trainings)
    body = SetTerms(activity, find_organisation(session, activity), terms)
    session.carry_out("activities.set_terms", body, f"Sign-up is open for {places} places")


@click.command("sign-up")
@_activity
@_volunteer
@sends
def sign_up(session: Session, *, activity: Identifier, volunteer: Identifier) -> None:
    """Sign a volunteer up (signed by the volunteer, or by one officer for them)."""
    body = SignUpVolunteer(activity, find_organisation(session, activity), volunteer)
    session.carry_out("activities.sign_up", body, "The volunteer has a place or waits for one; see activity standing")


@click.command("withdraw")
@_activity
@_volunteer
@sends
def withdraw(session: Session, *, activity: Identifier, volunteer: Identifier) -> None:
    """Give a place up (signed by the volunteer, or by one officer for them)."""
    body = WithdrawVolunteer(activity, find_organisation(session, activity), volunteer)
    session.carry_out("activities.withdraw", body, "The place is given up")


@click.command("standing")
@_activity
@_volunteer
@asks_with_key
def show_standing(session: Session, *, activity: Identifier, volunteer: Identifier) -> None:
    """Show how a volunteer stands to an activity (asked for with the key of the volunteer or an officer)."""
    path = f"/v1/activities/{activity.hex()}/sign-ups/{volunteer.hex()}"
    document = session.client.get_json(path, key=session.load_key())
    session.output.give(document, format_json(document))


@click.command("attendance")
@_activity
@_day
@click.option("--attended", type=IDENTIFIER, multiple=True, help="Who came. May be given several times, as the others.")
@click.option("--absent", type=IDENTIFIER, multiple=True, help="Who was missing without an excuse.")
@click.option("--excused", type=IDENTIFIER, multiple=True, help="Who was missing and excused.")
@sends
def mark_attendance(
    session: Session,
    *,
    activity: Identifier,
    day: Day,
    attended: tuple[Identifier, ...],
    absent: tuple[Identifier, ...],
    excused: tuple[Identifier, ...],
) -> None:
    """Mark who came on a day (signed by one officer). All who are named are marked, or nobody is and one is named."""
    marked = ((Mark.ATTENDED, attended), (Mark.ABSENT, absent), (Mark.EXCUSED, excused))
    rows = tuple(AttendanceMark(volunteer, mark) for mark, volunteers in marked for volunteer in volunteers)
    if not rows:
        raise HourledgerError(Reason.USAGE, "name somebody with --attended, --absent or --excused")
    body = MarkAttendance(activity, find_organisation(session, activity), day, rows)
    whole = replace(session, needs_all_rows=True)
    whole.carry_out("activities.mark_attendance", body, f"{len(rows)} volunteers are marked")


@click.command("excuse")
@_activity
@_day
@_volunteer
@sends
def excuse(session: Session, *, activity: Identifier, day: Day, volunteer: Identifier) -> None:
    """Excuse an absence (signed by one officer)."""
    body = ExcuseAbsence(activity, find_organisation(session, activity), day, volunteer)
    session.carry_out("activities.excuse", body, "The absence is excused")


@click.command("notice")
@_activity
@click.option("--subject", type=click.Choice([item.name.lower() for item in Subject]), required=True, help="What it is about.")
@click.option("--text", required=True, help="What was said. Its hash goes onto the ledger, the text does not.")
@sends
def give_notice(session: Session, *, activity: Identifier, subject: str, text: str) -> None:
    """Put on record that those who signed up were told something (signed by one officer)."""
    commitment = compute_public_commitment({"text": text})
    body = GiveNotice(activity, find_organisation(session, activity), Subject[subject.upper()], commitment)
    session.carry_out("activities.give_notice", body, "The notice is on record", text_hash=commitment.hex())


COMMANDS = (set_terms, sign_up, withdraw, show_standing, mark_attendance, excuse, give_notice)
