"""A node's home folder: genesis, keys, store and settings, and how a new one is made.

HOME/genesis.json     the chain's beginning, the same for all nodes
HOME/node.json        settings of this node
HOME/keys/            authority.pem, cosigner.pem and log.pem, encrypted
HOME/store/           LevelDB
HOME/votes/           what this authority has voted
HOME/cosigned         the newest checkpoint that this node has vouched for
HOME/recovery         a recovery from a lost quorum that the operator has accepted
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeAlias

from contracts.rulebook import compute_genesis_state
from ledger.authorities import MAX_AUTHORITIES, Authority
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.genesis import GENESIS_VERSION, Genesis, format_genesis, parse_genesis, to_day
from ledger.notes import is_key_name
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_signed
from ledger.types import PUBLIC_KEY_BYTES, Day, PublicKey, TimeMs
from node.files import read_file, replace_file
from node.keystore import generate_key, load_key, save_key

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8551
DEFAULT_HEARTBEAT_MS: Final = 60_000
MAX_HEARTBEAT_MS: Final = 24 * 3600 * 1000
MAX_CHAIN_NAME_BYTES: Final = 124
"""With `/a64` behind it, it is still the name of an authority."""
DEVELOPMENT_CHAIN: Final = "hourledger.example/dev"
_ROLES: Final = ("authority", "cosigner", "log")
_SETTINGS: Final = {"host": DEFAULT_HOST, "port": DEFAULT_PORT, "heartbeat_ms": DEFAULT_HEARTBEAT_MS}

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """What a node signs with: votes, cosignatures, and its log's checkpoints."""

    authority: SigningKey
    cosigner: SigningKey
    log: SigningKey


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the node listens, and after how long an idle chain makes a block, in milliseconds.

    `peer_address` is where the other nodes reach this one, `peers` where it reaches them, by name. Both are empty where a chain
    has one authority and nobody follows it. `name` is what a node is called that is no authority, `observers` are the nodes
    that may follow this one: the public key of the log, by name.
    """

    host: str
    port: int
    heartbeat_ms: int
    peer_address: Address | None = None
    peers: Mapping[str, Address] = field(default_factory=dict)
    name: str = "observer"
    observers: Mapping[str, PublicKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Home:
    """Places in a home folder."""

    path: Path

    @property
    def genesis(self) -> Path:
        """The genesis file."""
        return self.path / "genesis.json"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.path / "node.json"

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.path / "store"

    @property
    def votes(self) -> Path:
        """The folder of the store with what this authority has voted."""
        return self.path / "votes"

    @property
    def cosigned(self) -> Path:
        """The file with the newest checkpoint that this node has vouched for."""
        return self.path / "cosigned"

    @property
    def recovery(self) -> Path:
        """The file with a recovery that this node's operator has accepted."""
        return self.path / "recovery"

    def key(self, role: str) -> Path:
        """The key file of a role."""
        return self.path / "keys" / f"{role}.pem"


def make_development_key(role: str) -> SigningKey:
    """Return a key that everybody knows, for the development chain only."""
    return SigningKey(sha256(b"hourledger development key: ", role.encode()))


def init_home(
    path: Path, *, chain_id: str, region: str, time_ms: TimeMs, passphrase: bytes | None, parameters: dict[str, int]
) -> Genesis:
    """Make a home with fresh keys and a genesis of which this node is the only authority.

    Keys are encrypted unless `passphrase` is None. Raises `HourledgerError`, `ALREADY_EXISTS` where there is a home already.
    """
    return _init(Home(path), lambda _role: generate_key(), chain_id, region, time_ms, passphrase, parameters)


def init_development_home(path: Path) -> Genesis:
    """Make a home for the development chain with the keys that everybody knows, unencrypted."""
    genesis = make_development_genesis()
    return _init(
        Home(path), make_development_key, genesis.chain_id, genesis.region, genesis.time_ms, None, dict(genesis.parameters)
    )


def make_development_genesis() -> Genesis:
    """Return the genesis of the development chain, which is also the repository's genesis.json."""
    keys = NodeKeys(*(make_development_key(role) for role in _ROLES))
    return make_genesis([keys], DEVELOPMENT_CHAIN, "Development · 开发", TimeMs(1_767_225_600_000), {})


def make_genesis(keys: Sequence[NodeKeys], chain_id: str, region: str, time_ms: TimeMs, parameters: dict[str, int]) -> Genesis:
    """Return a genesis with an authority for each node's keys, and with the working days of China.

    The chain's name is its log's name, so it must be one that a note can bear. Raises `HourledgerError` for what cannot be.
    """
    _require_chain_name(chain_id)
    authorities = tuple(
        Authority(f"{chain_id}/a{number}", item.authority.public_key, item.cosigner.public_key, item.log.public_key)
        for number, item in enumerate(keys, start=1)
    )
    holidays, working_weekends = load_workdays()
    genesis = Genesis(
        GENESIS_VERSION,
        chain_id,
        region,
        time_ms,
        authorities,
        (),
        tuple(sorted(parameters.items())),
        holidays,
        working_weekends,
    )
    compute_genesis_state(genesis)
    return parse_genesis(format_genesis(genesis))


