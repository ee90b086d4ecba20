"""Four authorities out of one: the authority of a region votes three others in, and each gets a copy of its store."""

import shutil
from dataclasses import replace
from pathlib import Path

from benchmarks.region import CHAIN_ID, Kept, clone, sign_transaction
from cli.office.builders import DIRECT_VALIDITY_MS, new_identifier
from cli.session import compute_now_ms
from contracts.governance.membership import ChangeAuthorities
from contracts.governance.voting import MIN_LEAD_BLOCKS
from ledger.types import Height, TimeMs
from node.app import open_service
from node.clock import read_system_clock
from node.home import Home, init_follower, load_genesis, load_node_keys
from node.settings import ALONE, DEFAULT_HOST, Settings, format_settings
from node.storage.leveldb import open_leveldb
from tests.functional.node_process import find_ports


def make_settings(size: int) -> list[Settings]:
    """Return settings for so many authorities on the loopback address that know each other."""
    port = find_ports(2 * size)
    names = [f"{CHAIN_ID}/a{number}" for number in range(1, size + 1)]
    addresses = {name: (DEFAULT_HOST, port + 2 * number + 1) for number, name in enumerate(names)}
    return [
        replace(
            ALONE,
            port=port + 2 * number,
            name=name,
            peer_address=addresses[name],
            peers={other: address for other, address in addresses.items() if other != name},
        )
        for number, name in enumerate(names)
    ]


def make_authorities(kept: Kept, folder: Path, size: int) -> tuple[Home, ...]:
    """Return the homes of `size` authorities under a folder, all with the state of a closed region, ready to be started."""
    first = clone(kept, folder / "a1").home
    genesis, settings = load_genesis(first), make_settings(size)
    homes = [first]
    authorities = list(genesis.authorities)
    for number, own in enumerate(settings[1:], start=2):
        home = Home(folder / f"a{number}")
        authorities.append(init_follower(home.path, genesis, own, None))
        homes.append(home)
    first.settings.write_bytes(format_settings(settings[0]))
    _change(first, ChangeAuthorities(Height(0), tuple(authorities)))
    for home in homes[1:]:
        copied = clone(replace(kept, home=first), folder / "copy").home
        copied.store.rename(home.store)
        shutil.rmtree(copied.path)
    return tuple(homes)


def _change(home: Home, body: ChangeAuthorities) -> None:
    """Make the blocks up to the last one before the new set decides."""
    genesis, keys = load_genesis(home), load_node_keys(home, None)
    store = open_leveldb(home.store)
    try:
        service = open_service(home, genesis, keys, store, read_system_clock)
        body = replace(body, effective_height=Height(service.chain.tip.height + 1 + MIN_LEAD_BLOCKS))
        valid_until_ms = TimeMs(compute_now_ms() + DIRECT_VALIDITY_MS)
        signed = sign_transaction("governance.change_authorities", body, new_identifier(), valid_until_ms, [keys.authority])
        for transactions in ((signed,), *((),) * (MIN_LEAD_BLOCKS - 1)):
            made = service.make_block(transactions, keys.authority, is_due=True)
            service.publish(made)
        service.pinned.replace()
        if len(service.chain.authorities) != len(body.authorities):
            raise RuntimeError("the authorities were not voted in")
    finally:
        store.close()
