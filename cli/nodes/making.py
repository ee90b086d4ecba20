"""The folder of a new node: the only authority of a chain of its own, or one that joins a chain."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from cli.authority_files import format_authorities
from cli.keyring import read_new_passphrase
from cli.nodes.options import home_option, new_passphrase_option, plain_option, recovery_key_option
from cli.nodes.regions import REGIONS, load_region
from cli.office.files import write_whole
from cli.options import PATH, dry_run_option, json_option
from cli.output import Output
from cli.reading import read_bounded
from cli.session import compute_now_ms
from ledger.errors import HourledgerError
from ledger.genesis import MAX_GENESIS_BYTES, Genesis, compute_genesis_hash, parse_genesis
from ledger.reasons import Reason
from ledger.types import PublicKey, TimeMs
from node.home import Home, init_development_home, init_follower, init_home
from node.settings import ALONE, DEFAULT_HOST, DEFAULT_PORT, Address, parse_address

DEFAULT_PEER_ADDRESS: Final = f"{DEFAULT_HOST}:{DEFAULT_PORT + 1}"


@click.command("init")
@home_option
@click.option("--chain-id", help="The chain's name, such as ledger.example.org/ningbo. With it, fresh keys are made.")
@click.option("--region", help="The region's name for people. Otherwise the chain's name.")
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=NUMBER", help="A number that the region chooses.")
@click.option(
    "--parameters",
    "file",
    type=PATH,
    help=f"JSON with such numbers by name, or a region that ships: {', '.join(REGIONS)}. --parameter goes before it.",
)
@recovery_key_option
@new_passphrase_option
@plain_option
@dry_run_option
@json_option
def init(
    *,
    home: Path,
    chain_id: str | None,
    region: str | None,
    parameters: tuple[str, ...],
    file: Path | None,
    recovery_keys: tuple[PublicKey, ...],
    passphrase_file: Path | None,
    is_plain: bool,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Make the folder of a node that is the only authority of its chain.

    Without --chain-id it is the development chain, whose keys everybody knows: for trying things out, never for real hours.
    """
    output = Output(is_json)
    _require_free(home)
    numbers = {**(_load_parameters(file) if file else {}), **_parse_parameters(parameters)}
    if is_dry_run:
        output.give({"dry_run": True, "home": str(home)}, f"A node would be made in {home}.")
        return
    genesis = _make(home, chain_id, region, numbers, recovery_keys, passphrase_file, is_plain=is_plain)
    document = {
        "home": str(home),
        "chain_id": genesis.chain_id,
        "genesis_hash": compute_genesis_hash(genesis).hex(),
        "authority": genesis.authorities[0].key.hex(),
        "is_development": chain_id is None,
    }
    warning = "" if chain_id else " Its keys are public: for development only."
    output.give(document, f"The node of {genesis.chain_id} is in {home}.{warning}")


def _make(
    home: Path,
    chain_id: str | None,
    region: str | None,
    parameters: dict[str, int],
    recovery_keys: tuple[PublicKey, ...],
    passphrase_file: Path | None,
    *,
    is_plain: bool,
) -> Genesis:
    if chain_id is None:
        if region or parameters or recovery_keys:
            raise click.UsageError(
                "--region, --parameter, --parameters and --recovery-key need --chain-id: the development chain has none."
            )
        return init_development_home(home)
    passphrase = None if is_plain else read_new_passphrase(passphrase_file)
    return init_home(
        home,
        chain_id=chain_id,
        region=region or chain_id,
        time_ms=TimeMs(compute_now_ms()),
        passphrase=passphrase,
        parameters=parameters,
        recovery_keys=recovery_keys,
    )


def _parse_parameters(parameters: tuple[str, ...]) -> dict[str, int]:
    pairs = [item.partition("=") for item in parameters]
    try:
        return {name: int(value) for name, _separator, value in pairs}
    except ValueError as error:
        raise click.UsageError("--parameter is written NAME=NUMBER, such as --parameter points_per_hour=2") from error


def _load_parameters(file: Path) -> dict[str, int]:
    """Return the numbers of a file, or of a region that ships where there is no file of that name."""
    if not file.exists():
        if str(file) in REGIONS:
            return load_region(str(file))
        detail = f"there is no such file of parameters, and the regions that ship are {', '.join(REGIONS)}"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(file))
    try:
        document = json.loads(read_bounded(file, MAX_GENESIS_BYTES, "the file of parameters"))
    except (ValueError, RecursionError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{file.name} is not JSON", str(file)) from error
    if not isinstance(document, dict) or any(type(value) is not int for value in document.values()):
        detail = f"{file.name} is not a JSON object of whole numbers by name"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(file))
    return document


@click.command("join")
@click.argument("genesis", type=PATH)
@home_option
@click.option("--name", required=True, help="What the node is called, such as ledger.example.org/ningbo/a5.")
@click.option(
    "--peer",
    "peers",
    multiple=True,
    required=True,
    metavar="NAME=HOST:PORT",
    help="Where it finds an authority, also by its short name.",
)
@click.option("--peer-address", default=DEFAULT_PEER_ADDRESS, show_default=True, help="Where the others find it.")
@click.option("--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="The port for clients.")
@new_passphrase_option
@plain_option
@dry_run_option
@json_option
def join(
    *,
    genesis: Path,
    home: Path,
    name: str,
    peers: tuple[str, ...],
    peer_address: str,
    port: int,
    passphrase_file: Path | None,
    is_plain: bool,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Make the folder of a node that joins the chain that begins with the file GENESIS.

    Its authority.json is what the authorities vote on with hourledger authority add, so that it decides with them. Or it
    follows without a vote: then each authority that it connects to names it in its node.json.
    """
    output = Output(is_json)
    _require_free(home)
    own = _read_address("--peer-address is written HOST:PORT", peer_address)
    pairs = [item.partition("=") for item in peers]
    beginning = parse_genesis(read_bounded(genesis, MAX_GENESIS_BYTES, "the genesis file"))
    addresses = {
        _complete_name(peer, beginning): _read_address("--peer is written NAME=HOST:PORT", text)
        for peer, _separator, text in pairs
    }
    if is_dry_run:
        output.give({"dry_run": True, "home": str(home)}, f"A node would be made in {home}.")
        return
    settings = replace(ALONE, port=port, peer_address=own, peers=addresses, name=name)
    authority = init_follower(home, beginning, settings, None if is_plain else read_new_passphrase(passphrase_file))
    file = home / "authority.json"
    write_whole(file, format_authorities([authority]))
    log_key = authority.log_key.hex()
    document = {"home": str(home), "chain_id": beginning.chain_id, "name": name, "log_key": log_key, "file": str(file)}
    text = (
        f"The node {name} of {beginning.chain_id} is in {home}. The authorities let it decide with them with hourledger "
        f'authority add {file}, or let it follow with this in their node.json: "observers": {{"{name}": "{log_key}"}}'
    )
    output.give(document, text)


def _complete_name(peer: str, genesis: Genesis) -> str:
    """Return the name of an authority of genesis that is given without the chain's name in front, and any other as it is."""
    full = f"{genesis.chain_id}/{peer}"
    return full if any(item.name == full for item in genesis.authorities) else peer


def _read_address(what: str, text: str) -> Address:
    return parse_address(text, HourledgerError(Reason.USAGE, what, text))


def _require_free(home: Path) -> None:
    if Home(home).genesis.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a node in the folder already", str(home))
