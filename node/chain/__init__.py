"""The application: what a block does to this node's store, and what can be read and proven of it."""

from node.chain.application import Chain
from node.chain.candidate import Candidate, LeftOut
from node.chain.reader import ChainReader, FoundOutcome
from node.chain.records import Tip
from node.chain.rules import PartiesOf

__all__ = ["Candidate", "Chain", "ChainReader", "FoundOutcome", "LeftOut", "PartiesOf", "Tip"]
