"""A replica among liars: whatever they send is refused with a reason or passed over, and those who are honest go on deciding.

The town has one liar, who holds the key of an authority. What it sends, no other authority would.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import Block, Commit, Vote, compute_block_hash, encode_block
from ledger.codec import MAX_ENTRY_BYTES
from ledger.crypto import SigningKey, sha256
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import Hash, Height, Round, Signature, TimeMs
from ledger.votes import MAX_PARTS, NO_ROUND, SignedProposal, VoteType, make_evidence, sign_proposal, sign_vote
from node.chain import Candidate
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.evidence import MAX_EVIDENCE_OF_ONE
from node.consensus.height import MAX_ASSEMBLIES
from node.consensus.machine.types import State
from node.consensus.messages import (
    BlockPart,
    CommittedBlock,
    EvidenceMessage,
    Message,
    ProposalMessage,
    Status,
    TransactionMessage,
    VoteMessage,
    WantBlock,
    WantParts,
    encode_message,
)
from node.consensus.replica import MAX_AHEAD_MS, MAX_BEHIND_MS, MAX_VOTES_OF_VOTER
from tests.node import toy
from tests.node.consensus.town import LIAR, Town

KEY: Final = toy.AUTHORITY_KEYS[LIAR]
FIRST: Final = Height(1)
SOME: Final = sha256(b"some block")
FAR_HEIGHT: Final = Height(2**63 - 1)
FAR_ROUND: Final = Round(2**31 - 1)


@pytest.fixture
def town() -> Town:
    return Town(played=[LIAR])


def require_going_on(town: Town) -> None:
    """The honest ones decide, blame nobody among them, and find no fault in each other."""
    before = list(town.blamed)
    for nonce in (101, 102):
        town.make_final(nonce)
    assert town.blamed == before
    assert all(sender == f"n{LIAR}" for _receiver, sender, _reason in before)
    honest = {member.key.public_key for member in town.members.values()}
    for member in town.members.values():
        assert member.replica.failure is None
        assert not {offence.key for offence in member.replica._evidence.items.values()} & honest


def sign(
    type_: VoteType = VoteType.PREVOTE,
    height: Height = FIRST,
    round_: Round = Round(0),  # noqa: B008 - a number
    value: Hash | None = SOME,
    basis: int = NO_ROUND,
    key: SigningKey = KEY,
    chain_id: str = toy.CHAIN_ID,
) -> VoteMessage:
    return VoteMessage(sign_vote(chain_id, key, type_, height, round_, value, basis))


def propose(
    data: bytes,
    block_hash: Hash,
    *,
    height: Height = FIRST,
    round_: Round = Round(0),  # noqa: B008 - a number
    valid_round: int = NO_ROUND,
    key: SigningKey = KEY,
) -> list[Message]:
    """A proposal with its parts."""
    signed = sign_proposal(toy.CHAIN_ID, key, height, round_, block_hash, valid_round, compute_part_hashes(data))
    parts = [BlockPart(height, block_hash, index, part) for index, part in enumerate(split_block(data))]
    return [ProposalMessage(signed), *parts]


def build(town: Town, *, time_ms: int | None = None) -> Candidate:
    """A block that the liar may propose."""
    transactions = [toy.transact(1, (b"a", b"1"))]
    return town.open_chain().build(transactions, TimeMs(time_ms or town.now_ms), KEY.public_key)


def break_signature(signature: Signature) -> Signature:
    return Signature(signature[:-1] + bytes([signature[-1] ^ 1]))


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


@given(st.integers(0, 11), WIRES)
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


# Proposals and parts.


def test_proposals_of_whose_turn_it_is_not(town: Town) -> None:
    data, block_hash = b"data", SOME
    for key, round_ in ((KEY, Round(1)), (toy.STRANGER, Round(0)), (toy.AUTHORITY_KEYS[3], Round(0))):
        town.tell(0, *propose(data, block_hash, round_=round_, key=key))
    assert (town[0].replica._book.proposals, town[0].replica._book.assemblies, town.blamed) == ({}, {}, [])
    require_going_on(town)


@pytest.mark.parametrize("valid_round", [0, 1, FAR_ROUND])
def test_a_proposal_that_rests_on_a_later_round(town: Town, valid_round: int) -> None:
    town.tell(0, propose(b"data", SOME, valid_round=valid_round)[0])
    assert town.blamed == [("n0", f"n{LIAR}", Reason.INVALID_PROOF)]
    require_going_on(town)


def test_a_proposal_with_a_bad_signature(town: Town) -> None:
    message = propose(b"data", SOME)[0]
    assert isinstance(message, ProposalMessage)
    proposal = message.proposal
    for changed in (
        replace(proposal, signature=break_signature(proposal.signature)),
        replace(proposal, parts=(*proposal.parts, SOME)),
        replace(proposal, block_hash=sha256(b"other")),
    ):
        town.tell(0, ProposalMessage(changed))
    assert town.blamed == [("n0", f"n{LIAR}", Reason.INVALID_SIGNATURE)] * 3
    assert town[0].replica._book.proposals == {}
    require_going_on(town)


def test_proposals_without_end_take_a_bounded_place(town: Town) -> None:
    """One for each round that is the liar's, and of rounds to come one."""
    book = town[0].replica._book
    for number in range(200):
        parts = tuple(sha256(b"%d/%d" % (number, index)) for index in range(MAX_PARTS))
        signed = sign_proposal(toy.CHAIN_ID, KEY, FIRST, Round(4 * number), sha256(b"%d" % number), NO_ROUND, parts)
        town.tell(0, ProposalMessage(signed), ProposalMessage(replace_parts(signed)))
    assert len(book.proposals) == 2
    assert len(book.assemblies) <= MAX_ASSEMBLIES
    assert town.blamed == []
    require_going_on(town)


