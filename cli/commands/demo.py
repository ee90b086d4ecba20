"""The demo: the whole story on this machine."""

import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path

import click

from certificates.verification import MAX_CERTIFICATE_BYTES, CertificateReport, verify_certificate
from cli.demo.authorities import fail_halfway, make_network, run_network
from cli.demo.home import DemoHome
from cli.demo.node_process import initialise_node, run_node
from cli.demo.story import Told, load_registrar, tell_story
from cli.demo.telling import Ending, NetworkEnding, describe_ending, format_ending
from cli.office.importer import ImportOptions
from cli.office.roster import Roster, read_roster
from cli.office.rows import format_problem
from cli.options import PATH, json_option
from cli.output import Output
from cli.reading import read_bounded
from cli.session import compute_now_ms
from cli.trust_files import load_policies
from ledger.errors import HourledgerError
from ledger.events import MAX_ROWS
from ledger.reasons import ExitCode, Reason
from ledger.types import TimeMs

CHAIN_ID = "demo.hourledger.example/log"
REGION = "Demo 演示"
SAMPLE_NOT_SERVICE = ("Meeting", "会议")


@click.command("demo")
@click.option("--hours", "roster_file", type=PATH, help="A roster, CSV or XLSX. Otherwise a sample that comes along.")
@click.option(
    "--home",
    "folder",
    type=PATH,
    help="Where everything is kept, and gone on from. Otherwise a new folder.",
)
@click.option("--not-service", multiple=True, metavar="CATEGORY", help="Rows of this category count no hours. Repeatable.")
@click.option("--batch-size", type=click.IntRange(1, MAX_ROWS), default=500, show_default=True, help="Rows a transaction.")
@click.option(
    "--authorities",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="How many authorities decide together. From four on, one is killed halfway and comes back.",
)
@json_option
def command(
    *,
    roster_file: Path | None,
    folder: Path | None,
    not_service: tuple[str, ...],
    batch_size: int,
    authorities: int,
    is_json: bool,
) -> int:
    """Tell the whole story on this machine, with nodes of its own, and check the certificate that it ends with.

    Ends with 0 only if everything verified.
    """
    started = time.monotonic()
    output = Output(is_json)
    roster = _read_roster(roster_file)
    # Absolute, because the node is a process with another current folder.
    home = DemoHome((folder or Path(tempfile.mkdtemp(prefix="hourledger-demo-"))).absolute(), authorities)
    home.prepare()
    excluded = not_service or (() if roster_file is not None else SAMPLE_NOT_SERVICE)
    options = ImportOptions(batch_size, registrar=load_registrar(home), may_publish=True, not_service=excluded)
    told, network = (_tell if authorities == 1 else _tell_on_network)(home, output, roster, options)
    ending = Ending(told, _verify(home), time.monotonic() - started, network)
    output.give(format_ending(home, ending), describe_ending(home, ending))
    return ExitCode.OK if ending.is_good else ExitCode.REFUSED


def _tell(home: DemoHome, output: Output, roster: Roster, options: ImportOptions) -> tuple[Told, NetworkEnding | None]:
    output.step(f"A chain with one authority, in {home.folder}")
    initialise_node(home, CHAIN_ID, REGION)
    with run_node(home) as client:
        output.step(f"Its node answers at {client.url}; an organisation, its officers and {len(roster.rows):,} rows of hours")
        with output.progress("Certifying", len(roster.rows)) as advance:
            told = tell_story(home, client, roster.rows, options, advance)
    output.step("The node is stopped; the certificate is checked offline")
    return told, None


def _tell_on_network(
    home: DemoHome, output: Output, roster: Roster, options: ImportOptions
) -> tuple[Told, NetworkEnding | None]:
    output.step(f"A chain with {home.authorities} authorities, in {home.folder}")
    make_network(home, CHAIN_ID, REGION)
    with run_network(home) as (client, network):
        output.step(f"Their nodes answer; an organisation, its officers and {len(roster.rows):,} rows of hours")
        with output.progress("Certifying", len(roster.rows)) as advance:
            told = tell_story(home, client, roster.rows, options, fail_halfway(network, len(roster.rows), advance))
        if network.has_failed:
            output.step("One authority was killed halfway; it is started again and catches up")
        height = network.bring_back()
    output.step("The nodes are stopped; the certificate is checked offline")
    return told, NetworkEnding(home.authorities, height, has_failed=network.has_failed)


def _verify(home: DemoHome) -> CertificateReport:
    data = read_bounded(home.certificate, MAX_CERTIFICATE_BYTES, "the certificate")
    return verify_certificate(data, load_policies((home.trust,)), TimeMs(compute_now_ms()))


def _read_roster(file: Path | None) -> Roster:
    """Return the roster; raise UNREADABLE_ROWS when rows of it cannot be used."""
    if file is None:
        with as_file(files("cli") / "data" / "sample-hours.csv") as sample:
            roster = read_roster(sample)
    else:
        roster = read_roster(file)
    if roster.problems:
        shown = "; ".join(format_problem(item) for item in roster.problems[:3])
        raise HourledgerError(Reason.UNREADABLE_ROWS, f"{len(roster.problems)} problems in the roster, such as: {shown}")
    return roster
