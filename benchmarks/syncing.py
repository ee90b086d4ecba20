"""How a new node comes by the chain: from a snapshot, and block by block."""

import time
from pathlib import Path

from benchmarks.bench import Bench, Skipped
from benchmarks.figures import Aim, Figure
from benchmarks.program import time_run
from benchmarks.region import Kept, Spent
from certificates.handover import build_chain_trust
from ledger.blocks import Block
from ledger.transactions import decode_payload, decode_signed
from ledger.trust import format_trust
from ledger.types import Height
from node.chain import Candidate
from node.home import Home, init_follower, load_genesis
from node.settings import ALONE
from node.stopped import open_chain, open_stopped
from node.storage.leveldb import open_leveldb

CERTIFY = "hours.certify"


def sync_from_snapshot(bench: Bench) -> list[Figure]:
    """Take a snapshot of the one authority's node, and restore it into a new home, with the program."""
    if bench.stopped is None:
        raise Skipped("there is no node that has stopped: the section with one authority failed")
    home, file, trust = bench.stopped, bench.folder / "chain.snapshot", bench.folder / "trust.txt"
    genesis = load_genesis(home)
    trust.write_bytes(format_trust(build_chain_trust(genesis.chain_id, genesis.authorities)))
    taking = time_run("node", "snapshot", "--home", home.path, "--out", file)
    follower = Home(bench.folder / "follower")
    init_follower(follower.path, genesis, ALONE, None)
    restoring = time_run("node", "restore", file, "--home", follower.path, "--trust", trust)
    load = f"the whole command; {file.stat().st_size:,} bytes; {bench.state} and what the node took since"
    file.unlink()
    return [
        Figure("snapshot_restore", "sync of a new node from a snapshot", restoring, "s", load, Aim(60, is_most=True)),
        Figure("snapshot_take", "taking that snapshot", taking, "s", load),
    ]


def replay(bench: Bench) -> list[Figure]:
    """Give a new node's chain the blocks of the region with their commits, one by one, up to so many records."""
    plan = bench.plan
    spent = replay_blocks(bench.region.whole, bench.folder / "replayed", plan.replayed, plan.most_seconds)
    load = f"the first {spent.records:,} records, blocks as they were made, validated and committed one by one, in one process"
    return [
        Figure(
            "replay",
            "sync of a new node by replay, records/s",
            spent.records / spent.seconds,
            "records/s",
            load,
            Aim(20_000),
            bench.needs,
            cpu_us=spent.cpu_seconds / spent.records * 1_000_000,
        )
    ]


def replay_blocks(kept: Kept, folder: Path, records: int, most_seconds: float) -> Spent:
    """Replay a closed region's blocks in a new store; return how many records are in it then, and what that took.

    It ends when there are `records`, or after `most_seconds`.
    """
    done, seconds, cpu_seconds = 0, 0.0, 0.0
    genesis = load_genesis(kept.home)
    store = open_leveldb(folder)
    try:
        chain = open_chain(store, genesis)
        with open_stopped(kept.home) as node, node.chain.reader() as reader:
            while done < records and seconds < most_seconds and chain.tip.height < reader.tip.height:
                height = Height(chain.tip.height + 1)
                block, commit = reader.read_block(height), reader.read_commit(height)
                began, cpu_began = time.perf_counter(), time.process_time()
                candidate = chain.validate_committed(block, commit)
                chain.commit(candidate, commit)
                seconds += time.perf_counter() - began
                cpu_seconds += time.process_time() - cpu_began
                done += count_records(block, candidate)
    finally:
        store.close()
    return Spent(done, seconds, cpu_seconds)


def count_records(block: Block, candidate: Candidate) -> int:
    """Return how many records a block certifies."""
    kinds = [decode_payload(decode_signed(envelope)).kind for envelope in block.transactions]
    return sum(o.event_count for kind, o in zip(kinds, candidate.outcomes, strict=True) if kind == CERTIFY)