def replace_parts(signed: SignedProposal) -> SignedProposal:
    """The same block, in other parts: no offence, and not kept."""
    return sign_proposal(toy.CHAIN_ID, KEY, signed.height, signed.round, signed.block_hash, signed.valid_round, (SOME,))


def test_a_block_of_too_many_bytes(town: Town) -> None:
    """As many parts as a proposal can name, of which each is as large as may be."""
    town.tell(0, *propose(bytes(MAX_PARTS * 65_536), SOME))
    assert [event[1]["reason"] for event in town[0].events if event[0] == "invalid block"] == [Reason.TOO_LARGE]
    assert (town[0].replica._book.blocks, town[0].replica._book.assemblies) == ({}, {})
    require_going_on(town)


def list_bad_blocks(candidate: Candidate) -> Iterator[tuple[str, Block, Reason]]:
    block = candidate.block
    header = block.header
    for name in (
        "parent_hash",
        "transactions_root",
        "events_root",
        "state_root",
        "log_root",
        "authorities_hash",
        "next_authorities_hash",
        "evidence_root",
    ):
        changes: dict[str, Any] = {name: SOME}
        yield name, replace(block, header=replace(header, **changes)), Reason.INVALID_PROOF
    plain: list[tuple[str, Any]] = [
        ("chain_id", "other.example/chain"),
        ("height", Height(2)),
        ("height", Height(0)),
        ("time_ms", toy.START_MS),
        ("time_ms", TimeMs(0)),
        ("log_size", 99),
        ("rule_book_version", 2),
        ("proposer", toy.STRANGER.public_key),
    ]
    for name, value in plain:
        yield name, replace(block, header=replace(header, **{name: value})), Reason.INVALID_PROOF
    yield "no transactions", replace(block, transactions=()), Reason.INVALID_PROOF


BAD_BLOCKS: Final = tuple(list_bad_blocks(build(Town(played=[LIAR]))))


@pytest.mark.parametrize(("name", "block", "reason"), BAD_BLOCKS)
def test_blocks_that_are_not_what_they_should_be(town: Town, name: str, block: Block, reason: Reason) -> None:
    """Proposed, they get no vote; with a commit that is none, they are refused."""
    block_hash = compute_block_hash(block.header)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(block), block_hash))
    town.deliver_all()
    for number in (0, 2, 3):
        assert [event[1]["reason"] for event in town[number].events if event[0] == "invalid block"] == [reason], name
        assert town[number].replica._book.own_votes[0].block_hash is None
    assert town.blamed == []
    commit = replace(toy.make_commit(block.header, [KEY]), height=FIRST)
    town.tell(0, CommittedBlock(encode_block(block), commit))
    assert len(town.blamed) == 1
    require_going_on(town)
    assert all(member.chain.tip.height >= 2 for member in town.members.values())


@pytest.mark.parametrize(
    ("transactions", "reason"),
    [
        ((b"garbage",), Reason.MALFORMED),
        ((encode_signed(toy.transact(1, (b"a", b"1"))),) * 2, Reason.ALREADY_EXISTS),
        ((encode_signed(toy.transact(1, (b"a", b"1"), key=toy.STRANGER)),), Reason.UNKNOWN_KEY),
        ((encode_signed(toy.transact(1, (b"a", b"1"), chain_id="other.example/chain")),), Reason.WRONG_CHAIN),
        ((encode_signed(toy.transact(1, (b"a", b"1"), valid_until_ms=toy.START_MS)),), Reason.EXPIRED),
        ((encode_signed(toy.transact(1, (b"a", b"1"), kind="break")),), Reason.INTERNAL),
    ],
)
def test_blocks_of_transactions_that_may_not_be_in_one(town: Town, transactions: tuple[bytes, ...], reason: Reason) -> None:
    block = build(town).block
    header = replace(block.header, transactions_root=compute_tree_root(list(map(compute_leaf_hash, transactions))))
    block = Block(header, transactions)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(block), compute_block_hash(header)))
    assert [event[1]["reason"] for event in town[0].events if event[0] == "invalid block"] == [reason]
    for keys in (toy.AUTHORITY_KEYS[1:2], toy.AUTHORITY_KEYS):
        town.tell(0, CommittedBlock(encode_block(block), toy.make_commit(header, keys)))
    assert [blame[1] for blame in town.blamed] == [f"n{LIAR}"] * 2
    require_going_on(town)


