"""Hours: certified from a spreadsheet, amended and made void by the officers of the organisation."""

from pathlib import Path

import click

from cli.commands import hours_answers, hours_codes, hours_totals
from cli.commands.volunteer import load_registrar, registrar_options
from cli.office.book_records import KnownRecord, Records
from cli.office.correcting import Corrected, amend, build_amendments, build_void, find_amendments, void
from cli.office.describing import describe_refusal
from cli.office.desk import Desk
from cli.office.drafts import save_drafts
from cli.office.earnings import compute_points
from cli.office.importer import ImportOptions, ImportResult, import_rows
from cli.office.limits import describe_limits
from cli.office.planning import Fate, Plan, make_plan
from cli.office.record_book import FILE_NAME, RecordBook
from cli.office.refreshing import refresh
from cli.office.roster import Roster, get_day, read_roster
from cli.office.summary import (
    describe_preview,
    describe_problems,
    describe_result,
    format_preview,
    format_problem_object,
    format_result,
    shorten_list,
)
from cli.options import DATE, PATH, compose
from cli.output import Output
from cli.session import Session, compute_now_ms, open_desk, works_at_desk
from contracts.hours import Correction, Mode
from ledger.errors import HourledgerError, RowOutcome
from ledger.events import MAX_ROWS
from ledger.genesis import parse_genesis
from ledger.reasons import ExitCode, Reason
from ledger.types import Day, Identifier

roster_options = compose(
    click.option("--column", "columns", multiple=True, metavar="NAME=TITLE", help="Read the column TITLE as NAME. Repeatable."),
    click.option("--sheet", help="The sheet of a workbook. Otherwise its first one."),
)
correction_option = click.option(
    "--correction",
    type=click.Choice([item.name.lower() for item in Correction]),
    required=True,
    help="Why. A code, because free text about a person does not belong on the ledger.",
)
drafts_option = click.option("--drafts", type=PATH, help="Where drafts for another officer go. Otherwise drafts in the office.")


@click.group()
def command() -> None:
    """Certify hours from a spreadsheet, and correct them."""


@command.command(
    "import", help=f"Certify the hours in FILE.\n\n{describe_limits()} Importing the same file again changes nothing."
)
@click.argument("file", type=PATH)
@roster_options
@click.option("--skip-bad-rows", is_flag=True, help="Go ahead with the rows that can be used.")
@click.option("--enrol", "may_enrol", is_flag=True, help="Enrol volunteers that are new.")
@click.option("--publish", "may_publish", is_flag=True, help="Publish activities that are new.")
@click.option("--not-service", multiple=True, metavar="CATEGORY", help="Rows of this category count no hours. Repeatable.")
@click.option("--batch-size", type=click.IntRange(1, MAX_ROWS), default=500, show_default=True, help="Rows a transaction.")
@click.option("--atomic", is_flag=True, help="Certify all rows of a batch or none of them.")
@click.option(
    "--backfilled",
    "is_backfilled",
    is_flag=True,
    help="The rows were entered later, without check-in and check-out.",
)
@click.option(
    "--preview", "is_preview", is_flag=True, help="Say what is in the file and what would be done. The same as --dry-run."
)
@registrar_options
@drafts_option
@works_at_desk
def import_hours(
    session: Session,
    *,
    file: Path,
    columns: tuple[str, ...],
    sheet: str | None,
    skip_bad_rows: bool,
    may_enrol: bool,
    may_publish: bool,
    not_service: tuple[str, ...],
    batch_size: int,
    atomic: bool,
    is_backfilled: bool,
    is_preview: bool,
    registrar_key: Path | None,
    is_shared: bool,
    drafts: Path | None,
    office: Path,
    organisation: Identifier | None,
) -> int:
    """Certify the hours in FILE."""
    roster = read_roster(file, sheet, parse_columns(columns))
    if is_preview or session.is_dry_run:
        return preview(session.output, file, roster, office, not_service)
    if roster.problems and not skip_bad_rows:
        return refuse_rows(session.output, file, roster)
    registrar = load_registrar(office, registrar_key, is_shared=is_shared) if may_enrol else None
    mode = Mode.ATOMIC if atomic else Mode.BEST_EFFORT
    options = ImportOptions(batch_size, mode, registrar, may_publish, not_service, is_backfilled)
    with open_desk(session, office, organisation) as desk:
        catch_up(desk, session)
        with session.output.progress("Certifying", len(roster.rows)) as advance:
            result = import_rows(desk, roster.rows, options, advance)
        paths = save_drafts(drafts or office / "drafts", [item.signed for item in result.drafts])
        return tell_result(session, desk, roster, result, paths, is_backfilled=is_backfilled)


