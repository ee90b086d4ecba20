"""The one canonical codec: MessagePack, arrays with fixed positions, no maps, no floats.

A `Codec` turns a value into a wire value (int, bytes, str, bool, None, list) and back, checking types, ranges and lengths in
both directions. `decode` accepts exactly what `encode` produces: it re-encodes and compares, because MessagePack itself allows
several encodings of one value. Whatever bytes it is given, it returns a value or raises `CodecError`.

There are two ways, which lead to the same (docs/adr/0025-a-fast-way-through-the-codec.md): the fast one through a codec's shape
takes what is good, the plain one decides on all that the fast one does not take, and says what is wrong with it.

What was checked is not checked again (docs/adr/0037-what-was-checked-is-not-checked-again.md): `decode_known` is for bytes that
`encode` made and that were kept, `encode_known_each` for values whose parts were checked. Nothing else may go through them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, Generic, TypeAlias, TypeVar, cast

import msgpack
import msgspec

from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.shapes import (
    MISFIT,
    Fast,
    Shape,
    make_ready,
    shape_binary,
    shape_converted,
    shape_integer,
    shape_optional,
    shape_sequence,
    shape_struct,
    shape_tagged,
    shape_text,
)
from ledger.types import (
    HASH_BYTES,
    IDENTIFIER_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    Day,
    EntryIndex,
    Hash,
    Height,
    Identifier,
    Minutes,
    Points,
    PublicKey,
    Round,
    Signature,
    TimeMs,
)

Wire: TypeAlias = int | bytes | str | bool | list[Any] | None
"""What MessagePack carries for us. Maps, floats and extension types are refused."""

T = TypeVar("T")
S = TypeVar("S")
E = TypeVar("E", bound=IntEnum | StrEnum)

MAX_ENTRY_BYTES = 65_535
"""Bound on an entry of the log (C2SP tlog-tiles: entries are length-prefixed with 16 bits)."""

REFUSED_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and lone surrogates, which have no UTF-8."""

MAX_SHOWN = 60
"""Characters of an offending value that a message repeats."""


@dataclass(frozen=True, slots=True, eq=False)
class Codec(Generic[T]):
    """How one type of value is written and read. Two codecs are never equal, so that each can be looked up quickly."""

    name: str
    to_wire: Callable[[T], Wire]
    from_wire: Callable[[Wire], T]
    shape: Shape | None = None


def encode(codec: Codec[T], value: T) -> bytes:
    """Return the one canonical encoding of `value`; raise `CodecError` when it does not fit `codec`."""
    fast = _find_fast(codec)
    if fast is not None:
        try:
            return fast.encode(value)
        except (CodecError, *MISFIT):
            pass
    return encode_plainly(codec, value)


def decode(codec: Codec[T], data: bytes, *, max_bytes: int = MAX_ENTRY_BYTES) -> T:
    """Return the value whose one canonical encoding is `data`; raise only `CodecError`."""
    if len(data) > max_bytes:
        raise CodecError(f"{codec.name}: {len(data)} bytes, at most {max_bytes} allowed", Reason.TOO_LARGE)
    fast = _find_fast(codec)
    if fast is not None:
        try:
            value: T = fast.decode(data)
        except (CodecError, *MISFIT):
            pass
        else:
            return value
    return decode_plainly(codec, data)


def encode_each(codec: Codec[T], values: Collection[T]) -> list[bytes]:
    """Do the same as `encode` for each of several values."""
    fast = _find_fast(codec)
    if fast is not None:
        try:
            return fast.encode_each(values)
        except (CodecError, *MISFIT):
            pass
    return [encode_plainly(codec, value) for value in values]


def encode_known_each(codec: Codec[T], values: Iterable[T]) -> list[bytes]:
    """Return the one canonical encoding of each of several values all parts of which are known to fit: nothing is checked."""
    fast = _find_fast(codec)
    return [encode_plainly(codec, value) for value in values] if fast is None else fast.write_each(values)


def decode_known(codec: Codec[T], data: bytes, *, max_bytes: int = MAX_ENTRY_BYTES) -> T:
    """Return the value of bytes that `encode` made and that were kept since: they are not encoded once more to be compared.

    Types, bounds and lengths are checked as by `decode`, and what does not fit raises `CodecError`.
    """
    fast = _find_fast(codec)
    if fast is not None and len(data) <= max_bytes:
        try:
            value: T = fast.read(data)
        except (CodecError, *MISFIT):
            pass
        else:
            return value
    return decode(codec, data, max_bytes=max_bytes)


def decode_known_each(codec: Codec[T], items: Sequence[bytes | None], *, max_bytes: int = MAX_ENTRY_BYTES) -> list[T | None]:
    """Do the same as `decode_known` for each of several items, None where there is nothing to decode."""
    fast = _find_fast(codec)
    if fast is not None and max(map(len, filter(None, items)), default=0) <= max_bytes:
        try:
            return fast.read_each(items)
        except (CodecError, *MISFIT):
            pass
    return [None if item is None else decode_known(codec, item, max_bytes=max_bytes) for item in items]


