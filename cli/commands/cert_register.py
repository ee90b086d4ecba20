"""The register of certificates: entered, revoked, superseded, and checked by number (Guidance 2015-149; DOMAIN 4, rule 10)."""

from pathlib import Path
from typing import Final

import click

from certificates.certificate import read_content
from certificates.jcs import parse_json_object
from certificates.register import compute_document_hash, format_number, parse_number
from certificates.verification import MAX_CERTIFICATE_BYTES, verify_certificate
from cli.office.files import write_whole
from cli.office.registering import fetch_status
from cli.options import CERTIFICATE_NUMBER, IDENTIFIER, PATH
from cli.output import format_json
from cli.reading import read_bounded
from cli.session import Session, asks, compute_now_ms, sends
from contracts.certificates.registry import (
    AboutCertificate,
    RegisterCertificate,
    Revocation,
    RevokeCertificate,
    SupersedeCertificate,
)
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier, Minutes, TimeMs

_number = click.argument("number", type=CERTIFICATE_NUMBER)
_organisation = click.option("--organisation", type=IDENTIFIER, required=True, help="The organisation that registered it.")


def build_registration(data: bytes, name: str) -> RegisterCertificate:
    """Return what the register takes of a certificate; raise `HourledgerError` for what is not one."""
    report = verify_certificate(data, (), TimeMs(compute_now_ms()))
    statement = report.statement
    # Whom the officer trusts is not asked: what matters is that the file is whole and says what its own evidence shows.
    failed = [check for check in report.report.checks if check.reason not in {None, Reason.UNTRUSTED_LOG}]
    if failed or statement is None:
        reason, detail = (failed[0].reason, failed[0].detail) if failed else (None, "the file is not a certificate")
        raise HourledgerError(reason or Reason.MALFORMED, detail, name)
    document = parse_json_object(data, max_bytes=MAX_CERTIFICATE_BYTES)
    return RegisterCertificate(
        parse_number(str(document["id"])),
        statement.organisation,
        statement.volunteer,
        statement.first_day,
        statement.last_day,
        Minutes(statement.minutes),
        compute_document_hash(document),
        read_content(document),
        report.position,
    )


@click.command("register")
@click.argument("file", type=PATH)
@sends
def register(session: Session, *, file: Path) -> None:
    """Enter the certificate in FILE into the register (signed by officers as the policy says)."""
    body = build_registration(read_bounded(file, MAX_CERTIFICATE_BYTES, "the certificate"), str(file))
    words = f"The certificate {format_number(body.number)} is registered"
    session.carry_out("certificates.register", body, words, id=format_number(body.number))


@click.command("revoke")
@_number
@_organisation
@click.option("--why", type=click.Choice([item.name.lower() for item in Revocation]), required=True, help="Why, as a code.")
@sends
def revoke(session: Session, *, number: Identifier, organisation: Identifier, why: str) -> None:
    """Take back the registered certificate of NUMBER (signed by officers as the policy says). Its records stay as they are."""
    body = RevokeCertificate(number, organisation, Revocation[why.upper()])
    session.carry_out("certificates.revoke", body, f"The certificate {format_number(number)} is revoked")


@click.command("suspend")
@_number
@_organisation
@sends
def suspend(session: Session, *, number: Identifier, organisation: Identifier) -> None:
    """Let the registered certificate of NUMBER not be relied on for now (signed by officers as the policy says)."""
    body = AboutCertificate(number, organisation)
    session.carry_out("certificates.suspend", body, f"The certificate {format_number(number)} is suspended")


@click.command("reinstate")
@_number
@_organisation
@sends
def reinstate(session: Session, *, number: Identifier, organisation: Identifier) -> None:
    """Let the suspended certificate of NUMBER stand again (signed by officers as the policy says)."""
    body = AboutCertificate(number, organisation)
    session.carry_out("certificates.reinstate", body, f"The certificate {format_number(number)} stands again")


@click.command("supersede")
@_number
@click.argument("successor", type=CERTIFICATE_NUMBER)
@_organisation
@sends
def supersede(session: Session, *, number: Identifier, successor: Identifier, organisation: Identifier) -> None:
    """Put SUCCESSOR, registered for the same volunteer, in the place of NUMBER (signed by officers as the policy says)."""
    body = SupersedeCertificate(number, organisation, successor)
    session.carry_out("certificates.supersede", body, f"The certificate {format_number(number)} is superseded")


@click.command("check")
@_number
@asks
def check(session: Session, *, number: Identifier) -> None:
    """Check a certificate by its NUMBER alone: number, period, total, status. The node is believed; verify proves."""
    found = session.client.get_json(f"/v1/certificates/{number.hex()}")
    document = {**found, "number": format_number(number)}
    session.output.give(document, format_json(document))


@click.command("status")
@_number
@click.option("--out", type=PATH, required=True, help="The file to write.")
@asks
def save_status(session: Session, *, number: Identifier, out: Path) -> None:
    """Save the proof of what the register says of NUMBER, for hourledger verify --status where there is no network."""
    write_whole(out, fetch_status(session.client, number))
    session.output.give({"status": str(out)}, f"The proof of the status is in {out}.")


COMMANDS: Final = (register, revoke, suspend, reinstate, supersede, check, save_status)
