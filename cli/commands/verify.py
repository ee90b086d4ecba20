"""Verification of everything that leaves the ledger, from files, without a node and without a network."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from certificates.artefacts import find_number, find_place, verify_artefact
from certificates.checks import Times
from certificates.datetimes import parse_datetime
from certificates.register import MAX_STATUS_BYTES
from certificates.reports import ArtefactReport, Question, find_worst, format_artefact_report, report_unreadable
from certificates.words import Language
from cli.output import Output
from cli.reading import read_bounded
from cli.reports import describe_report, find_language
from cli.trust_files import load_policies
from ledger.errors import HourledgerError
from ledger.types import Identifier, TimeMs

_MS_PER_DAY = 86_400_000
_STDIN = "-"
_IDENTIFIER = re.compile("[0-9a-f]{32}")


@click.command("verify")
@click.argument("files", type=click.Path(path_type=Path, allow_dash=True), nargs=-1, required=True)
@click.option(
    "--trust",
    "trust_paths",
    type=click.Path(path_type=Path),
    multiple=True,
    required=True,
    envvar="HOURLEDGER_TRUST",
    help="A trust file, or a folder of them. Repeatable.",
)
@click.option("--at-time", help="The time to judge by, such as 2026-10-11T12:00:00Z. Otherwise now.")
@click.option("--max-age", "max_age_days", type=click.IntRange(0, 36_500), help="How many days old the evidence may be.")
@click.option(
    "--status",
    "status_file",
    type=click.Path(path_type=Path),
    help="What cert status or card save-status saved, or a status list, for one of FILES.",
)
@click.option("--node", "node_url", help="Ask this node whether the certificates and cards were revoked or superseded since.")
@click.option("--nonce", help="What you asked the holder of a card to show it for.")
@click.option("--audience", help="To whom you asked the holder of a card to show it.")
@click.option("--merchant", help="Whose counter it is, for a counter card.")
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), help="English or Chinese. By default as the machine is set."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def command(
    *,
    files: tuple[Path, ...],
    trust_paths: tuple[Path, ...],
    at_time: str | None,
    max_age_days: int | None,
    status_file: Path | None,
    node_url: str | None,
    nonce: str | None,
    audience: str | None,
    merchant: str | None,
    language: Language | None,
    is_json: bool,
) -> int:
    """Check certificates, cards, codes and lists in FILES, offline: also in pictures and PDF files; - is standard input.

    Whether one was revoked or superseded since its evidence was made is in no file of its own: --status or --node shows it.

    Ends with 0 when all are valid, 1 when one is invalid, 3 when one could not be decided, 2 when the command cannot be used.
    """
    output = Output(is_json)
    policies = load_policies(trust_paths)
    at_time_ms = _parse_time(at_time)
    max_age_ms = None if max_age_days is None else max_age_days * _MS_PER_DAY
    if status_file is not None and (node_url is not None or len(files) != 1):
        raise click.UsageError("--status is about one FILE, and --node is another way to know.")
    asked = Question(
        policies, Times(at_time_ms, max_age_ms), audience=audience, nonce=nonce, merchant=_parse_merchant(merchant)
    )
    reports = [_verify_file(_read(file), asked, status_file, node_url) for file in files]
    output.show(_format_reports(files, reports))
    for file, report in zip(files, reports, strict=True):
        output.say(describe_report(str(file), report, language or find_language()))
    return find_worst([report.verdict for report in reports]).exit_code


def _read(file: Path) -> bytes:
    from node.scanning.formats import MAX_FILE_BYTES  # noqa: PLC0415 - as below

    if str(file) == _STDIN:
        return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    return read_bounded(file, MAX_FILE_BYTES, "the file")


def _verify_file(data: bytes, asked: Question, status_file: Path | None, node_url: str | None) -> ArtefactReport:
    from node.scanning.formats import is_scannable  # noqa: PLC0415 - nothing of a node is loaded before there is a file

    if not is_scannable(data):
        return verify_artefact(data, replace(asked, status=_find_status(data, status_file, node_url)))
    from node.scanning.opening import open_file  # noqa: PLC0415 - only pictures and PDF files need it
    from node.scanning.verifying import verify_opened  # noqa: PLC0415

    try:
        opened = open_file(data)
    except HourledgerError as error:
        return report_unreadable(error)
    return verify_opened(opened, replace(asked, status=_find_status(opened.artefact, status_file, node_url)))


def _find_status(data: bytes, status_file: Path | None, node_url: str | None) -> bytes | HourledgerError | None:
    """Return the proof of what the register says, why it could not be had, or None where nobody asked."""
    if status_file is not None:
        return read_bounded(status_file, MAX_STATUS_BYTES, "the status")
    if node_url is None:
        return None
    from cli.office.client import NodeClient  # noqa: PLC0415 - an offline verification needs nothing of a node
    from cli.office.positions import fetch_position_status  # noqa: PLC0415
    from cli.office.registering import fetch_status  # noqa: PLC0415

    try:
        place = find_place(data)
        with NodeClient(node_url) as client:
            if place is not None:
                return fetch_position_status(client, place.position)
            return fetch_status(client, find_number(data))
    except HourledgerError as error:
        return error


def _format_reports(files: Sequence[Path], reports: Sequence[ArtefactReport]) -> object:
    """Return one report for one file; for several, all of them under the worst verdict."""
    documents = [{"file": str(file), **format_artefact_report(report)} for file, report in zip(files, reports, strict=True)]
    if len(documents) == 1:
        return documents[0]
    return {"verdict": find_worst([report.verdict for report in reports]).value, "files": documents}


def _parse_merchant(text: str | None) -> Identifier | None:
    """Return an identifier. `cli.options` has this too, with a client of nodes, which an offline verification does not need."""
    if text is None:
        return None
    if _IDENTIFIER.fullmatch(text) is None:
        raise click.BadParameter(f"'{text}' is not 16 bytes in hexadecimal", param_hint="--merchant")
    return Identifier(bytes.fromhex(text))


def _parse_time(text: str | None) -> TimeMs:
    if text is None:
        return TimeMs(time.time_ns() // 1_000_000)
    try:
        return parse_datetime(text)
    except HourledgerError as error:
        raise click.BadParameter(f"'{text}' is not a time such as 2026-10-11T12:00:00Z", param_hint="--at-time") from error