@pytest.mark.parametrize(
    ("offset_ms", "is_timely"),
    [(MAX_AHEAD_MS, True), (MAX_AHEAD_MS + 1, False), (-MAX_BEHIND_MS, True), (-MAX_BEHIND_MS - 1, False)],
)
def test_a_block_of_another_time_gets_no_vote(offset_ms: int, *, is_timely: bool) -> None:
    """The block before is of long ago, so that neither time is before it."""
    town = Town(played=[LIAR])
    town.now_ms = TimeMs(town.now_ms + 10 * MAX_BEHIND_MS)
    candidate = build(town, time_ms=town.now_ms + offset_ms)
    for number in (0, 2, 3):
        town.tell(number, *propose(encode_block(candidate.block), candidate.block_hash))
    town.deliver_all()
    assert {member.chain.tip.height for member in town.members.values()} == {1 if is_timely else 0}
    assert all(member.replica._book.own_votes[0].block_hash is None for member in town.members.values() if not is_timely)
    require_going_on(town)


# Blocks with their commits.


def list_bad_commits(commit: Commit) -> Iterator[tuple[str, Commit, Reason]]:
    votes = commit.votes
    stranger = Vote(toy.STRANGER.public_key, votes[0].signature)
    yield "too few", replace(commit, votes=votes[:2]), Reason.QUORUM_MISSING
    yield "one twice", replace(commit, votes=(votes[0], votes[0], votes[1])), Reason.INVALID_PROOF
    yield "a stranger's", replace(commit, votes=(*votes[:2], stranger)), Reason.INVALID_PROOF
    yield "another's", replace(commit, votes=(*votes[:2], Vote(votes[2].key, votes[0].signature))), Reason.INVALID_SIGNATURE
    yield "of another round", replace(commit, round=Round(1)), Reason.INVALID_SIGNATURE
    yield "of another block", replace(commit, block_hash=SOME), Reason.MALFORMED


def make_bad_commits() -> list[tuple[str, Commit, Reason]]:
    header = build(Town(played=[LIAR])).block.header
    return list(list_bad_commits(toy.make_commit(header, toy.AUTHORITY_KEYS[:3])))


@pytest.mark.parametrize(("name", "commit", "reason"), make_bad_commits())
@pytest.mark.parametrize("is_known", [False, True])
def test_a_block_with_a_bad_commit_is_not_final(
    town: Town, name: str, commit: Commit, reason: Reason, *, is_known: bool
) -> None:
    candidate = build(town)
    if is_known:
        town.tell(0, *propose(encode_block(candidate.block), candidate.block_hash))
    executed = dict(town[0].chain._executed)
    town.tell(0, CommittedBlock(encode_block(candidate.block), commit))
    assert town.blamed == [("n0", f"n{LIAR}", reason)], name
    assert town[0].chain.tip.height == 0
    assert town[0].chain._executed == executed, "it was carried out before its commit was looked at"
    assert not town[0].replica._has_caught_up
    require_going_on(town)


def test_committed_blocks_of_other_heights_are_passed_over(town: Town) -> None:
    town.make_final(1)
    with town[0].chain.reader() as reader:
        block, commit = reader.read_block(FIRST), reader.read_commit(FIRST)
    state, tip = town[0].replica.state, town[0].chain.tip
    far = replace(block, header=replace(block.header, height=FAR_HEIGHT))
    town.tell(
        0,
        CommittedBlock(encode_block(block), commit),
        CommittedBlock(encode_block(far), replace(commit, height=FAR_HEIGHT)),
        CommittedBlock(b"garbage", replace(commit, height=FAR_HEIGHT)),
    )
    assert (town.blamed, town[0].replica.state, town[0].chain.tip) == ([], state, tip)
    town.tell(0, CommittedBlock(b"garbage", replace(commit, height=Height(2))))
    assert town.blamed == [("n0", f"n{LIAR}", Reason.MALFORMED)]
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
    town.tell(0, TransactionMessage(envelope))
    assert town.blamed == ([] if reason is None else [("n0", f"n{LIAR}", reason)])
    assert len(town[0].replica._mempool) == 0
    require_going_on(town)


def test_a_message_is_as_large_as_its_sender_makes_it(town: Town) -> None:
    """The largest that pass the door are decoded once, and nothing of them is kept."""
    block = Block(build(town).block.header, (b"t" * 60_000,) * 70)
    data = encode_message(CommittedBlock(encode_block(block), toy.make_commit(block.header, [KEY])))
    town._deliver(f"n{LIAR}", "n0", data)
    assert town.blamed == [("n0", f"n{LIAR}", Reason.QUORUM_MISSING)]
    assert town[0].chain._executed == {}
    require_going_on(town)
