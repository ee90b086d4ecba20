"""Headers, blocks and commits: every field is part of the hash, and a commit counts with a quorum's votes for it."""

import contextlib
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.authorities import MAX_AUTHORITIES, Authority, compute_authorities_hash
from ledger.blocks import (
    HEADER,
    MAX_BLOCK_BYTES,
    MAX_BLOCK_TRANSACTIONS,
    Block,
    Commit,
    Header,
    Vote,
    commit_codec,
    compute_block_hash,
    compute_commit_message,
    decode_block,
    encode_block,
    header_codec,
    verify_commit,
)
from ledger.codec import decode, encode
from ledger.crypto import Context, sha256
from ledger.errors import CodecError, HourledgerError, ProofError, SignatureError
from ledger.reasons import Reason
from ledger.transactions import MAX_TRANSACTION_BYTES
from ledger.types import EntryIndex, Hash, Height, Round, Signature, TimeMs
from tests.ledger.samples import (
    AUTHORITIES,
    CHAIN_ID,
    HEADER_SAMPLE,
    flip_every_bit,
    hashes,
    make_authority,
    make_key,
    names_of_fields,
    times,
)

VOTERS = tuple(make_key(f"consensus {number}") for number in range(4))
STRANGER = make_key("stranger")
ROUND = Round(2)
OTHER_VALUES: dict[str, Any] = {
    "chain_id": "other.example",
    "height": Height(8),
    "time_ms": TimeMs(1),
    "log_size": EntryIndex(41),
    "rule_book_version": 2,
}

headers = st.builds(
    replace,
    st.just(HEADER_SAMPLE),
    height=st.integers(0, 2**63 - 1).map(Height),
    time_ms=times,
    state_root=hashes.map(Hash),
    log_size=st.integers(0, 2**63 - 1).map(EntryIndex),
    rule_book_version=st.integers(1, 2**16) | st.just(2**16),
)
commits = st.builds(
    Commit,
    st.integers(0, 2**63 - 1).map(Height),
    st.integers(0, 2**31 - 1).map(Round),
    hashes.map(Hash),
    st.lists(st.builds(Vote, hashes, st.binary(min_size=64, max_size=64)), min_size=1, max_size=4).map(tuple),
)


def change_field(header: Header, name: str) -> Header:
    """Return the header with one field changed: by hand, or for a hash to another hash."""
    return replace(header, **{name: OTHER_VALUES.get(name, sha256(b"another"))})


def vote(number: int, message: bytes | None = None, context: Context = Context.BLOCK) -> Vote:
    if message is None:
        message = compute_commit_message(CHAIN_ID, HEADER_SAMPLE.height, ROUND, compute_block_hash(HEADER_SAMPLE))
    return Vote(VOTERS[number].public_key, VOTERS[number].sign(context, message))


def make_commit(*votes: Vote) -> Commit:
    return Commit(HEADER_SAMPLE.height, ROUND, compute_block_hash(HEADER_SAMPLE), votes)


COMMIT = make_commit(vote(0), vote(1), vote(2))


