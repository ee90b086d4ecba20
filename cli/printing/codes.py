"""QR codes as pictures, written with segno: SVG for any size, PNG for screens and pages."""

from io import BytesIO
from typing import Final

import segno

from ledger.errors import HourledgerError
from ledger.reasons import Reason

QUIET_MODULES: Final = 4
"""The white around a code that the standard asks for (ISO/IEC 18004)."""
MAX_SOLID_VERSION: Final = 30
"""Up to this size a code gets error correction M, which survives a crease or a stamp; a larger one L, to stay readable."""


def make_code(text: str) -> segno.QRCode:
    """Return the code of a text; raise `HourledgerError` with TOO_LARGE for one that has no room in any."""
    try:
        solid = segno.make_qr(text, error="m", boost_error=False)
        if int(solid.version) <= MAX_SOLID_VERSION:
            return solid
    except segno.DataOverflowError:
        pass
    try:
        return segno.make_qr(text, error="l", boost_error=False)
    except segno.DataOverflowError as error:
        raise HourledgerError(Reason.TOO_LARGE, "the text has no room in one QR code") from error


def draw_svg(code: segno.QRCode) -> bytes:
    """Return a code as an SVG picture, ten units a module."""
    buffer = BytesIO()
    code.save(buffer, kind="svg", border=QUIET_MODULES, scale=10, light="#fff")
    return buffer.getvalue()


def draw_png(code: segno.QRCode, scale: int = 8) -> bytes:
    """Return a code as a PNG picture, `scale` pixels a module."""
    buffer = BytesIO()
    code.save(buffer, kind="png", border=QUIET_MODULES, scale=scale)
    return buffer.getvalue()
