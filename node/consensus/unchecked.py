"""Transactions from peers that wait for their signatures to be checked: so many bytes of each peer, and peers in turn."""

from collections import deque
from typing import Final

MAX_BYTES_OF_PEER: Final = 4 << 20
"""Of what does not fit, the peer tells the id again later."""
EXTRA_BYTES: Final = 128
"""What a message takes beside its bytes, about."""
TAKEN_BYTES_OF_PEER: Final = 1 << 15
"""What is checked in one go: so much of each peer, or its next message, however large that is."""


class Unchecked:
    """Messages with transactions, by the peer that sent them."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self) -> None:
        self._messages: dict[str, deque[bytes]] = {}
        self._bytes: dict[str, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._messages.values()))

    def put(self, peer: str, data: bytes) -> None:
        """Let a message wait, or drop it where too much of that peer waits."""
        size = self._bytes.get(peer, 0) + len(data) + EXTRA_BYTES
        if size <= MAX_BYTES_OF_PEER:
            self._bytes[peer] = size
            self._messages.setdefault(peer, deque()).append(data)

    def take(self) -> list[tuple[str, bytes]]:
        """Return and forget the oldest messages, a few of each peer, in their order."""
        taken: list[tuple[str, bytes]] = []
        for peer, waiting in tuple(self._messages.items()):
            left = TAKEN_BYTES_OF_PEER
            while waiting and left > 0:
                data = waiting.popleft()
                size = len(data) + EXTRA_BYTES
                self._bytes[peer] -= size
                left -= size
                taken.append((peer, data))
            if not waiting:
                del self._messages[peer], self._bytes[peer]
        return taken