@cache
def _find_fast(codec: Codec[Any]) -> Fast | None:
    """Shapes are compiled when they are first used: most programs need few of them.

    Alone, a scalar is looked at before it is written, because its bytes do not show whether its type was the right one.
    """
    shape = codec.shape
    if shape is not None and shape.is_scalar:
        shape = Shape(shape.schema, codec.to_wire, shape.build)
    return None if shape is None else make_ready(shape)


def encode_plainly(codec: Codec[T], value: T) -> bytes:
    """Do the same as `encode`, by the plain way."""
    encoded: bytes = msgpack.packb(codec.to_wire(value), use_bin_type=True)
    return encoded


def decode_plainly(codec: Codec[T], data: bytes) -> T:
    """Do the same as `decode`, by the plain way and for data of any length."""
    wire = _unpack(codec.name, data)
    value = codec.from_wire(wire)
    if msgpack.packb(wire, use_bin_type=True) != data:
        raise CodecError(f"{codec.name}: not the canonical encoding")
    return value


def _unpack(name: str, data: bytes) -> Wire:
    try:
        wire: Wire = msgpack.unpackb(data, raw=False, max_map_len=0, max_ext_len=0)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CodecError(f"{name}: not MessagePack of the allowed types") from error
    return wire


def _scalar(name: str, is_valid: Callable[[Any], bool], shape: Shape | None) -> Codec[T]:
    """Codec of a scalar that travels as it is."""
    check = _make_check(name, is_valid)
    return Codec(name, check, check, shape)


def _make_check(name: str, is_valid: Callable[[Any], bool]) -> Callable[[Any], Any]:

    def check(value: Any) -> Any:  # noqa: ANN401 - the identity on any type: is_valid decides
        if not is_valid(value):
            raise _misfit(name, value)
        return value

    return check


def _misfit(name: str, value: object) -> CodecError:
    return CodecError(f"{name}: {_shown(value)} does not fit")


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "a list"  # its repr would recurse as deep as whoever made the bytes pleased
    shown = repr(value)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN - 3]}..."


def integer(name: str, low: int, high: int) -> Codec[int]:
    """Whole number from `low` to `high`, both included; a bool is not a number."""
    return _scalar(name, lambda value: type(value) is int and low <= value <= high, shape_integer(low, high))


def typed_integer(name: str, low: int, high: int) -> Codec[T]:
    """As `integer`, for a distinct type of number that the annotation of the result names."""
    return _scalar(name, lambda value: type(value) is int and low <= value <= high, shape_integer(low, high))


def binary(name: str, low: int, high: int) -> Codec[bytes]:
    """Byte string of `low` to `high` bytes."""
    return _scalar(name, lambda value: type(value) is bytes and low <= len(value) <= high, shape_binary(low, high))


def _binary_of(name: str, length: int) -> Codec[T]:
    return _scalar(name, lambda value: type(value) is bytes and len(value) == length, shape_binary(length, length))


def text(name: str, max_bytes: int, *, min_bytes: int = 1) -> Codec[str]:
    """Text without control characters, bounded in UTF-8 bytes."""

    def check(value: Any) -> Any:  # noqa: ANN401 - the identity on any type
        if type(value) is str:
            if value.isascii():
                if min_bytes <= len(value) <= max_bytes and value.isprintable():
                    return value
            elif not REFUSED_CHARACTERS.search(value) and min_bytes <= len(value.encode()) <= max_bytes:
                return value
        raise _misfit(name, value)

    return Codec(name, check, check, shape_text(check))


boolean: Codec[bool] = _scalar("boolean", lambda value: type(value) is bool, Shape(bool, is_scalar=True))


def member(enum: type[E]) -> Codec[E]:
    """Member of an enumeration, carried as its value."""
    values: dict[Any, E] = {item.value: cast("E", item) for item in enum}
    plain = int if issubclass(enum, IntEnum) else str

    def to_wire(value: E) -> Wire:
        if type(value) is not enum:
            raise CodecError(f"{enum.__name__}: {_shown(value)} does not fit")
        return plain(value.value)

    def from_wire(wire: Wire) -> E:
        if type(wire) is not plain or wire not in values:
            raise CodecError(f"{enum.__name__}: {_shown(wire)} does not fit")
        return values[wire]

    return Codec(enum.__name__, to_wire, from_wire, Shape(enum, is_scalar=True))


def optional(inner: Codec[T]) -> Codec[T | None]:
    """A value or nothing (nil)."""
    return Codec(
        f"optional {inner.name}",
        lambda value: None if value is None else inner.to_wire(value),
        lambda wire: None if wire is None else inner.from_wire(wire),
        inner.shape and shape_optional(inner.shape),
    )


