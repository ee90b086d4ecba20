"""A node's settings: a JSON file that the operator edits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import PUBLIC_KEY_BYTES, PublicKey
from node.files import read_file

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8551
DEFAULT_HEARTBEAT_MS: Final = 60_000
MAX_HEARTBEAT_MS: Final = 24 * 3600 * 1000
MAX_KEPT_BLOCKS: Final = 2**53
DEFAULT_NAME: Final = "observer"

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the node listens, and after how long an idle chain makes a block, in milliseconds.

    `peer_address` is where the other nodes reach this one, `peers` where it reaches them, by name. Both are empty where a chain
    has one authority and nobody follows it. `name` is what a node is called that is no authority, `observers` are the nodes
    that may follow this one: the public key of the log, by name. `keep_blocks` is how many of the newest blocks are held, 0 for
    all.
    """

    host: str
    port: int
    heartbeat_ms: int
    peer_address: Address | None = None
    peers: Mapping[str, Address] = field(default_factory=dict)
    name: str = DEFAULT_NAME
    observers: Mapping[str, PublicKey] = field(default_factory=dict)
    keep_blocks: int = 0


ALONE: Final = Settings(DEFAULT_HOST, DEFAULT_PORT, DEFAULT_HEARTBEAT_MS)


def format_settings(settings: Settings) -> bytes:
    """Return the file of some settings: what is empty is left out."""
    document: dict[str, Any] = {"host": settings.host, "port": settings.port, "heartbeat_ms": settings.heartbeat_ms}
    if settings.peer_address is not None:
        peers = {name: _format_address(address) for name, address in settings.peers.items()}
        document.update(peer_address=_format_address(settings.peer_address), peers=peers)
    if settings.name != DEFAULT_NAME:
        document["name"] = settings.name
    if settings.observers:
        document["observers"] = {name: key.hex() for name, key in settings.observers.items()}
    if settings.keep_blocks:
        document["keep_blocks"] = settings.keep_blocks
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _format_address(address: Address) -> str:
    return f"{address[0]}:{address[1]}"


def load_settings(path: Path) -> Settings:
    """Return the settings in a file, or raise `HourledgerError`."""
    detail = "the settings are not a JSON object with host, port and heartbeat_ms, or a name, key or number in them is wrong"
    refusal = HourledgerError(Reason.UNREADABLE_FILE, detail, str(path))
    try:
        document = json.loads(read_file(path))
    except (ValueError, RecursionError) as error:
        raise refusal from error
    match document:
        case {"host": str(host), "port": port, "heartbeat_ms": heartbeat_ms, **rest} if _is_number(
            port, 0, 65_535
        ) and _is_number(heartbeat_ms, 1, MAX_HEARTBEAT_MS):
            settings = Settings(host, port, heartbeat_ms)
        case _:
            raise refusal
    keep_blocks = rest.pop("keep_blocks", 0)
    if type(keep_blocks) is not int or not 0 <= keep_blocks <= MAX_KEPT_BLOCKS:
        raise refusal
    return _add_network_settings(replace(settings, keep_blocks=keep_blocks), rest, refusal)


def _add_network_settings(settings: Settings, rest: Mapping[Any, Any], refusal: HourledgerError) -> Settings:
    """Take in what a node has that is not alone: none of it must be there, and an address for peers goes with the peers'."""
    names = set(rest)
    if not names <= {"peer_address", "peers", "name", "observers"} or len(names & {"peer_address", "peers"}) == 1:
        raise refusal
    name, peers, observers = rest.get("name", settings.name), rest.get("peers", {}), rest.get("observers", {})
    if not isinstance(name, str) or not isinstance(peers, dict) or not isinstance(observers, dict):
        raise refusal
    return replace(
        settings,
        peer_address=parse_address(rest["peer_address"], refusal) if "peer_address" in names else None,
        peers={str(peer): parse_address(text, refusal) for peer, text in peers.items()},
        name=name,
        observers={str(observer): _parse_public_key(text, refusal) for observer, text in observers.items()},
    )


def _parse_public_key(text: object, refusal: HourledgerError) -> PublicKey:
    try:
        key = bytes.fromhex(str(text))
    except ValueError as error:
        raise refusal from error
    if len(key) != PUBLIC_KEY_BYTES:
        raise refusal
    return PublicKey(key)


def parse_address(text: object, refusal: HourledgerError) -> Address:
    """Return the host and port of `HOST:PORT`, or raise `refusal`."""
    host, _, port = str(text).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise refusal
    return host, int(port)


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
