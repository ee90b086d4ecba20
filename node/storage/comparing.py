"""Two ordered contents compared key by key: the first difference, in words for an operator."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.storage import namespaces
from node.storage.namespaces import Namespace, describe_key
from node.storage.protocol import Readable

SHOWN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Difference:
    """What is under a key in what was expected and in what was found; None for nothing."""

    key: bytes
    expected: bytes | None
    found: bytes | None


def compare(expected: Readable, found: Readable, namespace: Namespace) -> int:
    """Return how many values a namespace has, or raise `STORE_DAMAGED` for the first that differs."""
    count = 0
    for item in _iterate_pairs(expected.iterate(namespace.prefix), found.iterate(namespace.prefix)):
        if item.expected != item.found:
            raise explain(item)
        count += 1
    return count


def _iterate_pairs(expected: Iterator[tuple[bytes, bytes]], found: Iterator[tuple[bytes, bytes]]) -> Iterator[Difference]:
    """Walk along two ascending sequences and pair what has the same key."""
    left, right = next(expected, None), next(found, None)
    while left is not None and right is not None:
        if left[0] < right[0]:
            yield Difference(left[0], left[1], None)
            left = next(expected, None)
        elif right[0] < left[0]:
            yield Difference(right[0], None, right[1])
            right = next(found, None)
        else:
            yield Difference(left[0], left[1], right[1])
            left, right = next(expected, None), next(found, None)
    while left is not None:
        yield Difference(left[0], left[1], None)
        left = next(expected, None)
    while right is not None:
        yield Difference(right[0], None, right[1])
        right = next(found, None)


def validate_no_strangers(found: Readable) -> None:
    """Raise `STORE_DAMAGED` for a key outside all namespaces."""
    known = {
        namespace.prefix for namespace in (*namespaces.NAMESPACES, *namespaces.COLLECTED, namespaces.LOWEST, namespaces.END)
    }
    unknown = (bytes([first]) for first in range(256) if bytes([first]) not in known)
    for prefix in unknown:
        stranger = next(found.iterate(prefix), None)
        if stranger is not None:
            raise explain(Difference(stranger[0], None, stranger[1]))
    nameless = found.get(b"")
    if nameless is not None:
        raise explain(Difference(b"", None, nameless))


def explain(item: Difference) -> HourledgerError:
    """Return the error that says what differs, where, and how."""
    name = describe_key(item.key)
    if item.expected is None:
        return _damaged(f"{name} should not be there", _shown(item.found or b"", 0))
    if item.found is None:
        return _damaged(f"{name} is missing, expected {_shown(item.expected, 0)}")
    offset = next(
        (at for at, (left, right) in enumerate(zip(item.expected, item.found, strict=False)) if left != right),
        min(len(item.expected), len(item.found)),
    )
    expected, found = _shown(item.expected, offset), _shown(item.found, offset)
    return _damaged(f"{name} differs from byte {offset} on: expected {expected}, found {found}")


def _shown(value: bytes, offset: int) -> str:
    """Some bytes from `offset` on, as hexadecimal digits, and how many there are in all."""
    some = value[offset : offset + SHOWN_BYTES].hex()
    return f"{some or 'nothing'} (of {len(value)} bytes)"


def _damaged(detail: str, value: str = "") -> HourledgerError:
    return HourledgerError(Reason.STORE_DAMAGED, detail, value)
