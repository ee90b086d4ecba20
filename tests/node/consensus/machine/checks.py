"""What must never happen, checked after every event by a count of its own: nothing here asks the machine's code.

The checker sees all that is sent, also by liars and also what gets lost; so a quorum that it does not see does not exist.
"""

from dataclasses import dataclass, field

from ledger.types import Hash
from ledger.votes import NO_ROUND, VoteType
from node.consensus.machine import State
from node.consensus.machine.types import Proposal, Vote

MAX_KEPT_ROUNDS = 16
MAX_KEPT_ROUNDS_TO_COME = 3
MAX_KEPT_VALUES = 4
"""What a state may keep of one voter: so many rounds, so many of them to come, and so many votes for one step."""


class UnsafeError(AssertionError):
    """Something that must never happen has happened."""


def make_value(content: bytes, *, is_valid: bool = True) -> Hash:
    """Return a value that shows in its first byte whether it is valid."""
    return Hash((b"\x01" if is_valid else b"\x00") + content.rjust(31, b"\x00"))


def is_valid_value(value: Hash) -> bool:
    return value[0] == 1


@dataclass
class Checker:
    size: int
    liars: frozenset[int]
    proposed: dict[tuple[int, int], list[Hash]] = field(default_factory=dict)
    voters: dict[tuple[int, int, VoteType, Hash | None], set[int]] = field(default_factory=dict)
    own: dict[tuple[int, int], list[Vote]] = field(default_factory=dict)
    decisions: dict[int, Hash] = field(default_factory=dict)
    accused: set[int] = field(default_factory=set)

    def note(self, message: Proposal | Vote) -> None:
        """Count a message, whoever sent it."""
        if isinstance(message, Vote):
            self.voters.setdefault((message.height, message.round, message.type, message.value), set()).add(message.voter)
        elif message.proposer == (message.height + message.round) % self.size:
            values = self.proposed.setdefault((message.height, message.round), [])
            if message.value not in values:
                values.append(message.value)

    def check_sent(self, sender: int, message: Proposal | Vote) -> None:
        """An honest node keeps to the rules, also over its restarts."""
        if isinstance(message, Proposal):
            self._check_proposal(sender, message)
        else:
            self._check_vote(sender, message)
        self.note(message)

    def _check_proposal(self, sender: int, proposal: Proposal) -> None:
        place = (proposal.height, proposal.round)
        self._require(sender == proposal.proposer == sum(place) % self.size, "proposes out of turn", proposal)
        self._require(set(self.proposed.get(place, ())) <= {proposal.value}, "proposes twice", proposal)
        self._require(is_valid_value(proposal.value), "proposes an invalid value", proposal)
        if proposal.valid_round != NO_ROUND:
            has_polka = self._has_polka(proposal.height, proposal.valid_round, proposal.value)
            self._require(has_polka and proposal.valid_round < proposal.round, "names a polka that is not there", proposal)

    def _check_vote(self, sender: int, vote: Vote) -> None:
        own = self.own.setdefault((sender, vote.height), [])
        if vote in own:
            return
        is_next = not own or (own[-1].round, own[-1].type) < (vote.round, vote.type)
        self._require(sender == vote.voter and is_next, "votes twice, or goes back", vote)
        if vote.value is not None:
            is_proposed = vote.value in self.proposed.get((vote.height, vote.round), ())
            self._require(is_proposed and is_valid_value(vote.value), "votes for what is not proposed or not valid", vote)
            if vote.type is VoteType.PREVOTE:
                self._check_lock(own, vote, vote.value)
            else:
                has_polka = self._has_polka(vote.height, vote.round, vote.value)
                self._require(has_polka, "precommits without a polka", vote)
        own.append(vote)

    def _check_lock(self, own: list[Vote], vote: Vote, value: Hash) -> None:
        locks = [item for item in own if item.type is VoteType.PRECOMMIT and item.value is not None]
        if locks and locks[-1].value != value:
            rounds = range(locks[-1].round, vote.round)
            is_free = any(self._has_polka(vote.height, round_, value) for round_ in rounds)
            self._require(is_free, f"breaks its lock {locks[-1]}", vote)

    def check_step(self, before: State, after: State) -> None:
        """Within a life of a node, height, round and step only grow."""
        places = [(state.height, state.round, state.step) for state in (before, after)]
        self._require(places[0] <= places[1], "goes back", places)
        self._require(before.height != after.height or before.locked_round <= after.locked_round, "unlocks", after)

    def check_room(self, state: State) -> None:
        """Whatever was sent, little of it is kept."""
        rounds: dict[int, set[int]] = {}
        for (round_, _type), ballots in state.votes.items():
            for voter, cast in ballots.items():
                rounds.setdefault(voter, set()).add(round_)
                self._require(len(cast) <= MAX_KEPT_VALUES, "keeps too many votes for one step", cast)
        for kept in rounds.values():
            to_come = sum(round_ > state.round for round_ in kept)
            is_little = len(kept) <= MAX_KEPT_ROUNDS and to_come <= MAX_KEPT_ROUNDS_TO_COME
            self._require(is_little, "keeps too many rounds", kept)
        self._require(len(state.proposals) <= 16 + self.size, "keeps too many proposals", state.proposals.keys())

    def check_decision(self, height: int, round_: int, value: Hash) -> None:
        """A decided value was proposed, is valid, has a quorum, and is the only one of its height."""
        self._require(value in self.proposed.get((height, round_), ()) and is_valid_value(value), "was not proposed", value)
        has_quorum = self._is_quorum(height, round_, VoteType.PRECOMMIT, value)
        self._require(has_quorum, "is decided without a quorum", (height, round_, value))
        self._require(self.decisions.setdefault(height, value) == value, "is decided beside another value", (height, value))

    def check_accusation(self, first: Proposal | Vote, second: Proposal | Vote) -> None:
        offenders = {item.proposer if isinstance(item, Proposal) else item.voter for item in (first, second)}
        self._require(offenders <= self.liars, "is accused and honest", (first, second))
        self.accused |= offenders

    def _has_polka(self, height: int, round_: int, value: Hash) -> bool:
        return self._is_quorum(height, round_, VoteType.PREVOTE, value)

    def _is_quorum(self, height: int, round_: int, type_: VoteType, value: Hash) -> bool:
        return 3 * len(self.voters.get((height, round_, type_, value), ())) > 2 * self.size

    def _require(self, is_so: bool, problem: str, what: object) -> None:
        if not is_so:
            raise UnsafeError(f"{problem}: {what}")
