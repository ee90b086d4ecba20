"""Certificates: issued from proven records, shown in words."""

from pathlib import Path

import click

from certificates.jcs import JsonObject, encode_jcs, parse_json_object
from certificates.verification import MAX_CERTIFICATE_BYTES, format_report, verify_certificate
from cli.commands import cert_export, cert_present, cert_register
from cli.commands.cert_present import read_evidence
from cli.commands.cert_register import build_registration
from cli.office.files import write_whole
from cli.office.issuing import Form, Issuer, Period
from cli.office.positions import take_free_position
from cli.options import DATE, PATH, RECORDS, SITE, json_option
from cli.output import Output, format_json
from cli.reading import read_bounded
from cli.selection import Selection, describe_records
from cli.session import Session, compute_now_ms, open_desk, works_at_desk
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier, TimeMs


@click.group()
def command() -> None:
    """Certificates of service."""


@command.command("issue")
@click.argument("reference")
@click.option("--out", type=PATH, required=True, help="The file to write.")
@click.option("--first-day", type=DATE, help="Only records from this day on.")
@click.option("--last-day", type=DATE, help="Only records up to this day.")
@click.option("--open", "opened", type=RECORDS, default="all", help="Whose details it opens: all, none, or as in 1,3-5.")
@click.option("--site", type=SITE, help="Sign as did:web of this site, which publishes org did-document.")
@click.option("--register", "is_registered", is_flag=True, help="Enter it into the register too, as the policy says.")
@works_at_desk
def issue(
    session: Session,
    *,
    reference: str,
    out: Path,
    first_day: Day | None,
    last_day: Day | None,
    opened: Selection,
    site: str | None,
    is_registered: bool,
    office: Path,
    organisation: Identifier | None,
) -> None:
    """Issue a certificate for the volunteer whom the organisation's files call REFERENCE (signed by one officer).

    With --register its number is put on record, signed by as many officers as the policy says: who has the number can check it
    then, and the organisation can revoke or supersede it. The first --key signs the certificate.
    """
    keys = session.load_keys()
    key = keys[0] if is_registered else session.load_key()
    with open_desk(session, office, organisation) as desk:
        known = desk.book.find_volunteer(reference)
        if known is None:
            raise HourledgerError(Reason.UNKNOWN_VOLUNTEER, "the record book has no such volunteer", reference)
        issuer = Issuer(session.client, desk.records, desk.organisation, key)

        def write(position: int | None) -> JsonObject:
            form = Form(opened, site, position)
            document = issuer.issue(known.volunteer, compute_now_ms(), Period(first_day, last_day), form)
            if not session.is_dry_run:
                write_whole(out, encode_jcs(document))
            return document

        def put_on_record(position: int) -> None:
            document = write(position)
            body = build_registration(encode_jcs(document), str(out))
            words = f"The certificate {document['id']} is in {out} and registered"
            session.carry_out("certificates.register", body, words, certificate=str(out), id=document["id"], position=position)

        if is_registered:
            take_free_position(session.client, put_on_record)
            return
        document = write(None)
    done = "would be" if session.is_dry_run else "is"
    answer = {"dry_run": session.is_dry_run, "certificate": str(out), "id": document["id"]}
    session.output.give(answer, f"The certificate {document['id']} {done} in {out}.")


@command.command("show")
@click.argument("file", type=PATH)
@click.option("--full", is_flag=True, help="Print the whole document.")
@json_option
def show(*, file: Path, full: bool, is_json: bool) -> None:
    """Show what the certificate in FILE says. Whether that is true, hourledger verify says."""
    data = read_bounded(file, MAX_CERTIFICATE_BYTES, "the certificate")
    if full:
        click.echo(format_json(parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES)))
        return
    # The statement is computed from the evidence; without a trust file nothing vouches for it, and that is said.
    report = verify_certificate(data, (), TimeMs(compute_now_ms()))
    statement = format_report(report)["statement"]
    if not isinstance(statement, dict):
        failed = next(check for check in report.report.checks if check.reason is not None)
        raise HourledgerError(failed.reason or Reason.MALFORMED, failed.detail, str(file))
    listed = describe_records(read_evidence(data, str(file)))
    lines = [f"{name:<18} {value}" for name, value in statement.items() if value is not None]
    lines += [_describe_record(item) for item in listed if isinstance(item, dict)]
    answer = {"is_verified": False, **statement, "list": listed}
    Output(is_json).give(answer, "\n".join((*lines, "not verified: use hourledger verify")))


def _describe_record(item: JsonObject) -> str:
    details = item["details"]
    said = details["activity_name"] if isinstance(details, dict) else "(not opened)"
    return f"record {item['number']:<11} {item['date']}  {item['minutes']} min  {said}"


for _command in (cert_export.export, *cert_present.COMMANDS, *cert_register.COMMANDS):
    command.add_command(_command)
