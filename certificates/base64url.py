"""Base64url without padding (RFC 4648, section 5), as JSON Web Signatures write bytes. One text for each value."""

import base64
import re
from typing import Final

from ledger.errors import CodecError

_TEXT: Final = re.compile("[A-Za-z0-9_-]*")
_REST_OF_ONE: Final = 1
_QUANTUM: Final = 4


def format_base64url(data: bytes) -> str:
    """Write bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def parse_base64url(text: str) -> bytes:
    """Read what `format_base64url` wrote; raise `CodecError` for anything else, also where only unused bits differ."""
    if not _TEXT.fullmatch(text) or len(text) % _QUANTUM == _REST_OF_ONE:
        raise CodecError("a text that is not base64url without padding")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % _QUANTUM))
    if format_base64url(data) != text:
        raise CodecError("base64url that is not the one text of its bytes")
    return data