def _require_chain_name(chain_id: str) -> None:
    if not is_key_name(chain_id):
        detail = "a chain's name is not empty and has no spaces, plus signs or control characters"
        raise HourledgerError(Reason.USAGE, detail, chain_id)
    if len(chain_id.encode()) > MAX_CHAIN_NAME_BYTES:
        detail = f"a chain's name has at most {MAX_CHAIN_NAME_BYTES} bytes"
        raise HourledgerError(Reason.USAGE, detail, f"{len(chain_id.encode())} bytes")


def init_network(
    path: Path, count: int, *, chain_id: str, region: str, time_ms: TimeMs, passphrase: bytes | None, first_port: int
) -> tuple[Home, ...]:
    """Make the homes of `count` authorities of one chain under a folder, for one machine.

    Number `i` from 0 serves clients on port `first_port + 2 * i` of the loopback address and peers on the one after. Raises
    `HourledgerError`, `ALREADY_EXISTS` where there is a network already.
    """
    if not 1 <= count <= MAX_AUTHORITIES:
        raise HourledgerError(Reason.USAGE, f"a network has 1 to {MAX_AUTHORITIES} authorities", str(count))
    homes = tuple(Home(path / f"a{number}") for number in range(1, count + 1))
    if any(home.genesis.exists() for home in homes):
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a network in the folder already", str(path))
    keys = [NodeKeys(*(generate_key() for _role in _ROLES)) for _home in homes]
    genesis = make_genesis(keys, chain_id, region, time_ms, {})
    names = [authority.name for authority in genesis.authorities]
    addresses = {name: f"{DEFAULT_HOST}:{first_port + 2 * number + 1}" for number, name in enumerate(names)}
    for number, (home, own) in enumerate(zip(homes, keys, strict=True)):
        others = {name: address for name, address in addresses.items() if name != names[number]}
        peers = {"peer_address": addresses[names[number]], "peers": others} if others else {}
        _write_home(home, own, genesis, passphrase, {**_SETTINGS, "port": first_port + 2 * number, **peers})
    return homes


def load_workdays() -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """Return the packaged calendar: weekdays that are holidays, and weekend days that are worked on."""
    document = json.loads(resources.files("node").joinpath("data/workdays-cn.json").read_text(encoding="utf-8"))
    holidays, weekends = (document[name] for name in ("holidays", "working_weekends"))
    return tuple(to_day(date.fromisoformat(text)) for text in holidays), tuple(
        to_day(date.fromisoformat(text)) for text in weekends
    )


def _init(
    home: Home,
    make_key: Callable[[str], SigningKey],
    chain_id: str,
    region: str,
    time_ms: TimeMs,
    passphrase: bytes | None,
    parameters: dict[str, int],
) -> Genesis:
    if home.genesis.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a node in the folder already", str(home.path))
    keys = NodeKeys(*(make_key(role) for role in _ROLES))
    genesis = make_genesis([keys], chain_id, region, time_ms, parameters)
    _write_home(home, keys, genesis, passphrase, _SETTINGS)
    return genesis


def _write_home(home: Home, keys: NodeKeys, genesis: Genesis, passphrase: bytes | None, settings: Mapping[str, Any]) -> None:
    try:
        home.key("any").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the folder cannot be made", str(home.path)) from error
    for role in _ROLES:
        save_key(home.key(role), getattr(keys, role), passphrase)
    replace_file(home.settings, (json.dumps(settings, indent=2) + "\n").encode())
    # The genesis comes last: a home without one is unfinished.
    replace_file(home.genesis, format_genesis(genesis))


def load_genesis(home: Home) -> Genesis:
    """Return the home's genesis, or raise `HourledgerError`."""
    return parse_genesis(read_file(home.genesis))


def load_node_keys(home: Home, passphrase: bytes | None) -> NodeKeys:
    """Return the home's keys, or raise `HourledgerError`."""
    return NodeKeys(*(load_key(home.key(role), passphrase) for role in _ROLES))


def load_settings(home: Home) -> Settings:
    """Return the home's settings, or raise `HourledgerError`."""
    detail = (
        "the settings are not a JSON object with host, port and heartbeat_ms, or a name, an address or a key in them is wrong"
    )
    refusal = HourledgerError(Reason.UNREADABLE_FILE, detail, str(home.settings))
    try:
        document = json.loads(read_file(home.settings))
    except (ValueError, RecursionError) as error:
        raise refusal from error
    match document:
        case {"host": str(host), "port": port, "heartbeat_ms": heartbeat_ms, **rest} if _is_number(
            port, 0, 65_535
        ) and _is_number(heartbeat_ms, 1, MAX_HEARTBEAT_MS):
            settings = Settings(host, port, heartbeat_ms)
        case _:
            raise refusal
    return _add_network_settings(settings, rest, refusal)


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
        peer_address=_parse_address(rest["peer_address"], refusal) if "peer_address" in names else None,
        peers={str(peer): _parse_address(text, refusal) for peer, text in peers.items()},
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


def load_recovery(home: Home) -> SignedTransaction | None:
    """Return the recovery that this node's operator has accepted, None where there is none; raise `HourledgerError`."""
    return decode_signed(read_file(home.recovery)) if home.recovery.exists() else None


def _parse_address(text: object, refusal: HourledgerError) -> Address:
    host, _, port = str(text).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise refusal
    return host, int(port)


def _is_number(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
