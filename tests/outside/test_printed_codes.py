"""What we draw and print is read by jsQR, which others wrote, and by our own reader for browsers: pictures and pages."""

import json
import subprocess
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from certificates.jcs import encode_jcs
from cli.printing.codes import draw_png, make_code
from cli.printing.facts import read_facts
from cli.printing.fonts import find_font
from cli.printing.sheet import make_sheet
from cli.printing.wording import list_texts
from ledger.types import TimeMs
from tests.certificates.code_towns import make_town, make_trust
from tests.certificates.conftest import NOW, RegionBuilder
from tests.certificates.test_one_code import make_code as make_region_code
from tests.certificates.test_register import register
from tests.cli.commands.test_cert_export import make_region_trust
from tests.node.scanning.samples import render

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]


def read(run_node: Run, folder: Path, images: Sequence[Image.Image]) -> list[dict[str, Any]]:
    """Return what our reader and jsQR read in each picture."""
    questions = []
    for number, image in enumerate(images):
        file = folder / f"{number}.grey"
        file.write_bytes(image.convert("L").tobytes())
        questions.append({"file": str(file), "width": image.width, "height": image.height})
    done = run_node("qr_read.mjs", "jsqr", input=json.dumps(questions))
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("authorities", [1, 4, 7])
def test_every_code_that_we_draw_is_read(run_node: Run, tmp_path: Path, authorities: int) -> None:
    trust = make_trust(authorities)
    sizes = [10**3, 10**4, 10**5, 10**6, 10**7]
    texts = [make_town(size, size // 3, range(1, authorities + 1)).text(trust) for size in sizes]
    pictures = [Image.open(BytesIO(draw_png(make_code(text), scale=4))) for text in texts]
    answers = read(run_node, tmp_path, pictures)
    assert [answer["theirs"] for answer in answers] == texts
    assert [answer["ours"] for answer in answers] == texts


def test_code_on_the_printed_page_is_read_at_the_resolutions_of_screens_and_scanners(run_node: Run, tmp_path: Path) -> None:
    builder = RegionBuilder()
    builder.begin()
    builder.certify([builder.attend(number) for number in range(5)])
    document = builder.finish().certificate()
    register(builder, document)
    code = make_region_code(builder.finish(), make_region_trust())
    data = encode_jcs(document)
    facts = read_facts(data, TimeMs(NOW + 1), code, "张晓明")
    pdf = make_sheet(facts, data, find_font("".join(list_texts(facts))))
    pages = [render(pdf, dots / 72) for dots in (150, 200, 300)]
    scanned = BytesIO()
    pages[1].rotate(1.5, Image.Resampling.BICUBIC, fillcolor="white").save(scanned, "JPEG", quality=60)
    answers = read(run_node, tmp_path, [*pages, Image.open(scanned)])
    assert [answer["theirs"] for answer in answers] == [code] * 4
    assert [answer["ours"] for answer in answers] == [code] * 4
