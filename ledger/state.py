"""Current values: a read-only view, changes laid over it, and typed tables.

Nothing here writes. A transaction's changes live in an `Overlay` over the block's, the block's in one over the stored state;
undoing is dropping an object.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Generic, Protocol, TypeVar

from ledger.codec import Codec, decode_known, decode_known_each, encode, encode_each, encode_known_each
from ledger.crypto import sha256
from ledger.types import Hash

T = TypeVar("T")

MAX_VALUE_BYTES = 1 << 20


class View(Protocol):
    """Read-only access to the current value of a key."""

    def get(self, key: bytes, /) -> bytes | None:
        """Return the value, or None where there is none."""


class Overlay:
    """Changes over a view; reads see them first. A value of None means deleted.

    Of an overlay over another, a read looks into the changes of both and then asks what is below all of them.
    """

    __slots__ = ("_changes", "_floor", "_layers")

    def __init__(self, base: View) -> None:
        self._changes: dict[bytes, bytes | None] = {}
        self._layers: tuple[dict[bytes, bytes | None], ...] = (self._changes,)
        self._floor = base
        if isinstance(base, Overlay):
            self._layers += base._layers  # noqa: SLF001 - of the same class
            self._floor = base._floor  # noqa: SLF001

    def get(self, key: bytes, /) -> bytes | None:
        """Return the changed value, or the base's."""
        for changes in self._layers:
            if key in changes:
                return changes[key]
        return self._floor.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set a value."""
        self._changes[key] = value

    def delete(self, key: bytes) -> None:
        """Remove a value."""
        self._changes[key] = None

    def get_each(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Do the same as `get` for each of several keys."""
        values = get_each(self._floor, keys)
        for changes in reversed(self._layers):
            if changes and not changes.keys().isdisjoint(keys):
                values = [changes.get(key, value) for key, value in zip(keys, values, strict=True)]
        return values

    def put_each(self, changes: Mapping[bytes, bytes]) -> None:
        """Set several values."""
        self._changes.update(changes)

    def absorb(self, other: "Overlay") -> None:
        """Take over the changes of an overlay that lies on this one."""
        self._changes.update(other.changes)

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Everything changed since the base, by key."""
        return self._changes


def get_each(view: View, keys: Sequence[bytes]) -> list[bytes | None]:
    """Return the value of each key as `view.get` would: at once, of a view that has a way to do so."""
    read_each: Callable[[Sequence[bytes]], list[bytes | None]] | None = getattr(view, "get_each", None)
    return list(map(view.get, keys)) if read_each is None else read_each(keys)


class EmptyView:
    """The state before genesis."""

    __slots__ = ()

    def get(self, _key: bytes, /) -> bytes | None:
        """Return None: there is nothing yet."""
        return None


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Values of one type under one namespace.

    A key is the namespace, a slash and the parts, of which at most the last may vary in length; so no two keys are alike,
    as long as each namespace belongs to one table. `is_public` says whether anybody may read its values; others need a signed
    request. `remembered` is how many values are kept as they were decoded, by their bytes: for what many transactions ask for
    and few change.
    """

    namespace: bytes
    codec: Codec[T]
    is_public: bool = False
    remembered: int = 0
    _prefix: bytes = field(init=False, repr=False)
    _read: Callable[[bytes], T] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` for a namespace whose keys could be another table's."""
        if not self.namespace or b"/" in self.namespace:
            raise ValueError("a namespace is not empty and has no slash")
        object.__setattr__(self, "_prefix", self.namespace + b"/")
        read = partial(decode_known, self.codec, max_bytes=MAX_VALUE_BYTES)
        object.__setattr__(self, "_read", lru_cache(self.remembered)(read) if self.remembered else read)

    def key(self, *parts: bytes) -> bytes:
        """Return the state key of the parts."""
        return self._prefix + b"".join(parts)

    def get(self, view: View, *parts: bytes) -> T | None:
        """Return the value, or None where there is none. What a view holds was put there through the same table."""
        data = view.get(self._prefix + b"".join(parts))
        return None if data is None else self._read(data)

    def has(self, view: View, *parts: bytes) -> bool:
        """Whether there is a value."""
        return view.get(self._prefix + b"".join(parts)) is not None

    def put(self, overlay: Overlay, value: T, *parts: bytes) -> None:
        """Set the value."""
        overlay.put(self._prefix + b"".join(parts), encode(self.codec, value))

    def delete(self, overlay: Overlay, *parts: bytes) -> None:
        """Remove the value."""
        overlay.delete(self.key(*parts))

    def get_each(self, view: View, places: Iterable[bytes]) -> list[T | None]:
        """Do the same as `get` for each place: the parts of a key, joined."""
        return decode_known_each(self.codec, self._get_each(view, places), max_bytes=MAX_VALUE_BYTES)

    def has_each(self, view: View, places: Iterable[bytes]) -> list[bool]:
        """Do the same as `has` for each place."""
        return [data is not None for data in self._get_each(view, places)]

    def decode(self, data: bytes) -> T:
        """Return the value of what `get_encoded_each` has found."""
        return self._read(data)

    def get_encoded_each(self, view: View, places: Iterable[bytes]) -> list[bytes | None]:
        """Do the same as `get_each`, without decoding what is found."""
        return self._get_each(view, places)

    def put_each(self, overlay: Overlay, values: Mapping[bytes, T]) -> None:
        """Do the same as `put` for the value of each place."""
        self._put_each(overlay, values, encode_each(self.codec, values.values()))

    def put_known_each(self, overlay: Overlay, values: Mapping[bytes, T]) -> None:
        """Set values all parts of which were read from the state or checked already: see `ledger.codec.encode_known_each`."""
        self._put_each(overlay, values, encode_known_each(self.codec, values.values()))

    def put_encoded_each(self, overlay: Overlay, values: Mapping[bytes, bytes]) -> None:
        """Set values of which all parts are known to fit, and which are encoded already."""
        self._put_each(overlay, values, values.values())

    def _get_each(self, view: View, places: Iterable[bytes]) -> list[bytes | None]:
        prefix = self._prefix
        return get_each(view, [prefix + place for place in places])

    def _put_each(self, overlay: Overlay, places: Iterable[bytes], encoded: Iterable[bytes]) -> None:
        prefix = self._prefix
        overlay.put_each({prefix + place: data for place, data in zip(places, encoded, strict=True)})


def compute_key_hash(key: bytes) -> Hash:
    """Position of a state key in the state tree: its SHA-256."""
    return sha256(key)


def iterate_hashed(changes: Mapping[bytes, bytes | None]) -> Iterator[tuple[Hash, Hash | None]]:
    """Changes as the state tree takes them: hash of the key, hash of the value or None for deleted."""
    digest = hashlib.sha256
    for key, value in changes.items():
        yield Hash(digest(key).digest()), None if value is None else Hash(digest(value).digest())
