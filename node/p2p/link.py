"""An established connection between two nodes: messages in, messages out, and no task that waits for either.

What has come is handed over message by message, each in a turn of the event loop of its own, so that a peer that sends without
end is heard as often as each other. What is sent in one turn of the loop is written in one piece: each piece costs a record of
TLS and a call of the system. What cannot be written waits in a bounded queue, and what does not fit is dropped.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from ledger.errors import CodecError
from ledger.reasons import Reason
from node.p2p.framing import LENGTH_BYTES, join_frames
from node.p2p.handshake import Peer

MAX_QUEUED_BYTES: Final = 32 << 20
QUEUED_EXTRA_BYTES: Final = 128
"""What a message takes in the queue beside its bytes, about."""
WRITTEN_TOGETHER_BYTES: Final = 1 << 16
"""Messages are written in one go up to so many bytes."""
MAX_UNREAD_BYTES: Final = 1 << 18
"""Of messages that have come and wait for their turns. Beyond that the peer has to wait."""
SILENCE_SECONDS: Final = 30.0
"""A peer says its status every second; one that says nothing for so long is gone, and so is one that takes nothing."""


class Link(asyncio.Protocol):
    """One connection, from the end of the handshake on. `receive` is given each message.

    `ended` is done when the connection is over: with the error where `receive` has raised one, or a message was too long.
    """

    def __init__(self, peer: Peer, transport: asyncio.Transport, max_bytes: int, receive: Callable[[bytes], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.peer = peer
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.queued_bytes = 0
        self.queue: deque[bytes] = deque()
        self._transport = transport
        self._max_bytes = max_bytes
        self._receive = receive
        self._unread = bytearray()
        self._is_turn_due = False
        self._is_paused = False
        self._is_write_due = False
        self._stuck_since: float | None = None
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_later(SILENCE_SECONDS, self._look_for_life)

    def begin(self, unread: bytes) -> None:
        """Take the connection over from whoever led the handshake, with what has come after it."""
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            self.hang_up()
        elif unread:
            self.data_received(unread)

    def hang_up(self, error: Exception | None = None) -> None:
        """End the connection at once. A polite end of TLS waits for the other side, which may never answer."""
        self._watch.cancel()
        self._transport.abort()
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)

    def data_received(self, data: bytes) -> None:
        """Take what has come, and hand over the first message at once where none waits for its turn."""
        self._unread += data
        if not self._is_turn_due:
            self._take_turn()
        if self._is_turn_due and len(self._unread) > MAX_UNREAD_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        """Be over, whatever the reason."""
        self.hang_up()

    def pause_writing(self) -> None:
        """Write nothing more: the peer does not take it as fast as it comes."""
        self._stuck_since = self._loop.time()

    def resume_writing(self) -> None:
        """Go on writing: the peer has taken what there was."""
        self._stuck_since = None
        self._plan_to_write()

    def put(self, data: bytes) -> None:
        """Send a message with what else is sent in this turn of the loop, or drop it where too much waits."""
        size = len(data) + QUEUED_EXTRA_BYTES
        if self.queued_bytes + size <= MAX_QUEUED_BYTES:
            self.queued_bytes += size
            self.queue.append(data)
            self._plan_to_write()

    def _plan_to_write(self) -> None:
        if self.queue and not self._is_write_due and self._stuck_since is None:
            self._is_write_due = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        self._is_write_due = False
        while self.queue and self._stuck_since is None and not self.ended.done():
            taken: list[bytes] = []
            byte_count = 0
            while self.queue and byte_count < WRITTEN_TOGETHER_BYTES:
                taken.append(self.queue.popleft())
                byte_count += len(taken[-1])
            self.queued_bytes -= byte_count + QUEUED_EXTRA_BYTES * len(taken)
            self._transport.write(join_frames(taken))

    def _take_turn(self) -> None:
        """Hand over one message, if one is there; the one after it waits for the next turn."""
        self._is_turn_due = False
        try:
            if not self.ended.done() and (data := self._cut_message()) is not None:
                self._heard_at = self._loop.time()
                self._receive(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for whoever waits for the end
            self.hang_up(error)
        if self.ended.done():
            return
        if self._has_message():
            self._is_turn_due = True
            self._loop.call_soon(self._take_turn)
        if self._is_paused and not (self._is_turn_due and len(self._unread) > MAX_UNREAD_BYTES):
            self._is_paused = False
            self._transport.resume_reading()

    def _has_message(self) -> bool:
        """Whether there is a whole message, or one that is too long, which is not waited for."""
        length = int.from_bytes(self._unread[:LENGTH_BYTES], "big")
        return len(self._unread) >= LENGTH_BYTES and (length > self._max_bytes or len(self._unread) >= LENGTH_BYTES + length)

    def _cut_message(self) -> bytes | None:
        if not self._has_message():
            return None
        length = int.from_bytes(self._unread[:LENGTH_BYTES], "big")
        if length > self._max_bytes:
            raise CodecError(f"a message of {length} bytes, at most {self._max_bytes} allowed", Reason.TOO_LARGE)
        data = bytes(memoryview(self._unread)[LENGTH_BYTES : LENGTH_BYTES + length])
        del self._unread[: LENGTH_BYTES + length]
        return data

    def _look_for_life(self) -> None:
        """Hang up on a peer from which no whole message has come, or that takes nothing, for too long."""
        since = min(self._heard_at, self._loop.time() if self._stuck_since is None else self._stuck_since)
        left = since + SILENCE_SECONDS - self._loop.time()
        if left <= 0:
            self.hang_up()
        else:
            self._watch = self._loop.call_later(left, self._look_for_life)
