"""The way out when a quorum of authorities is lost for ever: its place in the chain, and what an operator accepts.

Nothing here decides: recovery keys that genesis names sign the recovery, and each operator of the new set accepts it for the
own node.
"""

from contracts.rulebook import find_override
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_payload, encode_signed
from ledger.types import Hash, Height, TimeMs
from node.files import replace_file
from node.home import Home
from node.stopped import open_stopped


def find_next_place(home: Home) -> tuple[str, Height, Hash]:
    """Return the chain's name, the height after the newest block of a stopped node, and that block's hash."""
    with open_stopped(home) as node:
        chain = node.chain
        return chain.chain_id, Height(chain.tip.height + 1), chain.tip.block_hash


def validate_recovery(home: Home, recovery: SignedTransaction, time_ms: TimeMs) -> None:
    """Raise `HourledgerError` unless a block with this recovery would follow the newest block of a stopped node now."""
    claim = find_override(decode_payload(recovery))
    if claim is None:
        raise HourledgerError(Reason.USAGE, "the draft is not a recovery; hourledger node recover makes one", "")
    with open_stopped(home, recovery) as node:
        chain = node.chain
        place = (Height(chain.tip.height + 1), chain.tip.block_hash)
        if (claim.height, claim.parent_hash) != place:
            detail = f"the recovery is for block {claim.height} after another block than this node's newest, {chain.tip.height}"
            raise HourledgerError(Reason.NOT_PERMITTED, detail, claim.parent_hash.hex())
        candidate = chain.build((), time_ms, claim.authorities[0].key)
        for left in candidate.left_out:
            is_short = left.error.reason is Reason.INSUFFICIENT_SIGNATURES
            detail = "more recovery keys must sign" if is_short else left.error.detail
            raise HourledgerError(left.error.reason, detail, left.error.value)
        outcome = candidate.outcomes[0]
        if outcome.reason is not None:
            raise HourledgerError(outcome.reason, "the recovery breaks a rule", outcome.value)


def save_recovery(home: Home, recovery: SignedTransaction) -> None:
    """Keep a recovery, durably, for the node's next start."""
    replace_file(home.recovery, encode_signed(recovery))
