"""Bugs that engines like this one have had, each as a patch; the simulator must catch every one.

Seeds are tried in order from `first` on, `seeds` of them at most, on networks of `size` authorities. Of a rare bug's seeds
several catch it, so that a change of what the seeds bring about need not mean other numbers here. Where many do, `first` is one
that does so soon.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

import ledger.blocks
import ledger.votes
from contracts import offences
from ledger.authorities import compute_quorum
from ledger.crypto import SigningKey, sha256
from ledger.types import SIGNATURE_BYTES, Hash
from ledger.votes import NO_ROUND, OffenceKind, SignedProposal, VoteType, sign_proposal
from node.chain import Candidate, Chain
from node.consensus.evidence import EvidencePool
from node.consensus.guard import Guard
from node.consensus.machine import machine, votes
from node.consensus.machine.types import State, Vote
from node.consensus.messages import MAX_COSIGNATURE_BYTES, CosignatureMessage, ProposalMessage
from node.consensus.replica import Replica
from node.consensus.speaker import restore_state
from tests.simulation import disk
from tests.simulation.disk import SimulatedDisk, SimulatedFile

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class KnownBug:
    name: str
    patch: Patch
    first: int
    seeds: int
    size: int = 4


def quorum_off_by_one(patch: pytest.MonkeyPatch) -> None:
    for module in (votes, ledger.blocks):
        patch.setattr(module, "compute_quorum", lambda count: max(1, 2 * count // 3))


def lock_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "_is_free_for", lambda _state, judged, _since: judged.is_valid)


def guard_never_written(patch: pytest.MonkeyPatch) -> None:
    def save(self: Guard, record: Any, _blocks: Any) -> None:
        self.record = record

    patch.setattr(Guard, "save", save)


def guard_loses_its_tail(patch: pytest.MonkeyPatch) -> None:
    original = Guard.save

    def save(self: Guard, record: Any, blocks: Any) -> None:
        if len(record.votes) % 2 == 0:
            self.record = record
        else:
            original(self, record, blocks)

    patch.setattr(Guard, "save", save)


@dataclass(frozen=True)
class UnsyncedStore:
    """A store that answers before the disk has what was written."""

    disk: Any

    def write(self, batch: Any, /) -> None:
        self.disk.write(batch, is_synced=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.disk, name)


def vote_sent_before_sync(patch: pytest.MonkeyPatch) -> None:
    original = Guard.__init__
    patch.setattr(Guard, "__init__", lambda self, store, key: original(self, UnsyncedStore(store), key))


def commit_shown_before_sync(patch: pytest.MonkeyPatch) -> None:
    original = Chain.__init__

    def init(self: Chain, store: Any, *rest: Any) -> None:
        # Not the scratch store of fsck, which has nothing to sync.
        original(self, UnsyncedStore(store) if isinstance(store, SimulatedDisk) else store, *rest)

    patch.setattr(Chain, "__init__", init)


def torn_batch_believed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(disk, "is_whole", lambda _length, _checksum, _data: True)


def cosigned_file_not_synced(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedFile, "sync_content", lambda _self: False)


def cosigned_before_it_is_final(patch: pytest.MonkeyPatch) -> None:
    """A node that vouches for a block as soon as it has found it valid."""
    original = Replica._keep

    def keep(self: Replica, candidate: Candidate, data: bytes) -> None:
        original(self, candidate, data)
        tip, name = candidate.tip, self._chain.authorities[0].name
        lines = (bytes(4), bytes(MAX_COSIGNATURE_BYTES), bytes(SIGNATURE_BYTES))
        self._broadcast(CosignatureMessage(tip.size, tip.frontier.root, name, *lines))

    patch.setattr(Replica, "_keep", keep)


def lock_forgotten_on_restart(patch: pytest.MonkeyPatch) -> None:
    original = restore_state

    def restore(*arguments: Any) -> State:
        state = original(*arguments)
        return replace(state, locked_value=None, locked_round=NO_ROUND, valid_value=None, valid_round=NO_ROUND)

    patch.setattr("node.consensus.replica.restore_state", restore)


def polka_of_f_plus_one(patch: pytest.MonkeyPatch) -> None:
    def has_votes_for(state: State, round_: int, type_: VoteType, value: Hash | None) -> bool:
        ballots = votes.get_ballots(state, round_, type_)
        return votes.has_honest(state, sum(1 for cast in ballots.values() if any(vote.value == value for vote in cast)))

    patch.setattr(machine, "has_votes_for", has_votes_for)
    patch.setattr(ledger.blocks, "compute_quorum", lambda count: count - compute_quorum(count) + 1)


def no_timeout_after_precommits(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(machine, "_RULES", tuple(rule for rule in machine._RULES if rule is not machine._on_any_precommits))


def nothing_said_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replica, "_repeat", lambda _self: None)


def blocks_not_given_to_those_behind(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replica, "_give_block", lambda _self, _peer, _height: None)


def precommit_without_a_lock(patch: pytest.MonkeyPatch) -> None:
    original = machine._on_polka

    def on_polka(state: State) -> Any:
        turn = original(state)
        if turn is None:
            return None
        return replace(turn[0], locked_value=state.locked_value, locked_round=state.locked_round), turn[1]

    rules = [on_polka if rule is original else rule for rule in machine._RULES]
    patch.setattr(machine, "_RULES", tuple(rules))


def every_time_called_untimely(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Replica, "_is_timely", lambda _self, _candidate: False)


def two_proposals_in_one_round(patch: pytest.MonkeyPatch) -> None:
    """A proposer that builds again for each peer that it sends its proposal to."""

    def say(self: Replica, effects: Any) -> None:
        plain_say(self, effects)
        key = self._key
        for proposal in [item for item in self._book.own_proposals if isinstance(key, SigningKey)]:
            twin = _make_twin(self, proposal)
            if twin is not None:
                self._broadcast(ProposalMessage(twin))

    plain_say = Replica._say
    patch.setattr(Replica, "_say", say)


def _make_twin(node: Replica, proposal: SignedProposal) -> SignedProposal | None:
    key = node._key
    if key is None:
        return None
    other = sha256(b"twin", proposal.block_hash)
    chain_id = node._chain.chain_id
    return sign_proposal(chain_id, key, proposal.height, proposal.round, other, proposal.valid_round, proposal.parts)


def round_ignored_in_evidence(patch: pytest.MonkeyPatch) -> None:
    """Whoever votes otherwise in a later round is taken for one that votes twice."""

    def find_contradiction(state: State, vote: Vote) -> Vote | None:
        cast = (
            item
            for (_round, type_), ballots in state.votes.items()
            for item in ballots.get(vote.voter, ())
            if type_ is vote.type
        )
        return next((item for item in cast if item.value != vote.value), None)

    patch.setattr(machine, "find_contradiction", find_contradiction)
    patch.setattr(ledger.votes, "_find_offence", lambda _first, _second: OffenceKind.DOUBLE_VOTE)


def offence_recorded_again(patch: pytest.MonkeyPatch) -> None:
    class Forgetful:
        def has(self, *_parts: Any) -> bool:
            return False

        def put(self, *arguments: Any) -> None:
            offences_table.put(*arguments)

    offences_table = offences.OFFENCES
    patch.setattr(offences, "OFFENCES", Forgetful())


def set_of_the_block_before(patch: pytest.MonkeyPatch) -> None:
    """A node that learns of a change one block late."""
    patch.setattr(Chain, "authorities", property(lambda self: self.deciders))


def evidence_in_no_block(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(EvidencePool, "iterate_due", lambda _self, _height: iter(()))


KNOWN_BUGS: Final = (
    KnownBug("set of the block before", set_of_the_block_before, 0, 20),
    KnownBug("quorum off by one", quorum_off_by_one, 21, 4),
    KnownBug("precommit without a lock", precommit_without_a_lock, 1, 5),
    KnownBug("every time called untimely", every_time_called_untimely, 1, 2),
    KnownBug("lock ignored", lock_ignored, 1, 5),
    KnownBug("lock forgotten on restart", lock_forgotten_on_restart, 3, 3),
    KnownBug("guard never written", guard_never_written, 13, 5),
    KnownBug("guard loses its tail", guard_loses_its_tail, 12, 25),
    KnownBug("vote sent before sync", vote_sent_before_sync, 25, 15),
    KnownBug("torn batch believed", torn_batch_believed, 48, 25),
    KnownBug("commit shown before sync", commit_shown_before_sync, 1, 5),
    KnownBug("cosigned file not synced", cosigned_file_not_synced, 1, 5),
    KnownBug("cosigned before it is final", cosigned_before_it_is_final, 0, 2),
    KnownBug("polka of f + 1", polka_of_f_plus_one, 100, 15),
    KnownBug("no timeout after precommits", no_timeout_after_precommits, 1, 2),
    KnownBug("nothing said again", nothing_said_again, 1, 2),
    KnownBug("blocks not given to those behind", blocks_not_given_to_those_behind, 1, 2),
    KnownBug("two proposals in one round", two_proposals_in_one_round, 1, 2),
    KnownBug("round ignored in evidence", round_ignored_in_evidence, 0, 1),
    KnownBug("offence recorded again", offence_recorded_again, 13, 1),
    KnownBug("evidence in no block", evidence_in_no_block, 9, 5),
)
