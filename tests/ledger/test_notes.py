"""Signed notes: the specification's examples, what is refused and why, and round trips."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.crypto import SigningKey
from ledger.errors import CodecError, SignatureError
from ledger.notes import (
    MAX_NAME_BYTES,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    NoteSignature,
    SignatureType,
    SignedNote,
    VerifierKey,
    compute_key_id,
    format_base64,
    format_note,
    format_verifier_key,
    is_key_name,
    merge_signatures,
    parse_base64,
    parse_base64_plainly,
    parse_decimal,
    parse_note,
    parse_verifier_key,
    sign_note,
    verify_known_signatures,
    verify_note,
)
from ledger.reasons import Reason
from ledger.types import PublicKey

VECTORS = Path(__file__).parents[1] / "vectors" / "c2sp"
KEY = SigningKey(bytes(range(32)))
OTHER_KEY = SigningKey(bytes(range(1, 33)))
NAME = "hours.example/region"
VERIFIER = VerifierKey(NAME, SignatureType.ED25519, KEY.public_key)
OTHER = VerifierKey("other.example", SignatureType.ED25519, OTHER_KEY.public_key)

names = st.text(st.characters(codec="utf-8", exclude_characters="+"), min_size=1, max_size=40).filter(is_key_name)
signatures = st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
texts = st.text(st.characters(codec="utf-8", min_codepoint=0x20) | st.just("\n")).map(lambda text: text + "\n")
notes = st.builds(SignedNote, texts, st.lists(signatures, min_size=1, max_size=4).map(tuple))


def read_vector(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


@pytest.mark.parametrize("name", ["signed-note-example", "go-sumdb"])
def test_a_published_key_verifies_its_published_note(name: str) -> None:
    key = parse_verifier_key(read_vector(f"{name}.vkey").decode().strip())
    note = parse_note(read_vector(f"{name}.note"))
    assert verify_note(note, [VERIFIER, key]) == (key,)
    with pytest.raises(SignatureError) as refused:
        verify_note(SignedNote(note.text.upper(), note.signatures), [key])
    assert refused.value.value == key.name


@pytest.mark.parametrize("name", ["signed-note-example", "signed-note-poem", "go-sumdb", "tlog-cosignature-example"])
def test_published_notes_survive_a_round_trip(name: str) -> None:
    data = read_vector(f"{name}.note")
    assert format_note(parse_note(data)) == data


def test_a_text_may_hold_empty_lines_and_signatures_follow_the_last_one() -> None:
    note = parse_note(read_vector("signed-note-poem.note"))
    assert note.text.endswith("\n\ned è subito sera.\n")
    assert [line.name for line in note.signatures] == ["quasimodo.example/salvatore"]


@pytest.mark.parametrize(
    "text",
    [
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    ],
)
def test_published_verifier_keys_have_the_key_id_that_we_compute(text: str) -> None:
    key = parse_verifier_key(text)
    assert format_verifier_key(key) == text
    assert compute_key_id(key.name, key.type, key.public_key).hex() == text.split("+")[1]


def test_the_key_id_tells_the_roles_of_one_key_apart() -> None:
    cosigner = VerifierKey(NAME, SignatureType.COSIGNATURE, KEY.public_key)
    assert cosigner.key_id != VERIFIER.key_id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.MALFORMED),
        ("example.com/foo", Reason.MALFORMED),
        ("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.MALFORMED),  # not lower case
        ("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.MALFORMED),  # another key id
        ("example.com/fo0+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.MALFORMED),  # another name
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l", Reason.MALFORMED),  # another key
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==", Reason.MALFORMED),  # 31 bytes
        ("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n", Reason.MALFORMED),
        ("exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.MALFORMED),
        ("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.MALFORMED),
        ("example.com/foo+530d903a+", Reason.UNSUPPORTED_VERSION),
        ("example.com/foo+530d903a+Bg==", Reason.UNSUPPORTED_VERSION),  # ML-DSA-44
        ("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", Reason.UNSUPPORTED_VERSION),  # ECDSA
    ],
)
def test_a_verifier_key_that_is_not_exactly_one_is_refused(text: str, reason: Reason) -> None:
    with pytest.raises(CodecError) as refused:
        parse_verifier_key(text)
    assert refused.value.reason is reason


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\u3000", "a\nb", "a\x00b", "\ud800"])
def test_names_that_no_key_may_have(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(CodecError):
        VerifierKey(name, SignatureType.ED25519, KEY.public_key)
    with pytest.raises(CodecError):
        NoteSignature(name, b"1234", b"x")


def test_every_character_that_a_name_may_not_have() -> None:
    spaces = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    refused = {*map(chr, range(0x21)), "+", *spaces, *map(chr, range(0xD800, 0xE000))}
    assert {character for character in map(chr, range(sys.maxunicode + 1)) if not is_key_name(f"a{character}")} == refused


@given(
    st.binary(max_size=6), st.sampled_from([0, 300]), st.lists(st.tuples(st.integers(0, 420), st.sampled_from('AB/=\\" é\nu')))
)
@example(b"a", 300, [(401, "R")])
@example(b"", 300, [(397, "\\"), (398, "u"), (399, "0")])
def test_base64_is_read_alike(data: bytes, begin: int, changes: list[tuple[int, str]]) -> None:
    text = format_base64(bytes(begin) + data)
    for place, character in changes:
        at = place % (len(text) + 1)
        text = text[:at] + character + text[at + 1 :]
    for whole in (text, "A" * 300 + text, text[:-1]):
        assert tell(parse_base64, whole) == tell(parse_base64_plainly, whole)


def tell(parse: Callable[[str], bytes], text: str) -> bytes | str:
    """What was read, or what is wrong."""
    try:
        return parse(text)
    except CodecError as error:
        return error.detail


def test_a_key_of_our_own_has_a_bounded_name_and_32_bytes() -> None:
    longest = "é" * (MAX_NAME_BYTES // 2)
    assert VerifierKey(longest, SignatureType.ED25519, KEY.public_key).name == longest
    with pytest.raises(CodecError) as refused:
        VerifierKey("é" * (MAX_NAME_BYTES // 2 + 1), SignatureType.ED25519, KEY.public_key)
    assert refused.value.reason is Reason.TOO_LARGE
    with pytest.raises(CodecError):
        VerifierKey(NAME, SignatureType.ED25519, PublicKey(KEY.public_key[:31]))


@pytest.mark.parametrize("text", ["AA", "AA=", "AB==", "AAA=A", " AAA=", "AAA=\n", "AA-_", "AA\u00e9=", "A===", "===="])
def test_base64_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_base64(text)


@given(st.binary(max_size=50))
def test_base64_round_trip(data: bytes) -> None:
    assert parse_base64(format_base64(data)) == data


@pytest.mark.parametrize("text", ["", "00", "01", "+1", "-1", "1 ", " 1", "1_0", "٣", "1.0", "0x1", str(2**63), "9" * 5000])
def test_decimals_are_plain_and_bounded(text: str) -> None:
    assert parse_decimal("0", "n") == 0
    assert parse_decimal(str(2**63 - 1), "n") == 2**63 - 1
    with pytest.raises(CodecError, match="n:"):
        parse_decimal(text, "n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        "text\n— a AAAAAAA=\n".encode(),  # no blank line
        "text\n\n— a AAAAAAA=".encode(),  # no newline at the end
        "text\n\n— a AAAAAAA=\n\n".encode(),
        "text\n\n— a AAAAAAA=\r\n".encode(),
        "\n— a AAAAAAA=\n".encode(),  # no text
        b"text\n\n- a AAAAAAA=\n",  # not an em dash
        "text\n\n—  AAAAAAA=\n".encode(),  # no name
        "text\n\n— a b AAAAAAA=\n".encode(),
        "text\n\n— a  AAAAAAA=\n".encode(),
        "text\n\n— a\u2003b AAAAAAA=\n".encode(),
        "text\n\n— a+b AAAAAAA=\n".encode(),
        "text\n\n— a AAAAAA==\n".encode(),  # a key id and nothing else
        "text\n\n— a AAAAAAB=\n".encode(),  # unused bits of the last digit set
        "text\n\n— a AAAAAAA\n".encode(),  # no padding
        "te\txt\n\n— a AAAAAAA=\n".encode(),
        "te\x00xt\n\n— a AAAAAAA=\n".encode(),
        b"te\xffxt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"te\xed\xa0\x80xt\n\n\xe2\x80\x94 a AAAAAAA=\n",  # a surrogate in disguise
        b"text\n\n\xe2\x80\x94 a AAAAAAA=\n\xe2\x80\x94 b\n",
    ],
)
def test_a_note_that_is_not_exactly_one_is_refused(data: bytes) -> None:
    assert parse_note("text\n\n— a AAAAAAA=\n".encode()).signatures == (NoteSignature("a", bytes(4), b"\0"),)
    with pytest.raises(CodecError) as refused:
        parse_note(data)
    assert refused.value.reason is Reason.MALFORMED


def test_size_and_signatures_are_bounded() -> None:
    line = "— a AAAAAAA=\n".encode()
    assert len(parse_note(b"t\n\n" + line * MAX_SIGNATURES).signatures) == MAX_SIGNATURES
    large = b"t" * (MAX_NOTE_BYTES - len(line) - 2) + b"\n\n" + line
    assert format_note(parse_note(large)) == large
    for data in (b"t\n\n" + line * (MAX_SIGNATURES + 1), b"t" + large):
        with pytest.raises(CodecError) as refused:
            parse_note(data)
        assert refused.value.reason is Reason.TOO_LARGE
    with pytest.raises(CodecError):
        format_note(SignedNote("t" * MAX_NOTE_BYTES + "\n", (NoteSignature("a", bytes(4), b"\0"),)))


def test_sixteen_post_quantum_signatures_fit() -> None:
    lines = tuple([NoteSignature(f"pq{number}", bytes(4), bytes(5_000)) for number in range(16)])
    note = SignedNote("text\n", lines)
    assert parse_note(format_note(note)) == note


@pytest.mark.parametrize("text", ["", "text", "te\rxt\n", "te\x1fxt\n"])
def test_texts_that_no_note_can_hold(text: str) -> None:
    with pytest.raises(CodecError):
        SignedNote(text, (NoteSignature("a", bytes(4), b"\0"),))


def test_a_note_that_has_no_utf8_form_cannot_be_written() -> None:
    with pytest.raises(CodecError):
        format_note(SignedNote("\ud800\n", (NoteSignature("a", bytes(4), b"\0"),)))
    with pytest.raises(CodecError):
        sign_note("\ud800\n", NAME, KEY)


def test_a_note_has_a_signature() -> None:
    with pytest.raises(CodecError):
        SignedNote("text\n", ())


def test_who_signed() -> None:
    note = sign_note("text\n", NAME, KEY)
    both = SignedNote(note.text, (*sign_note("text\n", "other.example", OTHER_KEY).signatures, *note.signatures))
    assert verify_note(parse_note(format_note(both)), [VERIFIER, OTHER]) == (VERIFIER, OTHER)
    assert verify_note(both, [OTHER]) == (OTHER,)
    assert verify_known_signatures(note, [OTHER]) == ()
    with pytest.raises(SignatureError):
        verify_note(note, [OTHER])
    with pytest.raises(SignatureError):
        verify_note(note, [])


def test_a_failing_signature_by_a_known_key_spoils_the_note_and_one_by_an_unknown_key_does_not() -> None:
    good = sign_note("text\n", NAME, KEY).signatures[0]
    forged = NoteSignature(OTHER.name, OTHER.key_id, good.signature)
    note = SignedNote("text\n", (good, forged))
    assert verify_note(note, [VERIFIER]) == (VERIFIER,)
    with pytest.raises(SignatureError):
        verify_note(note, [VERIFIER, OTHER])
    second = SignedNote("text\n", (good, NoteSignature(good.name, good.key_id, good.signature[:-1])))
    with pytest.raises(SignatureError):
        verify_note(second, [VERIFIER])


@pytest.mark.parametrize(("name", "key_id"), [(NAME, OTHER.key_id), (OTHER.name, VERIFIER.key_id)])
def test_sharing_a_name_or_an_id_with_a_known_key_but_not_both_is_being_unknown(name: str, key_id: bytes) -> None:
    note = SignedNote("text\n", (NoteSignature(name, key_id, bytes(64)),))
    assert verify_known_signatures(note, [VERIFIER, OTHER]) == ()


def test_a_cosigners_key_does_not_verify_plain_notes() -> None:
    cosigner = VerifierKey(NAME, SignatureType.COSIGNATURE, KEY.public_key)
    with pytest.raises(CodecError, match="0x04"):
        verify_known_signatures(sign_note("text\n", NAME, KEY), [cosigner])


def test_merging_keeps_one_line_a_key_and_the_newer_one() -> None:
    a, b, c = (NoteSignature(name, bytes(4), b"old") for name in "abc")
    newer = NoteSignature("a", bytes(4), b"new")
    same_name = NoteSignature("a", b"1234", b"old")
    assert merge_signatures([a, b], [c, newer, same_name]) == (newer, b, c, same_name)


@given(notes)
def test_note_round_trip(note: SignedNote) -> None:
    assert parse_note(format_note(note)) == note


@given(names, st.sampled_from(SignatureType), st.binary(min_size=32, max_size=32).map(PublicKey))
def test_verifier_key_round_trip(name: str, signature_type: SignatureType, public_key: PublicKey) -> None:
    key = VerifierKey(name, signature_type, public_key)
    assert parse_verifier_key(format_verifier_key(key)) == key


pieces = st.sampled_from(["\n", "\n\n", "— ", "a", "+", " ", "AAAAAAA=", "\u00a0", "\t", "530d903a", "AekyeQ=="])


@given(st.binary() | st.lists(pieces).map(lambda parts: "".join(parts).encode()))
def test_any_bytes_are_a_note_or_a_codec_error(data: bytes) -> None:
    try:
        note = parse_note(data)
    except CodecError:
        return
    assert format_note(note) == data


@given(st.text() | st.lists(pieces).map("".join))
def test_any_text_is_a_verifier_key_or_a_codec_error(text: str) -> None:
    try:
        key = parse_verifier_key(text)
    except CodecError:
        return
    assert format_verifier_key(key) == text
