"""QR codes in pictures: PNG, JPEG and WebP, read with Pillow and zxing-cpp, with bounds on what is decoded."""

from collections.abc import Iterable
from io import BytesIO
from typing import Final

import zxingcpp
from PIL import Image

from ledger.errors import CodecError
from ledger.reasons import Reason

MAX_PIXELS: Final = 40_000_000
"""Of a picture that is decoded; a JPEG picture is decoded at a smaller size where it has more."""
MAX_JPEG_PIXELS: Final = 120_000_000
MAX_SCANNED_PIXELS: Final = 12_000_000
"""A larger picture is made smaller first: a code that fills a tenth of it is still read."""
MAX_CODES: Final = 16

_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_DRAFT_SIZE: Final = (4_000, 3_000)

Image.MAX_IMAGE_PIXELS = None  # Pillow would warn at a size of its own; ours is checked before anything is decoded.


def read_codes(data: bytes) -> tuple[str, ...]:
    """Return the texts of the QR codes in a picture, each once; raise `CodecError` for a damaged or too large one."""
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            _require_size(image)
            grey = _to_grey(image)
    except CodecError:
        raise
    except MemoryError as error:
        raise CodecError("the picture takes too much memory", Reason.TOO_LARGE) from error
    except Exception as error:  # a decoder of bytes from anywhere raises what it likes
        raise CodecError("the picture is damaged or was cut off") from error
    return scan(grey)


def _require_size(image: Image.Image) -> None:
    width, height = image.size
    most = MAX_PIXELS
    if image.format == "JPEG":
        most = MAX_JPEG_PIXELS
        image.draft("L", _DRAFT_SIZE)
    if width * height > most or image.width * image.height > MAX_PIXELS:
        raise CodecError(f"a picture of {width} x {height} pixels is too large to be scanned", Reason.TOO_LARGE)


def _to_grey(image: Image.Image) -> Image.Image:
    """Return a picture in grey, on white where it is transparent, and not larger than is scanned."""
    if image.has_transparency_data:
        whole = image.convert("RGBA")
        white = Image.new("RGBA", whole.size, "white")
        image = Image.alpha_composite(white, whole)
    grey = image.convert("L")
    factor = 1
    while grey.width * grey.height > MAX_SCANNED_PIXELS * factor * factor:
        factor += 1
    return grey if factor == 1 else grey.reduce(factor)


def scan(grey: Image.Image) -> tuple[str, ...]:
    """Return the texts of the QR codes in a picture in grey, each once, in the order in which they are found."""
    found = zxingcpp.read_barcodes(grey, formats=_QR, text_mode=zxingcpp.TextMode.Plain)
    return list_each_once(code.text for code in found if code.valid)


def list_each_once(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts without repetitions, and not more than are looked at."""
    return tuple(dict.fromkeys(texts))[:MAX_CODES]