def parse_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Return titles by column from NAME=TITLE."""
    pairs = [item.partition("=") for item in columns]
    if not all(separator for _name, separator, _title in pairs):
        raise click.UsageError("--column is written NAME=TITLE, such as --column minutes=Dauer")
    return {name: title for name, _separator, title in pairs}


def preview(output: Output, file: Path, roster: Roster, office: Path, not_service: tuple[str, ...]) -> int:
    """Say what is in a roster and what an import would do; nothing is sent or written."""
    if (office / FILE_NAME).exists():
        with RecordBook(office) as book:
            plan = make_plan(book, Records(book.database), roster.rows, not_service)
    else:
        plan = _plan_without_book(roster, not_service)
    output.give(format_preview(roster, plan), describe_preview(file, roster, plan))
    return ExitCode.USAGE if roster.problems else ExitCode.OK


def _plan_without_book(roster: Roster, not_service: tuple[str, ...]) -> Plan:
    import tempfile  # noqa: PLC0415 - only a preview before the first import needs it

    with tempfile.TemporaryDirectory() as folder, RecordBook(Path(folder)) as book:
        return make_plan(book, Records(book.database), roster.rows, not_service)


def refuse_rows(output: Output, file: Path, roster: Roster) -> int:
    """Say what is wrong with the rows; nothing is sent."""
    output.show({"problems": [format_problem_object(item) for item in roster.problems]})
    for line in describe_problems(roster.problems):
        output.warn(line)
    rows = len({item.row_number for item in roster.problems})
    detail = f"{rows} rows of {file.name} cannot be used and nothing was sent (--skip-bad-rows takes the others)"
    output.warn(f"hourledger: {HourledgerError(Reason.UNREADABLE_ROWS, detail)}")
    return ExitCode.USAGE


def tell_result(
    session: Session, desk: Desk, roster: Roster, result: ImportResult, drafts: tuple[Path, ...], *, is_backfilled: bool
) -> int:
    """Say what an import did; 1 when rows were refused or differ from what was certified."""
    new = [(get_day(item.row), item.row.minutes) for item in result.select(Fate.NEW)]
    points = 0
    if new:
        genesis = parse_genesis(session.client.get_bytes("/v1/genesis"))
        points = compute_points(genesis, compute_now_ms(), new, is_backfilled=is_backfilled)
    document = format_result(result, points, drafts, roster)
    session.output.give(document, describe_result(result, points, drafts, roster, desk.records))
    has_refusals = result.select(Fate.REFUSED) or result.select(Fate.CHANGED)
    return ExitCode.REFUSED if has_refusals else ExitCode.OK


@command.command("amend")
@click.argument("file", type=PATH)
@roster_options
@correction_option
@click.option("--recorded-date", "recorded_day", type=DATE, help="The date under which it was certified, if that is corrected.")
@click.option("--record", "references", multiple=True, help="Correct only the row of this reference. Repeatable.")
@drafts_option
@works_at_desk
def amend_hours(
    session: Session,
    *,
    file: Path,
    columns: tuple[str, ...],
    sheet: str | None,
    correction: str,
    recorded_day: Day | None,
    references: tuple[str, ...],
    drafts: Path | None,
    office: Path,
    organisation: Identifier | None,
) -> int:
    """Correct the records that FILE, the corrected roster, tells differently from what was certified.

    For a corrected date give --recorded-date with the date of before, and --record. For a wrong person make the record void and
    import a new row.
    """
    roster = read_roster(file, sheet, parse_columns(columns))
    rows = [row for row in roster.rows if not references or row.record in references]
    with open_desk(session, office, organisation) as desk:
        desk.resume()
        catch_up(desk, session)
        amendments = find_amendments(desk, rows, recorded_day)
        shown = [f"row {item.row.row_number}: {item.row.record}, {item.row.minutes} minutes" for item in amendments]
        numbers = [item.row.row_number for item in amendments]
        if session.is_dry_run or not amendments:
            session.output.say("\n".join((f"{len(amendments)} records differ.", *shorten_list(shown))))
        if session.is_dry_run:
            bodies = build_amendments(desk, amendments, Correction[correction.upper()])
            return session.rehearse("hours.amend", bodies, amendments=numbers)
        if not amendments:
            session.output.show({"dry_run": False, "amendments": []})
            return ExitCode.OK
        corrected = amend(desk, amendments, Correction[correction.upper()])
        return _tell_corrections(session, corrected, drafts or office / "drafts", "amended")


@command.command("void")
@click.option("--volunteer", required=True, help="The organisation's reference of the volunteer.")
@click.option("--date", "day", type=DATE, required=True, help="The day of the service.")
@click.option("--record", "reference", required=True, help="The reference of the row.")
@correction_option
@drafts_option
@works_at_desk
def void_hours(
    session: Session,
    *,
    volunteer: str,
    day: Day,
    reference: str,
    correction: str,
    drafts: Path | None,
    office: Path,
    organisation: Identifier | None,
) -> int:
    """Make a record void, for good."""
    with open_desk(session, office, organisation) as desk:
        desk.resume()
        catch_up(desk, session)
        known = _find_record(desk, volunteer, day, reference)
        if session.is_dry_run:
            body = build_void(desk, known, Correction[correction.upper()])
            return session.rehearse("hours.void", (body,), record=known.record.hex())
        corrected = void(desk, known, Correction[correction.upper()])
        return _tell_corrections(session, corrected, drafts or office / "drafts", "made void")


@command.command("refresh")
@works_at_desk
def refresh_book(session: Session, *, office: Path, organisation: Identifier | None) -> None:
    """Tell the record book what became of the organisation's records elsewhere: made void, amended, claimed.

    The commands that certify and correct do that by themselves.
    """
    with open_desk(session, office, organisation) as desk:
        changed = catch_up(desk, session)
    done = "would be" if session.is_dry_run else "are"
    document = {"dry_run": session.is_dry_run, "changed": [item.hex() for item in changed]}
    session.output.give(document, f"{len(changed)} records {done} brought up to date.")


def catch_up(desk: Desk, session: Session) -> tuple[Identifier, ...]:
    """Tell the record book what became of its records elsewhere, so that nothing is decided on what is no more."""
    key = next(key for key in desk.keys if key.public_key in desk.policy.officers)
    return refresh(desk, session.client, key, is_dry_run=session.is_dry_run)


def _find_record(desk: Desk, volunteer: str, day: Day, reference: str) -> KnownRecord:
    known = desk.records.find_row(volunteer, day, reference)
    if known is None:
        raise HourledgerError(Reason.UNKNOWN_RECORD, "the record book has no such record", reference)
    return known


def _tell_corrections(session: Session, corrected: Corrected, folder: Path, done: str) -> int:
    refused = [outcome for _item, outcome in corrected.done if outcome.reason is not None]
    paths = save_drafts(folder, [item.signed for item in corrected.drafts])
    accepted = len(corrected.done) - len(refused)
    lines = [f"{accepted} records {done}."] if accepted or not paths else []
    lines += [
        f"refused: {describe_refusal(RowOutcome(item.reason, item.value))}" for item in refused if item.reason is not None
    ]
    lines += [f"another officer signs {path} with hourledger tx sign" for path in paths]
    outcomes = [outcome.document for _item, outcome in corrected.done]
    session.output.give({"outcomes": outcomes, "drafts": [str(path) for path in paths]}, "\n".join(lines))
    return ExitCode.REFUSED if refused else ExitCode.OK


for _command in (*hours_answers.COMMANDS, *hours_codes.COMMANDS, *hours_totals.COMMANDS):
    command.add_command(_command)
