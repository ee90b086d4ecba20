import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.printing.wrapping import balance, wrap


def measure(text: str) -> float:
    """Chinese characters are twice as wide as others, as in print."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 8, ["one two", "three"]),
        ("志愿服务证明", 8, ["志愿服务", "证明"]),
        ("完整证据在 certificate.json 内。", 16, ["完整证据在", "certificate.json", "内。"]),
        ("共计。", 4, ["共", "计。"]),  # the full stop does not begin a line
        ("0123456789", 4, ["0123", "4567", "89"]),
        ("", 4, [""]),
    ],
)
def test_where_lines_end(text: str, width: float, lines: list[str]) -> None:
    assert wrap(text, width, measure) == lines


def test_balanced_lines_are_as_few_and_of_about_one_width() -> None:
    text = "one two three four five six seven eight nine ten"
    assert balance(text, 40, measure) == ["one two three four five", "six seven eight nine ten"]


@given(st.text("ab 志愿。,", max_size=60), st.integers(4, 30))
def test_nothing_is_lost_and_no_line_is_wider(text: str, width: int) -> None:
    lines = wrap(text, width, measure)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(measure(line) <= width or len(line) <= 4 for line in lines)
    assert len(balance(text, width, measure)) == len(lines)
