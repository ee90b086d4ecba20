"""Keys, headers and transactions that the tests of the ledger's core share."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from hypothesis import strategies as st

from ledger.authorities import Authority, compute_authorities_hash
from ledger.blocks import Header
from ledger.codec import MAX_TIME_MS
from ledger.crypto import SigningKey, sha256
from ledger.transactions import Transaction
from ledger.types import EntryIndex, Height, Identifier, PublicKey, TimeMs

CHAIN_ID = "hours.example/region"
TIME_MS = TimeMs(1_790_000_000_000)


def make_key(name: str) -> SigningKey:
    return SigningKey(sha256(b"core", name.encode()))


def make_authority(number: int) -> Authority:
    keys = (make_key(f"{role} {number}").public_key for role in ("consensus", "cosigner", "log"))
    return Authority(f"hours.example/a{number}", *keys)


AUTHORITIES = tuple(make_authority(number) for number in range(4))
HEADER_SAMPLE = Header(
    version=1,
    chain_id=CHAIN_ID,
    height=Height(7),
    time_ms=TIME_MS,
    parent_hash=sha256(b"parent"),
    proposer=AUTHORITIES[3].key,
    transactions_root=sha256(b"transactions"),
    events_root=sha256(b"events"),
    state_root=sha256(b"state"),
    log_size=EntryIndex(40),
    log_root=sha256(b"log"),
    authorities_hash=compute_authorities_hash(AUTHORITIES),
    next_authorities_hash=compute_authorities_hash(AUTHORITIES),
    rule_book_version=1,
    evidence_root=sha256(b"evidence"),
)
TRANSACTION = Transaction(
    version=1,
    chain_id=CHAIN_ID,
    kind="hours.record",
    body=b"\x91\x01",
    nonce=Identifier(bytes(range(16))),
    valid_until_ms=TimeMs(TIME_MS + 3_600_000),
)

plain_text = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12)
times = st.integers(0, MAX_TIME_MS).map(TimeMs)
hashes = st.binary(min_size=32, max_size=32)
signing_keys = st.binary(min_size=32, max_size=32).map(SigningKey)
public_keys = st.binary(min_size=32, max_size=32).map(PublicKey)


def names_of_fields(cls: Any) -> list[str]:
    return [field.name for field in fields(cls)]


def flip_every_bit(data: bytes) -> Iterator[bytes]:
    """Give `data` with one bit changed, for each of its bits."""
    number, length = int.from_bytes(data, "big"), len(data)
    return ((number ^ 1 << bit).to_bytes(length, "big") for bit in range(8 * length))
