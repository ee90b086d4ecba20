"""What the tables of ledgers say about other regions, and about time that moves between them and this one."""

from typing import Any

from contracts.regions.arriving import ReceiveTime
from contracts.regions.leaving import TIME_LEFT, SendTime, TimeLeft
from contracts.regions.trusted import AcceptCheckpoint, TrustRegion
from ledger.types import EntryIndex, Minutes
from tests.contracts.chain import CHAIN_ID, Chain, identifier_of
from tests.contracts.foreign import ForeignRegion


def parse_region(words: list[str], _rows: list[str]) -> tuple[str, Any] | None:  # noqa: PLR0911 - a table of words
    """Kind and body of what a row says, None where it is about something else."""
    match words:
        case ["trust", "region", "this"]:
            return "regions.trust", TrustRegion(CHAIN_ID, ForeignRegion("lake").make_trust())
        case ["trust", "region", name, "without", "a", "quorum"]:
            trust = ForeignRegion(name).make_trust().replace(b"quorum authorities", b"quorum none")
            return "regions.trust", TrustRegion(ForeignRegion(name).chain_id, trust)
        case ["trust", "region", name, "as", other]:
            return "regions.trust", TrustRegion(ForeignRegion(name).chain_id, ForeignRegion(other).make_trust())
        case ["trust", "region", name, *more]:
            # `trust region lake`, `trust region lake by 3` or `trust region lake after a handover`
            threshold = int(more[1]) if more[:1] == ["by"] else 2
            trust = ForeignRegion(name, gone=int(more[:1] == ["after"])).make_trust(threshold)
            return "regions.trust", TrustRegion(ForeignRegion(name).chain_id, trust)
        case ["distrust", "region", name]:
            return "regions.trust", TrustRegion(ForeignRegion(name).chain_id, b"")
        case ["send", minutes, "minutes", "of", volunteer, "to", name, recipient]:
            ids = identifier_of(volunteer), ForeignRegion(name).chain_id, identifier_of(recipient)
            return "regions.send_time", SendTime(*ids, Minutes(int(minutes)))
        case ["receive", transfer, "of", name, "for", volunteer, ":", *claim]:
            return "regions.receive_time", _receive(transfer, ForeignRegion(name), volunteer, claim)
        case ["checkpoint", size, "of", name, "after", old, *flaw]:
            region = ForeignRegion(name, [b"entry %d" % number for number in range(int(size))])
            hashes = region.prove_growth(int(old)) if int(old) else ()
            if flaw == ["rewritten"]:
                region = ForeignRegion(name, [b"other %d" % number for number in range(int(size))])
            return "regions.accept_checkpoint", AcceptCheckpoint(region.chain_id, region.make_note(), hashes)
    return None


def _receive(transfer: str, region: ForeignRegion, volunteer: str, claim: list[str]) -> ReceiveTime:
    """`120 minutes for mia`, and what is wrong with the proof: `to elsewhere`, `as t2`, `cosigned by 1`, `not in the log`."""
    match claim:
        case [minutes, "minutes", "for", recipient, *flaw]:
            flawed = " ".join(flaw)
        case _:
            raise ValueError(" ".join(claim))
    named = flaw[-1] if flawed.startswith("as ") else transfer
    destination = "elsewhere.example/log" if flawed == "to elsewhere" else CHAIN_ID
    ids = identifier_of(named), identifier_of("somebody"), destination, identifier_of(recipient)
    entry = TIME_LEFT.encode(TimeLeft(*ids, Minutes(int(minutes))))
    region.entries = [b"before", b"also before", b"no transfer" if flawed == "of another kind" else entry, b"after"]
    shown = region.entries[2]
    if flawed == "not in the log":
        region.entries[2] = b"something else"
    note = region.make_note(cosigners=1 if flawed == "cosigned by 1" else 2)
    if flawed == "after the handover":
        note = ForeignRegion(region.name, region.entries, gone=1).make_note()
    if flawed == "of a stranger's log":
        note = ForeignRegion("stranger", region.entries).make_note()
    names = identifier_of(transfer), identifier_of(volunteer)
    return ReceiveTime(region.chain_id, *names, shown, EntryIndex(2), region.prove(2), note)


def describe_region(chain: Chain, words: list[str]) -> str | None:
    """Answer a question of a table about regions; None where it is about something else."""
    match words:
        case ["regions"]:
            return " ".join(sorted(item.region.partition(".")[0] for item in chain.read_table(b"region").values())) or "none"
        case ["time", "left", name]:
            return str(chain.read_table(b"time-left").get(identifier_of(name), 0))
        case ["time", "arrived", name]:
            totals = [item for key, item in chain.read_table(b"imported-total").items() if key[:16] == identifier_of(name)]
            return " ".join(sorted(str(item.minutes) for item in totals)) or "none"
        case ["checkpoints"]:
            found = chain.read_table(b"region-checkpoint").values()
            return " ".join(f"{item.region.partition('.')[0]} {item.size}" for item in found) or "none"
    return None
