"""Who is at the other end. The one who connects checks the server's pinned key, then proves its own by signing a challenge.

A node is its key: what it is called may change, and a node that is behind does not know yet what others call it.

    server -> client   32 random bytes
    client -> server   chain, genesis, key, and a signature over all of that with the challenge and the server's key
    server -> client   one byte: welcome

The signature names the server, so that a server cannot pass it on to another. Two chains of one name that began differently are
two chains, whose nodes have nothing to say to each other: so a node names its genesis beside its chain.
"""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ledger import codec
from ledger.codec import Codec, decode, encode
from ledger.crypto import Context, SigningKey, verify_signature
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from ledger.types import Hash, PublicKey, Signature
from node.p2p.framing import read_frame, write_frame
from node.p2p.tls import get_peer_key

CHALLENGE_BYTES: Final = 32
MAX_HELLO_BYTES: Final = 1_024
WELCOME: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class Peer:
    """A node that may connect: its name, and the key of its log, which is also its key for connections."""

    name: str
    log_key: PublicKey


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """The chain that a node is of: its name, and the hash of how it began."""

    chain_id: str
    genesis_hash: Hash


@dataclass(frozen=True, slots=True)
class Hello:
    """What a node says of itself when it connects: the chain, its key, and the signature that proves it."""

    chain_id: str
    genesis_hash: Hash
    log_key: PublicKey
    signature: Signature


_hello: Codec[Hello] = codec.struct(Hello, codec.text("chain id", 128), codec.hash_, codec.public_key, codec.signature)


def _compute_proof(challenge: bytes, server: PublicKey, client: PublicKey, identity: ChainIdentity) -> bytes:
    return b"".join((challenge, server, client, identity.genesis_hash, identity.chain_id.encode()))


async def connect_to(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    server: Peer,
    identity: ChainIdentity,
    key: SigningKey,
) -> None:
    """The side that connects. Raises `NOT_AUTHENTICATED` when the server is not who it should be, and `CodecError`."""
    found = get_peer_key(writer.get_extra_info("ssl_object"))
    if found != server.log_key:
        raise HourledgerError(
            Reason.NOT_AUTHENTICATED, f"the node at the address of {server.name} has another key", found.hex()
        )
    challenge = await read_frame(reader, CHALLENGE_BYTES)
    if len(challenge) != CHALLENGE_BYTES:
        raise CodecError(f"a challenge of {len(challenge)} bytes")
    proof = _compute_proof(challenge, server.log_key, key.public_key, identity)
    signature = key.sign(Context.PEER, proof)
    write_frame(writer, encode(_hello, Hello(identity.chain_id, identity.genesis_hash, key.public_key, signature)))
    await writer.drain()
    if await read_frame(reader, len(WELCOME)) != WELCOME:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, f"{server.name} does not let this node in")


async def accept_from(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    known: Iterable[Peer],
    own: PublicKey,
    identity: ChainIdentity,
) -> Peer:
    """The side that is connected to. Return who has connected; raise `NOT_AUTHENTICATED`, `WRONG_CHAIN` or `CodecError`."""
    challenge = os.urandom(CHALLENGE_BYTES)
    write_frame(writer, challenge)
    await writer.drain()
    hello = decode(_hello, await read_frame(reader, MAX_HELLO_BYTES))
    if hello.chain_id != identity.chain_id:
        raise HourledgerError(Reason.WRONG_CHAIN, "a node of another chain has connected", hello.chain_id)
    if hello.genesis_hash != identity.genesis_hash:
        detail = "a node of a chain of this name with another genesis has connected"
        raise HourledgerError(Reason.WRONG_CHAIN, detail, hello.genesis_hash.hex())
    peer = next((item for item in known if item.log_key == hello.log_key != own), None)
    if peer is None:
        raise HourledgerError(Reason.NOT_AUTHENTICATED, "a stranger has connected", hello.log_key.hex())
    proof = _compute_proof(challenge, own, hello.log_key, identity)
    verify_signature(peer.log_key, Context.PEER, proof, hello.signature)
    write_frame(writer, WELCOME)
    await writer.drain()
    return peer
