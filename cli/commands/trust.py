"""Trust files: what a verifier far away has of a region."""

from pathlib import Path

import click

from cli.output import Output
from cli.trust_files import load_policy
from ledger.notes import format_verifier_key
from ledger.trust import TrustPolicy


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


def _format_policy(policy: TrustPolicy) -> object:
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
