"""A replica among liars: whatever they send is refused with a reason or passed over, and those who are honest go on deciding.

The town has one liar, who holds the key of an authority. What it sends, no other authority would.
"""

from dataclasses import replace
from typing import Any, Final

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import encode_block
from ledger.codec import MAX_ENTRY_BYTES
from ledger.crypto import sha256
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import Height, Round, TimeMs
from ledger.votes import MAX_PARTS, VoteType, make_evidence, sign_vote
from node.consensus.evidence import MAX_EVIDENCE_OF_ONE
from node.consensus.machine.types import State
from node.consensus.messages import (
    CommittedBlock,
    EvidenceMessage,
    Message,
    Status,
    TransactionsMessage,
    VoteMessage,
    WantBlock,
    WantParts,
)
from node.consensus.replica import MAX_VOTES_OF_VOTER
from tests.node import toy
from tests.node.consensus.saying import (
    FAR_HEIGHT,
    FAR_ROUND,
    FIRST,
    KEY,
    SOME,
    break_signature,
    build,
    propose,
    require_going_on,
    sign,
)
from tests.node.consensus.town import LIAR, Town


@pytest.fixture
def town() -> Town:
    return Town(played=[LIAR])


# Bytes.


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_passed_over(data: bytes) -> None:
    town = Town(played=[LIAR])
    state = town[0].replica.state
    town._deliver(f"n{LIAR}", "n0", data)
    assert {reason for _receiver, _sender, reason in town.blamed} <= {Reason.MALFORMED}
    assert town[0].replica.state == state


WIRES: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=70)
    | st.text(max_size=10)
    | st.sampled_from([SOME, KEY.public_key, bytes(64), FIRST, FAR_HEIGHT]),
    lambda inner: st.lists(inner, max_size=8),
    max_leaves=12,
)


@given(st.integers(0, 13), WIRES)
def test_any_fields_of_any_type_are_refused_or_passed_over(number: int, fields: Any) -> None:
    town = Town(played=[LIAR])
    town._deliver(f"n{LIAR}", "n0", msgpack.packb([number, fields]))
    assert {reason for _receiver, _sender, reason in town.blamed} <= {Reason.MALFORMED, Reason.INVALID_SIGNATURE}
    assert town[0].replica.state.votes == {}
    require_going_on(town)


def pack(*fields: Any, number: int) -> bytes:
    data: bytes = msgpack.packb([number, list(fields)], use_bin_type=True)
    return data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"\x90", Reason.MALFORMED),
        (b"\x91" * 5_000, Reason.MALFORMED),
        (b"\xdd\xff\xff\xff\xff", Reason.MALFORMED),
        (b"\xc6\xff\xff\xff\xff", Reason.MALFORMED),
        (bytes(6 << 20), Reason.TOO_LARGE),
        (pack(-1, number=0), Reason.MALFORMED),
        (pack(2**63, number=0), Reason.MALFORMED),
        (pack(True, number=0), Reason.MALFORMED),
        (pack(1, SOME, MAX_PARTS, b"part", number=3), Reason.MALFORMED),
        (pack(1, SOME, 0, bytes(65_537), number=3), Reason.MALFORMED),
        (pack(1, SOME, [], number=4), Reason.MALFORMED),
        (pack(1, SOME, [0] * (MAX_PARTS + 1), number=4), Reason.MALFORMED),
        (pack(1, SOME, [MAX_PARTS], number=4), Reason.MALFORMED),
        (pack(b"", number=7), Reason.MALFORMED),
        (pack(bytes(MAX_ENTRY_BYTES + 1), number=10), Reason.MALFORMED),
    ],
)
def test_messages_of_no_honest_form(town: Town, data: bytes, reason: Reason) -> None:
    town._deliver(f"n{LIAR}", "n0", data)
    assert town.blamed == [("n0", f"n{LIAR}", reason)]
    require_going_on(town)


# Votes.


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (sign(key=toy.STRANGER), None),
        (sign(height=Height(0)), None),
        (sign(height=FAR_HEIGHT), None),
        (sign(basis=0), Reason.INVALID_PROOF),
        (sign(round_=Round(2), basis=2), Reason.INVALID_PROOF),
        (sign(VoteType.PRECOMMIT, round_=Round(2), basis=1), Reason.INVALID_PROOF),
        (sign(round_=Round(2), value=None, basis=1), Reason.INVALID_PROOF),
        (VoteMessage(replace(sign().vote, signature=break_signature(sign().vote.signature))), Reason.INVALID_SIGNATURE),
        (VoteMessage(replace(sign().vote, key=toy.AUTHORITY_KEYS[3].public_key)), Reason.INVALID_SIGNATURE),
        (VoteMessage(replace(sign().vote, type=VoteType.PRECOMMIT)), Reason.INVALID_SIGNATURE),
        (VoteMessage(replace(sign().vote, round=Round(1))), Reason.INVALID_SIGNATURE),
        (VoteMessage(replace(sign().vote, block_hash=None)), Reason.INVALID_SIGNATURE),
        (
            VoteMessage(sign_vote("other.example/chain", KEY, VoteType.PREVOTE, FIRST, Round(0), SOME, -1)),
            Reason.INVALID_SIGNATURE,
        ),
    ],
)
def test_votes_that_count_for_nothing(town: Town, message: VoteMessage, reason: Reason | None) -> None:
    state = town[0].replica.state
    town.tell(0, message)
    assert town.blamed == ([] if reason is None else [("n0", f"n{LIAR}", reason)])
    assert town[0].replica.state == state
    assert town[0].replica._book.votes == {}
    require_going_on(town)


