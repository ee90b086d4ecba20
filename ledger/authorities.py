"""Who decides: the set of authorities, its quorum and the order of proposers.

Each authority has three keys: one for consensus, one for cosigning checkpoints and one for its node's log. They are distinct
because each signs another format (C2SP signed-note advises against sharing).
"""

from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import Codec, encode
from ledger.crypto import sha256
from ledger.errors import CodecError
from ledger.notes import validate_key_name
from ledger.types import Hash, Height, PublicKey, Round

MAX_AUTHORITIES: Final = 64


@dataclass(frozen=True, slots=True)
class Authority:
    """A trusted issuer. `name` is a schema-less URL and names its keys in checkpoints."""

    name: str
    key: PublicKey
    cosigner_key: PublicKey
    log_key: PublicKey


name_codec: Codec[str] = codec.text("authority name", 128)
authority_codec: Codec[Authority] = codec.struct(Authority, name_codec, codec.public_key, codec.public_key, codec.public_key)
authorities_codec: Codec[tuple[Authority, ...]] = codec.sequence(authority_codec, 1, MAX_AUTHORITIES)


def validate_authorities(authorities: tuple[Authority, ...]) -> None:
    """Raise `CodecError` unless every name can name a key in a checkpoint, and names and keys are there once each."""
    for item in authorities:
        validate_key_name(item.name)
    keys = [key for item in authorities for key in (item.key, item.cosigner_key, item.log_key)]
    if len(set(keys)) != len(keys) or len({item.name for item in authorities}) != len(authorities):
        raise CodecError("a key or a name of an authority is there twice")


def compute_quorum(count: int) -> int:
    """Smallest number of authorities that is more than two thirds of `count`: any two quorums share an honest one."""
    if count < 1:
        raise ValueError("there is at least one authority")
    return 2 * count // 3 + 1


def compute_proposer(authorities: tuple[Authority, ...], height: Height, round_: Round) -> Authority:
    """Return whose turn it is: round robin over heights and rounds."""
    return authorities[(height + round_) % len(authorities)]


def compute_authorities_hash(authorities: tuple[Authority, ...]) -> Hash:
    """Hash that headers carry for a set."""
    return sha256(b"hourledger/authorities/v1\x00", encode(authorities_codec, authorities))
