"""Annotated hexadecimal of canonical encodings, for the pages on formats: a line a value, with its name and what it says."""

from collections.abc import Iterator
from typing import Any

import msgpack

from ledger.codec import Codec, encode
from tools.kinds import Shape, describe_codec

NAME_WIDTH = 26
BYTES_A_LINE = 32


def dump(name: str, codec: Codec[Any], value: object) -> str:
    """Return the encoding of a value as lines of name, hexadecimal and meaning."""
    data = encode(codec, value)
    return "".join(_dump(name, describe_codec(codec), msgpack.unpackb(data, raw=False), 0))


def dump_array(name: str, items: tuple[tuple[str, Codec[Any] | None, object], ...]) -> str:
    """Return the encoding of an array of named parts; a part without codec is a plain value."""
    lines = [_format_line(name, _head(len(items)), "", 0)]
    for part, codec, value in items:
        shape = Shape("") if codec is None else describe_codec(codec)
        wire = value if codec is None else codec.to_wire(value)
        lines += _dump(part, shape, wire, 1)
    return "".join(lines)


def _head(length: int) -> bytes:
    return bytes(msgpack.Packer().pack_array_header(length))


def _dump(name: str, shape: Shape, value: Any, depth: int) -> Iterator[str]:  # noqa: ANN401 - whatever MessagePack carries
    if not isinstance(value, list):
        yield from _dump_scalar(name, value, depth)
        return
    yield _format_line(name, _head(len(value)), "", depth)
    is_list = shape.text.startswith("list")
    if shape.fields and not is_list:
        for (field, inner), item in zip(shape.fields, value, strict=True):
            yield from _dump(field, inner, item, depth + 1)
        return
    item_shape = Shape("", shape.fields) if is_list else Shape("")
    for number, item in enumerate(value):
        yield from _dump(f"[{number}]", item_shape, item, depth + 1)


def _dump_scalar(name: str, value: object, depth: int) -> Iterator[str]:
    data: bytes = msgpack.packb(value, use_bin_type=True)
    if not isinstance(value, bytes):
        yield _format_line(name, data, _show(value), depth)
        return
    head, rest = data[: len(data) - len(value)], value
    yield _format_line(name, head, "", depth, rest[:BYTES_A_LINE])
    for offset in range(BYTES_A_LINE, len(rest), BYTES_A_LINE):
        yield _format_line("", b"", "", depth, rest[offset : offset + BYTES_A_LINE])


def _show(value: object) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _format_line(name: str, head: bytes, meaning: str, depth: int, rest: bytes = b"") -> str:
    label = "  " * depth + name
    hexadecimal = " ".join(part for part in (head.hex(), rest.hex()) if part)
    return f"{label:<{NAME_WIDTH}}{hexadecimal}{'   ' + meaning if meaning else ''}".rstrip() + "\n"
