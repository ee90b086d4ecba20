"""Current values that were read or written lately, kept in memory for whoever makes the next block.

Who serves this week served last week, and organisations, activities and parameters are asked for in every transaction: most of
what rules read was read for the block before. The rest are mostly keys that have no value yet, and these the state tree knows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.storage import namespaces
from node.storage.protocol import Readable

KEPT_BYTES: Final = 32 << 20
OVERHEAD_BYTES: Final = 200
"""What Python needs for a key and a value besides the value's bytes."""


FindKeys: TypeAlias = Callable[[Sequence[bytes]], Sequence[bool | None]]
"""Says for each key whether it has a value in the store, None where it does not know."""


class RecentView:
    """The state of a store, for one caller at a time and as long as all that is written goes through `take_over`.

    The store is not asked for keys of which `find_keys` says that they have no value; it has to be of the same moment always.
    Two generations: when the younger one is full it becomes the older one, and what was not asked for in the meantime goes.
    """

    __slots__ = ("_bytes", "_capacity", "_find_keys", "_older", "_store", "_younger")

    def __init__(self, store: Readable, find_keys: FindKeys, capacity: int = KEPT_BYTES) -> None:
        self._store = store
        self._find_keys = find_keys
        self._capacity = capacity // 2
        self._bytes = 0
        """Of the younger generation's values."""
        self._younger: dict[bytes, bytes | None] = {}
        self._older: dict[bytes, bytes | None] = {}

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value of a state key, or None where there is none. Raises `STORE_DAMAGED`."""
        younger = self._younger
        return younger[key] if key in younger else self._fetch((key,))[key]

    def get_each(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Do the same as `get` for each of several keys."""
        younger = self._younger
        fetched = self._fetch([key for key in keys if key not in younger])
        return [fetched[key] if key in fetched else younger[key] for key in keys]

    def take_over(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Know of what was written to the store."""
        self._keep(changes, map(self._younger.get, changes))

    def _fetch(self, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
        """Return values that the younger generation does not have, which has them from now on."""
        older = self._older
        values = {key: older[key] for key in keys if key in older}
        if len(values) < len(keys):
            values.update(self._load_each([key for key in keys if key not in older]))
        self._keep(values)
        return values

    def _load_each(self, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
        known = zip(keys, self._find_keys(keys), strict=True)
        return {key: None if is_there is False else self._load(key, is_required=is_there is True) for key, is_there in known}

    def _load(self, key: bytes, *, is_required: bool) -> bytes | None:
        stored_key = namespaces.STATE.prefix + key
        value = self._store.get(stored_key)
        if value is None and is_required:
            detail = f"{namespaces.describe_key(stored_key)} is missing, although the state tree has its hash"
            raise HourledgerError(Reason.STORE_DAMAGED, detail)
        return value

    def _keep(self, values: Mapping[bytes, bytes | None], replaced: Iterable[bytes | None] = ()) -> None:
        younger = self._younger
        self._bytes += _count_bytes(values.values()) - _count_bytes(replaced)
        younger.update(values)
        if self._bytes + OVERHEAD_BYTES * len(younger) > self._capacity:
            self._older, self._younger, self._bytes = younger, {}, 0


def _count_bytes(values: Iterable[bytes | None]) -> int:
    return sum(map(len, filter(None, values)))
