"""The store of a node that does not run, for its operator's commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.errors import HourledgerError
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from node.chain import Chain
from node.home import Home, load_genesis
from node.storage.leveldb import LevelDbStore, open_leveldb
from node.storage.protocol import KeyValueStore


@dataclass(frozen=True, slots=True)
class StoppedNode:
    """What a stopped node has: its chain's beginning, its store, and the chain in it."""

    genesis: Genesis
    store: LevelDbStore
    chain: Chain


@contextmanager
def open_stopped(home: Home, recovery: SignedTransaction | None = None) -> Iterator[StoppedNode]:
    """Give the store and the chain of a home while its node does not run; `recovery` is one that its operator accepts.

    Raises `HourledgerError`: `NOT_FOUND` where there is no store, `STORE_IN_USE` while the node runs, and whatever opening it
    finds.
    """
    genesis = load_genesis(home)
    if not home.store.exists():
        detail = "the folder has no store: copy one from a node that is at the newest block, or restore a snapshot"
        raise HourledgerError(Reason.NOT_FOUND, detail, str(home.store))
    store = open_leveldb(home.store, create=False)
    try:
        yield StoppedNode(genesis, store, open_chain(store, genesis, recovery))
    finally:
        store.close()


def open_chain(store: KeyValueStore, genesis: Genesis, recovery: SignedTransaction | None = None) -> Chain:
    """Return the chain in a store under the rules of this program; raise `HourledgerError`."""
    return Chain.open(store, genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties, recovery)
