"""Random operations on other regions: two of them, whose logs are made up as they are needed."""

from collections.abc import Callable
from typing import Any

from contracts.regions.arriving import ReceiveTime
from contracts.regions.leaving import TIME_LEFT, SendTime, TimeLeft
from contracts.regions.trusted import AcceptCheckpoint, TrustRegion
from ledger.types import EntryIndex, Minutes
from tests.contracts.chain import CHAIN_ID, identifier_of
from tests.contracts.foreign import ForeignRegion
from tests.properties.cases import Draws

NAMES = ("lake", "lake", "hill")
PEOPLE = ("mia", "mia", "noa", "pia")


def make_region_operations(draws: Draws) -> dict[str, Callable[[], tuple[tuple[str, ...], Any]]]:
    """Return the maker of each kind."""
    return {
        "regions.trust": lambda: _trust(draws),
        "regions.accept_checkpoint": lambda: _accept_checkpoint(draws),
        "regions.send_time": lambda: _send(draws),
        "regions.receive_time": lambda: _receive(draws),
    }


def _trust(draws: Draws) -> tuple[tuple[str, ...], Any]:
    region = ForeignRegion(draws.choose(NAMES))
    trust = draws.choose((*[region.make_trust()] * 4, region.make_trust(3), b"", b"no trust file"))
    return draws.choose_authority(), TrustRegion(region.chain_id, trust)


def _accept_checkpoint(draws: Draws) -> tuple[tuple[str, ...], Any]:
    name = draws.choose(NAMES)
    known = {item.region: item.size for item in draws.chain.read_table(b"region-checkpoint").values()}
    old = known.get(ForeignRegion(name).chain_id, 0)
    size = max(1, old + draws.choose((0, 1, 2, 5)))
    region = ForeignRegion(name, [b"entry %d" % number for number in range(size)])
    hashes = region.prove_growth(old) if old else ()
    note = region.make_note(cosigners=draws.choose((2, 2, 3, 1)))
    return draws.choose_authority(), AcceptCheckpoint(region.chain_id, note, hashes)


def _send(draws: Draws) -> tuple[tuple[str, ...], Any]:
    volunteer = draws.choose(PEOPLE)
    region = ForeignRegion(draws.choose(NAMES)).chain_id
    minutes = Minutes(draws.choose((0, 1, 30, 60)))
    return draws.choose_keys(volunteer) or ("lea",), SendTime(identifier_of(volunteer), region, identifier_of("there"), minutes)


def _receive(draws: Draws) -> tuple[tuple[str, ...], Any]:
    """One of a few transfers of one region, mostly proven, and to whom it says."""
    volunteer, transfer = draws.choose(PEOPLE), identifier_of(draws.choose(("t1", "t2", "t3")))
    minutes = Minutes(60)
    recipient = identifier_of(draws.choose((volunteer, volunteer, volunteer, "noa")))
    entry = TIME_LEFT.encode(TimeLeft(transfer, identifier_of("there"), CHAIN_ID, recipient, minutes))
    region = ForeignRegion(draws.choose(NAMES), [b"before", entry, b"after"])
    hashes = region.prove(draws.choose((1, 1, 1, 0)))
    note = region.make_note(cosigners=draws.choose((2, 2, 3, 1)))
    ids = region.chain_id, transfer, identifier_of(volunteer)
    return draws.choose_keys(volunteer) or ("lea",), ReceiveTime(*ids, entry, EntryIndex(1), hashes, note)
