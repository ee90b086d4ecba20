"""How a kind of transaction is declared: its name, its body's codec and its rule.

A module of rules lists its kinds in `KINDS`, the events they emit in `EVENTS` and the state they keep in `TABLES`; the rule
book collects them. A rule is `rule(state, body, context) -> Effects`: it reads and changes only the overlay that it is given,
and refuses by raising `Rejection`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ledger.codec import Codec
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.state import Overlay, Table

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Kind(Generic[B]):
    """One kind of transaction."""

    name: str
    codec: Codec[B]
    rule: Callable[[Overlay, B, TransactionContext], Effects]


@dataclass(frozen=True, slots=True)
class Module:
    """What a module of rules gives to the rule book."""

    kinds: tuple[Kind[Any], ...]
    events: tuple[EventType[Any], ...]
    tables: tuple[Table[Any], ...]
