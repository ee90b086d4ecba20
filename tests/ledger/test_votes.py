"""What two signed messages show: an offence and who did it, or nothing. Nobody honest can be convicted."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.blocks import compute_commit_message
from ledger.codec import decode, encode
from ledger.crypto import Context, SigningKey, sha256, verify_signature
from ledger.errors import CodecError, HourledgerError, ProofError, SignatureError
from ledger.reasons import Reason
from ledger.types import ZERO_HASH, Hash, Height, Round, Signature
from ledger.votes import (
    MAX_PARTS,
    NO_ROUND,
    Offence,
    OffenceKind,
    Signed,
    SignedProposal,
    SignedVote,
    VoteType,
    encode_signed_message,
    is_broken_lock,
    make_evidence,
    proposal_codec,
    sign_proposal,
    sign_vote,
    verify_evidence,
    verify_signed,
    vote_codec,
)
from tests.ledger.samples import CHAIN_ID, flip_every_bit, make_key

KEY, OTHER_KEY = make_key("offender"), make_key("another")
HEIGHT = Height(7)
THIS, THAT = sha256(b"this"), sha256(b"that")
PARTS = (sha256(b"part"),)
HIGHEST_ROUND = 2**31 - 1


def prevote(
    round_: int,
    block_hash: Hash | None,
    basis: int = NO_ROUND,
    *,
    key: SigningKey = KEY,
    height: int = HEIGHT,
    chain_id: str = CHAIN_ID,
) -> SignedVote:
    return sign_vote(chain_id, key, VoteType.PREVOTE, Height(height), Round(round_), block_hash, basis)


def precommit(
    round_: int, block_hash: Hash | None, *, key: SigningKey = KEY, height: int = HEIGHT, chain_id: str = CHAIN_ID
) -> SignedVote:
    return sign_vote(chain_id, key, VoteType.PRECOMMIT, Height(height), Round(round_), block_hash, NO_ROUND)


def propose(
    round_: int,
    block_hash: Hash,
    valid_round: int = NO_ROUND,
    *,
    key: SigningKey = KEY,
    height: int = HEIGHT,
    chain_id: str = CHAIN_ID,
) -> SignedProposal:
    return sign_proposal(chain_id, key, Height(height), Round(round_), block_hash, valid_round, PARTS)


def refuse(data: bytes) -> HourledgerError:
    with pytest.raises(HourledgerError) as caught:
        verify_evidence(CHAIN_ID, data)
    return caught.value


def is_innocent(first: Signed, second: Signed) -> bool:
    """Whether good evidence of two messages is refused because an honest authority may send both."""
    error = refuse(make_evidence(first, second))
    return type(error) is ProofError and "honest" in error.detail


def encode_evidence(*, is_proposal: bool, first: bytes, second: bytes) -> bytes:
    """Evidence as MessagePack, written out here so that it can be what `make_evidence` never makes."""
    parts = (
        b"\xc5" + len(item).to_bytes(2, "big") if len(item) > 255 else b"\xc4" + bytes([len(item)]) for item in (first, second)
    )
    heads = tuple(parts)
    return b"\x93" + (b"\xc3" if is_proposal else b"\xc2") + heads[0] + first + heads[1] + second


OFFENCES: tuple[tuple[str, Signed, Signed, OffenceKind, int], ...] = (
    ("prevotes for two blocks", prevote(2, THIS), prevote(2, THAT), OffenceKind.DOUBLE_VOTE, 2),
    ("a prevote for a block and one for nil", prevote(0, THIS), prevote(0, None), OffenceKind.DOUBLE_VOTE, 0),
    ("prevotes for two blocks, one with a basis", prevote(3, THIS), prevote(3, THAT, 1), OffenceKind.DOUBLE_VOTE, 3),
    ("precommits for two blocks", precommit(2, THIS), precommit(2, THAT), OffenceKind.DOUBLE_VOTE, 2),
    ("a precommit for a block and one for nil", precommit(1, THIS), precommit(1, None), OffenceKind.DOUBLE_VOTE, 1),
    ("proposals of two blocks", propose(4, THIS), propose(4, THAT), OffenceKind.DOUBLE_PROPOSAL, 4),
    ("proposals with two valid rounds", propose(4, THIS), propose(4, THIS, 2), OffenceKind.DOUBLE_PROPOSAL, 4),
    ("a prevote against the lock, with no basis", precommit(1, THIS), prevote(2, THAT), OffenceKind.BROKEN_LOCK, 1),
    ("one much later", precommit(1, THIS), prevote(HIGHEST_ROUND, THAT), OffenceKind.BROKEN_LOCK, 1),
    ("one whose basis is just too early", precommit(3, THIS), prevote(5, THAT, 2), OffenceKind.BROKEN_LOCK, 3),
)


@pytest.mark.parametrize(
    ("first", "second", "kind", "round_"), [case[1:] for case in OFFENCES], ids=[case[0] for case in OFFENCES]
)
def test_offence_is_shown_in_either_order(first: Signed, second: Signed, kind: OffenceKind, round_: int) -> None:
    data = make_evidence(first, second)
    assert make_evidence(second, first) == data
    assert verify_evidence(CHAIN_ID, data) == Offence(KEY.public_key, HEIGHT, Round(round_), kind, sha256(data))


NEAR_MISSES: tuple[tuple[str, Signed, Signed], ...] = (
    ("prevotes in two rounds", prevote(1, THIS), prevote(2, THAT)),
    ("precommits in two rounds", precommit(1, THIS), precommit(2, THAT)),
    ("proposals in two rounds", propose(1, THIS), propose(2, THAT)),
    ("prevotes for one block, with two bases", prevote(3, THIS, 1), prevote(3, THIS, 2)),
    ("a prevote and a precommit in one round", prevote(2, THAT), precommit(2, THIS)),
    ("a prevote before the precommit", prevote(1, THAT), precommit(2, THIS)),
    ("a prevote for what is locked", precommit(1, THIS), prevote(2, THIS)),
    ("a prevote for nil after a lock", precommit(1, THIS), prevote(2, None)),
    ("a precommit for nil, which locks nothing", precommit(1, None), prevote(2, THAT)),
    ("a prevote whose basis is of the lock's round", precommit(3, THIS), prevote(5, THAT, 3)),
    ("a prevote whose basis is later", precommit(3, THIS), prevote(5, THAT, 4)),
)


@pytest.mark.parametrize(("first", "second"), [case[1:] for case in NEAR_MISSES], ids=[case[0] for case in NEAR_MISSES])
def test_what_an_honest_authority_may_send_shows_nothing(first: Signed, second: Signed) -> None:
    assert is_innocent(first, second)


@pytest.mark.parametrize(("first", "second"), [case[1:3] for case in OFFENCES], ids=[case[0] for case in OFFENCES])
@pytest.mark.parametrize("message", [0, 1])
def test_messages_of_two_heights_or_two_authorities_show_nothing(first: Signed, second: Signed, message: int) -> None:
    pair = [first, second]
    for change in (_at_another_height, _by_another):
        changed = list(pair)
        changed[message] = change(pair[message])
        verify_signed(CHAIN_ID, changed[message])
        error = refuse(make_evidence(changed[0], changed[1]))
        assert error.reason is Reason.INVALID_PROOF
        assert "two authorities or two heights" in error.detail


def _at_another_height(signed: Signed) -> Signed:
    return _sign_again(replace(signed, height=Height(HEIGHT + 1)), KEY, CHAIN_ID)


def _by_another(signed: Signed) -> Signed:
    return _sign_again(signed, OTHER_KEY, CHAIN_ID)


def _for_another_chain(signed: Signed) -> Signed:
    return _sign_again(signed, KEY, "hours.example/other")


def _with_a_bad_signature(signed: Signed) -> Signed:
    return replace(signed, signature=Signature(signed.signature[:-1] + bytes([signed.signature[-1] ^ 1])))


def _sign_again(signed: Signed, key: SigningKey, chain_id: str) -> Signed:
    if isinstance(signed, SignedProposal):
        return sign_proposal(chain_id, key, signed.height, signed.round, signed.block_hash, signed.valid_round, signed.parts)
    return sign_vote(chain_id, key, signed.type, signed.height, signed.round, signed.block_hash, signed.basis)


@pytest.mark.parametrize("change", [_for_another_chain, _with_a_bad_signature])
@pytest.mark.parametrize(("first", "second"), [case[1:3] for case in OFFENCES], ids=[case[0] for case in OFFENCES])
def test_both_messages_must_be_signed_for_this_chain(first: Signed, second: Signed, change: Callable[[Signed], Signed]) -> None:
    for pair in ((change(first), second), (first, change(second)), (change(first), change(second))):
        error = refuse(make_evidence(*pair))
        assert type(error) is SignatureError
        assert error.reason is Reason.INVALID_SIGNATURE
    assert refuse_on_another_chain(make_evidence(first, second)) is Reason.INVALID_SIGNATURE


def refuse_on_another_chain(data: bytes) -> Reason:
    with pytest.raises(SignatureError) as caught:
        verify_evidence("hours.example/other", data)
    return caught.value.reason


@pytest.mark.parametrize(("first", "second"), [case[1:3] for case in OFFENCES], ids=[case[0] for case in OFFENCES])
def test_evidence_has_one_form(first: Signed, second: Signed) -> None:
    """Or the same two messages would be evidence twice, under two hashes."""
    is_proposal = isinstance(first, SignedProposal)
    low, high = sorted((encode_signed_message(first), encode_signed_message(second)))
    assert encode_evidence(is_proposal=is_proposal, first=low, second=high) == make_evidence(first, second)
    for pair in ((high, low), (low, low), (high, high)):
        error = refuse(encode_evidence(is_proposal=is_proposal, first=pair[0], second=pair[1]))
        assert type(error) is ProofError
        assert "out of order, or one twice" in error.detail
    for data in (
        encode_evidence(is_proposal=not is_proposal, first=low, second=high),
        make_evidence(first, second) + b"\x00",
        make_evidence(first, second)[:-1],
        b"",
    ):
        assert type(refuse(data)) is CodecError


def test_a_proposal_and_a_vote_are_no_evidence() -> None:
    messages = [encode_signed_message(item) for item in (propose(2, THIS), prevote(2, THAT))]
    for first, second in permutations(messages):
        for is_proposal in (False, True):
            assert type(refuse(encode_evidence(is_proposal=is_proposal, first=first, second=second))) is CodecError


def test_a_message_that_verifies_nowhere_is_in_no_evidence() -> None:
    """A basis that a vote cannot have is nobody's honest vote, but what it is offered with shows nothing by it."""
    for bad in (prevote(2, THAT, 2), prevote(2, THAT, 3), prevote(2, None, 0)):
        error = refuse(make_evidence(prevote(2, THIS), bad))
        assert type(error) is ProofError
        assert "a basis that it cannot have" in error.detail
    based = sign_vote(CHAIN_ID, KEY, VoteType.PRECOMMIT, HEIGHT, Round(2), THAT, 1)
    assert "a basis that it cannot have" in refuse(make_evidence(precommit(2, THIS), based)).detail
    assert "rests on a later round" in refuse(make_evidence(propose(2, THIS), propose(2, THAT, 2))).detail


