"""What authorities, registrars and organisations do for the time bank."""

import click

from cli.office.explaining import commit_to
from cli.options import IDENTIFIER
from cli.session import Session, sends
from contracts.timebank.attestations import Attest, Kin, Relation, WithdrawAttestation
from contracts.timebank.deposits import DeclareGroup
from contracts.timebank.offices import Appoint, Office
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Identifier

_person = click.argument("person", type=IDENTIFIER)
_registrar = click.option("--organisation", type=IDENTIFIER, help="The registrar. Otherwise an authority signs.")


@click.command("appoint")
@click.argument("organisation", type=IDENTIFIER)
@click.option("--as", "office", type=click.Choice([item.name.lower() for item in Office]), required=True, help="The office.")
@click.option("--end", "is_end", is_flag=True, help="Take the office away instead.")
@sends
def appoint(session: Session, *, organisation: Identifier, office: str, is_end: bool) -> None:
    """Make an organisation registrar or keeper of the pool (signed by an authority)."""
    body = Appoint(organisation, Office[office.upper()], not is_end)
    session.carry_out("timebank.appoint", body, "The office is taken away" if is_end else "The office is given")


@click.command("attest")
@_person
@_registrar
@click.option("--relative-of", type=IDENTIFIER, help="Attest that PERSON is this volunteer's relative. Otherwise an age.")
@click.option(
    "--kin",
    type=click.Choice([item.name.lower() for item in Kin]),
    help="What the region's rule names: the spouse, or any direct relative.",
)
@click.option("--seen", required=True, help="Which papers were seen, in words. Only their commitment goes onto the ledger.")
@sends
def attest(
    session: Session,
    *,
    person: Identifier,
    organisation: Identifier | None,
    relative_of: Identifier | None,
    kin: str | None,
    seen: str,
) -> None:
    """Attest that PERSON is of age, or a relative (signed by an authority, or officers of a registrar)."""
    if (relative_of is None) is not (kin is None):
        raise HourledgerError(Reason.USAGE, "--relative-of and --kin are given together")
    relation = None if relative_of is None or kin is None else Relation(relative_of, Kin[kin.upper()])
    commitment, kept = commit_to(seen)
    session.carry_out("timebank.attest", Attest(organisation, person, relation, commitment), "It is attested", **kept)


@click.command("withdraw-attestation")
@_person
@_registrar
@click.option("--relative-of", type=IDENTIFIER, help="That PERSON is this volunteer's relative. Otherwise the age.")
@sends
def withdraw_attestation(
    session: Session, *, person: Identifier, organisation: Identifier | None, relative_of: Identifier | None
) -> None:
    """Withdraw what was attested (signed by an authority, or one officer of the registrar that attested it)."""
    body = WithdrawAttestation(organisation, person, relative_of)
    session.carry_out("timebank.withdraw_attestation", body, "The attestation is withdrawn")


@click.command("declare-group")
@click.argument("activity", type=IDENTIFIER)
@click.option("--organisation", type=IDENTIFIER, required=True, help="Whose activity it is.")
@sends
def declare_group(session: Session, *, activity: Identifier, organisation: Identifier) -> None:
    """Declare an activity to be a group's, for good (signed by one officer). Its time may be only to be given away."""
    body = DeclareGroup(activity, organisation)
    session.carry_out("timebank.declare_group", body, "The activity is a group's")