def sequence(inner: Codec[T], low: int, high: int) -> Codec[tuple[T, ...]]:
    """From `low` to `high` items of one type."""
    name = f"list of {inner.name}"

    def check_length(length: int) -> None:
        if not low <= length <= high:
            raise CodecError(f"{name}: {length} items, {low} to {high} allowed")

    def to_wire(value: tuple[T, ...]) -> Wire:
        check_length(len(value))
        write = inner.to_wire
        return [write(item) for item in value]

    def from_wire(wire: Wire) -> tuple[T, ...]:
        if type(wire) is not list:
            raise CodecError(f"{name}: {_shown(wire)} is not a list")
        check_length(len(wire))
        read = inner.from_wire
        return tuple([read(item) for item in wire])

    return Codec(name, to_wire, from_wire, inner.shape and shape_sequence(inner.shape, low, high))


def struct(cls: type[T], *codecs: Codec[Any]) -> Codec[T]:
    """Dataclass or `msgspec.Struct` as an array: one codec for each field, in the order of the fields."""
    name = cls.__name__
    names = list_fields(cls)
    if len(names) != len(codecs):
        raise TypeError(f"{name} has {len(names)} fields and {len(codecs)} codecs")
    writers = tuple((field, codec.to_wire) for field, codec in zip(names, codecs, strict=True))
    readers = tuple(codec.from_wire for codec in codecs)

    def to_wire(value: T) -> Wire:
        if type(value) is not cls:
            raise CodecError(f"{name}: {_shown(value)} does not fit")
        try:
            return [write(getattr(value, field)) for field, write in writers]
        except CodecError as error:
            raise CodecError(f"{name}: {error.detail}", error.reason) from error

    def from_wire(wire: Wire) -> T:
        if type(wire) is not list or len(wire) != len(readers):
            raise CodecError(f"{name}: not a list of {len(readers)} fields")
        try:
            return cls(*[read(item) for read, item in zip(readers, wire, strict=True)])
        except CodecError as error:
            raise CodecError(f"{name}: {error.detail}", error.reason) from error

    shapes = [item.shape for item in codecs if item.shape is not None]
    return Codec(name, to_wire, from_wire, shape_struct(cls, names, shapes) if len(shapes) == len(codecs) else None)


def has_fields(value: object) -> bool:
    """Whether a value is of a class that `struct` may take."""
    return isinstance(value, msgspec.Struct) or (is_dataclass(value) and not isinstance(value, type))


def list_fields(cls: type[Any]) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass or `msgspec.Struct`, in order; raise `TypeError` for any other class."""
    if issubclass(cls, msgspec.Struct):
        return cls.__struct_fields__
    return tuple(field.name for field in fields(cls))


def tagged(tag: tuple[int | str, ...], inner: Codec[T], from_wire: Callable[[Wire], T]) -> Codec[T]:
    """Values of `inner` after constants that say what they are, as one array; `from_wire` reads it the plain way."""
    return Codec(
        inner.name, lambda value: [*tag, inner.to_wire(value)], from_wire, inner.shape and shape_tagged(tag, inner.shape)
    )


def converted(name: str, inner: Codec[S], write: Callable[[T], S], read: Callable[[S], T]) -> Codec[T]:
    """Values that are written as those of `inner`: `write` and `read` convert, or raise `CodecError`."""
    return Codec(
        name,
        lambda value: inner.to_wire(write(value)),
        lambda wire: read(inner.from_wire(wire)),
        inner.shape and shape_converted(inner.shape, write, read),
    )


def checked(inner: Codec[T], check: Callable[[T], T]) -> Codec[T]:
    """As `inner`, with a further check of the value in both directions: it returns the value or raises `CodecError`."""
    return converted(inner.name, inner, check, check)


MAX_TIME_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z."""
MAX_DAY = 2_932_896
"""9999-12-31."""
MAX_POINTS = 2**53 - 1
"""Exact in every JSON reader."""

hash_: Codec[Hash] = _binary_of("hash", HASH_BYTES)
public_key: Codec[PublicKey] = _binary_of("public key", PUBLIC_KEY_BYTES)
signature: Codec[Signature] = _binary_of("signature", SIGNATURE_BYTES)
identifier: Codec[Identifier] = _binary_of("identifier", IDENTIFIER_BYTES)
height: Codec[Height] = typed_integer("height", 0, 2**63 - 1)
round_: Codec[Round] = typed_integer("round", 0, 2**31 - 1)
entry_index: Codec[EntryIndex] = typed_integer("entry index", 0, 2**63 - 1)
time_ms: Codec[TimeMs] = typed_integer("time_ms", 0, MAX_TIME_MS)
day: Codec[Day] = typed_integer("day", 0, MAX_DAY)
points: Codec[Points] = typed_integer("points", 0, MAX_POINTS)
minutes: Codec[Minutes] = typed_integer("minutes", -(2**31), 2**31 - 1)
"""Any whole number: whether it is a possible length of service is a rule's question, not the codec's."""
