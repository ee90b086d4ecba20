"""What volunteers say to their records, and what the organisation answers: disputes, missing records, confirmations."""

from typing import Any, Final

import click

from cli.office.answers import parse_identifier_hex
from cli.office.builders import new_identifier
from cli.office.paging import find_question, find_record, iterate_pages
from cli.office.values import parse_day
from cli.options import DATE, IDENTIFIER
from cli.session import Session, asks, asks_with_key, sends
from contracts.hours import Correction, DisputeRecord, Resolution, ResolveDispute
from contracts.hours.cosigning import CosignRecord
from contracts.hours.missing import AnswerClaim, ClaimMissing
from ledger.genesis import to_day
from ledger.types import Day, Identifier

_record = click.argument("record", type=IDENTIFIER)
_claim = click.argument("claim", type=IDENTIFIER)
_organisation = click.argument("organisation", type=IDENTIFIER)
_volunteer = click.option("--volunteer", type=IDENTIFIER, required=True, help="The volunteer's identifier.")
_asked = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that is asked.")
_answering = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that answers.")


def _get_day(item: dict[str, Any], name: str) -> Day:
    return to_day(parse_day(str(item[name])))


@click.command("records")
@click.argument("volunteer", type=IDENTIFIER)
@asks_with_key
def list_records(session: Session, *, volunteer: Identifier) -> None:
    """List a volunteer's records (asked for with the volunteer's key, or an officer's for those of the organisation)."""
    path = f"/v1/volunteers/{volunteer.hex()}/records"
    records = list(iterate_pages(session.client, path, "records", session.load_key()))
    minutes = sum(item["minutes"] for item in records if item["status"] == "counted")
    lines = [_describe_record(item) for item in records if item["status"] != "moved"]
    total = f"{minutes} minutes count ({minutes // 60} h {minutes % 60} min)."
    session.output.give({"records": records, "minutes": minutes}, "\n".join((*lines, total)))


def _describe_record(item: dict[str, Any]) -> str:
    words = [item["day"], item["record"], f"{item['minutes']} minutes"]
    words += ["void"] if item["status"] == "void" else []
    words += ["late"] if item["is_late"] else []
    words += ["entered later"] if item["is_backfilled"] else []
    words += ["confirmed"] if item["is_cosigned"] else []
    dispute = item["dispute"]
    if dispute is not None and dispute["resolution"] is not None:
        words.append(f"dispute {dispute['resolution']}")
    elif dispute is not None:
        words.append(f"disputed, {_describe_deadline(dispute)}")
    return "  ".join(words)


@click.command("dispute")
@_record
@_volunteer
@click.option("--grounds", type=click.Choice([item.name.lower() for item in Correction]), required=True, help="What is wrong.")
@sends
def dispute(session: Session, *, record: Identifier, volunteer: Identifier, grounds: str) -> None:
    """Say that a record is wrong (signed by the volunteer). The organisation must answer within so many working days."""
    found = find_record(session.client, volunteer, record, session.load_key())
    organisation = parse_identifier_hex(found["organisation"])
    body = DisputeRecord(organisation, volunteer, record, _get_day(found, "day"), Correction[grounds.upper()])
    session.carry_out("hours.dispute", body, "The record is disputed", organisation=organisation.hex())


@click.command("cosign")
@_record
@_volunteer
@sends
def cosign(session: Session, *, record: Identifier, volunteer: Identifier) -> None:
    """Confirm a record as it stands (signed by the volunteer)."""
    found = find_record(session.client, volunteer, record, session.load_key())
    body = CosignRecord(parse_identifier_hex(found["organisation"]), volunteer, record, _get_day(found, "day"))
    session.carry_out("hours.cosign", body, "The record is confirmed")


@click.command("resolve")
@_record
@_answering
@click.option(
    "--resolution",
    type=click.Choice([item.name.lower() for item in Resolution]),
    required=True,
    help="rejected: the record is right. upheld: it counts no more. corrected: it was amended since.",
)
@sends
def resolve(session: Session, *, record: Identifier, organisation: Identifier, resolution: str) -> None:
    """Answer a dispute (signed by officers as the policy says). Afterwards hours refresh tells the record book."""
    key = session.load_keys()[0]
    found = find_question(session.client, organisation, "disputes", ("record", record), key)
    volunteer = parse_identifier_hex(found["volunteer"])
    day = _get_day(find_record(session.client, volunteer, record, key), "day")  # it may have been moved since
    body = ResolveDispute(organisation, volunteer, record, day, Resolution[resolution.upper()])
    session.carry_out("hours.resolve", body, f"The dispute is answered: {resolution}")


