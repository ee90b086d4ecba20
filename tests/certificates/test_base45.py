import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.base45 import ALPHABET, MAX_TEXT_CHARACTERS, format_base45, parse_base45
from ledger.errors import CodecError
from ledger.reasons import Reason

# RFC 9285, sections 4.3 and 4.4.
PUBLISHED = [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0")]


@pytest.mark.parametrize(("data", "text"), [*PUBLISHED, (b"", ""), (b"\xff\xff", "FGW"), (b"\x00", "00"), (b"\xff", "U5")])
def test_published_and_edge_examples(data: bytes, text: str) -> None:
    assert format_base45(data) == text
    assert parse_base45(text) == data


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("GGW", id="65536 in three digits, as in RFC 9285 section 6"),
        pytest.param(":::", id="the largest three digits"),
        pytest.param("V5", id="256 in two digits"),
        pytest.param("A", id="one digit alone"),
        pytest.param("BB8B", id="cut off"),
        pytest.param("bb8", id="small letters"),
        pytest.param("BB8\n", id="a newline"),
        pytest.param("\u017f\u017f\u017f", id="not ASCII, though its capital is"),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(CodecError):
        parse_base45(text)


def test_too_long_a_text_is_refused_unread() -> None:
    with pytest.raises(CodecError) as refused:
        parse_base45("0" * (MAX_TEXT_CHARACTERS + 1))
    assert refused.value.reason is Reason.TOO_LARGE


@given(st.binary(max_size=600))
def test_what_is_written_is_read(data: bytes) -> None:
    text = format_base45(data)
    assert len(text) == len(data) // 2 * 3 + len(data) % 2 * 2
    assert parse_base45(text) == data


@given(st.text(ALPHABET, max_size=60) | st.text(max_size=30))
def test_each_text_has_one_value_or_none(text: str) -> None:
    try:
        data = parse_base45(text)
    except CodecError:
        return
    assert format_base45(data) == text
