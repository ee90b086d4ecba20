"""Organisations: licensed by an authority, run by their officers."""

from pathlib import Path

import click

from certificates.dids import build_did_document
from cli.office.builders import new_identifier
from cli.office.files import write_whole
from cli.options import IDENTIFIER, PATH, PUBLIC_KEY, SITE
from cli.output import format_json
from cli.session import Session, asks, sends
from contracts.identity.duties import SetPreparers
from contracts.identity.groups import RegisterGroup
from contracts.identity.organisations import ChangeOfficer, ChangeStanding, RegisterOrganisation, ReplaceOfficer, SetPolicy
from contracts.identity.parties import Standing
from contracts.identity.succession import SucceedOrganisation
from ledger.types import Identifier, PublicKey

_organisation = click.argument("organisation", type=IDENTIFIER)


@click.group()
def command() -> None:
    """Organisations, their officers and their policy."""


@command.command("register")
@click.option("--name", required=True, help="The name that certificates show.")
@click.option(
    "--officer", "officers", type=PUBLIC_KEY, multiple=True, required=True, help="An officer's public key. Repeatable."
)
@click.option("--approvals", type=click.IntRange(1, 16), default=2, show_default=True, help="Officers who must sign hours.")
@click.option("--id", "organisation", type=IDENTIFIER, help="The identifier to use. Otherwise a new one is made.")
@sends
def register(
    session: Session, *, name: str, officers: tuple[PublicKey, ...], approvals: int, organisation: Identifier | None
) -> None:
    """License an organisation to record hours (signed by an authority)."""
    identifier = organisation or new_identifier()
    body = RegisterOrganisation(identifier, name, officers, approvals)
    done = f"{name} is registered as {identifier.hex()}"
    session.carry_out("identity.register_organisation", body, done, organisation=identifier.hex())


@command.command("register-group")
@click.option("--guide", type=IDENTIFIER, required=True, help="The guiding organisation.")
@click.option("--name", required=True, help="The name that certificates show.")
@click.option(
    "--officer", "officers", type=PUBLIC_KEY, multiple=True, required=True, help="An officer's public key. Repeatable."
)
@click.option("--approvals", type=click.IntRange(1, 16), default=1, show_default=True, help="Officers who must sign hours.")
@sends
def register_group(session: Session, *, guide: Identifier, name: str, officers: tuple[PublicKey, ...], approvals: int) -> None:
    """Register a group under a guiding organisation (signed by the guide's officers as its policy says).

    What the group certifies takes an officer of the guide as well.
    """
    identifier = new_identifier()
    body = RegisterGroup(identifier, guide, name, officers, approvals)
    done = f"{name} is registered as {identifier.hex()}"
    session.carry_out("identity.register_group", body, done, organisation=identifier.hex())


@command.command("succeed")
@_organisation
@click.argument("successor", type=IDENTIFIER)
@sends
def succeed(session: Session, *, organisation: Identifier, successor: Identifier) -> None:
    """Let SUCCESSOR act for an organisation that is no more (signed by an authority and the successor's officers)."""
    body = SucceedOrganisation(organisation, successor)
    session.carry_out("identity.succeed_organisation", body, "The successor acts for it from now on")


@command.command("show")
@_organisation
@asks
def show(session: Session, *, organisation: Identifier) -> None:
    """Show an organisation as everybody may see it."""
    document = session.client.get_json(f"/v1/organisations/{organisation.hex()}")
    session.output.give(document, format_json(document))


@command.command("did-document")
@_organisation
@click.option("--site", type=SITE, required=True, help="The organisation's site: its host, as in volunteers.example.")
@click.option("--out", type=PATH, required=True, help="The file to write.")
@asks
def write_did_document(session: Session, *, organisation: Identifier, site: str, out: Path) -> None:
    """Write the did.json by which others find the officers' keys on the organisation's site.

    Put it at https://SITE/.well-known/did.json, and again whenever an officer comes or goes. The key of an officer who has left
    stays good for old certificates only while it is there.
    """
    keys = session.client.get_organisation(organisation).officers
    write_whole(out, f"{format_json(build_did_document(site, keys))}\n".encode())
    document = {"did": f"did:web:{site}", "keys": len(keys), "out": str(out)}
    session.output.give(
        document, f"{out} names {len(keys)} keys of did:web:{site}. Put it at https://{site}/.well-known/did.json."
    )


@command.command("suspend")
@_organisation
@sends
def suspend(session: Session, *, organisation: Identifier) -> None:
    """Suspend an organisation (signed by an authority)."""
    body = ChangeStanding(organisation, Standing.SUSPENDED)
    session.carry_out("identity.change_standing", body, "The organisation is suspended")


@command.command("reinstate")
@_organisation
@sends
def reinstate(session: Session, *, organisation: Identifier) -> None:
    """Lift a suspension (signed by an authority)."""
    body = ChangeStanding(organisation, Standing.ACTIVE)
    session.carry_out("identity.change_standing", body, "The organisation is reinstated")


@command.command("add-officer")
@_organisation
@click.argument("officer", type=PUBLIC_KEY)
@sends
def add_officer(session: Session, *, organisation: Identifier, officer: PublicKey) -> None:
    """Add an officer by the public key (signed by officers as the policy says)."""
    session.carry_out("identity.add_officer", ChangeOfficer(organisation, officer), "The officer is added")


@command.command("remove-officer")
@_organisation
@click.argument("officer", type=PUBLIC_KEY)
@sends
def remove_officer(session: Session, *, organisation: Identifier, officer: PublicKey) -> None:
    """Remove an officer, whose key can never be used again (signed by officers as the policy says)."""
    session.carry_out("identity.remove_officer", ChangeOfficer(organisation, officer), "The officer is removed")


@command.command("replace-officer")
@_organisation
@click.argument("lost", type=PUBLIC_KEY)
@click.argument("key", type=PUBLIC_KEY)
@sends
def replace_officer(session: Session, *, organisation: Identifier, lost: PublicKey, key: PublicKey) -> None:
    """Put KEY in the place of the LOST key of an officer (signed by an authority, and another officer or authority)."""
    body = ReplaceOfficer(organisation, lost, key)
    session.carry_out("identity.replace_officer", body, "The officer's key is replaced")


@command.command("set-policy")
@_organisation
@click.option("--approvals", type=click.IntRange(1, 16), required=True, help="Officers who must sign hours.")
@sends
def set_policy(session: Session, *, organisation: Identifier, approvals: int) -> None:
    """Set how many officers must sign (signed by as many as the present policy says)."""
    session.carry_out("identity.set_policy", SetPolicy(organisation, approvals), f"{approvals} officers must sign from now on")


@command.command("set-preparers")
@_organisation
@click.argument("preparers", type=PUBLIC_KEY, nargs=-1)
@sends
def set_preparers(session: Session, *, organisation: Identifier, preparers: tuple[PublicKey, ...]) -> None:
    """Name the officers who only prepare, none to have no such duties (signed by officers as the policy says until now)."""
    session.carry_out(
        "identity.set_preparers", SetPreparers(organisation, preparers), f"{len(preparers)} officers only prepare"
    )