def count_votes(state: State) -> int:
    return sum(len(cast) for ballots in state.votes.values() for cast in ballots.values())


def test_votes_without_end_take_a_bounded_place(town: Town) -> None:
    replica = town[0].replica
    most_signed = most_counted = 0
    for number in range(1_500):
        far = Round(number * 7 if number % 2 else FAR_ROUND - number)
        value = sha256(b"%d" % number)
        town.tell(0, sign(VoteType(1 + number % 2), round_=far, value=value), sign(value=value))
        most_signed = max(most_signed, len(replica._book.votes))
        most_counted = max(most_counted, count_votes(replica.state))
    assert most_signed <= MAX_VOTES_OF_VOTER * 4 + 1
    assert most_counted < 64
    assert len(replica._evidence.items) <= 1
    assert replica.state.round == 0
    require_going_on(town)


def test_what_is_of_heights_far_away_is_not_kept(town: Town) -> None:
    replica = town[0].replica
    for number in range(200):
        height = Height(1_000 + number)
        town.tell(0, sign(height=height), *propose(b"data", sha256(b"%d" % number), height=height), Status(height))
    assert (replica._book.votes, replica._book.proposals, replica._book.assemblies) == ({}, {}, {})
    assert len(replica.heights_of_peers) == 1
    require_going_on(town)


# Again and again.


def test_what_is_said_twice_changes_nothing(town: Town) -> None:
    """All that the liar could record of a height, played back at once and again after it is decided."""
    said: list[tuple[str, Message]] = []
    town.watch = lambda member, message: said.append((member.name, message))
    candidate = build(town)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(candidate.block), candidate.block_hash))
    town.run(500)
    town.run_until(lambda: all(member.chain.tip.height == 1 for member in town.members.values()))
    town.watch = lambda _member, _message: None
    recorded = [message for _name, message in said]
    for _ in range(2):
        before = [(member.replica.state, member.chain.tip) for member in town.members.values()]
        for number in (0, 2, 3):
            town.tell(number, *recorded)
        assert [(member.replica.state, member.chain.tip) for member in town.members.values()] == before
        assert town.blamed == []
        town.wires.clear()
    require_going_on(town)


def test_a_vote_of_its_own_that_is_played_back_does_not_silence_a_node(town: Town) -> None:
    said: list[Message] = []
    town.watch = lambda member, message: said.append(message) if member.name == "n0" else None
    town[0].replica.submit(toy.transact(1, (b"a", b"1")), town.now_ms)
    town.run(3_000)
    own = [
        message for message in said if isinstance(message, VoteMessage) and message.vote.key == toy.AUTHORITY_KEYS[0].public_key
    ]
    assert own
    town.tell(0, *own)
    assert not town[0].replica.is_key_elsewhere
    require_going_on(town)


# Requests.


def answers(town: Town, *messages: Message) -> list[Message]:
    town.deliver_all()
    town.heard.clear()
    town.tell(0, *messages)
    town.deliver_all()
    return [message for sender, _receiver, message in town.heard if sender == "n0"]


def test_answers_to_requests_are_bounded(town: Town) -> None:
    candidate = build(town)
    town.tell(0, *propose(encode_block(candidate.block), candidate.block_hash))
    block_hash = candidate.block_hash
    assert len(answers(town, WantParts(FIRST, block_hash, (0,) * MAX_PARTS))) == 1
    assert answers(town, WantParts(FIRST, block_hash, tuple(range(1, MAX_PARTS)))) == []
    assert answers(town, WantParts(FIRST, SOME, tuple(range(MAX_PARTS)))) == []
    assert answers(town, WantBlock(Height(0)), WantBlock(FIRST), WantBlock(FAR_HEIGHT)) == []
    town.make_final(1)
    replies = answers(town, *[WantBlock(FIRST)] * 3)
    assert [type(message) for message in replies] == [CommittedBlock] * 3
    assert len(answers(town, sign(height=Height(0)))) == 1
    require_going_on(town)


def test_evidence_without_end_takes_a_bounded_place(town: Town) -> None:
    for nonce in range(1, 4):
        town.make_final(nonce)
    tip = town[0].chain.tip.height
    for number in range(60):
        height = Height(1 + number % tip)
        votes = [sign(height=height, round_=Round(number), value=sha256(b"%d %d" % (number, side))).vote for side in (0, 1)]
        town.tell(0, EvidenceMessage(make_evidence(*votes)))
    assert len(town[0].replica.evidence) <= MAX_EVIDENCE_OF_ONE
    for data in (b"garbage", make_evidence(sign().vote, sign().vote)):
        town.tell(0, EvidenceMessage(data))
    assert [reason for _receiver, _sender, reason in town.blamed] == [Reason.MALFORMED, Reason.INVALID_PROOF]
    require_going_on(town)


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (b"garbage", Reason.MALFORMED),
        (encode_signed(toy.transact(1, (b"a", b"1"), chain_id="other.example/chain")), Reason.WRONG_CHAIN),
        (encode_signed(toy.transact(1, (b"a", b"1"), key=toy.STRANGER)), None),
        (encode_signed(toy.transact(1, (b"a", b"1"), valid_until_ms=TimeMs(1))), None),
    ],
)
def test_transactions_that_may_not_wait(town: Town, envelope: bytes, reason: Reason | None) -> None:
    town.tell(0, TransactionsMessage((envelope,)))
    assert town.blamed == ([] if reason is None else [("n0", f"n{LIAR}", reason)])
    assert len(town[0].replica._mempool) == 0
    require_going_on(town)
