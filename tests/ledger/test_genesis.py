"""The beginning of a chain: one hash for one meaning, and a file that is read strictly because people sign it off by eye."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codec import MAX_DAY, decode, encode
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.genesis import (
    MAX_GENESIS_BYTES,
    Genesis,
    compute_genesis_hash,
    format_genesis,
    genesis_codec,
    parse_genesis,
    to_date,
    to_day,
)
from ledger.reasons import Reason
from ledger.types import Day, PublicKey
from tests.ledger.samples import (
    AUTHORITIES,
    CHAIN_ID,
    TIME_MS,
    flip_every_bit,
    make_authority,
    make_key,
    names_of_fields,
    plain_text,
    times,
)

GENESIS = Genesis(
    version=1,
    chain_id=CHAIN_ID,
    region="Example · 示例",
    time_ms=TIME_MS,
    authorities=AUTHORITIES,
    recovery_keys=(make_key("recovery 0").public_key, make_key("recovery 1").public_key),
    parameters=(("daily_cap_minutes", 480), ("points_per_hour", 10)),
    holidays=(to_day(date(2026, 1, 1)), to_day(date(2026, 5, 1))),
    working_weekends=(to_day(date(2026, 1, 4)),),
)
DOCUMENT: dict[str, Any] = json.loads(format_genesis(GENESIS))
REPOSITORY = Path(__file__).parents[2]

days = st.integers(0, MAX_DAY).map(Day)
geneses = st.builds(
    replace,
    st.just(GENESIS),
    region=plain_text.filter(bool),
    time_ms=times,
    authorities=st.integers(1, 4).map(lambda count: AUTHORITIES[:count]),
    recovery_keys=st.integers(0, 2).map(lambda count: GENESIS.recovery_keys[:count]),
    parameters=st.dictionaries(plain_text.filter(bool), st.integers(-(2**53), 2**53), max_size=4).map(
        lambda values: tuple(sorted(values.items()))
    ),
    holidays=st.sets(days.filter(lambda day: to_date(day).weekday() < 5), max_size=4).map(lambda found: tuple(sorted(found))),
    working_weekends=st.sets(days.filter(lambda day: to_date(day).weekday() >= 5), max_size=4).map(
        lambda found: tuple(sorted(found))
    ),
)


def dump(document: Any) -> bytes:
    return json.dumps(document).encode()


def shuffle(draw: Callable[[st.SearchStrategy[Any]], Any], document: Any) -> Any:
    """The same JSON value with the members of every object in some order."""
    if isinstance(document, dict):
        return {name: shuffle(draw, document[name]) for name in draw(st.permutations(list(document)))}
    return [shuffle(draw, item) for item in document] if isinstance(document, list) else document


class TestDays:
    @pytest.mark.parametrize(
        ("day", "text"), [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (MAX_DAY, "9999-12-31")]
    )
    def test_are_counted_from_1970(self, day: int, text: str) -> None:
        assert to_date(Day(day)) == date.fromisoformat(text)
        assert to_day(date.fromisoformat(text)) == day

    @given(days)
    def test_there_and_back(self, day: Day) -> None:
        assert to_day(to_date(day)) == day


class TestHash:
    def test_is_over_the_canonical_encoding(self) -> None:
        assert compute_genesis_hash(GENESIS) == sha256(b"hourledger/genesis/v1\x00", encode(genesis_codec, GENESIS))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("chain_id", "hours.example/other"),
            ("region", "Elsewhere"),
            ("time_ms", TIME_MS + 1),
            ("authorities", AUTHORITIES[:3]),
            ("authorities", AUTHORITIES[::-1]),
            ("recovery_keys", GENESIS.recovery_keys[:1]),
            ("parameters", (("daily_cap_minutes", 481), ("points_per_hour", 10))),
            ("parameters", ()),
            ("holidays", ()),
            ("working_weekends", ()),
        ],
    )
    def test_changes_with_every_field(self, name: str, value: Any) -> None:
        assert compute_genesis_hash(replace(GENESIS, **{name: value})) != compute_genesis_hash(GENESIS)

    def test_holidays_are_not_working_weekends(self) -> None:
        swapped = replace(GENESIS, holidays=GENESIS.working_weekends, working_weekends=GENESIS.holidays)
        assert compute_genesis_hash(swapped) != compute_genesis_hash(GENESIS)

    @given(st.data(), geneses)
    def test_the_same_meaning_has_the_same_hash(self, data: st.DataObject, genesis: Genesis) -> None:
        document = shuffle(data.draw, json.loads(format_genesis(genesis)))
        indent, is_ascii = data.draw(st.sampled_from([None, 0, 7])), data.draw(st.booleans())
        text = json.dumps(document, indent=indent, ensure_ascii=is_ascii)
        assert compute_genesis_hash(parse_genesis(f"\n {text}\r\n\t".encode())) == compute_genesis_hash(genesis)

    @given(geneses, geneses)
    def test_another_meaning_has_another_hash(self, left: Genesis, right: Genesis) -> None:
        assert (compute_genesis_hash(left) == compute_genesis_hash(right)) == (left == right)


class TestRoundTrip:
    @given(geneses)
    def test_file(self, genesis: Genesis) -> None:
        assert parse_genesis(format_genesis(genesis)) == genesis

    @given(geneses)
    def test_encoding(self, genesis: Genesis) -> None:
        assert decode(genesis_codec, encode(genesis_codec, genesis)) == genesis

    def test_limits_are_part_of_the_format(self) -> None:
        numbers = range(256)
        most = replace(
            GENESIS,
            region="r" * 256,
            recovery_keys=tuple(make_key(f"recovery {number}").public_key for number in range(64)),
            parameters=tuple((f"{number:064}", (-1) ** number * 2**53) for number in numbers),
            holidays=tuple(Day(4 + 7 * number) for number in range(4_096)),
            working_weekends=tuple(Day(2 + 7 * number) for number in range(4_096)),
        )
        assert parse_genesis(format_genesis(most)) == most
        changes: list[dict[str, Any]] = [
            {"recovery_keys": (*most.recovery_keys, make_key("another").public_key)},
            {"region": "r" * 257},
            {"parameters": ((f"{0:065}", 1),)},
            {"parameters": (("cap", 2**53 + 1),)},
            {"parameters": (("cap", -(2**53) - 1),)},
            {"holidays": (*most.holidays, Day(4 + 7 * 4_096))},
            {"working_weekends": (*most.working_weekends, Day(2 + 7 * 4_096))},
        ]
        for change in changes:
            with pytest.raises(CodecError):
                parse_genesis(format_genesis(replace(most, **change)))

    def test_the_file_is_for_people(self) -> None:
        text = format_genesis(GENESIS).decode()
        assert text.endswith("}\n")
        assert '"region": "Example · 示例"' in text
        assert '"2026-01-04"' in text
        assert list(DOCUMENT) == names_of_fields(Genesis)

    def test_the_repositorys_own_file(self) -> None:
        data = (REPOSITORY / "genesis.json").read_bytes()
        assert format_genesis(parse_genesis(data)) == data


class TestStrictReading:
    @given(st.binary(max_size=100) | st.text(max_size=50).map(str.encode))
    def test_any_bytes_are_a_genesis_or_a_codec_error(self, data: bytes) -> None:
        with pytest.raises(CodecError):
            parse_genesis(data)

    @given(
        st.sampled_from(list(DOCUMENT)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=5,
        ),
    )
    def test_any_member_is_a_value_or_a_codec_error(self, name: str, value: Any) -> None:
        with contextlib.suppress(CodecError):
            parse_genesis(dump({**DOCUMENT, name: value}))

    @pytest.mark.parametrize("name", list(DOCUMENT))
    def test_a_member_is_missing(self, name: str) -> None:
        with pytest.raises(CodecError, match="members"):
            parse_genesis(dump({key: value for key, value in DOCUMENT.items() if key != name}))

    def test_a_member_too_many(self) -> None:
        with pytest.raises(CodecError, match="members"):
            parse_genesis(dump({**DOCUMENT, "comment": ""}))

    @pytest.mark.parametrize("name", list(DOCUMENT))
    def test_a_member_twice(self, name: str) -> None:
        again = dump({name: DOCUMENT[name]}).removeprefix(b"{")
        with pytest.raises(CodecError, match="twice"):
            parse_genesis(dump(DOCUMENT).removesuffix(b"}") + b", " + again)

    def test_a_parameter_twice(self) -> None:
        data = dump(DOCUMENT).replace(b'"daily_cap_minutes": 480', b'"daily_cap_minutes": 480, "daily_cap_minutes": 600')
        with pytest.raises(CodecError, match="twice"):
            parse_genesis(data)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("version", True),
            ("version", 1.0),
            ("version", "1"),
            ("chain_id", 1),
            ("chain_id", ""),
            ("chain_id", None),
            ("region", ""),
            ("region", "a\nb"),
            ("region", "\ud800"),
            ("region", "a" * 257),
            ("time_ms", 1.5),
            ("time_ms", -1),
            ("time_ms", "0"),
            ("authorities", []),
            ("authorities", [{}]),
            ("authorities", ["a"]),
            ("authorities", {"name": 1}),
            ("recovery_keys", ["zz"]),
            ("recovery_keys", ["00" * 31]),
            ("recovery_keys", [None]),
            ("parameters", []),
            ("parameters", {"": 1}),
            ("parameters", {"cap": "1"}),
            ("parameters", {"cap": 1.0}),
            ("parameters", {"cap": True}),
            ("parameters", {"cap": 2**53 + 1}),
            ("parameters", {f"p{number}": 1 for number in range(257)}),
            ("authorities", ""),
            ("recovery_keys", ""),
            ("recovery_keys", {}),
            ("recovery_keys", dict.fromkeys(DOCUMENT["recovery_keys"])),
            ("recovery_keys", DOCUMENT["recovery_keys"][0]),
            ("recovery_keys", [DOCUMENT["recovery_keys"][0].upper()]),
            ("recovery_keys", [DOCUMENT["recovery_keys"][0] + " "]),
            ("recovery_keys", [DOCUMENT["recovery_keys"][0] + "\n"]),
            ("parameters", [["cap", 1]]),
            ("holidays", ""),
            ("holidays", {}),
            ("holidays", {"2026-01-01": "New Year"}),
            ("holidays", ["20260101"]),
            ("holidays", ["2026-W01-4"]),
            ("holidays", ["2026-01-01\n"]),
            ("holidays", ["\uff12026-01-01"]),
            ("holidays", ["2026-01-03"]),
            ("working_weekends", ["2026-01-05"]),
            ("working_weekends", {}),
            ("holidays", ["1969-12-31"]),
            ("holidays", ["2026-02-30"]),
            ("holidays", ["2026-1-1"]),
            ("holidays", ["2026-01-01T00:00:00"]),
            ("holidays", [20_454]),
            ("holidays", ["2026-05-01", "2026-01-01"]),
            ("holidays", ["2026-01-01", "2026-01-01"]),
            ("working_weekends", ["2026-01-10", "2026-01-04"]),
            ("working_weekends", ["2026-01-04", "2026-01-04"]),
        ],
        ids=repr,
    )
    def test_wrong_values(self, name: str, value: Any) -> None:
        with pytest.raises(CodecError):
            parse_genesis(dump({**DOCUMENT, name: value}))

    @pytest.mark.parametrize("document", [None, [], 1, "genesis", [DOCUMENT], {}])
    def test_something_else_than_an_object(self, document: Any) -> None:
        with pytest.raises(CodecError):
            parse_genesis(dump(document))

    def test_not_json(self) -> None:
        for data in (b"", b"{", dump(DOCUMENT) + b"x", dump(DOCUMENT) * 2, b"\xff", b"[" * 100_000, b"1" * 10_000):
            with pytest.raises(CodecError):
                parse_genesis(data)

    def test_not_utf_8(self) -> None:
        text = json.dumps(DOCUMENT, ensure_ascii=False)
        assert parse_genesis(text.encode()) == GENESIS
        for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
            with pytest.raises(CodecError):
                parse_genesis(text.encode(encoding))

    def test_a_later_version_says_so_whatever_else_it_has(self) -> None:
        for document in ({**DOCUMENT, "version": 2}, {**DOCUMENT, "version": 2, "stake": {}}, {"version": 3}):
            with pytest.raises(CodecError) as error:
                parse_genesis(dump(document))
            assert error.value.reason is Reason.UNSUPPORTED_VERSION
        with pytest.raises(CodecError) as error:
            parse_genesis(dump({**DOCUMENT, "version": 0}))
        assert error.value.reason is Reason.MALFORMED

    def test_any_flipped_bit_is_another_meaning_or_none(self) -> None:
        genesis = replace(GENESIS, authorities=AUTHORITIES[:1])
        expected = compute_genesis_hash(genesis)
        for data in flip_every_bit(format_genesis(genesis)):
            with contextlib.suppress(CodecError):
                assert compute_genesis_hash(parse_genesis(data)) != expected

    @pytest.mark.parametrize("name", ["hours example", "hours+example", "hours\u3000example", "a" * 256, ""])
    def test_a_chain_or_an_authority_that_no_checkpoint_could_name(self, name: str) -> None:
        authority = {**DOCUMENT["authorities"][0], "name": name}
        for change in ({"chain_id": name}, {"authorities": [authority]}):
            with pytest.raises(CodecError):
                parse_genesis(dump({**DOCUMENT, **change}))

    @pytest.mark.parametrize("role", ["recovery 0", "consensus 0", "cosigner 1", "log 2"])
    def test_a_recovery_key_is_used_once_and_for_nothing_else(self, role: str) -> None:
        keys = (*GENESIS.recovery_keys, make_key(role).public_key)
        with pytest.raises(CodecError, match="recovery key"):
            parse_genesis(format_genesis(replace(GENESIS, recovery_keys=keys)))

    def test_an_authority_has_nothing_else(self) -> None:
        authority = {**DOCUMENT["authorities"][0], "weight": 10}
        with pytest.raises(CodecError, match="members"):
            parse_genesis(dump({**DOCUMENT, "authorities": [authority]}))

    def test_too_large(self) -> None:
        assert MAX_GENESIS_BYTES == 1_048_576
        with pytest.raises(CodecError) as error:
            parse_genesis(dump(DOCUMENT).ljust(MAX_GENESIS_BYTES + 1))
        assert error.value.reason is Reason.TOO_LARGE
        assert parse_genesis(dump(DOCUMENT).ljust(MAX_GENESIS_BYTES)) == GENESIS

    def test_an_authority_has_its_name_and_keys_for_itself(self) -> None:
        other = make_authority(1)
        for change in (
            {"name": other.name},
            {"key": other.key},
            {"cosigner_key": other.cosigner_key},
            {"log_key": other.log_key},
            {"key": other.log_key},
            {"key": AUTHORITIES[0].cosigner_key},
        ):
            changed = replace(AUTHORITIES[0], **change)
            with pytest.raises(CodecError, match="twice"):
                parse_genesis(format_genesis(replace(GENESIS, authorities=(changed, other))))

    @pytest.mark.parametrize("name", ["name", "key", "cosigner_key", "log_key"])
    def test_an_authority_lacks_something(self, name: str) -> None:
        item = {key: value for key, value in DOCUMENT["authorities"][0].items() if key != name}
        with pytest.raises(CodecError):
            parse_genesis(dump({**DOCUMENT, "authorities": [item]}))

    @pytest.mark.parametrize("text", ["00" * 33, "00" * 31, "0" * 63, "", "g" * 64, 5, None])
    def test_an_authoritys_key_that_is_none(self, text: Any) -> None:
        item = {**DOCUMENT["authorities"][0], "cosigner_key": text}
        with pytest.raises(CodecError):
            parse_genesis(dump({**DOCUMENT, "authorities": [item]}))

    def test_parameters_may_stand_in_any_order_but_are_kept_in_one(self) -> None:
        turned = dict(reversed(list(DOCUMENT["parameters"].items())))
        assert parse_genesis(dump({**DOCUMENT, "parameters": turned})).parameters == GENESIS.parameters

    def test_a_key_is_32_bytes_also_when_made_by_a_program(self) -> None:
        with pytest.raises(CodecError):
            compute_genesis_hash(replace(GENESIS, recovery_keys=(PublicKey(bytes(31)),)))
