"""Volunteers: enrolled by an organisation, one account a person."""

from pathlib import Path

import click

from cli.office.enrolling import Person, read_people
from cli.office.importer import enrol
from cli.office.record_book import KnownVolunteer, RecordBook
from cli.office.tags import FILE_NAME, Registrar, load_registrar_key
from cli.options import DATE, HASH, IDENTIFIER, PATH, PUBLIC_KEY, compose, json_option, office_option
from cli.output import Output, confirm, format_json
from cli.session import Session, asks, asks_with_key, open_desk, sends, works_at_desk
from contracts.accounts.carrying import CarryMonth, CarryPlaces
from contracts.accounts.erasing import EraseVolunteer
from contracts.accounts.merging import MergeVolunteers
from contracts.identity.guardians import EndGuardianship, SetGuardian
from contracts.identity.volunteer_keys import AboutReplacement, ChangeKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Hash, Identifier, PublicKey

registrar_options = compose(
    click.option("--registrar-key", type=PATH, help="The region's registrar's key. Otherwise registrar.key in the office."),
    click.option(
        "--shared-references",
        "is_shared",
        is_flag=True,
        help="The references mean the same person at every organisation of the region, such as an official number.",
    ),
)


_account = click.argument("volunteer", type=IDENTIFIER)


def load_registrar(office: Path, registrar_key: Path | None, *, is_shared: bool) -> Registrar:
    """Return the registrar that an office works with."""
    return Registrar(load_registrar_key(registrar_key or office / FILE_NAME), is_shared)


@click.group()
def command() -> None:
    """Volunteers of an organisation."""


@command.command("enrol")
@click.argument("file", type=PATH, required=False)
@click.option("--id", "references", multiple=True, help="The organisation's reference of a volunteer. Repeatable.")
@click.option("--public-key", type=PUBLIC_KEY, help="The public key of the one volunteer named by --id.")
@registrar_options
@works_at_desk
def enrol_volunteers(
    session: Session,
    *,
    file: Path | None,
    references: tuple[str, ...],
    public_key: PublicKey | None,
    registrar_key: Path | None,
    is_shared: bool,
    office: Path,
    organisation: Identifier | None,
) -> None:
    """Enrol the volunteers in FILE (CSV or XLSX), or those named by --id (signed by one officer).

    FILE has a column volunteer (志愿者编号), and if there are any, name (姓名) and public key (公钥). Names stay in
    the record book.
    """
    people = _collect(file, references, public_key)
    registrar = load_registrar(office, registrar_key, is_shared=is_shared)
    with open_desk(session, office, organisation) as desk:
        desk.resume()
        new = [item for item in people if not _is_enrolled(desk.book, item)]
        if not session.is_dry_run:
            known = tuple(_to_known(desk.book, item) for item in new)
            enrol(desk, known, registrar, {item.reference: item.key for item in new if item.key is not None})
        accounts = {item.reference: desk.book.find_volunteer(item.reference) for item in people}
    done = "would be" if session.is_dry_run else "are"
    shown = {name: known.volunteer.hex() for name, known in accounts.items() if known is not None and known.is_enrolled}
    text = f"{len(new)} volunteers {done} newly enrolled, {len(people) - len(new)} were enrolled before."
    session.output.give({"dry_run": session.is_dry_run, "new": len(new), "volunteers": shown}, text)