class TestHeader:
    def test_is_an_entry_of_the_log_and_named_by_the_hash_of_it(self) -> None:
        entry = HEADER.encode(HEADER_SAMPLE)
        values = [getattr(HEADER_SAMPLE, name) for name in names_of_fields(Header)]
        assert entry == msgpack.packb([1, "ledger.header", values])
        assert compute_block_hash(HEADER_SAMPLE) == sha256(b"hourledger/block-hash/v1\x00", entry)

    @pytest.mark.parametrize("name", [name for name in names_of_fields(Header) if name != "version"])
    def test_every_field_is_part_of_the_hash(self, name: str) -> None:
        assert compute_block_hash(change_field(HEADER_SAMPLE, name)) != compute_block_hash(HEADER_SAMPLE)

    def test_all_fields_are_what_the_design_lists(self) -> None:
        assert names_of_fields(Header) == [
            "version", "chain_id", "height", "time_ms", "parent_hash", "proposer", "transactions_root", "events_root",
            "state_root", "log_size", "log_root", "authorities_hash", "next_authorities_hash", "rule_book_version",
            "evidence_root",
        ]  # fmt: skip

    @given(headers)
    def test_round_trip(self, header: Header) -> None:
        assert HEADER.decode(HEADER.encode(header)) == header
        assert decode(header_codec, encode(header_codec, header)) == header

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 0},
            {"version": 2},
            {"version": True},
            {"chain_id": ""},
            {"chain_id": "a" * 129},
            {"height": -1},
            {"height": 2**63},
            {"time_ms": -1},
            {"proposer": bytes(31)},
            {"state_root": bytes(33)},
            {"log_size": -1},
            {"rule_book_version": 0},
            {"rule_book_version": 65_537},
        ],
        ids=str,
    )
    def test_values_out_of_range_are_refused_both_ways(self, change: dict[str, Any]) -> None:
        values = [change.get(name, getattr(HEADER_SAMPLE, name)) for name in names_of_fields(Header)]
        with pytest.raises(CodecError):
            encode(header_codec, replace(HEADER_SAMPLE, **change))
        with pytest.raises(CodecError):
            decode(header_codec, msgpack.packb(values))

    def test_no_flipped_bit_reads_as_the_same(self) -> None:
        for data in flip_every_bit(HEADER.encode(HEADER_SAMPLE)):
            with contextlib.suppress(CodecError):
                assert HEADER.decode(data) != HEADER_SAMPLE


