"""What the pseudo-random ledger draws about other regions."""

from collections.abc import Mapping, Sequence
from random import Random

from contracts.regions.arriving import ReceiveTime
from contracts.regions.leaving import TIME_LEFT, SendTime, TimeLeft
from contracts.regions.trusted import AcceptCheckpoint, TrustRegion
from ledger.types import EntryIndex, Identifier, Minutes
from tests.contracts.foreign import ForeignRegion
from tests.properties.account_script import Draw, Drawn

LAKE = ForeignRegion("lake")
AUTHORITIES = ("a", "b", "c", "d")
CHAIN_ID = "property.example/log"
THERE = Identifier(b"there".ljust(16))


def _trust(random: Random, _volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    return TrustRegion(LAKE.chain_id, LAKE.make_trust(random.choice((2, 2, 3)))), AUTHORITIES


def _accept_checkpoint(random: Random, _volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    region = ForeignRegion("lake", [b"entry %d" % number for number in range(random.randint(1, 5))])
    return AcceptCheckpoint(region.chain_id, region.make_note(cosigners=random.choice((2, 3))), ()), AUTHORITIES


def _send(random: Random, volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    index = random.randrange(3)
    return SendTime(volunteers[index], LAKE.chain_id, THERE, Minutes(random.choice((30, 60)))), (f"volunteer {index + 1}",)


def _receive(random: Random, volunteers: Sequence[Identifier], _activities: Sequence[Identifier]) -> Drawn:
    index = random.randrange(3)
    transfer = Identifier(bytes([random.randrange(4)]) * 16)
    entry = TIME_LEFT.encode(TimeLeft(transfer, THERE, CHAIN_ID, volunteers[index], Minutes(60)))
    region = ForeignRegion("lake", [b"before", entry])
    ids = region.chain_id, transfer, volunteers[index]
    body = ReceiveTime(*ids, entry, EntryIndex(1), region.prove(1), region.make_note(cosigners=3))
    return body, (f"volunteer {index + 1}",)


REGION_DRAWS: Mapping[str, Draw] = {
    "regions.trust": _trust,
    "regions.accept_checkpoint": _accept_checkpoint,
    "regions.send_time": _send,
    "regions.receive_time": _receive,
}
