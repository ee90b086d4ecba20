"""One authority's node as logic: no clock, sockets or threads of its own, so that a simulator drives the very code that runs.

Every call says what time it is. What this authority signs is durable in its guard before it is sent; a block is durable in the
chain before anybody is told. Whoever lags behind is given blocks with their commits, whatever else goes on.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Final

from ledger.blocks import Commit, compute_block_hash, decode_block, encode_block
from ledger.blocks import Vote as CommitVote
from ledger.codec import encode
from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import EntryIndex, Hash, Height, Round, TimeMs
from ledger.votes import NO_ROUND, Signed, SignedProposal, SignedVote, VoteType, make_evidence, sign_proposal, sign_vote, verify_signed
from node.chain import Candidate, Chain
from node.consensus.assembly import compute_part_hashes, split_block
from node.consensus.guard import Guard, Record
from node.consensus.height import HeightBook
from node.consensus.machine import State, Timeouts, resume, start_height, step
from node.consensus.machine.machine import Turn
from node.consensus.machine.types import (
    Accuse,
    BuildValue,
    CastVote,
    Decide,
    Effect,
    Event,
    Judged,
    Proposal,
    ProposalReceived,
    Propose,
    StartTimer,
    Step,
    TimeoutElapsed,
    ValueBuilt,
    Vote,
    VoteReceived,
    WorkAvailable,
)
from node.consensus.messages import (
    BlockPart,
    CommittedBlock,
    CosignatureMessage,
    Message,
    ProposalMessage,
    Status,
    TransactionMessage,
    VoteMessage,
    WantBlock,
    WantParts,
    decode_message,
    encode_message,
)
from node.consensus.ports import Listener, Network
from node.mempool import Mempool
