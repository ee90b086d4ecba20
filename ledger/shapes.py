"""The fast way through the codec: shapes, which msgspec reads and writes in one go.

A shape says in types, with their bounds, what the wire values of a codec look like; what types cannot say stays in `build` and
`flatten`. It never decides alone that something does not fit: then `ledger.codec` takes its plain way, which says why.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec

from ledger.arrays import encode_head

MISFIT = (msgspec.MsgspecError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What is raised where a value or bytes do not fit a shape."""

_write: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """`schema` is the type of wire values, sequences being tuples.

    `flatten` makes a wire value of a value and `build` the reverse; both may raise what `MISFIT` names, or `CodecError`. None
    stands for a value that is its own wire value. So is a value where `is_check` is set: then both only look at it.

    Of a field's Python type only as much is looked at as its bytes tell: a `bytearray` passes where `bytes` are wanted.
    """

    schema: Any
    flatten: Callable[[Any], Any] | None = None
    build: Callable[[Any], Any] | None = None
    is_scalar: bool = False
    is_check: bool = False

    @property
    def is_its_own_wire(self) -> bool:
        """Whether a value is written and read as it is, looked at or not."""
        return self.is_check or (self.flatten is None and self.build is None)


@dataclass(frozen=True, slots=True, eq=False)
class Fast:
    """A shape made ready for use.

    `parse` makes a wire value of bytes and looks at types and bounds; `parse_all` does so with an array of them.
    """

    flatten: Callable[[Any], Any] | None
    build: Callable[[Any], Any] | None
    parse: Callable[[bytes], Any]
    parse_all: Callable[[bytes], list[Any]]

    def encode(self, value: object) -> bytes:
        """Return the encoding; it is read once more, because only reading looks at bounds."""
        flatten = self.flatten
        encoded = _write(value if flatten is None else flatten(value))
        self.parse(encoded)
        return encoded

    def write_each(self, values: Iterable[object]) -> list[bytes]:
        """Return the encoding of each of several values that are known to fit."""
        return list(map(_write, values if self.flatten is None else map(self.flatten, values)))

    def encode_each(self, values: Iterable[object]) -> list[bytes]:
        """Do the same as `encode` for each of several values."""
        encoded = self.write_each(values)
        self.parse_all(encode_head(len(encoded)) + b"".join(encoded))
        return encoded

    def decode(self, data: bytes) -> Any:  # noqa: ANN401 - whatever the codec is of
        """Return the value; raise `ValueError` where `data` is not the one encoding of it."""
        wire = self.parse(data)
        if _write(wire) != data:
            raise ValueError("not the canonical encoding")
        build = self.build
        return wire if build is None else build(wire)

    def read(self, data: bytes) -> Any:  # noqa: ANN401 - whatever the codec is of
        """Return the value of what is known to be the one encoding of it. Bounds are looked at."""
        build = self.build
        return self.parse(data) if build is None else build(self.parse(data))

    def read_each(self, items: Iterable[bytes | None]) -> list[Any]:
        """Do the same as `read` for each of several items, None where there is nothing to read."""
        parse, build = self.parse, self.build
        if build is None:
            return [None if item is None else parse(item) for item in items]
        return [None if item is None else build(parse(item)) for item in items]


def make_ready(shape: Shape) -> Fast:
    """Compile a shape."""
    schema: Any = shape.schema
    parse, parse_all = msgspec.msgpack.Decoder(schema).decode, msgspec.msgpack.Decoder(list[schema]).decode
    return Fast(shape.flatten, shape.build, parse, parse_all)


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
    return Shape(str, check, check, is_scalar=True, is_check=True)


def shape_optional(inner: Shape) -> Shape:
    """A value of a shape, or None."""
    flatten, build = inner.flatten, inner.build
    return Shape(
        inner.schema | None,
        flatten and (lambda value: None if value is None else flatten(value)),
        build and (lambda wire: None if wire is None else build(wire)),
        is_check=inner.is_check,
    )


def shape_sequence(inner: Shape, low: int, high: int) -> Shape:
    """From `low` to `high` values of one shape."""
    item_schema: Any = inner.schema
    flatten, build = inner.flatten, inner.build
    schema = Annotated[tuple[item_schema, ...], msgspec.Meta(min_length=low, max_length=high)]
    if inner.is_check and flatten is not None:
        return _make_check(schema, lambda values: [flatten(item) for item in values])
    return Shape(
        schema,
        flatten and (lambda values: [flatten(item) for item in values]),
        build and (lambda wires: tuple([build(item) for item in wires])),
    )


def shape_struct(cls: type[Any], names: Sequence[str], inner: Sequence[Shape]) -> Shape:
    """Values of a class, by its fields in order.

    msgspec reads and writes a `Struct` itself, where its fields need no more than a look.
    """
    schemas = [item.schema for item in inner]
    if issubclass(cls, msgspec.Struct) and all(item.is_its_own_wire for item in inner):
        _declare(cls, dict(zip(names, schemas, strict=True)))
        checks = [(attrgetter(name), item.flatten) for name, item in zip(names, inner, strict=True) if item.flatten is not None]
        return _make_check(cls, _check_fields(cls, checks)) if checks else Shape(cls)
    schema = tuple.__class_getitem__(tuple(schemas))
    return Shape(schema, _make_flatten(cls, names, inner), _make_build(cls, [item.build for item in inner]))


def _make_check(schema: Any, look: Callable[[Any], object]) -> Shape:  # noqa: ANN401 - what msgspec takes for a type
    """Values that are their own wire values once `look` has raised nothing."""

    def check(value: Any) -> Any:  # noqa: ANN401 - the identity on any type
        look(value)
        return value

    return Shape(schema, check, check, is_check=True)


def _check_fields(
    cls: type[Any], checks: Sequence[tuple[Callable[[Any], Any], Callable[[Any], Any]]]
) -> Callable[[Any], object]:
    def look(value: object) -> None:
        if type(value) is not cls:
            raise TypeError
        for get, check in checks:
            check(get(value))

    return look


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