def test_every_bit_of_evidence_counts() -> None:
    """A changed bit is refused, or is other evidence: never the same offence with another hash."""
    data = make_evidence(prevote(2, THIS), prevote(2, THAT))
    for changed in flip_every_bit(data):
        refuse(changed)


# Signatures.


def test_a_precommit_signs_what_commits_are_made_of() -> None:
    for block_hash, named in ((THIS, THIS), (None, ZERO_HASH)):
        vote = precommit(3, block_hash)
        message = compute_commit_message(CHAIN_ID, HEIGHT, Round(3), named)
        verify_signature(KEY.public_key, Context.BLOCK, message, vote.signature)


def test_a_signature_is_for_all_of_a_message_and_nothing_else() -> None:
    vote, proposal = prevote(4, THIS, 1), propose(4, THIS, 1)
    verify_signed(CHAIN_ID, vote)
    verify_signed(CHAIN_ID, proposal)
    changed: list[Signed] = [
        replace(vote, type=VoteType.PRECOMMIT, basis=NO_ROUND),
        replace(vote, height=Height(8)),
        replace(vote, round=Round(5)),
        replace(vote, block_hash=THAT),
        replace(vote, block_hash=None, basis=NO_ROUND),
        replace(vote, basis=2),
        replace(vote, key=OTHER_KEY.public_key),
        replace(proposal, height=Height(8)),
        replace(proposal, round=Round(5)),
        replace(proposal, block_hash=THAT),
        replace(proposal, valid_round=2),
        replace(proposal, parts=(*PARTS, THIS)),
        replace(proposal, key=OTHER_KEY.public_key),
    ]
    for item in changed:
        with pytest.raises(SignatureError):
            verify_signed(CHAIN_ID, item)
    for item in (vote, proposal):
        with pytest.raises(SignatureError):
            verify_signed("hours.example/other", item)


