"""PDF files: the certificate that one carries as an attachment, and the QR codes on its pages, read with PDFium."""

from math import sqrt
from typing import Final

import pypdfium2
from PIL import Image

from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from node.scanning.formats import ATTACHMENT_NAME, Found
from node.scanning.pictures import list_each_once, scan

MAX_PAGES: Final = 8
"""Pages that are looked at for codes."""
MAX_ATTACHMENTS: Final = 64
MAX_ATTACHMENT_BYTES: Final = 8 << 20
MAX_RENDERED_PIXELS: Final = 10_000_000
_DOTS_A_POINT: Final = 300 / 72
_PASSWORD_ERROR: Final = 4  # FPDF_ERR_PASSWORD of PDFium


def read_document(data: bytes) -> Found:
    """Return what is in a PDF file; raise `CodecError` for one that cannot be read."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == _PASSWORD_ERROR:
            raise HourledgerError(Reason.NO_CODE, "the PDF file is encrypted; save it without a password") from error
        raise CodecError("the PDF file is damaged or was cut off") from error
    try:
        attachments = _read_attachments(document)
        return Found(_read_pages(document, 1 if attachments else MAX_PAGES), attachments)
    except pypdfium2.PdfiumError as error:
        raise CodecError("the PDF file is damaged or was cut off") from error
    finally:
        document.close()


def _read_attachments(document: pypdfium2.PdfDocument) -> tuple[bytes, ...]:
    """Return the attachments that may be certificates, each once: by their name, or else what begins as JSON objects do."""
    items = [document.get_attachment(index) for index in range(min(document.count_attachments(), MAX_ATTACHMENTS))]
    named = [item for item in items if item.get_name() == ATTACHMENT_NAME]
    found = [bytes(item.get_data()) for item in named or items]
    if any(len(data) > MAX_ATTACHMENT_BYTES for data in found):
        raise CodecError("what is attached to the PDF file is too large", Reason.TOO_LARGE)
    certificates = tuple(dict.fromkeys(found if named else (data for data in found if data.lstrip()[:1] == b"{")))
    if len(certificates) > 1:
        # Said here already: all of them, unpacked, would be too much for whoever waits for the answer.
        raise HourledgerError(Reason.SEVERAL_CODES, f"{len(certificates)} certificates are attached")
    return certificates


def _read_pages(document: pypdfium2.PdfDocument, most: int) -> tuple[str, ...]:
    codes: list[str] = []
    for index in range(min(len(document), most)):
        codes += scan(_render(document[index]))
    return list_each_once(codes)


def _render(page: pypdfium2.PdfPage) -> Image.Image:
    """Return a page in grey, as it would be printed, or smaller where that is a very large picture."""
    width, height = (max(side, 1.0) for side in page.get_size())
    scale = min(_DOTS_A_POINT, sqrt(MAX_RENDERED_PIXELS / (width * height)))
    rendered: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return rendered.convert("L")
