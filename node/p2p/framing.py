"""Messages on a stream: four bytes of length, then as many bytes."""

import asyncio
from collections.abc import Sequence
from typing import Final

from ledger.errors import CodecError
from ledger.reasons import Reason

LENGTH_BYTES: Final = 4


async def read_frame(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    """Return the next message; raise `CodecError` for one that is too long, `ConnectionError` when the stream ends."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > max_bytes:
            raise CodecError(f"a message of {length} bytes, at most {max_bytes} allowed", Reason.TOO_LARGE)
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        raise ConnectionError("the peer has gone") from error


def write_frame(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Put a message on the stream."""
    writer.write(len(data).to_bytes(LENGTH_BYTES, "big") + data)


def join_frames(messages: Sequence[bytes]) -> bytes:
    """Return messages as they follow each other on a stream."""
    return b"".join([part for data in messages for part in (len(data).to_bytes(LENGTH_BYTES, "big"), data)])


def hang_up(writer: asyncio.StreamWriter) -> None:
    """End a connection at once. A polite end of TLS waits for the other side, which may never answer."""
    writer.transport.abort()
