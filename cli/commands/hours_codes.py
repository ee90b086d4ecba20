"""Hours of helpers who are not registered yet: certified for a code, claimed with it, or taken back."""

from pathlib import Path
from typing import Final

import click

from cli.office.book_records import RecordStatus
from cli.office.describing import describe_refusal
from cli.office.drafts import save_drafts
from cli.office.export import write_csv
from cli.office.reserving import HEADER, Reservation, build_drop, build_reservations, drop, list_codes, reserve
from cli.office.roster import read_roster
from cli.office.summary import describe_problems
from cli.options import DATE, IDENTIFIER, PATH
from cli.session import Session, open_desk, sends, works_at_desk
from contracts.hours.codes import ClaimByCode
from ledger.errors import HourledgerError, RowOutcome
from ledger.reasons import ExitCode, Reason
from ledger.types import Day, Identifier


@click.command("reserve")
@click.argument("file", type=PATH)
@click.option("--codes", type=PATH, required=True, help="Where the helpers' codes are written, as CSV. Keep it to yourself.")
@click.option("--sheet", help="The sheet of a workbook. Otherwise its first one.")
@click.option("--backfilled", "is_backfilled", is_flag=True, help="The rows were entered later, without check-in.")
@works_at_desk
def reserve_hours(
    session: Session,
    *,
    file: Path,
    codes: Path,
    sheet: str | None,
    is_backfilled: bool,
    office: Path,
    organisation: Identifier | None,
) -> int:
    """Certify the hours in FILE for helpers who are not registered yet: each row gets a code to claim it with.

    FILE is a roster as for hours import; its column volunteer says how the office calls the helper. Signed by officers as the
    policy says. The same file again changes nothing and writes the same codes.
    """
    roster = read_roster(file, sheet)
    if roster.problems:
        for line in describe_problems(roster.problems):
            session.output.warn(line)
        raise HourledgerError(Reason.UNREADABLE_ROWS, "some rows cannot be used, so nothing was sent", file.name)
    with open_desk(session, office, organisation) as desk:
        if session.is_dry_run:
            bodies = build_reservations(desk, roster.rows, is_backfilled=is_backfilled)
            return session.rehearse("hours.reserve", bodies, new=sum(len(body.rows) for body in bodies))
        desk.resume()
        reservation = reserve(desk, roster.rows, is_backfilled=is_backfilled)
        lines = list_codes(desk, roster.rows)
        write_csv(codes, HEADER, lines)
        paths = save_drafts(office / "drafts", [item.signed for item in reservation.drafts])
    return _tell(session, reservation, lines, codes, paths)


def _tell(
    session: Session, reservation: Reservation, lines: list[tuple[str, ...]], codes: Path, paths: tuple[Path, ...]
) -> int:
    waiting = sum(line[-1] == RecordStatus.RESERVED for line in lines)
    refusals = [refusal for _item, outcome in reservation.done for refusal in _list_refusals(outcome.reason, outcome.rows)]
    words = [f"{reservation.new} rows are new. {waiting} wait for their helpers, whose codes are in {codes}."]
    words += [f"refused: {describe_refusal(item)}" for item in refusals]
    words += [f"another officer signs {path} with hourledger tx sign" for path in paths]
    document = {
        "new": reservation.new,
        "waiting": waiting,
        "refused": [{"reason": item.reason, "value": item.value} for item in refusals],
        "drafts": [str(path) for path in paths],
    }
    session.output.give(document, "\n".join(words))
    return ExitCode.REFUSED if refusals else ExitCode.OK


def _list_refusals(reason: Reason | None, rows: tuple[RowOutcome | None, ...]) -> list[RowOutcome]:
    if reason is not None:
        return [RowOutcome(reason, "")]
    return [row for row in rows if row is not None and row.reason is not Reason.ALREADY_EXISTS]


@click.command("claim")
@click.argument("code", type=IDENTIFIER)
@click.option("--volunteer", type=IDENTIFIER, required=True, help="The volunteer's identifier.")
@sends
def claim(session: Session, *, code: Identifier, volunteer: Identifier) -> None:
    """Claim hours by the CODE that the organisation gave (signed by the volunteer)."""
    session.carry_out("hours.claim_by_code", ClaimByCode(volunteer, code), "The hours are the volunteer's")


@click.command("drop-reserved")
@click.option("--volunteer", required=True, help="How the office calls the helper.")
@click.option("--date", "day", type=DATE, required=True, help="The day of the service.")
@click.option("--record", "reference", required=True, help="The reference of the row.")
@works_at_desk
def drop_reserved(
    session: Session, *, volunteer: str, day: Day, reference: str, office: Path, organisation: Identifier | None
) -> int:
    """Take back hours that wait for a helper and that nobody has claimed (signed by officers as the policy says)."""
    with open_desk(session, office, organisation) as desk:
        desk.resume()
        known = desk.records.find_row(volunteer, day, reference)
        if known is None or known.status is not RecordStatus.RESERVED:
            raise HourledgerError(Reason.UNKNOWN_RECORD, "no such row waits for its helper", reference)
        if session.is_dry_run:
            return session.rehearse("hours.drop_reserved", (build_drop(desk, known),), record=known.record.hex())
        dropped = drop(desk, known)
        paths = save_drafts(office / "drafts", [item.signed for item in dropped.drafts])
    for _item, outcome in dropped.done:
        outcome.require_accepted()
    words = [f"another officer signs {path} with hourledger tx sign" for path in paths] or [f"{reference} is taken back."]
    document = {"record": known.record.hex(), "drafts": [str(path) for path in paths]}
    session.output.give(document, "\n".join(words))
    return ExitCode.OK


COMMANDS: Final = (reserve_hours, claim, drop_reserved)