def test_largest_messages_fit_into_evidence() -> None:
    parts = tuple(sha256(bytes([number])) for number in range(MAX_PARTS))
    last, height = Round(HIGHEST_ROUND), Height(2**63 - 1)
    proposals = [sign_proposal(CHAIN_ID, KEY, height, last, item, NO_ROUND, parts) for item in (THIS, THAT)]
    assert verify_evidence(CHAIN_ID, make_evidence(*proposals)).kind is OffenceKind.DOUBLE_PROPOSAL


# Locks.

rounds = st.integers(0, 5)
values = st.sampled_from([None, THIS, THAT])


@given(rounds, values, rounds, values, st.integers(NO_ROUND, 5))
def test_a_lock_is_broken_only_in_one_way(
    locked_round: int, locked: Hash | None, round_: int, voted: Hash | None, basis: int
) -> None:
    reasons_why_not = (
        locked is None,
        voted is None,
        voted == locked,
        round_ <= locked_round,
        basis >= locked_round,
    )
    assert is_broken_lock(locked_round, locked, round_, voted, basis) is not any(reasons_why_not)


@given(st.booleans(), rounds, values, st.integers(NO_ROUND, 4))
def test_messages_have_one_encoding(is_proposal: bool, round_: int, block_hash: Hash | None, basis: int) -> None:
    if is_proposal:
        proposal = propose(round_, block_hash or THIS, basis)
        assert decode(proposal_codec, encode(proposal_codec, proposal)) == proposal
    else:
        vote = prevote(round_, block_hash, basis)
        assert decode(vote_codec, encode(vote_codec, vote)) == vote
        assert encode_signed_message(vote) == encode(vote_codec, vote)
