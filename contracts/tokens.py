"""One-time tokens: how somebody without account and key says something once that nobody can change on the way (DOMAIN 4, 7).

A token is an Ed25519 key that is made for one question and handed over, as a code or a slip of paper. The ledger has the
hash of its public key. Whoever holds it signs the answer; any registered key carries it onto the ledger and cannot alter it.
"""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.types import Hash, Identifier, PublicKey, Signature

MIN_SCORE: Final = 1
MAX_SCORE: Final = 5
_DOMAIN: Final = b"hourledger/rating-token/v1\x00"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a token signs: on which chain, in which kind of transaction, about what, and the score."""

    chain_id: str
    kind: str
    subject: Identifier
    score: int


score_codec: codec.Codec[int] = codec.integer("score", MIN_SCORE, MAX_SCORE)
_statement = codec.struct(Statement, codec.text("chain id", 256), codec.text("kind", 256), codec.identifier, score_codec)


def compute_token_hash(token: PublicKey) -> Hash:
    """Return what the ledger has of a token before it is used."""
    return sha256(_DOMAIN, token)


def sign_statement(key: SigningKey, statement: Statement) -> Signature:
    """Return the signature of whoever holds the token."""
    return key.sign(Context.RATING, encode(_statement, statement))


def require_token(expected: Hash, token: PublicKey, statement: Statement, signature: Signature) -> None:
    """Raise `Rejection` unless it is the token that is asked for, and it has signed this very statement."""
    if compute_token_hash(token) != expected:
        raise Rejection(Reason.WRONG_TOKEN, "the token is another one's", token.hex())
    if not is_signature(token, Context.RATING, encode(_statement, statement), signature):
        raise Rejection(Reason.WRONG_TOKEN, "the token has not signed that", token.hex())
