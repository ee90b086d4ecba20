"""A font that has every character of a page, Chinese ones too: from the package that ships one, or from the machine.

Only fonts whose licence allows that a part of them is put into a file that goes on are looked for (ADR 31).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont, TTLibError

from ledger.errors import HourledgerError
from ledger.reasons import Reason

_PACKAGE: Final = "noto_cjk_sans_otc"
_PACKAGE_FILE: Final = "NotoSansCJK-Regular.ttc"
_SIMPLIFIED: Final = 2
"""Where a collection of Noto Sans CJK has the forms of mainland China."""
_SYSTEM_FONTS: Final = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", _SIMPLIFIED),  # Debian, Ubuntu: fonts-noto-cjk
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", _SIMPLIFIED),  # Arch: noto-fonts-cjk
    ("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", _SIMPLIFIED),  # Fedora
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),  # Debian: fonts-wqy-microhei
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),  # Debian: fonts-droid-fallback
)
_MAX_SHOWN: Final = 5
_INVISIBLE: Final = " \n"


@dataclass(frozen=True, slots=True)
class Font:
    """A font in a file, and which of a collection it is."""

    path: Path
    number: int = 0


def find_font(text: str, chosen: Path | None = None) -> Font:
    """Return the first font that has every character of a text, or the one that was chosen; raise `HourledgerError`: USAGE."""
    wanted = set(text) - set(_INVISIBLE)
    missing = wanted
    for font in _list_fonts(chosen):
        missing = wanted - _read_characters(font)
        if not missing:
            return font
    shown = " ".join(f"{character} (U+{ord(character):04X})" for character in sorted(missing)[:_MAX_SHOWN])
    raise HourledgerError(Reason.USAGE, f"no font at hand has {shown}: name one that has with --font")


def _list_fonts(chosen: Path | None) -> Iterator[Font]:
    if chosen is not None:
        yield Font(chosen, _SIMPLIFIED if chosen.name.startswith("NotoSansCJK") and chosen.suffix == ".ttc" else 0)
        return
    package = find_spec(_PACKAGE)
    if package is not None and package.origin is not None:
        yield Font(Path(package.origin).with_name(_PACKAGE_FILE), _SIMPLIFIED)
    for name, number in _SYSTEM_FONTS:
        if Path(name).is_file():
            yield Font(Path(name), number)


def _read_characters(font: Font) -> set[str]:
    try:
        with font.path.open("rb") as file, TTFont(file, fontNumber=font.number, lazy=True) as opened:
            return {chr(code) for code in opened.getBestCmap() or ()}
    except (OSError, TTLibError, AssertionError, KeyError, ValueError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, "the font cannot be read", str(font.path)) from error
