"""Whether a transaction may enter a block at all: its form, its time, its signatures, and that somebody known has signed.

The checks run in the order of `ledger.reasons.Reason`, so that the first that fails is the one right answer. Those that depend
on the bytes alone are remembered: an envelope that came in through this node is not verified again when it is in a block.
"""

from collections.abc import Container

from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.execution import RuleBook
from ledger.reasons import Reason
from ledger.state import View
from ledger.transactions import (
    MAX_REMEMBERED_BYTES,
    SignedTransaction,
    decode_payload,
    decode_signed,
    validate_form,
    validate_validity,
    verify_signatures,
)
from ledger.types import Hash, TimeMs
from node.chain.reader import find_outcome
from node.storage.protocol import Readable

REMEMBERED_ENVELOPES = 65_536
REMEMBERED_TRANSACTIONS = 8_192
"""Decoded ones, small ones only, so that what a block brings back is not decoded again: some 12 MB of each generation."""


def validate_new(source: Readable, transaction_id: Hash, same_block: Container[Hash]) -> None:
    """Raise `HourledgerError` when a transaction is final, or is among those of the block that is being looked at."""
    if transaction_id in same_block or find_outcome(source, transaction_id) is not None:
        raise HourledgerError(Reason.ALREADY_EXISTS, "the transaction is in a block already", transaction_id.hex())


class Admission:
    """Checks transactions for one chain."""

    __slots__ = ("_capacity", "_chain_id", "_decoded", "_older", "_older_decoded", "_verified")

    def __init__(self, chain_id: str, capacity: int = REMEMBERED_ENVELOPES) -> None:
        self._chain_id = chain_id
        self._capacity = capacity
        # Two generations of what was verified: when the younger is full, the older is dropped. Needs no lock and no order.
        self._verified: set[Hash] = set()
        self._older: set[Hash] = set()
        # The same of transactions that were verified, by their envelopes.
        self._decoded: dict[bytes, SignedTransaction] = {}
        self._older_decoded: dict[bytes, SignedTransaction] = {}

    def decode(self, envelope: bytes) -> SignedTransaction:
        """Return the transaction of an envelope, as it was verified before where that is remembered; raise `CodecError`."""
        known = self._decoded.get(envelope) or self._older_decoded.get(envelope)
        return decode_signed(envelope) if known is None else known

    def validate(self, envelope: bytes, signed: SignedTransaction, rule_book: RuleBook, view: View, time_ms: TimeMs) -> None:
        """Raise `HourledgerError` unless the transaction may be in a block at `time_ms` that follows the state in `view`.

        `envelope` is the encoding of `signed`, `rule_book` the rules of that block.
        """
        transaction = decode_payload(signed)
        verified = self._name_verified(envelope, rule_book)
        is_verified = verified in self._verified or verified in self._older
        if not is_verified:
            validate_form(transaction, self._chain_id)
            rule_book.validate_form(transaction)
        validate_validity(transaction, time_ms)
        if not is_verified:
            verify_signatures(signed)
            self._remember(verified)
            self._keep(envelope, signed)
        rule_book.admit(view, signed.signers)

    def verify(self, envelope: bytes, signed: SignedTransaction, rule_book: RuleBook) -> None:
        """Check and remember what depends on the bytes alone, for `validate` to find it checked; raise what is wrong there."""
        verified = self._name_verified(envelope, rule_book)
        if verified not in self._verified and verified not in self._older:
            transaction = decode_payload(signed)
            validate_form(transaction, self._chain_id)
            rule_book.validate_form(transaction)
            verify_signatures(signed)
            self._remember(verified)
            self._keep(envelope, signed)

    @staticmethod
    def _name_verified(envelope: bytes, rule_book: RuleBook) -> Hash:
        """What has a form under one version of the rules need not have one under the next."""
        return sha256(rule_book.version.to_bytes(8, "big"), envelope)

    def _keep(self, envelope: bytes, signed: SignedTransaction) -> None:
        if len(signed.payload) > MAX_REMEMBERED_BYTES:
            return
        if len(self._decoded) >= REMEMBERED_TRANSACTIONS:
            self._older_decoded = self._decoded
            self._decoded = {}
        self._decoded[envelope] = signed

    def _remember(self, verified: Hash) -> None:
        if len(self._verified) >= self._capacity:
            self._older = self._verified
            self._verified = set()
        self._verified.add(verified)
