"""The fast way through the codec: shapes, which msgspec reads and writes in one go.

A shape says in types, with their bounds, what the wire values of a codec look like; what types cannot say stays in `build` and
`flatten`. It never decides alone that something does not fit: then `ledger.codec` takes its plain way, which says why.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec

MISFIT = (msgspec.MsgspecError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What is raised where a value or bytes do not fit a shape."""

_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """`schema` is the type of wire values, sequences being tuples.

    `flatten` makes a wire value of a value and `build` the reverse; both may raise what `MISFIT` names, or `CodecError`. None
    stands for a value that is its own wire value.

    Of a field's Python type only as much is looked at as its bytes tell: a `bytearray` passes where `bytes` are wanted.
    """

    schema: Any
    flatten: Callable[[Any], Any] | None = None
    build: Callable[[Any], Any] | None = None
    is_scalar: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Fast:
    """A shape made ready for use."""

    shape: Shape
    decoder: msgspec.msgpack.Decoder[Any]

    def encode(self, value: object) -> bytes:
        """Return the encoding; it is read once more, because only reading looks at bounds."""
        flatten = self.shape.flatten
        encoded = _encoder.encode(value if flatten is None else flatten(value))
        self.decoder.decode(encoded)
        return encoded

    def write_each(self, values: Iterable[object]) -> list[bytes]:
        """Return the encoding of each of several values that are known to fit."""
        flatten, write = self.shape.flatten, _encoder.encode
        return [write(value) for value in (values if flatten is None else map(flatten, values))]

    def encode_each(self, values: Iterable[object]) -> list[bytes]:
        """Do the same as `encode` for each of several values."""
        encoded, read = self.write_each(values), self.decoder.decode
        for item in encoded:
            read(item)
        return encoded

    def decode(self, data: bytes) -> Any:  # noqa: ANN401 - whatever the codec is of
        """Return the value; raise `ValueError` where `data` is not the one encoding of it."""
        wire = self.decoder.decode(data)
        if _encoder.encode(wire) != data:
            raise ValueError("not the canonical encoding")
        build = self.shape.build
        return wire if build is None else build(wire)

    def read(self, data: bytes) -> Any:  # noqa: ANN401 - whatever the codec is of
        """Return the value of what is known to be the one encoding of it. Bounds are looked at."""
        wire = self.decoder.decode(data)
        build = self.shape.build
        return wire if build is None else build(wire)

    def read_each(self, items: Iterable[bytes | None]) -> list[Any]:
        """Do the same as `read` for each of several items, None where there is nothing to read."""
        read, build = self.decoder.decode, self.shape.build
        if build is None:
            return [None if item is None else read(item) for item in items]
        return [None if item is None else build(read(item)) for item in items]


def make_ready(shape: Shape) -> Fast:
    """Compile a shape."""
    return Fast(shape, msgspec.msgpack.Decoder(shape.schema))


def shape_integer(low: int, high: int) -> Shape | None:
    """Whole numbers within bounds, as far as msgspec can tell them: in 64 bits with a sign."""
    if low < -(2**63) or high >= 2**63:
        return None
    return Shape(Annotated[int, msgspec.Meta(ge=low, le=high)], is_scalar=True)


def shape_binary(low: int, high: int) -> Shape:
    """Byte strings of so many bytes."""
    return Shape(Annotated[bytes, msgspec.Meta(min_length=low, max_length=high)], is_scalar=True)


def shape_text(check: Callable[[Any], Any]) -> Shape:
    """Text, which `check` looks at."""
    return Shape(str, check, check, is_scalar=True)


def shape_optional(inner: Shape) -> Shape:
    """A value of a shape, or None."""
    flatten, build = inner.flatten, inner.build
    return Shape(
        inner.schema | None,
        flatten and (lambda value: None if value is None else flatten(value)),
        build and (lambda wire: None if wire is None else build(wire)),
    )


def shape_sequence(inner: Shape, low: int, high: int) -> Shape:
    """From `low` to `high` values of one shape."""
    schema: Any = inner.schema
    flatten, build = inner.flatten, inner.build
    return Shape(
        Annotated[tuple[schema, ...], msgspec.Meta(min_length=low, max_length=high)],
        flatten and (lambda values: [flatten(item) for item in values]),
        build and (lambda wires: tuple([build(item) for item in wires])),
    )


def shape_struct(cls: type[Any], names: Sequence[str], inner: Sequence[Shape]) -> Shape:
    """Values of a class, by its fields in order.

    msgspec reads and writes a `Struct` itself, where its fields need nothing else.
    """
    schemas = [item.schema for item in inner]
    if issubclass(cls, msgspec.Struct) and all(item.flatten is None and item.build is None for item in inner):
        _declare(cls, dict(zip(names, schemas, strict=True)))
        return Shape(cls)
    schema = tuple.__class_getitem__(tuple(schemas))
    return Shape(schema, _make_flatten(cls, names, inner), _make_build(cls, [item.build for item in inner]))


def _declare(cls: type[msgspec.Struct], schemas: dict[str, Any]) -> None:
    """Tell msgspec the bounds of a class's fields, before it first looks at the class; they stand in one place, its codec."""
    if not cls.__struct_config__.array_like or not cls.__struct_config__.frozen:
        raise TypeError(f"{cls.__name__} is not frozen, or not written as an array")
    cls.__written__ = cls.__annotations__  # type: ignore[attr-defined]
    cls.__annotations__ = schemas


def _make_flatten(cls: type[Any], names: Sequence[str], inner: Sequence[Shape]) -> Callable[[Any], Any]:
    flattens = [(position, item.flatten) for position, item in enumerate(inner) if item.flatten is not None]
    get = attrgetter(*names)
    is_single = len(names) == 1

    def flatten(value: object) -> list[Any]:
        if type(value) is not cls:
            raise TypeError
        wire = [get(value)] if is_single else list(get(value))
        for position, function in flattens:
            wire[position] = function(wire[position])
        return wire

    return flatten


def _make_build(cls: type[Any], builds: Sequence[Callable[[Any], Any] | None]) -> Callable[[Any], Any]:
    needed = [(position, build) for position, build in enumerate(builds) if build is not None]
    if not needed:
        return lambda wire: cls(*wire)

    def build_each(wire: tuple[Any, ...]) -> object:
        fields = list(wire)
        for position, build in needed:
            fields[position] = build(fields[position])
        return cls(*fields)

    return build_each


def shape_converted(inner: Shape, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> Shape:
    """Values that are written as others of a shape."""
    flatten, build = inner.flatten, inner.build
    return Shape(
        inner.schema,
        write if flatten is None else (lambda value: flatten(write(value))),
        read if build is None else (lambda wire: read(build(wire))),
    )


def shape_tagged(tag: Sequence[int | str], inner: Shape) -> Shape:
    """A value of a shape after constants, in one array."""
    flatten, build = inner.flatten, inner.build
    return Shape(
        tuple.__class_getitem__((*(Literal[constant] for constant in tag), inner.schema)),
        lambda value: (*tag, value if flatten is None else flatten(value)),
        lambda wire: wire[-1] if build is None else build(wire[-1]),
    )
