"""Current values: a read-only view, changes laid over it, and typed tables.

Nothing here writes. A transaction's changes live in an `Overlay` over the block's, the block's in one over the stored state;
undoing is dropping an object.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    """Changes over a view; reads see them first. A value of None means deleted."""

    __slots__ = ("_base", "_changes")

    def __init__(self, base: View) -> None:
        self._base = base
        self._changes: dict[bytes, bytes | None] = {}

    def get(self, key: bytes, /) -> bytes | None:
        """Return the changed value, or the base's."""
        if key in self._changes:
            return self._changes[key]
        return self._base.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set a value."""
        self._changes[key] = value

    def delete(self, key: bytes) -> None:
        """Remove a value."""
        self._changes[key] = None

    def get_each(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Do the same as `get` for each of several keys."""
        changes, below = self._changes, get_each(self._base, keys)
        if changes.keys().isdisjoint(keys):
            return below
        return [changes.get(key, value) for key, value in zip(keys, below, strict=True)]

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
    """Return the value of each key as `view.get` would: there is one step through an overlay for all of them."""
    return view.get_each(keys) if isinstance(view, Overlay) else list(map(view.get, keys))


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
    request.
    """

    namespace: bytes
    codec: Codec[T]
    is_public: bool = False
    _prefix: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` for a namespace whose keys could be another table's."""
        if not self.namespace or b"/" in self.namespace:
            raise ValueError("a namespace is not empty and has no slash")
        object.__setattr__(self, "_prefix", self.namespace + b"/")

    def key(self, *parts: bytes) -> bytes:
        """Return the state key of the parts."""
        return self._prefix + b"".join(parts)

    def get(self, view: View, *parts: bytes) -> T | None:
        """Return the value, or None where there is none. What a view holds was put there through the same table."""
        data = view.get(self.key(*parts))
        return None if data is None else decode_known(self.codec, data, max_bytes=MAX_VALUE_BYTES)

    def has(self, view: View, *parts: bytes) -> bool:
        """Whether there is a value."""
        return view.get(self.key(*parts)) is not None

    def put(self, overlay: Overlay, value: T, *parts: bytes) -> None:
        """Set the value."""
        overlay.put(self.key(*parts), encode(self.codec, value))

    def delete(self, overlay: Overlay, *parts: bytes) -> None:
        """Remove the value."""
        overlay.delete(self.key(*parts))

    def get_each(self, view: View, places: Iterable[bytes]) -> list[T | None]:
        """Do the same as `get` for each place: the parts of a key, joined."""
        return decode_known_each(self.codec, self._get_each(view, places), max_bytes=MAX_VALUE_BYTES)

    def has_each(self, view: View, places: Iterable[bytes]) -> list[bool]:
        """Do the same as `has` for each place."""
        return [data is not None for data in self._get_each(view, places)]

    def put_each(self, overlay: Overlay, values: Mapping[bytes, T]) -> None:
        """Do the same as `put` for the value of each place."""
        self._put_each(overlay, values, encode_each(self.codec, values.values()))

    def put_known_each(self, overlay: Overlay, values: Mapping[bytes, T]) -> None:
        """Set values all parts of which were read from the state or checked already: see `ledger.codec.encode_known_each`."""
        self._put_each(overlay, values, encode_known_each(self.codec, values.values()))

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
