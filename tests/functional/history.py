"""What clients did and were told, and whether a ledger may answer so.

Stamps are whole numbers, one for each beginning and end of an operation, in the order in which those happened.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Final:
    """An outcome, and the entry of the log that it is."""

    height: int
    entry_index: int
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A node's newest checkpoint, and how many blocks the node says that it is behind."""

    height: int
    log_size: int
    block_hash: str
    behind: int


class Unknown(Enum):
    """The node said that the transaction is not final or not known; or it said nothing."""

    NOT_FINAL = 0
    NO_ANSWER = 1


Answer: TypeAlias = Final | Standing | Unknown


class Kind(Enum):
    SUBMIT = 0
    ASK = 1
    LOOK = 2


@dataclass(frozen=True, slots=True)
class Operation:
    """What one client asked of one node; `transaction` is empty for a look at where the node stands."""

    client: str
    node: str
    kind: Kind
    transaction: str
    invoked: int
    completed: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class History:
    """All operations; what the stores hold in the end, by node: ids of transactions, block by block from 0; and the spans
    of stamps in which no quorum was together.
    """

    operations: tuple[Operation, ...]
    blocks: Mapping[str, Sequence[Sequence[str]]]
    without_quorum: tuple[tuple[int, int], ...] = ()


def find_problems(history: History) -> tuple[str, ...]:
    """Return what no run of a ledger may show; nothing where all is well."""
    return (
        *_check_outcomes(history.operations),
        *_check_reads(history.operations),
        *_check_standings(history.operations),
        *_check_stores(history),
        *_check_spans(history),
    )


def list_final(operations: Sequence[Operation]) -> Iterator[tuple[Operation, Final]]:
    for operation in operations:
        if isinstance(operation.answer, Final):
            yield operation, operation.answer


def _check_outcomes(operations: Sequence[Operation]) -> Iterator[str]:
    """Each transaction has one outcome wherever it is asked for, and each entry is of one transaction."""
    outcomes: dict[str, set[Final]] = defaultdict(set)
    entries: dict[int, set[str]] = defaultdict(set)
    for operation, final in list_final(operations):
        outcomes[operation.transaction].add(final)
        entries[final.entry_index].add(operation.transaction)
    yield from (f"{key} has several outcomes: {found}" for key, found in outcomes.items() if len(found) > 1)
    yield from (f"entry {index} is the outcome of several: {found}" for index, found in entries.items() if len(found) > 1)


def _check_reads(operations: Sequence[Operation]) -> Iterator[str]:
    """At one node, what begins after an answer has come tells nothing older."""
    by_node: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_node[operation.node].append(operation)
    for node, items in by_node.items():
        completed = iter(sorted(items, key=lambda item: item.completed))
        waiting = next(completed, None)
        height, size, final = 0, 0, set[str]()
        for operation in sorted(items, key=lambda item: item.invoked):
            while waiting is not None and waiting.completed < operation.invoked:
                match waiting.answer:
                    case Standing():
                        height, size = max(height, waiting.answer.height), max(size, waiting.answer.log_size)
                    case Final():
                        height = max(height, waiting.answer.height)
                        final.add(waiting.transaction)
                    case Unknown():
                        pass
                waiting = next(completed, None)
            match operation.answer:
                case Standing(now, log_size) if now < height or log_size < size:
                    yield f"{node} went back from height {height} and size {size} to {now} and {log_size}"
                case Unknown.NOT_FINAL if operation.transaction in final:
                    yield f"{node} has forgotten that {operation.transaction} is final"
                case _:
                    pass


def _check_standings(operations: Sequence[Operation]) -> Iterator[str]:
    """All nodes have one block at a height, and the log grows with the height."""
    seen: dict[int, set[tuple[int, str]]] = defaultdict(set)
    for operation in operations:
        if isinstance(operation.answer, Standing):
            seen[operation.answer.height].add((operation.answer.log_size, operation.answer.block_hash))
    yield from (f"height {height} is several blocks: {found}" for height, found in seen.items() if len(found) > 1)
    sizes = [min(size for size, _hash in seen[height]) for height in sorted(seen)]
    yield from (f"the log shrinks from {before} to {after}" for before, after in pairwise(sizes) if after <= before)


def _check_stores(history: History) -> Iterator[str]:
    """What was acknowledged is in every store once, at its height; no store has anything twice; all stores are equal."""
    acknowledged = {operation.transaction: final.height for operation, final in list_final(history.operations)}
    for node, blocks in history.blocks.items():
        counts = Counter(key for block in blocks for key in block)
        yield from (f"{node} has {key} {number} times" for key, number in counts.items() if number > 1)
        for key, height in acknowledged.items():
            if height >= len(blocks) or key not in blocks[height]:
                yield f"{node} has lost {key}, which was acknowledged at height {height}"
    contents = {tuple(map(tuple, blocks)) for blocks in history.blocks.values()}
    if len(contents) > 1:
        yield "the stores are not equal"


def _check_spans(history: History) -> Iterator[str]:
    """What is sent for the first time while there is no quorum is not final before there is one again."""
    first: dict[str, int] = {}
    for operation in history.operations:
        if operation.transaction:
            first[operation.transaction] = min(operation.invoked, first.get(operation.transaction, operation.invoked))
    for began, ended in history.without_quorum:
        for operation, _final in list_final(history.operations):
            if began < first[operation.transaction] and operation.completed < ended:
                yield f"{operation.transaction} became final at {operation.node} without a quorum"
