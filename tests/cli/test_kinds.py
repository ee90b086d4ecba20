"""Every kind of transaction can be used with a command: a rule that nobody can ask for is no rule."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import cli
from contracts.governance import RECOVER_KIND
from contracts.rulebook import KINDS

SENDING: Final = frozenset({"carry_out", "prepare", "prepare_all", "build_transaction"})
"""Functions to which a command names the kind that it sends."""
EXCEPTIONS: Final = {
    RECOVER_KIND: "sent by `hourledger node recover`, which names it as RECOVER_KIND (cli/nodes/recovering.py)",
}
"""Kinds that no command names as a text, and how they are used all the same."""


def iterate_named(source: str) -> Iterator[str]:
    """Yield the texts that are given to one of `SENDING`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in SENDING:
                yield from (item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str))


@cache
def find_sent() -> frozenset[str]:
    folder = Path(cli.__file__).parent
    files = (path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] != "demo")
    return frozenset(name for path in files for name in iterate_named(path.read_text(encoding="utf-8"))) & set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_has_a_command(kind: str) -> None:
    assert kind in find_sent() or kind in EXCEPTIONS, (
        f"no command sends {kind}: add one to cli/commands/ (one call of session.carry_out({kind!r}, body, '...')) with a test "
        "that runs it against a node, or say in EXCEPTIONS of this file how the kind is used without one"
    )


def test_exceptions_are_needed() -> None:
    assert set(EXCEPTIONS) <= set(KINDS)
    assert find_sent().isdisjoint(EXCEPTIONS)


def test_names_are_found_where_they_are_sent_and_nowhere_else() -> None:
    source = 'X = {"a.word"}\nsession.carry_out("a.kind", body, "done")\nprepare("b.kind", body)\nother("c.kind")\n'
    assert list(iterate_named(source)) == ["a.kind", "done", "b.kind"]
