"""Our JavaScript reads QR codes that others write, in pictures as cameras and scanners take them."""

import json
import random
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
import segno
import zxingcpp
from PIL import Image, ImageFilter

from tests.effort import choose

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
ALPHANUMERIC: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
BORDER: Final = 4
WHITE: Final = 255


def _make_code(version: int, level: str, text: str) -> Image.Image:
    """A code as segno writes it, with its border, one pixel a module."""
    rows = segno.make_qr(
        text, version=version, error=level, boost_error=False, encoding="utf-8" if not text.isascii() else None
    ).matrix
    side = len(rows) + 2 * BORDER
    picture = Image.new("L", (side, side), WHITE)
    for y, row in enumerate(rows):
        for x, module in enumerate(row):
            picture.putpixel((x + BORDER, y + BORDER), 0 if module else WHITE)
    return picture


def _scale(picture: Image.Image, factor: int) -> Image.Image:
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def _rotate(picture: Image.Image, degrees: float) -> Image.Image:
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=WHITE)


def _tilt(picture: Image.Image, share: float) -> Image.Image:
    """As seen from the side and from below: the far edges are shorter by a share."""
    width, height = picture.size
    dx, dy = width * share, height * share
    corners = [(0, 0), (width, dy / 2), (width - dx, height), (dx / 2, height - dy)]
    return picture.transform(
        picture.size,
        Image.Transform.PERSPECTIVE,
        _find_coefficients(corners, picture.size),
        Image.Resampling.BICUBIC,
        fillcolor=WHITE,
    )


