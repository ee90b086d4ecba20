"""Write docs/kinds.md, the rule book's kinds, events, tables and parameters: `python -m tools.kinds`.

Codecs and rules are functions; what they accept is read out of their closures, and what they refuse out of their source. So the
page says what the code does, and a change of either shape ends here with an error rather than with a wrong page.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

from contracts.kinds import Kind
from contracts.parameters import PARAMETERS, Parameter
from contracts.rulebook import EVENT_TYPES, KINDS, TABLES
from ledger import codec
from ledger.codec import Codec, list_fields
from ledger.events import EventType
from ledger.reasons import Reason
from ledger.state import Table

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "kinds.md"

HEAD: Final = """# The rule book, version 1

Every kind of transaction, every type of event and every table of the state, with their fields in the order in which they are
encoded ([codec](formats/codec.md)). Made from the code by `make fix`; do not edit.

Names of types: `identifier` is 16 bytes, `hash` and `public key` are 32 bytes, `day` is a number of days since 1970-01-01 on
the region's clock, `time_ms` is milliseconds since 1970-01-01T00:00:00Z, `points` is 0 to 2^53 - 1, `minutes` is a 32-bit
integer (what a rule takes as a length of service is narrower). `bytes(a-b)`, `text(a-b)` and `list(a-b)` give the shortest and
the longest form allowed, in bytes, UTF-8 bytes and items; `int(a-b)` the smallest and the largest value. `X or nil` may be
absent.

## Kinds of transaction

A transaction can be refused before its rule is asked, for
{before}.
A rule answers with one of the reasons listed with it: the first that applies, in the order in which they stand. *A row* means
that a row of the batch gets that answer while the others may go ahead. All reasons are explained in [reasons.md](reasons.md).

"""

BEFORE_RULES: Final = (
    Reason.MALFORMED, Reason.TOO_LARGE, Reason.UNSUPPORTED_VERSION, Reason.WRONG_CHAIN, Reason.UNKNOWN_KIND,
    Reason.MALFORMED_BODY, Reason.EXPIRED, Reason.VALID_TOO_LONG, Reason.INVALID_SIGNATURE, Reason.UNKNOWN_KEY,
)  # fmt: skip

_STEPS_OF_ORDERS: Final = ("cancel", "close", "dispatch", "accept", "complete", "certify")
CANNOT_HAPPEN: Final = frozenset(
    {
        ("identity.request_key", Reason.UNKNOWN_ORGANISATION),  # who enrols is registered
        ("identity.erase_volunteer", Reason.UNKNOWN_ORGANISATION),
        ("identity.set_guardian", Reason.UNKNOWN_ORGANISATION),
        ("identity.end_guardianship", Reason.UNKNOWN_ORGANISATION),
        ("identity.refuse_key", Reason.UNKNOWN_ORGANISATION),
        ("identity.merge_volunteers", Reason.UNKNOWN_ORGANISATION),
        ("timebank.give", Reason.UNKNOWN_ORGANISATION),
        ("timebank.donate", Reason.UNKNOWN_ORGANISATION),
        ("timebank.buy", Reason.UNKNOWN_ORGANISATION),
        *((f"orders.{step}", Reason.UNKNOWN_ORGANISATION) for step in _STEPS_OF_ORDERS),  # who placed it is registered
        ("hours.amend", Reason.ACTIVITY_CLOSED),  # a closed activity may still be corrected
        ("hours.void", Reason.ACCOUNT_FULL),  # lots only become fewer
        ("points.expire", Reason.ACCOUNT_FULL),
        ("identity.erase_volunteer", Reason.ACCOUNT_FULL),
    }
)
"""What the source of a rule names and its arguments rule out."""

_SIGNERS = re.compile(r"\(signed by (.+?)\)", re.DOTALL)
_NAMED: Final[dict[str, Codec[Any]]] = {
    "identifier": codec.identifier,
    "hash": codec.hash_,
    "public key": codec.public_key,
    "signature": codec.signature,
    "height": codec.height,
    "round": codec.round_,
    "day": codec.day,
    "time_ms": codec.time_ms,
    "points": codec.points,
    "minutes": codec.minutes,
    "entry index": codec.entry_index,
    "bool": codec.boolean,
}
_NAMES: Final = {id(item.from_wire): name for name, item in _NAMED.items()}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a codec takes: `text` in a word, and the fields of a struct."""

    text: str
    fields: tuple[tuple[str, "Shape"], ...] = ()


