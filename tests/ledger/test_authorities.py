"""Who decides: quorums that always meet in an honest authority, turns that come round, and the hash of a set."""

import contextlib
from collections import Counter
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.authorities import (
    MAX_AUTHORITIES,
    Authority,
    authorities_codec,
    compute_authorities_hash,
    compute_proposer,
    compute_quorum,
    validate_authorities,
)
from ledger.codec import decode, encode
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.types import Height, PublicKey, Round
from tests.ledger.samples import AUTHORITIES, make_authority, names_of_fields

EVERY_COUNT = pytest.mark.parametrize("count", range(1, MAX_AUTHORITIES + 1))


class TestQuorum:
    @pytest.mark.parametrize(("count", "quorum"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5), (10, 7), (64, 43)])
    def test_examples(self, count: int, quorum: int) -> None:
        assert compute_quorum(count) == quorum

    @EVERY_COUNT
    def test_two_quorums_share_an_honest_authority(self, count: int) -> None:
        faulty = (count - 1) // 3
        shared = 2 * compute_quorum(count) - count  # the fewest that two quorums can have in common
        assert shared > faulty

    @EVERY_COUNT
    def test_the_honest_are_a_quorum(self, count: int) -> None:
        faulty = (count - 1) // 3
        assert compute_quorum(count) <= count - faulty

    @EVERY_COUNT
    def test_it_is_the_smallest_number_above_two_thirds(self, count: int) -> None:
        quorum = compute_quorum(count)
        assert 3 * quorum > 2 * count
        assert 3 * (quorum - 1) <= 2 * count

    @pytest.mark.parametrize("count", [0, -1])
    def test_nobody_is_no_quorum(self, count: int) -> None:
        with pytest.raises(ValueError, match="at least one"):
            compute_quorum(count)


class TestProposer:
    def test_takes_turns_over_heights_and_rounds(self) -> None:
        turns = [compute_proposer(AUTHORITIES, Height(height), Round(0)) for height in range(5)]
        assert turns == [*AUTHORITIES, AUTHORITIES[0]]
        turns = [compute_proposer(AUTHORITIES, Height(2), Round(round_)) for round_ in range(4)]
        assert turns == [AUTHORITIES[2], AUTHORITIES[3], AUTHORITIES[0], AUTHORITIES[1]]

    @given(st.integers(1, 9), st.integers(0, 2**63 - 1))
    def test_everybody_has_a_turn_before_anybody_has_two(self, count: int, height: int) -> None:
        authorities = tuple(make_authority(number) for number in range(count))
        by_round = Counter(compute_proposer(authorities, Height(height), Round(round_)) for round_ in range(count))
        by_height = Counter(compute_proposer(authorities, Height(height + step), Round(0)) for step in range(count))
        assert set(by_round.values()) == set(by_height.values()) == {1}
        assert len(by_round) == len(by_height) == count


class TestValidation:
    def test_a_set_of_distinct_names_and_keys_passes(self) -> None:
        validate_authorities(AUTHORITIES)
        validate_authorities(())

    @pytest.mark.parametrize("name", names_of_fields(Authority))
    def test_what_two_authorities_share(self, name: str) -> None:
        other = replace(AUTHORITIES[2], **{name: getattr(AUTHORITIES[0], name)})
        with pytest.raises(CodecError, match="twice"):
            validate_authorities((*AUTHORITIES[:2], other))

    @pytest.mark.parametrize(("left", "right"), [("key", "cosigner_key"), ("key", "log_key"), ("cosigner_key", "log_key")])
    def test_one_key_for_two_purposes(self, left: str, right: str) -> None:
        for other in (0, 1):
            changed = replace(AUTHORITIES[0], **{left: getattr(AUTHORITIES[other], right)})
            with pytest.raises(CodecError, match="twice"):
                validate_authorities((changed, AUTHORITIES[1]))

    @pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\tb", "a" * 256])
    def test_a_name_that_no_signature_line_could_have(self, name: str) -> None:
        with pytest.raises(CodecError):
            validate_authorities((replace(AUTHORITIES[0], name=name),))


class TestHash:
    def test_is_over_names_and_keys_in_order(self) -> None:
        wire = [[item.name, item.key, item.cosigner_key, item.log_key] for item in AUTHORITIES]
        assert compute_authorities_hash(AUTHORITIES) == sha256(b"hourledger/authorities/v1\x00", msgpack.packb(wire))

    def test_changes_with_the_order(self) -> None:
        assert compute_authorities_hash(AUTHORITIES) != compute_authorities_hash(AUTHORITIES[::-1])

    @pytest.mark.parametrize("name", names_of_fields(Authority))
    def test_changes_with_every_field(self, name: str) -> None:
        other = replace(AUTHORITIES[0], **{name: getattr(make_authority(9), name)})
        assert compute_authorities_hash((other, *AUTHORITIES[1:])) != compute_authorities_hash(AUTHORITIES)


class TestEncoding:
    @given(st.integers(1, MAX_AUTHORITIES))
    def test_round_trip(self, count: int) -> None:
        authorities = tuple(make_authority(number) for number in range(count))
        assert decode(authorities_codec, encode(authorities_codec, authorities)) == authorities

    def test_limits_are_part_of_the_format(self) -> None:
        assert MAX_AUTHORITIES == 64
        most = tuple(replace(make_authority(number), name=f"{number:0128}") for number in range(MAX_AUTHORITIES))
        assert decode(authorities_codec, encode(authorities_codec, most)) == most

    @pytest.mark.parametrize("count", [0, MAX_AUTHORITIES + 1])
    def test_number_is_limited(self, count: int) -> None:
        with pytest.raises(CodecError):
            encode(authorities_codec, (AUTHORITIES[0],) * count)

    @pytest.mark.parametrize(
        "change", [{"name": ""}, {"name": "a" * 129}, {"key": PublicKey(bytes(31))}, {"log_key": PublicKey(bytes(33))}]
    )
    def test_fields_are_checked(self, change: dict[str, Any]) -> None:
        with pytest.raises(CodecError):
            encode(authorities_codec, (replace(AUTHORITIES[0], **change),))

    @given(st.binary(max_size=100))
    def test_any_bytes_are_a_set_or_a_codec_error(self, data: bytes) -> None:
        with contextlib.suppress(CodecError):
            assert encode(authorities_codec, decode(authorities_codec, data)) == data
