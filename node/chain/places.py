"""Where the outcomes of a block's transactions are in the log, without reading any of them back."""

from collections.abc import Iterator

from ledger.types import EntryIndex
from node.chain.candidate import Candidate
from node.chain.reader import FoundOutcome


def iterate_outcomes(candidate: Candidate) -> Iterator[FoundOutcome]:
    """Yield each outcome of a block with the index of its entry: what `find_outcome` returns once the block is committed.

    Events of offences come first in a block, then each transaction's events and its outcome, and last the header.
    """
    outcomes = candidate.outcomes
    index = candidate.tip.size - 1 - sum(outcome.event_count + 1 for outcome in outcomes)
    for outcome in outcomes:
        index += outcome.event_count
        yield FoundOutcome(outcome, EntryIndex(index))
        index += 1