class TestBlock:
    @given(headers, st.lists(st.binary(min_size=1, max_size=9), max_size=3), st.lists(st.binary(min_size=1, max_size=9)))
    def test_round_trip(self, header: Header, transactions: list[bytes], evidence: list[bytes]) -> None:
        block = Block(header, tuple(transactions), tuple(evidence))
        assert decode_block(encode_block(block)) == block

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_block_or_a_codec_error(self, data: bytes) -> None:
        with contextlib.suppress(CodecError):
            assert encode_block(decode_block(data)) == data

    @pytest.mark.parametrize("size", [5, 1_000, MAX_BLOCK_BYTES])
    def test_arrays_that_promise_more_than_there_is(self, size: int) -> None:
        # 1,000 arrays in each other, each said to have as many items as the block has bytes.
        with pytest.raises(CodecError):
            decode_block((b"\xdd" + size.to_bytes(4, "big")) * 1_000 + bytes(max(0, size - 5_000)))

    def test_limits_are_part_of_the_format(self) -> None:
        assert (MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS) == (4_194_304, 10_000)
        most = Block(HEADER_SAMPLE, (b"x",) * MAX_BLOCK_TRANSACTIONS, (b"x",) * 64)
        assert decode_block(encode_block(most)) == most

    def test_sizes_are_limited(self) -> None:
        with pytest.raises(CodecError) as error:
            decode_block(bytes(MAX_BLOCK_BYTES + MAX_TRANSACTION_BYTES + 1))
        assert error.value.reason is Reason.TOO_LARGE
        for transactions, evidence in [
            ((b"",), ()),
            ((bytes(MAX_TRANSACTION_BYTES + 1),), ()),
            ((b"x",) * (MAX_BLOCK_TRANSACTIONS + 1), ()),
            ((), (b"",)),
            ((), (b"x",) * 65),
        ]:
            with pytest.raises(CodecError):
                encode_block(Block(HEADER_SAMPLE, transactions, evidence))

    def test_a_full_block_is_still_read(self) -> None:
        transactions = (bytes(MAX_TRANSACTION_BYTES),) * (MAX_BLOCK_BYTES // MAX_TRANSACTION_BYTES)
        data = encode_block(Block(HEADER_SAMPLE, transactions))
        assert len(data) > MAX_BLOCK_BYTES
        assert decode_block(data).transactions == transactions


class TestCommitEncoding:
    @given(commits)
    def test_round_trip(self, commit: Commit) -> None:
        assert decode(commit_codec, encode(commit_codec, commit)) == commit

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_commit_or_a_codec_error(self, data: bytes) -> None:
        with contextlib.suppress(CodecError):
            assert encode(commit_codec, decode(commit_codec, data)) == data

    def test_every_authority_of_the_largest_set_may_vote(self) -> None:
        assert MAX_AUTHORITIES == 64
        assert len(decode(commit_codec, encode(commit_codec, make_commit(*[vote(0)] * MAX_AUTHORITIES))).votes) == 64

    @pytest.mark.parametrize("count", [0, MAX_AUTHORITIES + 1])
    def test_number_of_votes_is_limited(self, count: int) -> None:
        with pytest.raises(CodecError):
            encode(commit_codec, make_commit(*[vote(0)] * count))


class TestCommitMessage:
    def test_is_the_documented_array(self) -> None:
        message = compute_commit_message(CHAIN_ID, Height(7), Round(2), sha256(b"block"))
        assert message == msgpack.packb([CHAIN_ID, 7, 2, sha256(b"block")])

    def test_heights_go_further_than_rounds(self) -> None:
        last = compute_commit_message(CHAIN_ID, Height(2**63 - 1), Round(2**31 - 1), sha256(b"block"))
        assert msgpack.unpackb(last)[1:3] == [2**63 - 1, 2**31 - 1]
        with pytest.raises(CodecError):
            compute_commit_message(CHAIN_ID, Height(1), Round(2**31), sha256(b"block"))

    def test_differs_in_each_part(self) -> None:
        messages = {
            compute_commit_message(CHAIN_ID, Height(7), Round(2), sha256(b"block")),
            compute_commit_message("other.example", Height(7), Round(2), sha256(b"block")),
            compute_commit_message(CHAIN_ID, Height(2), Round(7), sha256(b"block")),
            compute_commit_message(CHAIN_ID, Height(7), Round(3), sha256(b"block")),
            compute_commit_message(CHAIN_ID, Height(7), Round(2), sha256(b"other block")),
        }
        assert len(messages) == 5


class TestVerifyCommit:
    @pytest.mark.parametrize("voters", [(0, 1, 2), (3, 1, 0), (0, 1, 2, 3)])
    def test_any_quorum_in_any_order_commits(self, voters: tuple[int, ...]) -> None:
        verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, make_commit(*map(vote, voters)))

    def test_one_authority_is_its_own_quorum(self) -> None:
        header = replace(HEADER_SAMPLE, authorities_hash=compute_authorities_hash(AUTHORITIES[:1]))
        block_hash = compute_block_hash(header)
        alone = vote(0, compute_commit_message(CHAIN_ID, header.height, ROUND, block_hash))
        verify_commit(CHAIN_ID, AUTHORITIES[:1], header, Commit(header.height, ROUND, block_hash, (alone,)))

    @pytest.mark.parametrize("voters", [(0,), (2, 3)])
    def test_too_few_votes(self, voters: tuple[int, ...]) -> None:
        with pytest.raises(ProofError) as error:
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, make_commit(*map(vote, voters)))
        assert (error.value.reason, error.value.value) == (Reason.QUORUM_MISSING, str(len(voters)))

    @pytest.mark.parametrize("voters", [(0, 1, 1), (0, 0, 0), (0, 1, 2, 2)])
    def test_a_vote_counts_once(self, voters: tuple[int, ...]) -> None:
        with pytest.raises(ProofError, match="twice"):
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, make_commit(*map(vote, voters)))

    def test_a_stranger_has_no_vote_even_beside_a_quorum(self) -> None:
        message = compute_commit_message(CHAIN_ID, HEADER_SAMPLE.height, ROUND, COMMIT.block_hash)
        votes = (*COMMIT.votes, Vote(STRANGER.public_key, STRANGER.sign(Context.BLOCK, message)))
        with pytest.raises(ProofError, match="stranger"):
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, make_commit(*votes))

    @pytest.mark.parametrize("role", ["cosigner", "log"])
    def test_an_authoritys_other_keys_have_no_vote(self, role: str) -> None:
        key = make_key(f"{role} 2")
        message = compute_commit_message(CHAIN_ID, HEADER_SAMPLE.height, ROUND, COMMIT.block_hash)
        commit = make_commit(vote(0), vote(1), Vote(key.public_key, key.sign(Context.BLOCK, message)))
        with pytest.raises(ProofError, match="stranger"):
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, commit)

    @pytest.mark.parametrize("name", [name for name in names_of_fields(Header) if name != "version"])
    def test_a_header_changed_in_any_field(self, name: str) -> None:
        with pytest.raises(ProofError):
            verify_commit(CHAIN_ID, AUTHORITIES, change_field(HEADER_SAMPLE, name), COMMIT)

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            ({"height": Height(8)}, ProofError),
            ({"block_hash": sha256(b"another block")}, ProofError),
            ({"round": Round(3)}, SignatureError),
        ],
        ids=["height", "block hash", "round"],
    )
    def test_a_commit_changed_in_any_field(self, change: dict[str, Any], expected: type[HourledgerError]) -> None:
        with pytest.raises(expected):
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, replace(COMMIT, **change))

    @pytest.mark.parametrize("position", range(3))
    @pytest.mark.parametrize("bad", ["zero", "of another voter", "other height", "other round", "other chain", "other purpose"])
    def test_one_bad_signature_spoils_the_commit(self, position: int, bad: str) -> None:
        block_hash = compute_block_hash(HEADER_SAMPLE)
        forged = {
            "zero": Signature(bytes(64)),
            "of another voter": vote(3).signature,
            "other height": vote(position, compute_commit_message(CHAIN_ID, Height(8), ROUND, block_hash)).signature,
            "other round": vote(
                position, compute_commit_message(CHAIN_ID, HEADER_SAMPLE.height, Round(0), block_hash)
            ).signature,
            "other chain": vote(
                position, compute_commit_message("other.example", HEADER_SAMPLE.height, ROUND, block_hash)
            ).signature,
            "other purpose": vote(position, context=Context.TRANSACTION).signature,
        }[bad]
        votes = list(COMMIT.votes)
        votes[position] = replace(votes[position], signature=forged)
        with pytest.raises(SignatureError) as error:
            verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, make_commit(*votes))
        assert error.value.value == votes[position].key.hex()

    def test_the_votes_of_one_chain_commit_nothing_on_another(self) -> None:
        with pytest.raises(ProofError) as error:
            verify_commit("other.example", AUTHORITIES, HEADER_SAMPLE, COMMIT)
        assert (error.value.reason, error.value.value) == (Reason.WRONG_CHAIN, CHAIN_ID)

    def test_votes_for_a_header_of_another_chain_are_not_enough(self) -> None:
        header = replace(HEADER_SAMPLE, chain_id="other.example")
        block_hash = compute_block_hash(header)
        message = compute_commit_message(CHAIN_ID, header.height, ROUND, block_hash)
        commit = Commit(header.height, ROUND, block_hash, tuple(vote(number, message) for number in range(4)))
        with pytest.raises(ProofError) as error:
            verify_commit(CHAIN_ID, AUTHORITIES, header, commit)
        assert error.value.reason is Reason.WRONG_CHAIN

    @pytest.mark.parametrize("authorities", [AUTHORITIES[:3], AUTHORITIES[::-1], (*AUTHORITIES[:3], make_authority(9))])
    def test_a_quorum_of_other_authorities_than_the_header_names(self, authorities: tuple[Authority, ...]) -> None:
        with pytest.raises(ProofError, match="other authorities"):
            verify_commit(CHAIN_ID, authorities, HEADER_SAMPLE, COMMIT)

    def test_any_flipped_bit_is_refused(self) -> None:
        for data in flip_every_bit(encode(commit_codec, COMMIT)):
            with pytest.raises(HourledgerError):
                verify_commit(CHAIN_ID, AUTHORITIES, HEADER_SAMPLE, decode(commit_codec, data))
