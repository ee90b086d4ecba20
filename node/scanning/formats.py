"""What is a picture or a PDF file, by its first bytes, and what was found in one."""

import json
from dataclasses import dataclass
from typing import Final

from ledger.errors import CodecError, HourledgerError
from ledger.notes import format_base64, parse_base64
from ledger.reasons import Reason

ATTACHMENT_NAME: Final = "certificate.json"
"""The name under which a PDF certificate of ours carries the file that it shows."""

MAX_FILE_BYTES: Final = 16 << 20
"""Of a picture or PDF file that is scanned: phones take large pictures."""

_PDF: Final = b"%PDF-"
_TEXTS: Final = (b"{", b"HL", b"eyJ")
"""What documents, codes and cards begin with: those may have the five characters in them by chance."""
_PDF_START: Final = 1_024
"""Readers look for the first line of a PDF file within as many bytes (ISO 32000-1, annex H, note 13)."""
_PHONE_PICTURES: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_FOREIGN: Final = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"<svg", "SVG"),
    (b"<?xml", "SVG"),
)
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def is_pdf(data: bytes) -> bool:
    """Whether bytes begin as a PDF file does."""
    return _PDF in data[:_PDF_START] and not data.lstrip(b" \t\r\n").startswith(_TEXTS)


def is_picture(data: bytes) -> bool:
    """Whether bytes begin as a PNG, JPEG or WebP picture does."""
    return data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def find_foreign_picture(data: bytes) -> str | None:
    """Return what a picture is that is not read here, None for anything else."""
    if data[4:8] == b"ftyp":  # ISO base media file: what phones make of photographs
        return "HEIC or AVIF" if data[8:12] in _PHONE_PICTURES else None
    return next((name for start, name in _FOREIGN if data.startswith(start)), None)


def is_scannable(data: bytes) -> bool:
    """Whether bytes have to be scanned, or cannot be, to see what is in them."""
    return is_picture(data) or is_pdf(data) or find_foreign_picture(data) is not None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a picture or PDF file: the texts of QR codes, each once, and attached certificates."""

    codes: tuple[str, ...]
    attachments: tuple[bytes, ...] = ()


def format_found(found: Found | HourledgerError) -> bytes:
    """Return what the process that scans answers with."""
    if isinstance(found, HourledgerError):
        return json.dumps({"reason": found.reason.value, "detail": found.detail}).encode()
    attachments = [format_base64(data) for data in found.attachments]
    return json.dumps({"codes": found.codes, "attachments": attachments}).encode()


def parse_found(data: bytes) -> Found:
    """Return what was found; raise the `HourledgerError` that the process answered with, or `CodecError` for anything else."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CodecError("the picture or PDF file cannot be read") from error
    match document:
        case {"reason": str(reason), "detail": str(detail)}:
            raise HourledgerError(Reason(reason), detail)
        case {"codes": list(codes), "attachments": list(attachments)}:
            return Found(tuple(codes), tuple([parse_base64(item) for item in attachments]))
        case _:
            raise CodecError("the picture or PDF file cannot be read")
