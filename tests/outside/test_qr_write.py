"""Our JavaScript writes QR codes that readers of others read: zxing-cpp and jsQR."""

import json
import random
import subprocess
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from tests.effort import choose

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
ALPHABETS: Final = {"numeric": ALPHANUMERIC[:10], "alphanumeric": ALPHANUMERIC, "byte": "abc{}é河"}
BORDER: Final = 4
JSQR_MISTAKEN: Final = 23
"""jsQR 1.4.0 has an alignment pattern of this version at 74 instead of 78 (ISO/IEC 18004, table E.1)."""


def _make_cases(random_: random.Random) -> list[dict[str, Any]]:
    """Every version with two levels in turn, or with all, each in one of the modes, with short and with long texts."""
    cases = []
    for version in range(1, 41):
        for number, level in list(enumerate("LMQH"))[version % choose(2, 1) :: choose(2, 1)]:
            alphabet = list(ALPHABETS.values())[(version + number) % 3]
            length = random_.randint(1, 2) if version % 2 else random_.randint(3, max(4, version * version // 4))
            text = "".join(random_.choice(alphabet) for _ in range(length))
            cases.append({"text": text, "level": level, "version": version})
    return cases


def draw(rows: list[str], scale: int = 3) -> Image.Image:
    """A picture of a code with its border."""
    side = len(rows) + 2 * BORDER
    picture = Image.new("L", (side, side), 255)
    for y, row in enumerate(rows):
        for x, module in enumerate(row):
            if module == "1":
                picture.putpixel((x + BORDER, y + BORDER), 0)
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def _run_writer(run_node: Run, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = run_node("qr_write.mjs", input=json.dumps(cases))
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_codes_of_every_version_and_level_are_read_by_others(run_node: Run) -> None:
    cases = _make_cases(random.Random(1))
    for case, answer in zip(cases, _run_writer(run_node, cases), strict=True):
        rows = answer["rows"]
        assert len(rows) >= 17 + 4 * case["version"], case
        (read,) = zxingcpp.read_barcodes(draw(rows), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        assert read.text == case["text"], case
        assert read.ec_level == case["level"], case
        if case["version"] != JSQR_MISTAKEN:
            assert answer["jsqr"] == case["text"], case


def test_the_smallest_version_that_holds_a_text_is_taken(run_node: Run) -> None:
    """What the standard's table 7 says a symbol holds, and one character more."""
    limits = [("L", 1, 25), ("H", 13, 259), ("M", 40, 3391), ("H", 7, 93)]
    cases = [
        {"text": "A" * (count + more), "level": level, "version": 1}
        for level, _, count in limits
        for more in ((0,) if count == 3391 else (0, 1))
    ]
    sides = iter([len(answer["rows"]) for answer in _run_writer(run_node, cases)])
    for _, version, count in limits:
        assert next(sides) == 17 + 4 * version
        if count != 3391:
            assert next(sides) == 21 + 4 * version


def test_a_text_too_long_for_any_code_is_refused(run_node: Run) -> None:
    done = run_node("qr_write.mjs", input=json.dumps([{"text": "a" * 2954, "level": "L", "version": 1}]))
    assert done.returncode != 0
    assert "RangeError: the text is too long for a QR code" in done.stderr


def test_the_drawing_shows_the_same_modules(run_node: Run) -> None:
    (answer,) = _run_writer(run_node, [{"text": "HLC1:ABC", "level": "M", "version": 1}])
    rows = answer["rows"]
    root = ET.fromstring(answer["svg"])  # noqa: S314 - our own drawing
    assert root.get("viewBox") == f"0 0 {len(rows) + 8} {len(rows) + 8}"
    (path,) = [item for item in root if item.tag.endswith("path")]
    drawn = set()
    for run in path.attrib["d"].split("M")[1:]:
        start, rest = run.split("h")
        x, y = map(int, start.split())
        drawn |= {(x + step, y) for step in range(int(rest.split("v")[0]))}
    assert drawn == {(x + BORDER, y + BORDER) for y, row in enumerate(rows) for x, item in enumerate(row) if item == "1"}