def describe_codec(described: Codec[Any]) -> Shape:
    """Return what a codec of `ledger.codec` takes."""
    return _describe_reader(described.from_wire)


def _describe_reader(reader: Callable[..., Any]) -> Shape:
    if id(reader) in _NAMES:
        return Shape(_NAMES[id(reader)])
    held = dict(inspect.getclosurevars(reader).nonlocals)
    match held:
        case {"readers": readers, "cls": cls}:
            return Shape(cls.__name__, tuple(zip(list_fields(cls), map(_describe_reader, readers), strict=True)))
        case {"inner": inner, "check_length": check_length}:
            bounds = inspect.getclosurevars(check_length).nonlocals
            item = describe_codec(inner)
            return Shape(f"list({_range(bounds['low'], bounds['high'])}) of {item.text}", item.fields)
        case {"inner": inner}:
            item = describe_codec(inner)
            return Shape(f"{item.text}{',' if ',' in item.text else ''} or nil", item.fields)
        case {"enum": enum}:
            text = _describe_enum(enum)
        case {"min_bytes": low, "max_bytes": high}:
            text = f"text({_range(low, high)})"
        case {"is_valid": is_valid}:
            text = _describe_scalar(is_valid)
        case _:
            raise TypeError(f"a codec of unknown shape: {sorted(held)}")
    return Shape(text)


def _describe_enum(enum: type[IntEnum | StrEnum]) -> str:
    if enum is Reason:
        return "text, a [reason](reasons.md)"
    return ", ".join(f"{item.value} {item.name.lower()}" for item in enum)


def _describe_scalar(is_valid: Callable[[Any], bool]) -> str:
    held = inspect.getclosurevars(is_valid).nonlocals
    source = textwrap.dedent(inspect.getsource(is_valid))
    kind = "bytes" if "is bytes" in source else "int"
    return f"{kind}({_range(held['low'], held['high'])})"


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}-{high}" if low >= 0 else f"{low} to {high}"


@dataclass(frozen=True, slots=True)
class Answers:
    """Reasons that a rule's source names: for the whole transaction, for a row, and the events that it emits."""

    whole: frozenset[Reason]
    row: frozenset[Reason]
    events: frozenset[str]


def find_answers(kind: Kind[Any]) -> Answers:
    """Return what the rule of a kind can answer, by following the functions that it calls within the contracts."""
    whole: set[Reason] = set()
    row: set[Reason] = set()
    events: set[str] = set()
    for function in iterate_called(kind.rule):
        events.update(item.name for item in _list_globals(function) if isinstance(item, EventType))
        for name, in_row in _list_reasons(function):
            (row if in_row else whole).add(Reason[name])
    impossible = {reason for name, reason in CANNOT_HAPPEN if name == kind.name}
    if not any(shape.text.startswith("list") and shape.fields for _name, shape in describe_codec(kind.codec).fields):
        whole, row = whole | row, set()  # no rows: what is found for one is raised
    return Answers(frozenset(whole - impossible), frozenset(row - impossible), frozenset(events))


def iterate_called(rule: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Yield a function of the contracts and all that it names, each once."""
    waiting, seen = [rule], {rule}
    while waiting:
        function = waiting.pop()
        yield function
        for item in _list_globals(function):
            if inspect.isfunction(item) and item.__module__.startswith("contracts.") and item not in seen:
                seen.add(item)
                waiting.append(item)


@cache
def _parse(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


@cache
def _list_globals(function: Callable[..., Any]) -> tuple[Any, ...]:
    """Return what the function's names stand for in its module; attributes and variables of the same name are not meant."""
    held, names = function.__globals__, set(_list_names(function.__code__))
    found = (node.id for node in ast.walk(_parse(function)) if isinstance(node, ast.Name))
    return tuple(held[name] for name in found if name in names and name in held)


def _list_names(code: CodeType) -> Iterator[str]:
    """Yield the names that code looks up outside of it, also in comprehensions; what inner functions find is not answered."""
    yield from code.co_names
    for item in code.co_consts:
        if isinstance(item, CodeType) and item.co_name.endswith(("comp>", "genexpr>")):
            yield from _list_names(item)


@cache
def _list_reasons(function: Callable[..., Any]) -> tuple[tuple[str, bool], ...]:
    """Return each reason that a function names, and whether it stands in the outcome of a row."""
    tree = _parse(function)
    rows = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_row_outcome(node)]
    in_rows = {id(node) for call in rows for node in ast.walk(call)}
    return tuple(
        (node.attr, id(node) in in_rows)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    )


