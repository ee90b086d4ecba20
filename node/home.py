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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final

from contracts.rulebook import compute_genesis_state
from ledger.authorities import MAX_AUTHORITIES, Authority
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.genesis import GENESIS_VERSION, Genesis, format_genesis, parse_genesis, to_day
from ledger.notes import is_key_name
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_signed
from ledger.types import Day, PublicKey, TimeMs
from node.files import read_file, replace_file
from node.keystore import generate_key, load_key, save_key
from node.settings import ALONE, DEFAULT_HOST, Settings, format_settings

MAX_CHAIN_NAME_BYTES: Final = 124
"""With `/a64` behind it, it is still the name of an authority."""
DEVELOPMENT_CHAIN: Final = "hourledger.example/dev"
_ROLES: Final = ("authority", "cosigner", "log")


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """What a node signs with: votes, cosignatures, and its log's checkpoints."""

    authority: SigningKey
    cosigner: SigningKey
    log: SigningKey


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
    def checkpoint(self) -> Path:
        """The file with the newest checkpoint of a quorum, as it was when the node stopped."""
        return self.path / "checkpoint"

    @property
    def staging(self) -> Path:
        """The folder in which a store is made from a snapshot; what is found there was left by a restore that was cut short."""
        return self.path / "store.new"

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
    path: Path,
    *,
    chain_id: str,
    region: str,
    time_ms: TimeMs,
    passphrase: bytes | None,
    parameters: dict[str, int],
    recovery_keys: Sequence[PublicKey] = (),
) -> Genesis:
    """Make a home with fresh keys and a genesis of which this node is the only authority.

    Keys are encrypted unless `passphrase` is None. Raises `HourledgerError`, `ALREADY_EXISTS` where there is a home already.
    """
    keys = make_node_keys()
    return _init(Home(path), keys, make_genesis([keys], chain_id, region, time_ms, parameters, recovery_keys), passphrase)


def init_follower(path: Path, genesis: Genesis, settings: Settings, passphrase: bytes | None) -> Authority:
    """Make the home of a node that joins a chain, with fresh keys; return what it is once the others have voted it in.

    Keys are encrypted unless `passphrase` is None. Raises `HourledgerError`, `ALREADY_EXISTS` where there is a home already.
    """
    keys = make_node_keys()
    authority = make_authority(settings.name, keys)
    _init(Home(path), keys, genesis, passphrase, settings)
    return authority


def init_development_home(path: Path) -> Genesis:
    """Make a home for the development chain with the keys that everybody knows, unencrypted."""
    return _init(Home(path), make_node_keys(make_development_key), make_development_genesis(), None)


def make_development_genesis() -> Genesis:
    """Return the genesis of the development chain, which is also the repository's genesis.json."""
    keys = make_node_keys(make_development_key)
    return make_genesis([keys], DEVELOPMENT_CHAIN, "Development · 开发", TimeMs(1_767_225_600_000), {})


def make_node_keys(make_key: Callable[[str], SigningKey] = lambda _role: generate_key()) -> NodeKeys:
    """Return a node's keys, fresh ones unless `make_key` gives others."""
    return NodeKeys(*(make_key(role) for role in _ROLES))


def make_authority(name: str, keys: NodeKeys) -> Authority:
    """Return the public side of a node's keys; raise `HourledgerError` for a name that a note cannot bear."""
    if not is_key_name(name):
        detail = "an authority's name is not empty and has no spaces, plus signs or control characters"
        raise HourledgerError(Reason.USAGE, detail, name)
    return Authority(name, keys.authority.public_key, keys.cosigner.public_key, keys.log.public_key)


def make_genesis(
    keys: Sequence[NodeKeys],
    chain_id: str,
    region: str,
    time_ms: TimeMs,
    parameters: dict[str, int],
    recovery_keys: Sequence[PublicKey] = (),
) -> Genesis:
    """Return a genesis with an authority for each node's keys, and with the working days of China.

    The chain's name is its log's name, so it must be one that a note can bear. Raises `HourledgerError` for what cannot be.
    """
    _require_chain_name(chain_id)
    authorities = tuple(make_authority(f"{chain_id}/a{number}", item) for number, item in enumerate(keys, start=1))
    holidays, working_weekends = load_workdays()
    genesis = Genesis(
        GENESIS_VERSION,
        chain_id,
        region,
        time_ms,
        authorities,
        tuple(recovery_keys),
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
    path: Path,
    count: int,
    *,
    chain_id: str,
    region: str,
    time_ms: TimeMs,
    passphrase: bytes | None,
    first_port: int,
    recovery_keys: Sequence[PublicKey] = (),
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
    keys = [make_node_keys() for _home in homes]
    genesis = make_genesis(keys, chain_id, region, time_ms, {}, recovery_keys)
    names = [authority.name for authority in genesis.authorities]
    addresses = {name: (DEFAULT_HOST, first_port + 2 * number + 1) for number, name in enumerate(names)}
    for number, (home, own) in enumerate(zip(homes, keys, strict=True)):
        settings = replace(ALONE, port=first_port + 2 * number)
        others = {name: address for name, address in addresses.items() if name != names[number]}
        if others:
            settings = replace(settings, peer_address=addresses[names[number]], peers=others)
        _write_home(home, own, genesis, passphrase, settings)
    return homes


def load_workdays() -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """Return the packaged calendar: weekdays that are holidays, and weekend days that are worked on."""
    document = json.loads(resources.files("node").joinpath("data/workdays-cn.json").read_text(encoding="utf-8"))
    holidays, weekends = (document[name] for name in ("holidays", "working_weekends"))
    return tuple(to_day(date.fromisoformat(text)) for text in holidays), tuple(
        to_day(date.fromisoformat(text)) for text in weekends
    )


def _init(home: Home, keys: NodeKeys, genesis: Genesis, passphrase: bytes | None, settings: Settings = ALONE) -> Genesis:
    if home.genesis.exists():
        raise HourledgerError(Reason.ALREADY_EXISTS, "there is a node in the folder already", str(home.path))
    _write_home(home, keys, genesis, passphrase, settings)
    return genesis


def _write_home(home: Home, keys: NodeKeys, genesis: Genesis, passphrase: bytes | None, settings: Settings) -> None:
    try:
        home.key("any").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the folder cannot be made", str(home.path)) from error
    for role in _ROLES:
        save_key(home.key(role), getattr(keys, role), passphrase)
    replace_file(home.settings, format_settings(settings))
    # The genesis comes last: a home without one is unfinished.
    replace_file(home.genesis, format_genesis(genesis))


def load_genesis(home: Home) -> Genesis:
    """Return the home's genesis, or raise `HourledgerError`."""
    return parse_genesis(read_file(home.genesis))


def load_node_keys(home: Home, passphrase: bytes | None) -> NodeKeys:
    """Return the home's keys, or raise `HourledgerError`."""
    return NodeKeys(*(load_key(home.key(role), passphrase) for role in _ROLES))


def load_recovery(home: Home) -> SignedTransaction | None:
    """Return the recovery that this node's operator has accepted, None where there is none; raise `HourledgerError`."""
    return decode_signed(read_file(home.recovery)) if home.recovery.exists() else None
