"""Fast ways of a verification beside the plain ones: the same values from the same bytes, the same words for what is wrong."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certificates import evidence as evidence_module
from certificates.data_integrity import ASSERTION_METHOD, RDFC, compute_hash_data, hash_our_options, without
from certificates.datetimes import format_datetime
from certificates.dids import Method, format_method
from certificates.evidence import PREFIX, Evidence, format_evidence, parse_evidence, parse_evidence_plainly
from certificates.jcs import (
    JsonValue,
    encode_jcs,
    encode_validated,
    is_alike,
    parse_json,
    parse_json_plainly,
    validate_json,
)
from certificates.rdf import MAX_BYTES, is_name, is_name_plainly
from certificates.rdfc import canonicalise
from certificates.terms import CERTIFICATE, CONTEXTS
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.notes import format_base64, parse_base64
from ledger.proofs import BundleValue
from ledger.types import Hash, PublicKey, TimeMs
from tests.certificates.rdf_by_definition import canonicalise_by_definition
from tests.certificates.test_jcs import JSON_VALUES

TEXT_BITS = ('"', "\\", "\\u0061", "\\ud800", "\\ud83d\\ude00", "\U0001f600", "é", "a", "\x00", " ", "\n")
JSON_BITS = st.sampled_from(
    (*TEXT_BITS, "{", "}", "[", "]", ",", ":", '"a":', "1", "-0", "1.0", "1e2", "9007199254740992", "true", "null", "NaN")
)


def tell(read: Callable[[], object]) -> str:
    """What came out, with all types, or what was said to be wrong."""
    try:
        return repr(read())
    except CodecError as error:
        return f"{error.reason} {error}"


@given(JSON_VALUES.map(encode_jcs) | st.lists(JSON_BITS, max_size=12).map(lambda bits: "".join(bits).encode()) | st.binary())
@example(b'{"a":1.5}')
@example(b'{"a":1,"a":1}')
@example(b"18446744073709551616")
@example(b'"\\ud800"')
@example(b'"\xed\xa0\x80"')
@example(b"[" * 40 + b"]" * 40)
def test_json_is_read_alike(data: bytes) -> None:
    assert tell(lambda: parse_json(data)) == tell(lambda: parse_json_plainly(data))


@given(JSON_VALUES)
def test_canonical_json_is_read_the_fast_way(value: JsonValue) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("certificates.jcs.parse_json_plainly", lambda *_: pytest.fail("the plain way"))
        if max(json.dumps(value, ensure_ascii=False)) <= "\uffff":
            assert repr(parse_json(encode_jcs(value))) == repr(json.loads(encode_jcs(value)))


@given(JSON_VALUES)
def test_what_has_been_looked_at_is_written_alike(value: JsonValue) -> None:
    validate_json(value)
    assert encode_validated(value) == encode_jcs(value)


@given(JSON_VALUES, JSON_VALUES | st.sampled_from([True, 1, 0, False, None, "", [], {}]))
@example({"a": [True, {"b": 0}]}, {"a": [1, {"b": 0}]})
@example({"a": None}, {})
@example([1], [1, 2])
@example({"a": 1, "b": 2}, {"b": 2, "a": 1})
def test_values_are_alike_whose_canonical_form_is_one(left: JsonValue, right: JsonValue) -> None:
    assert is_alike(left, right) == (encode_jcs(left) == encode_jcs(right))
    assert is_alike(left, json.loads(encode_jcs(left)))


@given(
    st.sampled_from(["https:", "http:", "did:", "urn:", "data:", "ftp:", "Data:", ""]),
    st.text(st.characters(max_codepoint=0x7F), max_size=3) | st.text(max_size=3),
    st.sampled_from(["", "a" * 300]),
)
@example("data:", "\x20", "a" * 300)
@example("data:", "\x7f", "a" * 300)
def test_names_are_told_alike(scheme: str, text: str, rest: str) -> None:
    for name in (scheme + rest + text, scheme + text + rest):
        assert is_name(name) == is_name_plainly(name)


def iterate_places(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in members:
        yield from iterate_places(item, (*path, name))


def change(document: Any, path: tuple[str | int, ...], make: Callable[[Any], Any]) -> Any:
    """A copy with something else in one place; as it was where there is nothing to change."""
    if not path:
        return make(document)
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[path[0]] = change(copy[path[0]], path[1:], make)  # type: ignore[index]
    return copy


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, 1, -1, 257, 2**53 - 1, 2**53, 1.0, "", "AA==", "AB==", "A" * 40, "\U00010000", [], {}, ["AAAA"], {"a": 1}]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_evidence_is_read_alike(region: Any, data: st.DataObject) -> None:
    whole = json.loads(parse_base64(format_evidence(region.evidence()).removeprefix(PREFIX)))
    path = data.draw(st.sampled_from(list(iterate_places(whole))))
    odd = data.draw(ODD)
    kind = data.draw(st.sampled_from(["replaced", "added", "doubled", "reversed"]))
    makers: dict[str, Callable[[Any], Any]] = {
        "replaced": lambda _: odd,
        "added": lambda item: {**item, "leaf": odd} if isinstance(item, dict) else item,
        "doubled": lambda item: item * 2 if isinstance(item, list | str) else item,
        "reversed": lambda item: item[::-1] if isinstance(item, list | str) else item,
    }
    changed = change(whole, path, makers[kind])
    form: Any = data.draw(st.sampled_from([{"sort_keys": True, "separators": (",", ":")}, {"indent": 1}]))
    written = json.dumps(changed, ensure_ascii=False, **form).encode()
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(written)))
        written = written[:at] + data.draw(st.binary(max_size=2)) + written[at + data.draw(st.integers(0, 2)) :]
    read = tell(lambda: parse_evidence(PREFIX + format_base64(written)))
    assert read == tell(lambda: parse_evidence_plainly(written))


def test_our_own_evidence_is_read_the_fast_way(region: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = region.evidence().bundle
    leaf = (Hash(bytes(32)), Hash(b"\xff" * 32))
    absent = BundleValue(bundle.values[-1].key + b"\x00", None, 3, leaf)
    empty = BundleValue(bundle.values[-1].key + b"\x01", None, 0)
    values = (*bundle.values, absent, empty)
    evidence = Evidence(type(bundle)(bundle.checkpoint_note, bundle.entries, bundle.log_hashes, values, ()), {})
    monkeypatch.setattr(evidence_module, "parse_evidence_plainly", lambda _: pytest.fail("the plain way"))
    for item in (region.evidence(), evidence):
        assert parse_evidence(format_evidence(item)) == item


def turn(kind: str, part: Any, item: Any) -> Any:
    return part if kind == "replaced" else [item, part if kind == "joined" else item]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_documents_are_canonical_alike(region: Any, data: st.DataObject) -> None:
    document = without(without(region.certificate(position=7), "proof"), "@context")
    for _ in range(data.draw(st.integers(0, 2))):
        path = data.draw(st.sampled_from([path for path in iterate_places(document) if path]))
        part: Any = data.draw(
            st.sampled_from(
                ["", "a b", "urn:a", "Result", "是", '"\\\n\x7f', 1, True, None, {}, {"id": "urn:a"}, {"name": ["a"] * 2}]
            )
        )
        kind = data.draw(st.sampled_from(["replaced", "joined", "doubled"]))
        document = change(document, path, partial(turn, kind, part))
        if not isinstance(document, dict):
            return
    canonical = tell(lambda: canonicalise(document))
    assert canonical == tell(lambda: canonicalise_by_definition(document, CERTIFICATE))


NAMES = st.sampled_from(["id", "type", "name", "result", "issuer", "value", "evidence", "narrative", "otherIdentifier", "x"])
SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4) | st.sampled_from(["https://a", "urn:a", "Result"])
)


@given(
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10),
)
@example({"name": ["a", "a"], "result": [{"type": "Result"}, {"type": "Result", "value": "1"}]})
@example({"type": ["Result", "Evidence", "Result"], "value": "1"})
def test_any_documents_are_canonical_alike(value: Any) -> None:
    document = value if isinstance(value, dict) else {"name": value}
    assert tell(lambda: canonicalise(document)) == tell(lambda: canonicalise_by_definition(document, CERTIFICATE))


@given(st.integers(0, 253_402_300_799_999), st.binary(min_size=32, max_size=32), st.sampled_from([None, "site.example"]))
def test_the_options_of_a_proof_are_hashed_alike(time_ms: int, key: bytes, host: str | None) -> None:
    options: Any = {
        "type": "DataIntegrityProof",
        "cryptosuite": RDFC,
        "created": format_datetime(TimeMs(time_ms)),
        "verificationMethod": format_method(Method(PublicKey(key), host)),
        "proofPurpose": ASSERTION_METHOD,
    }
    document: Any = {"@context": list(CONTEXTS)}
    assert hash_our_options(options, document) == sha256(canonicalise(options))
    assert hash_our_options(options, document) == compute_hash_data(options, {**document, "type": "Evidence"})[:32]
    with pytest.raises(CodecError, match="other contexts"):
        hash_our_options(options, {"@context": []})


def test_a_long_name_is_not_written_without_end() -> None:
    long: Any = {"@context": list(CONTEXTS), "type": "Evidence", "id": "urn:" + "a" * (1 << 20)}
    assert len(canonicalise({**long, "name": ["a"] * 60})) < MAX_BYTES
    with pytest.raises(CodecError, match="too large"):
        canonicalise({**long, "name": ["a"] * 70})
