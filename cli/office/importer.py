"""The import of a roster: enrol who is new, publish what is new, certify in batches, and say what became of every row.

Every step can be repeated. What was sent and not answered when a run was cut short is finished first; then the plan is made
anew, and what was done before is not in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from certificates.details import compute_public_commitment
from cli.office.answers import NodeOutcome
from cli.office.book_records import KnownRecord, RecordStatus
from cli.office.desk import Desk
from cli.office.outbox import Waiting
from cli.office.planning import Fate, Plan, PlannedRow, make_plan
from cli.office.record_book import KnownActivity, KnownVolunteer
from cli.office.roster import build_details, get_day
from cli.office.rows import AttendanceRow
from cli.office.tags import Registrar
from contracts.activities import PublishActivity
from contracts.hours import Attendance, CertifyHours, Mode
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from ledger.errors import HourledgerError
from ledger.events import MAX_ROWS
from ledger.reasons import Reason
from ledger.types import Minutes, PublicKey

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the officer chose. `registrar` makes the tags of new volunteers; None when nobody may be enrolled.

    `is_backfilled` says that the rows were entered later by an administrator, not by check-in and check-out.
    """

    batch_size: int = 500
    mode: Mode = Mode.BEST_EFFORT
    registrar: Registrar | None = None
    may_publish: bool = False
    not_service: tuple[str, ...] = ()
    is_backfilled: bool = False


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `rows` tell the fate of each row after it; `drafts` are batches that lack a signature."""

    rows: tuple[PlannedRow, ...]
    enrolled: int
    published: int
    drafts: tuple[Waiting, ...]

    def select(self, fate: Fate) -> tuple[PlannedRow, ...]:
        """Return the rows of one fate."""
        return tuple(item for item in self.rows if item.fate is fate)


def import_rows(
    desk: Desk, rows: Sequence[AttendanceRow], options: ImportOptions, advance: Advance = lambda _rows: None
) -> ImportResult:
    """Bring the rows onto the ledger; `advance` is told how many more rows have their answer.

    Raises `HourledgerError`: UNKNOWN_VOLUNTEER or UNKNOWN_ACTIVITY where the options do not allow to enrol or to publish, the
    ledger's reason when it refuses a whole transaction, and NODE_UNREACHABLE, BUSY or NOT_FINAL; then run it again.
    """
    desk.require_officer()
    desk.resume()
    plan = make_plan(desk.book, desk.records, rows, options.not_service)
    validate_plan(plan, options)
    advance(len(plan.rows) - len(plan.new_rows))
    if options.registrar is not None:
        enrol(desk, plan.to_enrol, options.registrar)
    publish(desk, plan.to_publish)
    _certify(desk, plan, options, advance)
    left = tuple(item for item in desk.outbox.list_waiting() if not desk.has_enough_signatures(item))
    results = tuple(_find_fate(desk, item) for item in plan.rows)
    return ImportResult(results, desk.progress.enrolled, desk.progress.published, left)


def validate_plan(plan: Plan, options: ImportOptions) -> None:
    """Raise `HourledgerError` when the rows need volunteers or activities that may not be made."""
    if plan.to_enrol and options.registrar is None:
        names = _list_some(item.reference for item in plan.to_enrol)
        detail = f"{len(plan.to_enrol)} volunteers of the file are not enrolled, and --enrol was not given"
        raise HourledgerError(Reason.UNKNOWN_VOLUNTEER, detail, names)
    if plan.to_publish and not options.may_publish:
        names = _list_some(item.reference for item in plan.to_publish)
        detail = f"{len(plan.to_publish)} activities of the file are not published, and --publish was not given"
        raise HourledgerError(Reason.UNKNOWN_ACTIVITY, detail, names)


def enrol(
    desk: Desk,
    volunteers: Sequence[KnownVolunteer],
    registrar: Registrar,
    keys: Mapping[str, PublicKey] = MappingProxyType({}),
) -> None:
    """Enrol volunteers, those in `keys` with their own key; who has an account already is known by it afterwards.

    Raises `HourledgerError` when a person's key belongs to somebody else.
    """
    with desk.book.database.transaction():
        desk.book.add_volunteers(volunteers)
        rows = [
            Enrolment(item.volunteer, registrar.compute_tag(desk.organisation, item.reference), keys.get(item.reference))
            for item in volunteers
        ]
        starts = range(0, len(rows), MAX_ROWS)
        bodies = [EnrolVolunteers(desk.organisation, tuple(rows[start : start + MAX_ROWS])) for start in starts]
        waiting = [desk.prepare("identity.enrol_volunteers", body) for body in bodies]
    for _item, outcome in desk.send_all(waiting):
        outcome.require_accepted()
        taken = [row.value for row in outcome.rows if row is not None and row.reason is Reason.KEY_IN_USE]
        if taken:
            raise HourledgerError(Reason.KEY_IN_USE, "a volunteer's key already belongs to somebody", taken[0])


def publish(desk: Desk, activities: Iterable[KnownActivity], coefficient: int = 100) -> None:
    """Publish activities of one coefficient in percent; one that an earlier run has published is fine."""
    with desk.book.database.transaction():
        waiting = []
        for item in activities:
            desk.book.add_activity(item)
            details = compute_public_commitment({"activity_name": item.details, "reference": item.reference})
            content = item.activity_class, item.first_day, item.last_day, details
            body = PublishActivity(item.activity, desk.organisation, *content, coefficient)
            waiting.append(desk.prepare("activities.publish", body))
    for _item, outcome in desk.send_all(waiting):
        if outcome.reason is not Reason.ALREADY_EXISTS:
            outcome.require_accepted()


def _certify(desk: Desk, plan: Plan, options: ImportOptions, advance: Advance) -> None:
    rows = plan.new_rows
    starts = range(0, len(rows), options.batch_size)
    # A generator: each batch is committed to the book just before it is sent, while earlier ones are on their way.
    batches = (_prepare_batch(desk, plan, rows[start : start + options.batch_size], options) for start in starts)
    for waiting, outcome in desk.send_all(batches):
        _require_understood(waiting, outcome)
        advance(min(options.batch_size, len(outcome.rows)))


def _require_understood(_waiting: Waiting, outcome: NodeOutcome) -> None:
    """Raise the ledger's reason, unless it is about rows: those are told one by one."""
    if outcome.reason is not Reason.BATCH_REFUSED:
        outcome.require_accepted()