@click.command("claim-missing")
@_volunteer
@_asked
@click.option("--activity", type=IDENTIFIER, required=True, help="The activity at which the volunteer served.")
@click.option("--date", "day", type=DATE, required=True, help="The day of the service.")
@sends
def claim_missing(session: Session, *, volunteer: Identifier, organisation: Identifier, activity: Identifier, day: Day) -> None:
    """Say that a record is missing (signed by the volunteer). The organisation must answer."""
    claim = new_identifier()
    body = ClaimMissing(claim, organisation, volunteer, activity, day)
    session.carry_out("hours.claim_missing", body, f"The claim is {claim.hex()}", claim=claim.hex())


@click.command("answer-claim")
@_claim
@_answering
@click.option("--record", type=IDENTIFIER, help="The record that there is now.")
@click.option("--no-service", is_flag=True, help="There was no such service.")
@sends
def answer_claim(
    session: Session, *, claim: Identifier, organisation: Identifier, record: Identifier | None, no_service: bool
) -> None:
    """Answer that a record is there now, or that there was no such service (signed by officers as the policy says)."""
    if (record is None) != no_service:
        raise click.UsageError("Give either --record or --no-service.")
    key = session.load_keys()[0]
    found = find_question(session.client, organisation, "claims", ("claim", claim), key)
    body = AnswerClaim(claim, organisation, parse_identifier_hex(found["volunteer"]), record)
    session.carry_out("hours.answer_claim", body, "The claim is answered")


@click.command("disputes")
@_organisation
@asks_with_key
def list_disputes(session: Session, *, organisation: Identifier) -> None:
    """List open disputes (asked for with an officer's key; volunteers see their own)."""
    _list(session, organisation, "disputes", _describe_dispute)


@click.command("claims")
@_organisation
@asks_with_key
def list_claims(session: Session, *, organisation: Identifier) -> None:
    """List records said to be missing (asked for with an officer's key; volunteers see their own)."""
    _list(session, organisation, "claims", _describe_claim)


def _list(session: Session, organisation: Identifier, name: str, describe: Any) -> None:  # noqa: ANN401 - a describer
    path = f"/v1/organisations/{organisation.hex()}/{name}"
    found = sorted(iterate_pages(session.client, path, name, session.load_key()), key=lambda item: str(item["deadline_day"]))
    overdue = sum(item["is_overdue"] for item in found)
    lines = [f"{_describe_deadline(item)}: {describe(item)}" for item in found]
    total = f"{len(found)} {name} are open, {overdue} of them overdue."
    session.output.give({name: found, "overdue": overdue}, "\n".join((*lines, total)))


def _describe_deadline(item: dict[str, Any]) -> str:
    return f"OVERDUE since {item['deadline_day']}" if item["is_overdue"] else f"answer due by {item['deadline_day']}"


def _describe_dispute(item: dict[str, Any]) -> str:
    return f"{item['grounds']}, record {item['record']} of {item['recorded_day']}, volunteer {item['volunteer']}"


def _describe_claim(item: dict[str, Any]) -> str:
    return f"claim {item['claim']}, activity {item['activity']} on {item['day']}, volunteer {item['volunteer']}"


@click.command("overdue")
@_organisation
@asks
def show_overdue(session: Session, *, organisation: Identifier) -> None:
    """Show how many disputes and claims an organisation has not answered, and how many are overdue. Everybody may ask."""
    found = session.client.get_json(f"/v1/organisations/{organisation.hex()}/overdue")
    lines = [f"{name}: {found[name]['open']} open, {found[name]['overdue']} overdue" for name in ("disputes", "claims")]
    session.output.give(found, "\n".join(lines))


COMMANDS: Final = (
    list_records,
    dispute,
    resolve,
    list_disputes,
    claim_missing,
    answer_claim,
    list_claims,
    cosign,
    show_overdue,
)
