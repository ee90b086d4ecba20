"""In which order a rule looks for what it refuses, read out of its source.

Follows the functions of the contracts that a rule calls, statement by statement, along each branch. A reason that is named
counts as looked for there, and what has been looked for before must not come after it in the order of `Reason`. A reason that
was looked for already may come again: who was found to be there is found again. Reasons of a row are an order of their own.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from ledger.reasons import Reason

_PLACES: Final = {reason: place for place, reason in enumerate(Reason)}
_Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """What was looked for so far, for the whole transaction and for a row."""

    whole: frozenset[Reason] = frozenset()
    row: frozenset[Reason] = frozenset()

    def join(self, other: "Passed") -> "Passed":
        return Passed(self.whole | other.whole, self.row | other.row)


@dataclass(frozen=True, slots=True)
class Disorder:
    """A reason that is looked for too late: after another that stands behind it."""

    reason: Reason
    function: str
    after: Reason


@dataclass(frozen=True, slots=True)
class _Flow:
    """What has been asked where a statement goes on, where it returns, and where it refuses; None where it does not."""

    ahead: Passed | None
    returned: Passed | None = None
    refused: Passed | None = None


def find_disorders(rule: _Function) -> list[Disorder]:
    """Return what a rule looks for too late."""
    reader = _Reader()
    reader.call(rule, Passed(), ())
    return list(dict.fromkeys(reader.found))


class _Reader:
    def __init__(self) -> None:
        self.found: list[Disorder] = []

    def call(self, function: _Function, passed: Passed, stack: Sequence[_Function]) -> Passed:
        """Return what is passed after a call that has not refused."""
        tree, names = _read(function)
        flow = self._walk(tree.body, passed, (function, names, (*stack, function)))
        return _join(flow.ahead, flow.returned) or passed

    def _walk(self, statements: Sequence[ast.stmt], passed: Passed, place: Any) -> _Flow:
        flow = _Flow(passed)
        for statement in statements:
            if flow.ahead is None:
                break
            following = self._step(statement, flow.ahead, place)
            flow = replace(following, returned=_join(flow.returned, following.returned))
        return flow

    def _step(self, statement: ast.stmt, passed: Passed, place: Any) -> _Flow:
        match statement:
            case ast.Return():
                return _Flow(None, self._look(statement, passed, place))
            case ast.Raise():
                return _Flow(None, refused=self._look(statement, passed, place))
            case ast.With():
                return self._walk(statement.body, passed, place)
            case ast.If() | ast.Match() | ast.For() | ast.While() | ast.Try():
                return self._branch(statement, passed, place)
        return _Flow(self._look(statement, passed, place))

    def _branch(self, statement: ast.If | ast.Match | ast.For | ast.While | ast.Try, passed: Passed, place: Any) -> _Flow:
        """Join the ways through a statement. Who comes past a block that raises was asked for its reasons."""
        head, bodies = _split(statement)
        after = passed if head is None else self._look(head, passed, place)
        flows = [self._walk(body, after, place) for body in bodies]
        ahead = _join(*(flow.ahead for flow in flows))
        if ahead is not None:
            ahead = _join(ahead, *(flow.refused for flow in flows))
        return _Flow(ahead, _join(*(flow.returned for flow in flows)))

    def _look(self, node: ast.AST, passed: Passed, place: Any) -> Passed:
        """Return what is passed after an expression, its calls from the inside out."""
        function, names, stack = place
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            return passed
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason":
            return self._meet(Reason[node.attr], passed, function, is_row=False)
        is_row = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RowOutcome"
        if is_row:
            for reason in _iterate_named(node):
                passed = self._meet(reason, passed, function, is_row=True)
            return passed
        for child in ast.iter_child_nodes(node):
            passed = self._look(child, passed, place)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = names.get(node.func.id)
            if inspect.isfunction(called) and called.__module__.startswith("contracts.") and called not in stack:
                passed = self.call(called, passed, stack)
        return passed

    def _meet(self, reason: Reason, passed: Passed, function: _Function, *, is_row: bool) -> Passed:
        before = passed.row if is_row else passed.whole
        latest = max(before, key=_PLACES.__getitem__, default=reason)
        if reason not in before and _PLACES[reason] < _PLACES[latest]:
            self.found.append(Disorder(reason, function.__name__, latest))
        return replace(passed, row=before | {reason}) if is_row else replace(passed, whole=before | {reason})


def _iterate_named(node: ast.AST) -> Iterator[Reason]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name) and inner.value.id == "Reason":
            yield Reason[inner.attr]


def _split(statement: ast.stmt) -> tuple[ast.expr | None, list[list[ast.stmt]]]:
    """Return what a statement asks first, and its blocks, of which one is carried out: an empty one where none may be."""
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            return test, [body, orelse]
        case ast.Match(subject=subject, cases=cases):
            return subject, [[], *(case.body for case in cases)]
        case ast.For(iter=test, body=body) | ast.While(test=test, body=body):
            return test, [[], body]
        case ast.Try(body=body, handlers=handlers):
            return None, [body, *([*body, *handler.body] for handler in handlers)]
    raise TypeError(f"{type(statement).__name__} has no blocks")


def _join(*items: Passed | None) -> Passed | None:
    joined: Passed | None = None
    for item in items:
        joined = item if joined is None else joined if item is None else joined.join(item)
    return joined


@cache
def _read(function: _Function) -> tuple[ast.FunctionDef, dict[str, Any]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree, dict(inspect.getclosurevars(function).globals)
