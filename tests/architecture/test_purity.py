"""What the import rules cannot see: `ledger` and `contracts` compute with whole numbers, and ask the world nothing.

The import rules keep out modules (test_imports.py). Here the source itself is read, for things that need no import.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = sorted(path for package in ("ledger", "contracts") for path in (ROOT / package).rglob("*.py"))

FORBIDDEN_CALLS = {
    "open": "files",
    "print": "output",
    "input": "input",
    "hash": "hash() differs between two processes",
    "id": "id() differs between two processes",
    "float": "no float enters the rules",
    "eval": "code from data",
    "exec": "code from data",
    "globals": "ambient state",
    "__import__": "an import that the import rules cannot see",
}
CLOCK_METHODS = {"now", "today", "utcnow"}


def find_impurities(source: str) -> Iterator[str]:
    """Each thing in `source` that a pure module must not have, as `line: what`."""
    for node in ast.walk(ast.parse(source)):
        found = _impurity(node)
        if found:
            yield f"{getattr(node, 'lineno', 0)}: {found}"


def _impurity(node: ast.AST) -> str | None:  # noqa: PLR0911 - a table
    match node:
        case ast.Constant(value=float() | complex()):
            return "a float"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "a division that makes a float: use //"
        case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
            return "a negative power makes a float"
        case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
            return f"{name}(): {FORBIDDEN_CALLS[name]}"
        case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCK_METHODS:
            return f".{name}(): the time comes from the block"
        case ast.Attribute(attr="environ"):
            return "the environment"
        case ast.For(iter=order) | ast.comprehension(iter=order) if _is_set(order):
            return "a loop over a set, whose order differs between two processes: sort it"
        case ast.Global():
            return "global state"
        case ast.AsyncFunctionDef() | ast.Await():
            return "asynchronous code"
    return None


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Name(id="list" | "tuple" | "enumerate"), args=[inner, *_]):
            return _is_set(inner)
    return False


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_pure(path: Path) -> None:
    assert list(find_impurities(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 0.5",
        "x = 1e3",
        "share = points / 2",
        "points /= 2",
        "x = 10 ** -2",
        "x = float(y)",
        "open('file')",
        "print('hello')",
        "order = hash(name)",
        "order = id(name)",
        "datetime.datetime.now(tz)",
        "date.today()",
        "datetime.utcnow()",
        "os.environ['HOME']",
        "for name in {'a', 'b'}: pass",
        "names = [name for name in set(names)]",
        "for i, name in enumerate(set(names)): pass",
        "def f():\n    global count",
        "async def f(): pass",
        "__import__('time')",
    ],
)
def test_impurity_is_found(source: str) -> None:
    assert list(find_impurities(source)) != []


@pytest.mark.parametrize(
    "source",
    [
        "x = points // 2",
        "for name in sorted({'a', 'b'}): pass",
        "known = name in {'a', 'b'}",
        "x = 2**53 - 1",
        "store.open_period()",
    ],
)
def test_pure_code_is_left_alone(source: str) -> None:
    assert list(find_impurities(source)) == []
