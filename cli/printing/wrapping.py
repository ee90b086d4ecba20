"""Lines of text that is Chinese, English or both: Chinese breaks between characters, English between words."""

import re
from collections.abc import Callable, Iterator
from typing import Final

_WIDE: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CLOSING: Final = "\u3001\u3002\uff0c\uff1a\uff1b\uff09\uff01\uff1f\u300b\u201d\u2019,.;:!?)"
"""What never begins a line."""
_TOKEN: Final = re.compile(f"\\s+|[{_WIDE}][{_CLOSING}]*|[^\\s{_WIDE}]+[{_CLOSING}]*")

_STEP: Final = 3.0
"""Millimetres by which lines are made narrower as long as there are no more of them."""

Measure = Callable[[str], float]


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """Return the lines of a text that are at most `width` wide, at least one; a single character may be wider."""
    lines: list[str] = []
    line = ""
    for token in _split(text, width, measure):
        if line and measure((line + token).rstrip()) > width:
            lines.append(line.rstrip())
            line = token.lstrip()
        else:
            line += token
    return [*lines, line.rstrip()]


def balance(text: str, width: float, measure: Measure) -> list[str]:
    """Return as few lines as `wrap`, but of about the same width, as suits a text in the middle of a page."""
    lines = wrap(text, width, measure)
    while len(lines) > 1:
        width -= _STEP
        narrower = wrap(text, width, measure)
        if len(narrower) > len(lines) or any(measure(line) > width for line in narrower):
            break
        lines = narrower
    return lines


def _split(text: str, width: float, measure: Measure) -> Iterator[str]:
    """Yield the pieces between which a line may end; a word that is wider than a line falls into characters."""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token.isspace():
            yield " "
        elif measure(token) <= width:
            yield token
        else:
            yield from token
