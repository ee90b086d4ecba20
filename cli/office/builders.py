"""Transactions from bodies: what an officer, a merchant or a volunteer means, as bytes to sign."""

import os
from collections.abc import Iterable
from typing import Any

from contracts.rulebook import KINDS
from ledger.codec import encode
from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.transactions import (
    MAX_TRANSACTION_BYTES,
    TRANSACTION_VERSION,
    SignedTransaction,
    Transaction,
    draft,
    sign,
)
from ledger.types import HASH_BYTES, IDENTIFIER_BYTES, Identifier, TimeMs

MS_PER_DAY = 24 * 3600 * 1000
DIRECT_VALIDITY_MS = MS_PER_DAY
"""What is sent at once stays valid for a day, so that it can be sent again after a failure."""
DRAFT_VALIDITY_MS = 14 * MS_PER_DAY
"""What waits for another officer; the ledger allows 30 days."""


def build_transaction(chain_id: str, kind: str, body: Any, valid_until_ms: int) -> SignedTransaction:  # noqa: ANN401
    """Return an unsigned envelope; `body` is the dataclass of `kind`. Raises `HourledgerError` for what does not fit."""
    try:
        data = encode(KINDS[kind].codec, body)
        transaction = Transaction(TRANSACTION_VERSION, chain_id, kind, data, new_identifier(), TimeMs(valid_until_ms))
        unsigned = draft(transaction)
    except CodecError as error:
        raise HourledgerError(Reason.USAGE, error.detail) from error
    if len(unsigned.payload) > MAX_TRANSACTION_BYTES - 4096:
        raise HourledgerError(Reason.TOO_LARGE, "the transaction is too large to be signed", f"{len(unsigned.payload)} bytes")
    return unsigned


def sign_all(envelope: SignedTransaction, keys: Iterable[SigningKey]) -> SignedTransaction:
    """Add the signatures of all keys."""
    for key in keys:
        envelope = sign(envelope, key)
    return envelope


def new_identifier() -> Identifier:
    """Return an identifier that nobody else will choose."""
    return Identifier(os.urandom(IDENTIFIER_BYTES))


def new_salt() -> bytes:
    """Return the salt of a commitment."""
    return os.urandom(HASH_BYTES)
