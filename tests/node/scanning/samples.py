"""Pictures and PDF files for tests, made here so that what is in each can be read."""

from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import pypdfium2
import segno
from fpdf import FPDF
from PIL import Image

from tests.certificates.code_towns import make_town, make_trust

TRUST = make_trust(4)
CODE = make_town(1_000_000, 567_890, (1, 2, 3, 4)).text(TRUST)
OTHER_CODE = make_town(1_000_000, 1, (1, 2, 3, 4)).text(TRUST)


def draw_code(text: str, scale: int = 3) -> Image.Image:
    """Return a picture of a QR code, as it is shown on a screen."""
    buffer = BytesIO()
    segno.make(text, error="m").save(buffer, kind="png", scale=scale)
    return Image.open(buffer).convert("RGB")


def save(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def put_on_paper(*codes: Image.Image, size: tuple[int, int] = (2_400, 1_400), angle: float = 0) -> Image.Image:
    """Return a photograph of sorts: codes side by side on a grey table, a little turned."""
    table = Image.new("RGB", size, (150, 150, 140))
    for position, code in enumerate(codes):
        turned = code.rotate(angle, expand=True, fillcolor=(255, 255, 255))
        table.paste(turned, (100 + position * 1_100, 150))
    return table


def make_pdf(
    attachment: bytes | None = None,
    code: str | None = None,
    *,
    name: str = "certificate.json",
    more: Mapping[str, bytes] = MappingProxyType({}),
    is_encrypted: bool = False,
) -> bytes:
    """Return a PDF file of one page, with a certificate attached and a code on it where they are given."""
    pdf = FPDF()
    if attachment is not None:
        pdf.embed_file(bytes=attachment, basename=name)
    for other, data in more.items():
        pdf.embed_file(bytes=data, basename=other, compress=True)
    pdf.add_page()
    if code is not None:
        pdf.image(draw_code(code), x=20, y=20, w=80)
    if is_encrypted:
        pdf.set_encryption(*("river", "river"))
    return bytes(pdf.output())


def render(pdf: bytes, scale: float = 3.0) -> Image.Image:
    """Return the first page of a PDF file as a printer or a screen would show it."""
    image: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=scale).to_pil()
    return image.convert("RGB")
