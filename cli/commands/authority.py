"""Authorities: who they are, and how they vote each other in and out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from cli.authority_files import fetch_authorities, load_authority
from cli.options import PATH
from cli.output import format_json
from cli.session import Session, asks, sends
from contracts.governance import ChangeAuthorities
from ledger.authorities import Authority, compute_authorities_hash
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height

_at_height = click.option(
    "--at-height", type=click.IntRange(1), required=True, help="The first block that the changed authorities decide on."
)


@click.group()
def command() -> None:
    """Authorities: show, add, remove, rotate. A change takes effect once a quorum has sent the same command."""


@command.command("show")
@asks
def show(session: Session) -> None:
    """Show who decides now, what change is scheduled, and who has approved what."""
    document = session.client.get_json("/v1/authorities")
    session.output.give(document, format_json(document))


@command.command("add")
@click.argument("file", type=PATH)
@_at_height
@sends
def add(session: Session, *, file: Path, at_height: int) -> None:
    """Approve that the authority in FILE joins (made by hourledger node join)."""
    new, now = load_authority(file), fetch_authorities(session.client)
    if any(item.name == new.name for item in now):
        detail = "an authority of that name is there already; hourledger authority rotate gives it new keys"
        raise HourledgerError(Reason.ALREADY_EXISTS, detail, new.name)
    _approve(session, (*now, new), at_height)


@command.command("remove")
@click.argument("name")
@_at_height
@sends
def remove(session: Session, *, name: str, at_height: int) -> None:
    """Approve that the authority NAME leaves."""
    now = fetch_authorities(session.client)
    _require_there(now, name)
    _approve(session, [item for item in now if item.name != name], at_height)


@command.command("rotate")
@click.argument("name")
@click.argument("file", type=PATH)
@_at_height
@sends
def rotate(session: Session, *, name: str, file: Path, at_height: int) -> None:
    """Approve that the authority NAME goes on with the keys in FILE (made by hourledger node join)."""
    now = fetch_authorities(session.client)
    _require_there(now, name)
    new = replace(load_authority(file), name=name)
    _approve(session, [new if item.name == name else item for item in now], at_height)


def _require_there(authorities: Sequence[Authority], name: str) -> None:
    names = [item.name for item in authorities]
    if name not in names:
        raise HourledgerError(Reason.NOT_FOUND, f"there is no such authority, only {', '.join(names)}", name)


def _approve(session: Session, authorities: Sequence[Authority], height: int) -> None:
    if not authorities:
        raise HourledgerError(Reason.INVALID_AUTHORITIES, "a chain has one authority at least: add another one first")
    body = ChangeAuthorities(Height(height), tuple(authorities))
    name = compute_authorities_hash(body.authorities).hex()
    done = f"The change to {len(authorities)} authorities from block {height} on is approved"
    session.carry_out("governance.change_authorities", body, done, authorities_hash=name)