def _prepare_batch(desk: Desk, plan: Plan, rows: Sequence[PlannedRow], options: ImportOptions) -> Waiting:
    """Commit the openings, the records and the signed batch together, before anything is sent."""
    with desk.book.database.transaction():
        attendances = tuple(_make_attendance(desk, plan.activities[item.row.row_number], item) for item in rows)
        body = CertifyHours(desk.organisation, options.mode, attendances, options.is_backfilled)
        return desk.prepare("hours.certify", body)


def _make_attendance(desk: Desk, activity: KnownActivity, item: PlannedRow) -> Attendance:
    row, day = item.row, get_day(item.row)
    volunteer = desk.book.find_volunteer(row.volunteer)
    if volunteer is None:
        raise HourledgerError(Reason.UNKNOWN_VOLUNTEER, "the volunteer is not in the record book", row.volunteer)
    commitment = desk.records.make_opening(item.record, build_details(row))
    minutes = Minutes(row.minutes)
    desk.records.put(
        KnownRecord(
            item.record,
            row.volunteer,
            day,
            row.record,
            volunteer.volunteer,
            day,
            minutes,
            row.activity,
            commitment,
            RecordStatus.SENT,
        )
    )
    return Attendance(item.record, activity.activity, volunteer.volunteer, day, row.start_minute, minutes, commitment)


def _find_fate(desk: Desk, item: PlannedRow) -> PlannedRow:
    """Return the row with what became of it."""
    if item.record in desk.progress.records:
        return replace(item, fate=Fate.NEW, refusal=None)
    known = desk.records.find(item.record)
    if item.fate is not Fate.NEW or known is None:
        return item
    fates = {RecordStatus.SENT: Fate.WAITING, RecordStatus.CERTIFIED: Fate.KNOWN}
    return replace(item, fate=fates.get(known.status, Fate.REFUSED), refusal=known.refusal)


def _list_some(names: Iterable[str], count: int = 5) -> str:
    items = list(names)
    shown = ", ".join(items[:count])
    return shown if len(items) <= count else f"{shown} and {len(items) - count} more"
