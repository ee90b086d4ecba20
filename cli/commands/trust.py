"""Trust files: what a verifier far away has of a region."""

from pathlib import Path
from typing import Any, Final

import click

from cli.office.files import write_whole
from cli.options import PATH, dry_run_option
from cli.output import Output
from cli.session import Session, asks, compute_now_ms
from cli.trust_files import load_policy
from cli.trust_updating import Updated, require_fresh, update_trust
from ledger.errors import HourledgerError
from ledger.notes import format_verifier_key
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, format_trust, parse_trust

MAX_AGE_S: Final = 24 * 3600
_max_age = click.option(
    "--max-age", type=click.IntRange(1), default=MAX_AGE_S, show_default=True, help="Oldest checkpoint to accept, in seconds."
)


@click.group()
def command() -> None:
    """Trust files."""


@command.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def show(*, file: Path, is_json: bool) -> None:
    """Show whom the trust file FILE trusts: logs, authorities, and how many of them must vouch."""
    policy = load_policy(file)
    Output(is_json).give(_format_policy(policy), _describe(policy))


@command.command("add")
@click.argument("file", type=PATH)
@_max_age
@dry_run_option
@asks
def add(session: Session, *, file: Path, max_age: int, is_dry_run: bool) -> None:
    """Write the trust file of a node's chain to FILE. Compare it with what the region publishes before use."""
    if file.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "the file is there already; trust update renews it", str(file))
    policy = parse_trust(session.client.get_bytes("/v1/trust"))
    require_fresh(policy, session.client, compute_now_ms() // 1_000, max_age)
    if not is_dry_run:
        write_whole(file, format_trust(policy))
    text = f"{_describe(policy)}\n{'It would be' if is_dry_run else 'It is'} in {file}."
    session.output.give({**_format_policy(policy), "file": str(file), "dry_run": is_dry_run}, text)


@command.command("update")
@click.argument("file", type=PATH)
@_max_age
@dry_run_option
@asks
def update(session: Session, *, file: Path, max_age: int, is_dry_run: bool) -> None:
    """Follow the changes of the authorities from the trust file FILE to the present, each proven by those before it."""
    before = load_policy(file)
    updated = update_trust(before, session.client, compute_now_ms() // 1_000, max_age)
    if updated.heights and not is_dry_run:
        write_whole(file, format_trust(updated.policy))
    document = {
        **_format_policy(updated.policy),
        "file": str(file),
        "changes": list(updated.heights),
        "checkpoint_size": updated.newest.checkpoint.size,
        "dry_run": is_dry_run,
    }
    session.output.give(document, _tell(updated, file, is_dry_run=is_dry_run))


def _tell(updated: Updated, file: Path, *, is_dry_run: bool) -> str:
    if not updated.heights:
        return f"{file} is current: the newest checkpoint counts under it."
    blocks = ", ".join(map(str, updated.heights))
    verb = "would be" if is_dry_run else "is"
    return (
        f"{_describe(updated.policy)}\n{file} {verb} renewed, following {len(updated.heights)} changes (from block {blocks})."
    )


def _format_policy(policy: TrustPolicy) -> dict[str, Any]:
    return {
        "logs": [format_verifier_key(log.key) for log in policy.logs],
        "witnesses": [{"name": item.name, "key": format_verifier_key(item.key)} for item in policy.witnesses],
        "groups": [{"name": item.name, "threshold": item.threshold, "members": list(item.members)} for item in policy.groups],
        "quorum": policy.quorum,
    }


def _describe(policy: TrustPolicy) -> str:
    lines = [f"log        {log.key.name}  {format_verifier_key(log.key)}" for log in policy.logs]
    lines += [f"authority  {item.name}  {format_verifier_key(item.key)}" for item in policy.witnesses]
    lines += [f"group      {item.name}: {item.threshold} of {len(item.members)}" for item in policy.groups]
    return "\n".join((*lines, f"quorum     {policy.quorum}"))
