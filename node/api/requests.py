"""Reading requests: parameters and bodies as typed values, or a documented error."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, EntryIndex, Hash, Identifier
from node.service import LedgerService

SERVICE: Final = web.AppKey("service", LedgerService)
DEFAULT_WAIT_S: Final = 10
MAX_WAIT_S: Final = 60
MAX_NUMBER: Final = 2**63 - 1
BODY_SECONDS: Final = 30.0
"""How long a client may take to send a body."""
MAX_BODIES_BYTES: Final = 64 << 20
"""Of all bodies together that are being received or looked at: one more is answered with BUSY."""
_HELD_BYTES: Final = web.RequestKey("body_bytes", int)


@dataclass(slots=True)
class Bodies:
    """How much memory bodies take, or will take once they are there."""

    byte_count: int = 0

    def take(self, byte_count: int) -> None:
        """Count so many bytes more, or raise `BUSY`."""
        if self.byte_count + byte_count > MAX_BODIES_BYTES:
            raise HourledgerError(Reason.BUSY, "too many large requests are being read", str(self.byte_count))
        self.byte_count += byte_count


BODIES: Final = web.AppKey("bodies", Bodies)


def get_service(request: web.Request) -> LedgerService:
    """Return the node's service."""
    return request.app[SERVICE]


def read_number(text: str, name: str, high: int = MAX_NUMBER) -> int:
    """Return a decimal number from 0 to `high`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > high:
        raise HourledgerError(Reason.USAGE, f"{name} must be a whole number from 0 to {high}", text[:40])
    return int(text)


def read_query_number(request: web.Request, name: str, default: int, high: int = MAX_NUMBER) -> int:
    """Return a number in the query."""
    text = request.query.get(name)
    return default if text is None else read_number(text, name, high)


def read_index(request: web.Request) -> EntryIndex:
    """Return the entry's index in the path."""
    return EntryIndex(read_number(request.match_info["index"], "the index"))


def read_hex(text: str, name: str, low: int, high: int) -> bytes:
    """Return bytes given as lower-case hex."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if data.hex() != text or not low <= len(data) <= high:
        detail = (
            f"{name} must be lower-case hex of {low} to {high} bytes" if low != high else f"{name} must be {low} bytes in hex"
        )
        raise HourledgerError(Reason.USAGE, detail, text[:80])
    return data


def read_identifier(request: web.Request) -> Identifier:
    """Return the identifier in the path."""
    return Identifier(read_hex(request.match_info["id"], "the identifier", IDENTIFIER_BYTES, IDENTIFIER_BYTES))


def read_transaction_id(request: web.Request) -> Hash:
    """Return the transaction's id in the path."""
    return Hash(read_hex(request.match_info["id"], "the transaction's id", HASH_BYTES, HASH_BYTES))


def read_wait(request: web.Request) -> int:
    """Return how many seconds the client waits for finality."""
    return read_query_number(request, "wait", DEFAULT_WAIT_S, MAX_WAIT_S)


def release_body(request: web.Request) -> None:
    """Nobody looks at a request's body any more. It may be said more than once."""
    held = request.pop(_HELD_BYTES, 0)
    if held:
        request.app[BODIES].byte_count -= held


def _hold(request: web.Request, byte_count: int) -> None:
    if not byte_count:
        return
    request.app[BODIES].take(byte_count)
    request[_HELD_BYTES] = request.get(_HELD_BYTES, 0) + byte_count


async def read_body(request: web.Request, max_bytes: int) -> bytes:
    """Return the body, reading no more than `max_bytes` of it, for `BODY_SECONDS` at most.

    Raises `BUSY` where bodies take too much memory already: `release_body` says that one does no more.
    """
    length = request.content_length
    if length is not None and length > max_bytes:
        raise _too_large(max_bytes)
    # A length that is not told is counted as it comes. One that is told is not exceeded: the rest would be the next request.
    _hold(request, length or 0)
    body = bytearray()
    try:
        if request.content.is_eof():  # it came with the head: there is nobody to wait for
            while not request.content.at_eof():
                body += request.content.read_nowait()
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
            return bytes(body)
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_chunked(65_536):
                if length is None:
                    _hold(request, len(chunk))
                body += chunk
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error
    except (web.RequestPayloadError, ConnectionError) as error:
        raise HourledgerError(Reason.MALFORMED, "the body did not come whole") from error
    return bytes(body)


def _too_large(max_bytes: int) -> HourledgerError:
    return HourledgerError(Reason.TOO_LARGE, f"the body may have {max_bytes} bytes at most")


def parse_body(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value in a body. A member that is named twice has no one value, so it is refused."""
    try:
        return json.loads(body, object_pairs_hook=_refuse_duplicates)
    except (ValueError, RecursionError) as error:
        raise HourledgerError(Reason.MALFORMED, "the body is not JSON, or names a member twice") from error


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a member is named twice")
    return document
