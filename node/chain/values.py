"""Current values that were read or written lately, kept in memory for whoever makes the next block.

Who serves this week served last week, and organisations, activities and parameters are asked for in every transaction: most of
what rules read was read for the block before.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from node.storage import namespaces
from node.storage.protocol import Readable

KEPT_BYTES: Final = 32 << 20
OVERHEAD_BYTES: Final = 160
"""What Python needs for a key and a value besides their bytes."""


class RecentView:
    """The state of a store, for one caller at a time and as long as all that is written goes through `take_over`.

    Two generations: when the younger one is full it becomes the older one, and what was not asked for in the meantime goes.
    """

    __slots__ = ("_bytes", "_capacity", "_older", "_store", "_younger")

    def __init__(self, store: Readable, capacity: int = KEPT_BYTES) -> None:
        self._store = store
        self._capacity = capacity // 2
        self._bytes = 0
        self._younger: dict[bytes, bytes | None] = {}
        self._older: dict[bytes, bytes | None] = {}

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a state key, or None where there is none."""
        if key in self._younger:
            return self._younger[key]
        value = self._older[key] if key in self._older else self._store.get(namespaces.STATE.prefix + key)
        self._keep({key: value})
        return value

    def get_each(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Do the same as `get` for each of several keys."""
        younger, get = self._younger, self.get
        return [younger[key] if key in younger else get(key) for key in keys]

    def take_over(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Know of what was written to the store."""
        self._keep(changes)

    def _keep(self, values: Mapping[bytes, bytes | None]) -> None:
        younger, byte_count = self._younger, self._bytes
        for key, value in values.items():
            if key in younger:
                byte_count += len(value or b"") - len(younger[key] or b"")
            else:
                byte_count += len(key) + len(value or b"") + OVERHEAD_BYTES
            younger[key] = value
        self._bytes = byte_count
        if byte_count > self._capacity:
            self._older, self._younger, self._bytes = younger, {}, 0