@command.command("show")
@_account
@asks_with_key
def show(session: Session, *, volunteer: Identifier) -> None:
    """Show an account (asked for with the volunteer's key)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("merits")
@_account
@asks_with_key
def show_merits(session: Session, *, volunteer: Identifier) -> None:
    """Show imported totals, trainings and awards (asked for with the volunteer's key)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}/merits", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("rotate-key")
@_account
@click.argument("key", type=PUBLIC_KEY)
@sends
def rotate_key(session: Session, *, volunteer: Identifier, key: PublicKey) -> None:
    """Change to KEY, a public key (signed by the volunteer with the key until now)."""
    session.carry_out("identity.rotate_key", ChangeKey(volunteer, key), "The key is changed")


@command.command("request-key")
@_account
@click.argument("key", type=PUBLIC_KEY)
@sends
def request_key(session: Session, *, volunteer: Identifier, key: PublicKey) -> None:
    """Ask for KEY in the place of a lost one (signed by an officer of the enrolling organisation and a second person).

    The second person is another officer or an authority. For some days the old key may object.
    """
    session.carry_out("identity.request_key", ChangeKey(volunteer, key), "The new key waits to be taken up")


@command.command("refuse-key")
@_account
@sends
def refuse_key(session: Session, *, volunteer: Identifier) -> None:
    """Object to a key that is to replace the present one (signed by the volunteer, or by an officer)."""
    session.carry_out("identity.refuse_key", AboutReplacement(volunteer), "The new key is refused")


@command.command("take-up-key")
@_account
@sends
def take_up_key(session: Session, *, volunteer: Identifier) -> None:
    """Make the key that was asked for the volunteer's, once the days are over (signed with that key)."""
    session.carry_out("identity.take_up_key", AboutReplacement(volunteer), "The key is replaced")


@command.command("set-guardian")
@_account
@click.argument("key", type=PUBLIC_KEY)
@sends
def set_guardian(session: Session, *, volunteer: Identifier, key: PublicKey) -> None:
    """Let the guardian's KEY speak for a volunteer, such as a child under 14 (signed by that key and two people).

    The two are an officer of the enrolling organisation, and another officer or an authority.
    """
    session.carry_out("identity.set_guardian", SetGuardian(volunteer, key), "The guardian signs for the volunteer from now on")


@command.command("end-guardianship")
@_account
@sends
def end_guardianship(session: Session, *, volunteer: Identifier) -> None:
    """Let a volunteer sign alone (signed by officers of the enrolling organisation as its policy says)."""
    body = EndGuardianship(volunteer)
    session.carry_out("identity.end_guardianship", body, "The volunteer signs alone from now on")


@command.command("find")
@click.argument("reference")
@office_option
@json_option
def find(*, reference: str, office: Path, is_json: bool) -> None:
    """Show the account that the record book has for REFERENCE."""
    with RecordBook(office) as book:
        known = book.find_volunteer(reference)
    if known is None:
        raise HourledgerError(Reason.NOT_FOUND, "the record book has no such volunteer", reference)
    document = {"reference": reference, "volunteer": known.volunteer.hex(), "is_enrolled": known.is_enrolled}
    Output(is_json).give(document, known.volunteer.hex())


@command.command("erase")
@click.argument("reference")
@click.option("--yes", "is_agreed", is_flag=True, help="Erase without being asked.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would happen; change nothing.")
@office_option
@json_option
def erase(*, reference: str, is_agreed: bool, is_dry_run: bool, office: Path, is_json: bool) -> None:
    """Destroy what this office has about a person: name, details, salts and the way to the account. There is no way back."""
    output = Output(is_json)
    with RecordBook(office) as book:
        if book.find_volunteer(reference) is None:
            raise HourledgerError(Reason.NOT_FOUND, "the record book has no such volunteer", reference)
        if is_dry_run:
            output.give({"dry_run": True, "reference": reference}, f"What is here about {reference} would be destroyed.")
            return
        if not is_agreed:
            confirm(f"Destroy everything that is here about {reference}, for good?")
        count = book.erase_volunteer(reference)
    output.give({"reference": reference, "records": count}, f"The details of {count} records of {reference} are destroyed.")


@command.command("erase-account")
@_account
@click.option("--activity", "activities", type=IDENTIFIER, multiple=True, help="Give up the place in it. Repeatable.")
@click.option("--certificate", "certificates", type=IDENTIFIER, multiple=True, help="Let it show as erased. Repeatable.")
@click.option("--yes", "is_agreed", is_flag=True, help="Erase without being asked.")
@sends
def erase_account(
    session: Session,
    *,
    volunteer: Identifier,
    activities: tuple[Identifier, ...],
    certificates: tuple[Identifier, ...],
    is_agreed: bool,
) -> None:
    """Erase an account on the ledger, for good (signed by the volunteer; for a lost key by officers and an authority).

    Points go back to the issuer, and nothing more is recorded. The organisations destroy what they have with erase-departed.
    """
    if not (is_agreed or session.is_dry_run):
        confirm(f"Erase the account {volunteer.hex()} with all its points, for good?")
    body = EraseVolunteer(volunteer, activities, certificates)
    session.carry_out("identity.erase_volunteer", body, "The account is erased", volunteer=volunteer.hex())


@command.command("erase-departed")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say whom it concerns; change nothing.")
@office_option
@asks
def erase_departed(session: Session, *, is_dry_run: bool, office: Path) -> None:
    """Destroy what this office has about everybody whose account was erased. There is no way back."""
    with RecordBook(office) as book:
        gone = [item.reference for item in book.list_volunteers() if session.client.is_erased(item.volunteer)]
        records = 0 if is_dry_run else sum(book.erase_volunteer(reference) for reference in gone)
    done = "would be" if is_dry_run else "is"
    text = f"What was here about {len(gone)} people {done} destroyed."
    session.output.give({"dry_run": is_dry_run, "people": len(gone), "records": records}, text)


@command.command("merge")
@_account
@click.argument("remaining", type=IDENTIFIER)
@sends
def merge(session: Session, *, volunteer: Identifier, remaining: Identifier) -> None:
    """Let VOLUNTEER's account go over into REMAINING (signed by an officer and with both keys, or by an authority as well)."""
    body = MergeVolunteers(volunteer, remaining)
    done = "The account went over; carry its records over with carry-month"
    session.carry_out("identity.merge_volunteers", body, done, remaining=remaining.hex())


@command.command("carry-month")
@_account
@click.option("--date", "day", type=DATE, required=True, help="Any day of the month.")
@sends
def carry_month(session: Session, *, volunteer: Identifier, day: Day) -> None:
    """Carry a merged account's records of one month over (signed by anybody with a registered key)."""
    session.carry_out("identity.carry_month", CarryMonth(volunteer, day), "The month's records are carried over")


@command.command("carry-places")
@_account
@click.option("--activity", "activities", type=IDENTIFIER, multiple=True, help="An activity with a place. Repeatable.")
@click.option("--source", "sources", type=HASH, multiple=True, help="The hash of an imported total's source. Repeatable.")
@sends
def carry_places(
    session: Session, *, volunteer: Identifier, activities: tuple[Identifier, ...], sources: tuple[Hash, ...]
) -> None:
    """Carry a merged account's places and imported totals over (signed by anybody with a registered key)."""
    body = CarryPlaces(volunteer, activities, sources)
    session.carry_out("identity.carry_places", body, "The places and totals are carried over")


def _collect(file: Path | None, references: tuple[str, ...], public_key: PublicKey | None) -> tuple[Person, ...]:
    if (file is None) == (not references):
        raise click.UsageError("Name either a FILE or volunteers with --id.")
    if public_key is not None and len(references) != 1:
        raise click.UsageError("--public-key is the key of one volunteer: give --id once with it.")
    return read_people(file) if file is not None else tuple(Person(item, key=public_key) for item in references)


def _is_enrolled(book: RecordBook, person: Person) -> bool:
    known = book.find_volunteer(person.reference)
    return known is not None and known.is_enrolled


def _to_known(book: RecordBook, person: Person) -> KnownVolunteer:
    known = book.find_volunteer(person.reference)
    if known is not None:
        return known
    return KnownVolunteer(person.reference, book.compute_volunteer(person.reference), is_enrolled=False, name=person.name)
