import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certificates.multibase import (
    BASE58_ALPHABET,
    MAX_MULTIBASE_CHARACTERS,
    format_did_key,
    format_multibase,
    format_multikey,
    format_verification_method,
    parse_did_key,
    parse_multibase,
    parse_multikey,
    parse_verification_method,
)
from ledger.errors import CodecError
from ledger.types import PublicKey
from tests.effort import choose

KEYS = st.binary(min_size=32, max_size=32).map(PublicKey)

# The key of the test vectors in W3C Data Integrity EdDSA Cryptosuites, and the one of its first example.
MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
OTHER_MULTIKEY = "z6Mkf5rGMoatrSj1f4CyvuHBeXJELe9RPdzo2PKGNCKVtZxP"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # The three examples of draft-msporny-base58, section 5.
        pytest.param(b"Hello World!", "z2NEpo7TZRRrLZSi2U", id="hello"),
        pytest.param(
            b"The quick brown fox jumps over the lazy dog.",
            "zUSm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
            id="fox",
        ),
        pytest.param(bytes.fromhex("0000287fb4cd"), "z11233QC4", id="leading zeros"),
        pytest.param(b"", "z", id="nothing"),
        pytest.param(b"\x00", "z1", id="one zero"),
        pytest.param(b"\x00\x00\x01", "z112", id="zeros and one"),
    ],
)
def test_published_examples(data: bytes, text: str) -> None:
    assert format_multibase(data) == text
    assert parse_multibase(text) == data


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2NEpo7TZRRrLZSi2U", id="no prefix"),
        pytest.param("Z2NEpo7TZRRrLZSi2U", id="prefix of base58flickr"),
        pytest.param("z2NEpo7TZRRrLZSi2U ", id="space after"),
        pytest.param("z2NEpo7TZRRrLZSi2U\n", id="line end after"),
        pytest.param("z 2NEpo", id="space inside"),
        pytest.param("z0", id="digit zero"),
        pytest.param("zO", id="letter O"),
        pytest.param("zI", id="letter I"),
        pytest.param("zl", id="letter l"),
        pytest.param("z\u0662", id="digit of another script"),
        pytest.param("z" + "2" * MAX_MULTIBASE_CHARACTERS, id="too long"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_multibase(text)


def test_the_longest_text_is_read() -> None:
    text = "z" + "2" * (MAX_MULTIBASE_CHARACTERS - 1)
    assert format_multibase(parse_multibase(text)) == text


@given(st.binary(max_size=100))
@example(bytes(100))
@settings(max_examples=choose(40, 100))
def test_bytes_are_read_back(data: bytes) -> None:
    assert parse_multibase(format_multibase(data)) == data


@given(st.text(BASE58_ALPHABET, max_size=60))
@settings(max_examples=choose(40, 100))
def test_each_value_has_one_text(digits: str) -> None:
    assert format_multibase(parse_multibase("z" + digits)) == "z" + digits


@given(st.text(max_size=60) | st.text(max_size=60).map("did:key:z6Mk{}".format))
@settings(max_examples=choose(50, 200))
def test_any_text_is_a_value_or_one_typed_error(text: str) -> None:
    for parse in (parse_multibase, parse_multikey, parse_did_key, parse_verification_method):
        try:
            parse(text)
        except CodecError:
            continue


def test_a_key_has_one_name() -> None:
    key = parse_multikey(MULTIKEY)
    assert format_multikey(key) == MULTIKEY
    assert format_did_key(key) == f"did:key:{MULTIKEY}"
    assert format_verification_method(key) == f"did:key:{MULTIKEY}#{MULTIKEY}"


@given(KEYS)
@settings(max_examples=50)
def test_names_of_keys_are_read_back(key: PublicKey) -> None:
    assert format_multikey(key).startswith("z6Mk")
    assert parse_did_key(format_did_key(key)) == key
    assert parse_verification_method(format_verification_method(key)) == key


@pytest.mark.parametrize(
    "prefixed",
    [
        pytest.param("ed01" + "11" * 31, id="one byte short"),
        pytest.param("ed01" + "11" * 33, id="one byte long"),
        pytest.param("ed01", id="no key"),
        pytest.param("11" * 32, id="no prefix"),
        pytest.param("ec01" + "11" * 32, id="X25519"),
        pytest.param("8026" + "11" * 32, id="Ed25519 private key"),
        pytest.param("ed8100" + "11" * 32, id="overlong varint"),
        pytest.param("00ed01" + "11" * 32, id="leading zero"),
    ],
)
def test_other_multikeys_are_refused(prefixed: str) -> None:
    text = format_multibase(bytes.fromhex(prefixed))
    with pytest.raises(CodecError):
        parse_multikey(text)
    with pytest.raises(CodecError):
        parse_did_key(f"did:key:{text}")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"did:key:{MULTIKEY}", id="no fragment"),
        pytest.param(f"did:key:{MULTIKEY}#", id="empty fragment"),
        pytest.param(f"did:key:{MULTIKEY}#{OTHER_MULTIKEY}", id="fragment of another key"),
        pytest.param(f"did:key:{MULTIKEY}#{MULTIKEY}#", id="second fragment"),
        pytest.param(f"did:key:{MULTIKEY}?a=b#{MULTIKEY}", id="query"),
        pytest.param(f"did:web:example.org#{MULTIKEY}", id="another method"),
        pytest.param(f"DID:KEY:{MULTIKEY}#{MULTIKEY}", id="capitals"),
        pytest.param(f"did:key:1.1:{MULTIKEY}#{MULTIKEY}", id="with a version"),
        pytest.param(f" did:key:{MULTIKEY}#{MULTIKEY}", id="space before"),
        pytest.param("#", id="nothing named"),
    ],
)
def test_other_verification_methods_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_verification_method(text)


def test_a_did_key_has_no_fragment() -> None:
    with pytest.raises(CodecError):
        parse_did_key(f"did:key:{MULTIKEY}#{MULTIKEY}")
