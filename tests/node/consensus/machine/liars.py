"""Authorities that do not keep to the rules: the same machine runs in them, and what it says is twisted for each receiver.

They know everything that has been proposed to anybody, so that they can help each side of every quarrel.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from ledger.types import Hash
from ledger.votes import NO_ROUND, VoteType
from node.consensus.machine.types import Proposal, Vote
from tests.node.consensus.machine.checks import make_value

WAYS: Final = (
    "silent",
    "equivocate",
    "support everything",
    "ignore locks",
    "propose invalid values",
    "propose out of turn",
    "claim polkas",
    "flood",
    "obstruct, then leave",
)


@dataclass
class Liar:
    way: str
    random: Random
    known: Callable[[int, int], list[Hash]]
    has_faults: Callable[[], bool]

    def twist(self, message: Proposal | Vote) -> Iterator[Proposal | Vote]:
        """What one receiver gets instead of `message`."""
        if isinstance(message, Vote):
            yield from self._twist_vote(message)
        else:
            yield from self._twist_proposal(message)

    def _twist_proposal(self, proposal: Proposal) -> Iterator[Proposal]:
        match self.way:
            case "silent":
                return
            case "equivocate" | "support everything":
                yield replace(proposal, value=make_value(self.random.choice([b"left", b"right"])), valid_round=NO_ROUND)
            case "obstruct, then leave" if not self.has_faults():
                return
            case "propose invalid values":
                yield replace(proposal, value=make_value(b"bad", is_valid=False))
            case "claim polkas" if proposal.round > 0:
                earlier = [value for round_ in range(proposal.round) for value in self.known(proposal.height, round_)]
                value = self.random.choice([*earlier, make_value(b"new")])
                yield replace(proposal, value=value, valid_round=self.random.randrange(proposal.round))
            case _:
                yield proposal

    def _twist_vote(self, vote: Vote) -> Iterator[Proposal | Vote]:
        known = self.known(vote.height, vote.round)
        match self.way:
            case "silent":
                return
            case "equivocate":
                yield replace(vote, value=self.random.choice([None, vote.value, *known]), basis=NO_ROUND)
            case "support everything":
                yield from (replace(vote, value=value, basis=vote.round - 1) for value in known)
            case "ignore locks" if known:
                yield replace(vote, value=known[0], basis=NO_ROUND)
            case "propose out of turn":
                yield vote
                yield Proposal(vote.height, vote.round, make_value(b"mine"), NO_ROUND, vote.voter)
                yield Proposal(vote.height, vote.round + 1, make_value(b"mine"), NO_ROUND, vote.voter)
            case "obstruct, then leave":
                if self.has_faults():
                    yield replace(vote, value=None, basis=NO_ROUND)
            case "flood":
                yield vote
                yield from self._flood(vote)
            case _:
                yield vote

    def _flood(self, vote: Vote) -> Iterator[Vote]:
        for type_ in (*VoteType, *VoteType):
            round_ = self.random.choice([10**9, vote.round + self.random.randint(1, 50)])
            yield replace(vote, type=type_, round=round_, value=make_value(self.random.randbytes(4)), basis=NO_ROUND)
            yield replace(vote, type=type_, value=make_value(self.random.randbytes(4)), basis=NO_ROUND)