def _is_row_outcome(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "RowOutcome"


def find_signers(kind: Kind[Any]) -> str:
    """Return who signs a kind, in the words of its rule's docstring."""
    found = _SIGNERS.search(kind.rule.__doc__ or "")
    if found is None:
        raise ValueError(f"the rule of {kind.name} does not say who signs")
    return " ".join(found.group(1).split())


def format_kinds() -> str:
    """The whole document as Markdown."""
    parts = [
        HEAD.replace("{before}", _list(BEFORE_RULES)),
        *(_format_kind(kind) for kind in KINDS.values()),
        _EVENTS,
        *(_format_event(item) for item in EVENT_TYPES.values()),
        _TABLES,
        *(_format_table(item) for item in TABLES.values()),
        _PARAMETERS,
        *(_format_parameter(name, item) for name, item in PARAMETERS.items()),
    ]
    return "".join(parts)


_EVENTS: Final = """## Types of event

What stands in the log ([log-entries.md](formats/log-entries.md)). An entry with parties may be read by those only; the others
are public.

"""
_TABLES: Final = """## Tables of the state

What the state tree holds ([state.md](formats/state.md)). Values that are not public are given to their parties only.

"""
_PARAMETERS: Final = """## Parameters

Numbers that a region chooses in its [genesis](formats/genesis.md).

| name | default | from-to | meaning |
|---|---|---|---|
"""


def _format_kind(kind: Kind[Any]) -> str:
    answers = find_answers(kind)
    purpose = inspect.getdoc(kind.rule) or ""
    sentence = re.sub(r" ([.;])", r"\1", " ".join(_SIGNERS.sub("", purpose).split()))
    lines = [
        f"### {kind.name}",
        "",
        sentence,
        "",
        f"Signed by: {find_signers(kind)}. Events: {_list(sorted(answers.events))}.",
        "",
    ]
    reasons = [f"Refused with: {_list(_in_order(answers.whole))}."]
    if answers.row:
        reasons.append(f"A row with: {_list(_in_order(answers.row))}.")
    return "\n".join([*lines, _format_fields(describe_codec(kind.codec)), *reasons, "", ""])


def _format_event(item: EventType[Any]) -> str:
    shape = describe_codec(item.codec)
    parties = _find_parties(item)
    whose = f"Parties: {', '.join(parties)}." if parties else "Public."
    return "\n".join([f"### {item.name}", "", whose, "", _format_fields(shape), ""])


def _format_table(item: Table[Any]) -> str:
    shape = describe_codec(item.codec)
    whose = "Public." if item.is_public else "Not public."
    value = _format_fields(shape) if shape.fields else f"The value is {shape.text}.\n"
    lists = f" The value is a {shape.text}." if shape.fields and shape.text.startswith("list") else ""
    return "\n".join([f"### {item.namespace.decode()}", "", whose + lists, "", value, ""])


def _format_parameter(name: str, item: Parameter) -> str:
    return f"| `{name}` | {item.default} | {_range(item.low, item.high)} | {item.meaning} |\n"


def _find_parties(item: EventType[Any]) -> list[str]:
    """Return the names of the fields that name an event's parties."""
    names = [name for name, _shape in describe_codec(item.codec).fields]
    if not names:
        return []
    source = inspect.getsource(item.parties)
    return [name for name in names if re.search(rf"\bevent\.{name}\b", source) and item.parties.__name__ != "_no_parties"]


def _in_order(reasons: Iterable[Reason]) -> list[str]:
    found = set(reasons)
    return [reason.value for reason in Reason if reason in found]


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _format_fields(shape: Shape) -> str:
    lines = ["| field | type |", "|---|---|"]
    for name, item in shape.fields:
        lines.append(f"| `{name}` | {item.text} |")
        lines += [f"| `{name}.{inner}` | {deeper.text} |" for inner, deeper in item.fields]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(format_kinds(), encoding="utf-8")