def _find_coefficients(corners: list[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """Coefficients with which Pillow takes a picture's corners to these."""
    width, height = size
    plain = [(0, 0), (width, 0), (width, height), (0, height)]
    rows = []
    for (x, y), (u, v) in zip(corners, plain, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for pivot in range(8):
        best = max(range(pivot, 8), key=lambda place: abs(rows[place][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        for place in range(8):
            if place != pivot:
                factor = rows[place][pivot] / rows[pivot][pivot]
                rows[place] = [item - factor * other for item, other in zip(rows[place], rows[pivot], strict=True)]
    return [rows[place][8] / rows[place][place] for place in range(8)]


def _add_noise(picture: Image.Image, random_: random.Random, share: float, strength: int) -> Image.Image:
    """Grain everywhere, and a share of the pixels black or white."""
    values = bytearray(picture.tobytes())
    for place in range(len(values)):
        grain = int(random_.gauss(0, strength))
        values[place] = min(WHITE, max(0, values[place] + grain))
        if random_.random() < share:
            values[place] = random_.choice((0, WHITE))
    return Image.frombytes("L", picture.size, bytes(values))


def _shade(picture: Image.Image) -> Image.Image:
    """Dark in one corner and light in the other, as under a lamp."""
    width, height = picture.size
    values = bytearray(picture.tobytes())
    for place, value in enumerate(values):
        light = 0.35 + 0.65 * ((place % width) / width + (place // width) / height) / 2
        values[place] = int(value * light)
    return Image.frombytes("L", picture.size, bytes(values))


def _place(picture: Image.Image, random_: random.Random) -> Image.Image:
    """Somewhere on a larger page with other things on it."""
    page = Image.new("L", (picture.width + 160, picture.height + 220), 235)
    for _ in range(120):
        x, y = random_.randrange(page.width - 12), random_.randrange(page.height - 3)
        page.paste(60, (x, y, x + random_.randint(2, 12), y + random_.randint(1, 3)))
    page.paste(picture, (random_.randrange(160), random_.randrange(220)))
    return page


class _Pictures:
    """Pictures that wait to be read, and what they say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: list[str] = []
        self.names: list[str] = []
        self.pictures: list[Image.Image] = []

    def add(self, name: str, picture: Image.Image, text: str) -> None:
        """Add one."""
        self.names.append(name)
        self.texts.append(text)
        self.pictures.append(picture.convert("L"))

    def read(self, run_node: Run, *arguments: str) -> list[dict[str, Any]]:
        """Have all of them read."""
        asked = []
        for number, picture in enumerate(self.pictures):
            file = self.folder / f"{number}.grey"
            file.write_bytes(picture.tobytes())
            asked.append({"file": str(file), "width": picture.width, "height": picture.height})
        done = run_node("qr_read.mjs", *arguments, input=json.dumps(asked), timeout=300)
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers


def _make_text(random_: random.Random, version: int) -> str:
    alphabet = random_.choice((ALPHANUMERIC[:10], ALPHANUMERIC, "abcdef{}河é"))
    return "".join(random_.choice(alphabet) for _ in range(random_.randint(1, 3 + version * version // 5)))


def test_codes_of_every_version_and_level_are_read(run_node: Run, tmp_path: Path) -> None:
    random_ = random.Random(11)
    pictures = _Pictures(tmp_path)
    for version in range(1, 41):
        for level in choose(("LQ", "MH")[version % 2], "LMQH"):
            text = _make_text(random_, version)
            pictures.add(f"{version}-{level}", _scale(_make_code(version, level, text), random_.choice((2, 3, 4))), text)
    answers = pictures.read(run_node)
    wrong = [name for name, text, item in zip(pictures.names, pictures.texts, answers, strict=True) if item["ours"] != text]
    assert wrong == []


VIEWS: Final[dict[str, Callable[[Image.Image, random.Random], Image.Image]]] = {
    "turned by 90 degrees": lambda picture, _: _rotate(picture, 90),
    "turned by 180 degrees": lambda picture, _: _rotate(picture, 180),
    "turned by 270 degrees": lambda picture, _: _rotate(picture, 270),
    "held askew": lambda picture, random_: _rotate(picture, random_.uniform(-44, 44)),
    "in a mirror": lambda picture, _: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "tilted": lambda picture, _: _tilt(picture, 0.10),
    "blurred": lambda picture, _: picture.filter(ImageFilter.GaussianBlur(1.3)),
    "grainy": lambda picture, random_: _add_noise(picture, random_, 0.02, 20),
    "under a lamp": lambda picture, _: _shade(picture),
    "on a page": _place,
    "light on dark": lambda picture, _: picture.point(lambda value: WHITE - value),
    "all at once": lambda picture, random_: _add_noise(
        _shade(_rotate(_tilt(_place(picture, random_), 0.05), random_.uniform(-20, 20))).filter(ImageFilter.GaussianBlur(0.8)),
        random_,
        0.002,
        6,
    ),
}


@pytest.mark.parametrize("view", VIEWS)
def test_codes_are_read_however_they_are_seen(view: str, run_node: Run, tmp_path: Path) -> None:
    random_ = random.Random(view)
    pictures = _Pictures(tmp_path)
    for version in (1, 2, 4, 7, 10, 13, 20, 27):
        text = _make_text(random_, version)
        code = _scale(_make_code(version, random_.choice("LM"), text), 5)
        pictures.add(str(version), VIEWS[view](code, random_), text)
    answers = pictures.read(run_node)
    read = [name for name, text, item in zip(pictures.names, pictures.texts, answers, strict=True) if item["ours"] == text]
    assert read == pictures.names


def test_all_codes_in_a_picture_are_found(run_node: Run, tmp_path: Path) -> None:
    pictures = _Pictures(tmp_path)
    page = Image.new("L", (900, 700), WHITE)
    texts = ["HLC1:ONE", "HLC1:TWO", "https://hours.example/river"]
    for text, place in zip(texts, [(20, 20), (480, 60), (250, 380)], strict=True):
        page.paste(_scale(_make_code(3, "M", text), 6), place)
    pictures.add("three", page, "")
    (answer,) = pictures.read(run_node)
    assert sorted(answer["all"]) == sorted(texts)


def test_a_code_may_be_damaged_as_far_as_its_level_allows(run_node: Run, tmp_path: Path) -> None:
    pictures = _Pictures(tmp_path)
    text = "HLC1:" + ALPHANUMERIC
    code = _scale(_make_code(5, "H", text), 6)
    stained = code.copy()
    stained.paste(0, (100, 100, 155, 155))
    ruined = code.copy()
    ruined.paste(0, (70, 70, 220, 220))
    pictures.add("stained", stained, text)
    pictures.add("ruined", ruined, text)
    assert [item["ours"] for item in pictures.read(run_node)] == [text, None]


def test_pictures_without_a_code_are_read_as_nothing(run_node: Run, tmp_path: Path) -> None:
    random_ = random.Random(12)
    pictures = _Pictures(tmp_path)
    pictures.add("white", Image.new("L", (300, 300), WHITE), "")
    pictures.add("one pixel", Image.new("L", (1, 1), 0), "")
    pictures.add("noise", Image.frombytes("L", (500, 500), random_.randbytes(250_000)), "")
    pictures.add(
        "coarse noise",
        _scale(Image.frombytes("L", (160, 160), random_.randbytes(25_600)).point(lambda v: 0 if v < 128 else 255), 5),
        "",
    )
    pictures.add("many rings", _draw_rings(), "")
    pictures.add("half a code", _scale(_make_code(10, "L", "x" * 50), 5).crop((0, 0, 325, 180)), "")
    answers = pictures.read(run_node)
    assert [item["ours"] for item in answers] == [None] * len(answers)
    assert max(item["ms"] for item in answers) < 20_000


def _draw_rings() -> Image.Image:
    """As many finder patterns as fit: the worst that a picture can ask of the search for three that belong together."""
    page = Image.new("L", (900, 900), WHITE)
    for x in range(5, 880, 36):
        for y in range(5, 880, 36):
            page.paste(0, (x, y, x + 21, y + 21))
            page.paste(WHITE, (x + 3, y + 3, x + 18, y + 18))
            page.paste(0, (x + 6, y + 6, x + 15, y + 15))
    return page


def test_ours_reads_what_others_read_or_more(run_node: Run, tmp_path: Path) -> None:
    """Over versions, sizes, angles, blur and grain: ours is at most a little behind zxing-cpp, and before jsQR."""
    random_ = random.Random(13)
    pictures = _Pictures(tmp_path)
    for number in range(choose(30, 60)):
        version = random_.randint(1, 25)
        text = _make_text(random_, version)
        code = _scale(_make_code(version, random_.choice("LMQH"), text), random_.choice((2, 3, 4)))
        seen = _rotate(_tilt(code, random_.uniform(0, 0.06)), random_.uniform(-180, 180))
        seen = _add_noise(
            seen.filter(ImageFilter.GaussianBlur(random_.uniform(0, 1.1))), random_, 0.003, random_.randint(0, 15)
        )
        pictures.add(str(number), seen, text)
    answers = pictures.read(run_node, "jsqr")
    ours = sum(item["ours"] == text for item, text in zip(answers, pictures.texts, strict=True))
    jsqr = sum(item["theirs"] == text for item, text in zip(answers, pictures.texts, strict=True))
    zxing = sum(_read_by_zxing(picture) == text for picture, text in zip(pictures.pictures, pictures.texts, strict=True))
    assert ours >= max(jsqr, zxing - 3), (ours, jsqr, zxing)


def _read_by_zxing(picture: Image.Image) -> str | None:
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return found[0].text if found else None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_pictures_tell_their_size_before_they_are_unpacked(form: str, run_node: Run) -> None:
    sizes = [(1, 1), (640, 480), (3_000, 17)]
    files = []
    for size in sizes:
        for options in ({}, {"lossless": True}, {"exif": b"Exif\0\0"}) if form == "WEBP" else ({},):
            written = BytesIO()
            Image.new("RGB", size, (1, 2, 3)).save(written, form, **options)
            files.append((size, written.getvalue()))
    calls = [["pixels", data.hex()] for _, data in files] + [["pixels", data[:20].hex()] for _, data in files]
    done = run_node("library.mjs", input=json.dumps(calls))
    assert done.returncode == 0, done.stderr
    told = [item["value"] for item in json.loads(done.stdout)]
    assert told == [size[0] * size[1] for size, _ in files] + [0] * len(files)
