"""The time bank: save the time of one's records, give it, spend it; for registrars and keepers of the pool as well."""

import click

from cli.commands.timebank_offices import appoint, attest, declare_group, withdraw_attestation
from cli.commands.timebank_spending import buy, redeem
from cli.office.answers import parse_identifier_hex
from cli.office.explaining import commit_to
from cli.office.paging import find_record
from cli.office.values import parse_day
from cli.options import DATE, IDENTIFIER
from cli.output import format_json
from cli.session import Session, asks, asks_with_key, sends
from contracts.timebank.deposits import DepositTime
from contracts.timebank.giving import DonateTime, GiveTime, IssueTime
from contracts.timebank.holders import MAX_MOVED
from ledger.genesis import to_day
from ledger.types import Day, Identifier, Minutes

_volunteer = click.argument("volunteer", type=IDENTIFIER)
_minutes = click.option("--minutes", type=click.IntRange(1, MAX_MOVED), required=True, help="How many, in whole units.")


@click.group()
def command() -> None:
    """Saved time: show, deposit, give, spend."""


@command.command("show")
@_volunteer
@asks_with_key
def show(session: Session, *, volunteer: Identifier) -> None:
    """Show what a person has saved (asked for with the person's key)."""
    document = session.client.get_json(f"/v1/volunteers/{volunteer.hex()}/time", key=session.load_key())
    session.output.give(document, format_json(document))


@command.command("pool")
@asks
def show_pool(session: Session) -> None:
    """Show how much time the pool has, and how much is saved in all."""
    document = session.client.get_json("/v1/timebank")
    session.output.give(document, format_json(document))


@command.command("deposit")
@_volunteer
@click.argument("record", type=IDENTIFIER)
@click.option("--organisation", type=IDENTIFIER, help="Whose record it is. Otherwise the node is asked.")
@click.option("--date", "day", type=DATE, help="The day of the service. Otherwise the node is asked.")
@sends
def deposit(
    session: Session, *, volunteer: Identifier, record: Identifier, organisation: Identifier | None, day: Day | None
) -> None:
    """Save the time of a record (signed by the volunteer; for one without a key by the organisation that enrolled)."""
    if organisation is None or day is None:
        found = find_record(session.client, volunteer, record, session.load_keys()[0])
        organisation, day = parse_identifier_hex(found["organisation"]), to_day(parse_day(found["day"]))
    session.carry_out("timebank.deposit", DepositTime(organisation, volunteer, record, day), "The time is saved")


@command.command("give")
@_volunteer
@click.option("--to", "recipient", type=IDENTIFIER, required=True, help="The person who receives it.")
@_minutes
@sends
def give(session: Session, *, volunteer: Identifier, recipient: Identifier, minutes: int) -> None:
    """Give saved time to somebody whom the region allows (signed by the volunteer)."""
    session.carry_out("timebank.give", GiveTime(volunteer, recipient, Minutes(minutes)), f"{minutes} minutes are given")


@command.command("donate")
@_volunteer
@_minutes
@sends
def donate(session: Session, *, volunteer: Identifier, minutes: int) -> None:
    """Give saved time to the pool (signed by the volunteer)."""
    session.carry_out("timebank.donate", DonateTime(volunteer, Minutes(minutes)), f"{minutes} minutes are donated")


@command.command("issue")
@_volunteer
@click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that keeps the pool.")
@_minutes
@click.option("--grounds", required=True, help="Why, in words. Only their commitment goes onto the ledger.")
@sends
def issue(session: Session, *, volunteer: Identifier, organisation: Identifier, minutes: int, grounds: str) -> None:
    """Give time of the pool to somebody in need (signed by officers of a keeper of the pool, and an authority)."""
    commitment, kept = commit_to(grounds)
    body = IssueTime(organisation, volunteer, Minutes(minutes), commitment)
    session.carry_out("timebank.issue", body, f"{minutes} minutes are issued", **kept)


for _part in (redeem, buy, appoint, attest, withdraw_attestation, declare_group):
    command.add_command(_part)
