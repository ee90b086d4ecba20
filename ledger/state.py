"""Current values: a read-only view, changes laid over it, and typed tables.

Nothing here writes. A transaction's changes live in an `Overlay` over the block's, the block's in one over the stored state;
undoing is dropping an object.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ledger.codec import Codec, decode, encode
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

    def absorb(self, other: "Overlay") -> None:
        """Take over the changes of an overlay that lies on this one."""
        self._changes.update(other.changes)

    @property
    def changes(self) -> Mapping[bytes, bytes | None]:
        """Everything changed since the base, by key."""
        return self._changes


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
        """Return the value, or None where there is none."""
        data = view.get(self.key(*parts))
        return None if data is None else decode(self.codec, data, max_bytes=MAX_VALUE_BYTES)

    def has(self, view: View, *parts: bytes) -> bool:
        """Whether there is a value."""
        return view.get(self.key(*parts)) is not None

    def put(self, overlay: Overlay, value: T, *parts: bytes) -> None:
        """Set the value."""
        overlay.put(self.key(*parts), encode(self.codec, value))

    def delete(self, overlay: Overlay, *parts: bytes) -> None:
        """Remove the value."""
        overlay.delete(self.key(*parts))


def compute_key_hash(key: bytes) -> Hash:
    """Position of a state key in the state tree: its SHA-256."""
    return sha256(key)


def iterate_hashed(changes: Mapping[bytes, bytes | None]) -> Iterator[tuple[Hash, Hash | None]]:
    """Changes as the state tree takes them: hash of the key, hash of the value or None for deleted."""
    digest = hashlib.sha256
    for key, value in changes.items():
        yield Hash(digest(key).digest()), None if value is None else Hash(digest(value).digest())
