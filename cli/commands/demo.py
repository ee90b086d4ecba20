"""The demo: the whole story on this machine."""

import tempfile
import time
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import click

from certificates.verification import MAX_CERTIFICATE_BYTES, CertificateReport, verify_certificate
from cli.demo.authorities import fail_halfway, make_network, run_network
from cli.demo.home import DemoHome
from cli.demo.node_process import initialise_node, run_node
from cli.demo.steps import Steps
from cli.demo.story import Told, load_registrar, tell_story
from cli.demo.telling import Ending, NetworkEnding, describe_ending, format_ending
from cli.demo.two_regions import (
    LAKE,
    RIVER,
    STAR_HOURS,
    TwoHomes,
    arrive,
    check_certificate,
    fetch_card,
    send,
    show_card,
    trust_each_other,
    welcome,
)
from cli.demo.two_regions_telling import MovedEnding, describe_moved, format_moved
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
@click.option(
    "--regions",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="With two, a volunteer moves from one region to another with certificate and hours.",
)
@json_option
def command(
    *,
    roster_file: Path | None,
    folder: Path | None,
    not_service: tuple[str, ...],
    batch_size: int,
    authorities: int,
    regions: int,
    is_json: bool,
) -> int:
    """Tell the whole story on this machine, with nodes of its own, and check the certificate that it ends with.

    Ends with 0 only if everything verified.
    """
    if regions == 2 and authorities != 1:
        raise click.UsageError("With --regions 2 each region has one authority.")
    started = time.monotonic()
    output = Output(is_json)
    roster = _read_roster(roster_file)
    # Absolute, because the node is a process with another current folder.
    home = DemoHome((folder or Path(tempfile.mkdtemp(prefix="hourledger-demo-"))).absolute(), authorities)
    excluded = not_service or (() if roster_file is not None else SAMPLE_NOT_SERVICE)
    settings = ImportOptions(batch_size, may_publish=True, not_service=excluded)
    if regions == 2:
        return _tell_of_two(TwoHomes(home.folder), output, roster, settings, started)
    home.prepare()
    options = replace(settings, registrar=load_registrar(home))
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


def _tell_of_two(homes: TwoHomes, output: Output, roster: Roster, settings: ImportOptions, started: float) -> int:
    river, lake = homes.river, homes.lake
    for home, (chain_id, region) in ((river, RIVER), (lake, LAKE)):
        output.step(f"The region {region} with a chain of its own, in {home.folder}")
        home.prepare()
        initialise_node(home, chain_id, region, (f"star_1_hours={STAR_HOURS}",))
    options = replace(settings, registrar=load_registrar(river))
    with run_node(lake) as lake_client:
        there = Steps(lake.steps, lake_client, LAKE[0])
        with run_node(river) as river_client:
            here = Steps(river.steps, river_client, RIVER[0])
            output.step(f"Their nodes answer; at {RIVER[1]}, {len(roster.rows):,} rows of hours")
            with output.progress("Certifying", len(roster.rows)) as advance:
                told = tell_story(river, river_client, roster.rows, options, advance)
            output.step(f"Each region trusts the other by vote; {told.holder} moves to {LAKE[1]} and is enrolled there")
            trust_each_other(homes, here, there)
            newcomer = welcome(lake, there)
            statement = check_certificate(homes).statement
            minutes = 0 if statement is None else statement.minutes
            output.step(f"{minutes} minutes leave {RIVER[1]}, once; the proof is a file")
            sent = send(homes, here, told.holder, newcomer.volunteer, LAKE[0], minutes)
        output.step(f"The node of {RIVER[1]} is stopped; the time arrives at {LAKE[1]} from the file, once")
        arrival = arrive(homes, there, newcomer)
        fetch_card(homes, there, newcomer)
    output.step("Both nodes are stopped; certificate and card are checked offline under the trust files side by side")
    ending = MovedEnding(told, sent, arrival, check_certificate(homes), show_card(homes), time.monotonic() - started)
    output.give(format_moved(homes, ending), describe_moved(homes, ending))
    return ExitCode.OK if ending.is_good else ExitCode.REFUSED


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
