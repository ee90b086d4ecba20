from hypothesis import given
from hypothesis import strategies as st

from cli.office.limits import describe_limits, shorten


def test_the_limits_are_said_first() -> None:
    said = describe_limits()
    assert "20 MB" in said
    assert "100,000 rows" in said
    assert "64 columns" in said


def test_a_long_or_many_lined_cell_is_shown_short() -> None:
    assert shorten("one\ntwo\x1b[31m three") == "one two [31m three"
    assert shorten("x" * 70, 10) == "x" * 9 + "…"
    assert shorten("x" * 10, 10) == "x" * 10
    assert shorten(" " * 1000 + "x", 10).endswith("…"), "something was left out"


@given(st.text(st.characters()), st.integers(2, 80))
def test_what_is_shown_is_always_one_printable_line(text: str, characters: int) -> None:
    shown = shorten(text, characters)
    assert len(shown) <= characters
    assert shown.isprintable()
