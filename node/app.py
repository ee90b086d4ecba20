"""The node as a program: the one place where configuration, clock, store, engine and interfaces come together."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from aiohttp import web

from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.errors import HourledgerError
from ledger.genesis import Genesis
from ledger.reasons import Reason
from node.api.connections import Listener, listening
from node.api.server import SHUTDOWN_SECONDS, make_application
from node.chain import Chain
from node.clock import Clock, read_system_clock
from node.consensus.network import Membership, NetworkEngine
from node.consensus.solo import is_alone, run_solo
from node.cosigner import Cosigner
from node.files import RecordOnDisk
from node.handovers import Handovers
from node.home import Home, NodeKeys, load_genesis, load_node_keys, load_recovery
from node.kept_checkpoint import keep_checkpoint
from node.log import configure_logs, log_event
from node.mempool import Mempool
from node.parties import PartyFinder
from node.pinned import make_pinned
from node.pruner import keep_pruned
from node.service import LedgerService
from node.settings import Address, Settings, load_settings
from node.storage.background import calm_background
from node.storage.leveldb import LevelDbStore, open_leveldb
from node.storage.protocol import KeyValueStore
from node.web.pages import add_pages

COLLECTOR_THRESHOLDS = (10_000, 20, 20)
"""A block makes tens of thousands of small objects, and hardly one that only the collector can free: with Python's own
thresholds it took a sixteenth of a block's time to find that out."""

Engine: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
"""Decides on blocks until the event is set."""


def run_node(
    path: Path,
    passphrase: bytes | None,
    *,
    host: str | None = None,
    port: int | None = None,
    announce: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run the node of a home folder until SIGTERM or SIGINT; `announce` gets its address once it answers.

    Raises `HourledgerError` where it cannot start or go on.
    """
    home = Home(path)
    genesis = load_genesis(home)
    settings = load_settings(home.settings)
    chosen = replace(settings, host=settings.host if host is None else host, port=settings.port if port is None else port)
    keys = load_node_keys(home, passphrase)
    configure_logs()
    calm_background()
    store = open_leveldb(home.store)
    try:
        service = open_service(home, genesis, keys, store, read_system_clock)
        service.chain.warm_up()
        gc.freeze()
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        engine = _choose_engine(home, service, keys, chosen)
        asyncio.run(_serve(service, genesis, chosen, announce, _tend(home, service, store, chosen.keep_blocks, engine)))
    except HourledgerError as error:
        log_event("failed", reason=error.reason.value)
        raise
    finally:
        store.close()
    log_event("stopped")


def open_service(home: Home, genesis: Genesis, keys: NodeKeys, store: KeyValueStore, clock: Clock) -> LedgerService:
    """Return the service over a store. An authority's first checkpoint is cosigned. Raises `HourledgerError`."""
    state = compute_genesis_state(genesis)
    chain = Chain.open(store, genesis, RULE_BOOKS, state, get_parties, load_recovery(home))
    cosigner = Cosigner(genesis.chain_id, keys, RecordOnDisk(home.cosigned))
    mempool = Mempool(find_party=PartyFinder(chain.view).find)
    return LedgerService(chain, mempool, cosigner, Handovers(chain), clock, make_pinned(chain, cosigner, clock()))


def _choose_engine(home: Home, service: LedgerService, keys: NodeKeys, settings: Settings) -> Engine:
    """Return what decides on blocks: this node alone, or the authorities together. Raises `HourledgerError`."""
    address = settings.peer_address
    if address is None and is_alone(service, keys.authority):
        return lambda stop: run_solo(service, keys.authority, settings.heartbeat_ms, stop)
    if address is None:
        detail = "this node does not decide alone (its key is not the chain's only one), and its settings name no peer_address"
        raise HourledgerError(Reason.USAGE, detail, str(home.settings))
    membership = Membership(settings.name, keys.authority, keys.log, settings.peers, settings.observers)
    return lambda stop: _run_network(home, service, membership, settings.heartbeat_ms, address, stop)


async def _run_network(
    home: Home, service: LedgerService, membership: Membership, heartbeat_ms: int, address: Address, stop: asyncio.Event
) -> None:
    guard_store = open_leveldb(home.votes)
    try:
        await NetworkEngine(service, membership, guard_store, heartbeat_ms).run(*address, stop)
    finally:
        guard_store.close()


def _tend(home: Home, service: LedgerService, store: LevelDbStore, keep_blocks: int, engine: Engine) -> Engine:
    """Return an engine beside which old blocks are given up, and that keeps its last checkpoint when it is stopped."""

    async def run(stop: asyncio.Event) -> None:
        pruning = asyncio.create_task(keep_pruned(store, keep_blocks, stop))
        try:
            await engine(stop)
        finally:
            stop.set()
            await pruning
        keep_checkpoint(home.checkpoint, service.chain.chain_id, service.pinned)

    return run


async def _serve(
    service: LedgerService, genesis: Genesis, settings: Settings, announce: Callable[[str], None], engine: Engine
) -> None:
    stop = asyncio.Event()
    runner = make_runner(service, genesis)
    await runner.setup()
    try:
        async with listening(runner, settings.host, settings.port) as listener:
            _stop_on_signals(stop, listener)
            log_event("started", chain_id=genesis.chain_id, height=service.chain.tip.height, url=listener.url)
            announce(listener.url)
            await engine(stop)
    finally:
        service.stop()
        await runner.cleanup()
        await service.close()


def _stop_on_signals(stop: asyncio.Event, listener: Listener) -> None:
    """On SIGTERM and SIGINT let nobody else in, and stop after the block in hand."""

    def begin_stop() -> None:
        listener.close()
        stop.set()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, begin_stop)


def make_runner(service: LedgerService, genesis: Genesis) -> web.AppRunner:
    """Return what serves the interface and the pages; `node.api.connections.listening` lets clients in."""
    application = make_application(service, genesis)
    add_pages(application)
    return web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
