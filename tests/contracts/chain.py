"""A chain of one process for tests: real keys, real signed transactions, the real rules, and a dictionary as the stored state.

Everything is named by words: the same word is always the same identifier, key, person or commitment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from contracts.certificates.numbers import compute_number
from contracts.lots import Lot
from contracts.rulebook import EVENT_TYPES, KINDS, RULE_BOOK_V1, RULE_BOOKS, compute_genesis_state, get_parties, get_table
from ledger.authorities import Authority, compute_authorities_hash
from ledger.codec import decode, encode
from ledger.crypto import SigningKey, sha256
from ledger.events import OUTCOME, Outcome, split_entry
from ledger.execution import BlockContext, TransactionContext, execute_transaction
from ledger.genesis import Genesis
from ledger.state import Overlay
from ledger.transactions import (
    MAX_TRANSACTION_BYTES,
    TRANSACTION_VERSION,
    SignedTransaction,
    Transaction,
    decode_payload,
    decode_signed,
    draft,
    encode_signed,
    sign,
    validate_form,
    validate_validity,
    verify_signatures,
)
from ledger.types import IDENTIFIER_BYTES, Day, Hash, Height, Identifier, TimeMs
from ledger.votes import Offence

CHAIN_ID = "test.example/town"
AUTHORITY = "region"
RECOVERY = tuple(f"recovery {number}" for number in range(1, 5))
"""Who signs a recovery: any three of them are enough."""
RULES = RULE_BOOK_V1
_NAMES: dict[str, str] = {}


@cache
def identifier_of(name: str) -> Identifier:
    """Identifier of whatever has this name."""
    identifier = Identifier(sha256(b"identifier ", name.encode())[:IDENTIFIER_BYTES])
    _NAMES[identifier.hex()] = name
    return identifier


def owner_of(certificate: str) -> str:
    """Whose a certificate is: the Library's where its name begins with l, else the Harbour's."""
    return "Library" if certificate.startswith("l") else "Harbour"


@cache
def number_of(certificate: str) -> Identifier:
    """Number of the certificate of this name."""
    number = compute_number(identifier_of(owner_of(certificate)), hash_of(certificate))
    _NAMES[number.hex()] = certificate
    return number


@cache
def key_of(name: str) -> SigningKey:
    """The key with which this name signs."""
    key = SigningKey(sha256(b"key ", name.encode()))
    _NAMES[key.public_key.hex()[:32]] = name
    return key


@cache
def hash_of(name: str) -> Hash:
    """A person's tag, or a commitment."""
    hashed = sha256(b"hash ", name.encode())
    _NAMES[hashed.hex()[:32]] = name
    return hashed


def name_transaction(transaction_id: Hash, height: int) -> None:
    """Let what a transaction made, such as a batch, be shown by the block that it stood in."""
    _NAMES[transaction_id.hex()[:32]] = f"block {height}"


def name_of(value: str) -> str:
    """The word behind an identifier or a key that an outcome shows."""
    return _NAMES.get(value, value)


def authority_of(name: str, key: str = "") -> Authority:
    """The authority of this name. It decides with the key of that name, or with another."""
    keys = (key_of(word).public_key for word in (key or name, f"{name} cosigner", f"{name} log"))
    return Authority(name, *keys)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a transaction: its outcome, its events as values, and everything that it changed."""

    outcome: Outcome
    events: tuple[Any, ...]
    entries: tuple[bytes, ...]
    changes: dict[bytes, bytes | None]


def make_genesis(
    parameters: Iterable[tuple[str, int]] = (), holidays: Iterable[Day] = (), working_weekends: Iterable[Day] = ()
) -> Genesis:
    """Genesis with one authority and four recovery keys."""
    recovery = tuple(key_of(name).public_key for name in RECOVERY)
    return Genesis(
        1, CHAIN_ID, "Town", TimeMs(0), (authority_of(AUTHORITY),), recovery, tuple(sorted(parameters)),
        tuple(sorted(holidays)), tuple(sorted(working_weekends)),
    )  # fmt: skip


class Chain:
    """State and rules. Every transaction is a block of its own."""

    def __init__(self, genesis: Genesis) -> None:
        self.state: dict[bytes, bytes] = {}
        self.height = 0
        self._apply(compute_genesis_state(genesis).changes)

    def copy(self) -> "Chain":
        """Another chain with the same history."""
        other = Chain.__new__(Chain)
        other.state = dict(self.state)
        other.height = self.height
        return other

    def get(self, key: bytes, /) -> bytes | None:
        """Read as a view."""
        return self.state.get(key)

    def sign(self, signers: Iterable[str], kind: str, body: object, time_ms: int) -> SignedTransaction:
        """Make a transaction: its nonce is the height, so that no two are alike."""
        nonce = identifier_of(f"nonce {self.height}")
        content = encode(KINDS[kind].codec, body)
        transaction = Transaction(TRANSACTION_VERSION, CHAIN_ID, kind, content, nonce, TimeMs(time_ms))
        signed = draft(transaction)
        for name in signers:
            signed = sign(signed, key_of(name))
        return signed

    def submit(self, signers: Iterable[str], kind: str, body: object, time_ms: int) -> Result:
        """Make, sign and carry out a transaction the way a node does it; whatever is recorded is read back."""
        signed = decode_signed(encode_signed(self.sign(signers, kind, body, time_ms)))
        return self.execute(signed, time_ms)

    def execute(self, signed: SignedTransaction, time_ms: int) -> Result:
        """Carry out a transaction in a block of its own."""
        transaction = decode_payload(signed)
        validate_form(transaction, CHAIN_ID)
        RULES.validate_form(transaction)
        validate_validity(transaction, TimeMs(time_ms))
        verify_signatures(signed)
        block = self._open_block(transaction, time_ms)
        self.height += 1
        overlay = Overlay(self)
        outcome, entries = execute_transaction(overlay, RULES, signed, block)
        assert OUTCOME.decode(OUTCOME.encode(outcome)) == outcome
        assert outcome.event_count == len(entries)
        assert outcome.is_accepted or (not overlay.changes and not entries)
        changes = dict(overlay.changes)
        self._apply(changes)
        return Result(outcome, tuple(_read_event(entry) for entry in entries), entries, changes)

    def open(self, signed: SignedTransaction, time_ms: int) -> tuple[Any, TransactionContext]:
        """Return the body of a transaction and the context of the next block, for whoever calls a rule directly."""
        transaction = decode_payload(signed)
        block = self._open_block(transaction, time_ms)
        body = decode(KINDS[transaction.kind].codec, transaction.body, max_bytes=MAX_TRANSACTION_BYTES)
        return body, TransactionContext(block, signed.transaction_id, signed.signers)

    @property
    def block_hash(self) -> Hash:
        """Hash of the last block: no more than a word for its height."""
        return hash_of(f"block {self.height}")

    def _open_block(self, transaction: Transaction, time_ms: int) -> BlockContext:
        """Context of the next block. As in a node, the state tells who decides on it, or a recovery in it."""
        height, parent_hash = Height(self.height + 1), self.block_hash
        deciders = RULE_BOOKS.find_authorities(self, height)
        claim = RULE_BOOKS.find_override(transaction)
        if claim is not None and (claim.height, claim.parent_hash) == (height, parent_hash):
            deciders = claim.authorities
        return BlockContext(CHAIN_ID, height, TimeMs(time_ms), parent_hash, compute_authorities_hash(deciders))

    def record_offence(self, offence: Offence) -> Any:
        """Record an offence on the way to the next block; return its event, or raise `Rejection`."""
        overlay = Overlay(self)
        block = BlockContext(CHAIN_ID, Height(self.height + 1), TimeMs(0))
        (entry,) = RULES.record_offence(overlay, offence, block).events
        self._apply(overlay.changes)
        return _read_event(entry)

    def _apply(self, changes: Any) -> None:
        for key, value in changes.items():
            if value is None:
                del self.state[key]
            else:
                self.state[key] = value

    def read_table(self, namespace: bytes) -> dict[bytes, Any]:
        """Values of a table by what follows the namespace in their keys."""
        prefix = namespace + b"/"
        found = {}
        for key, value in self.state.items():
            if key.startswith(prefix):
                table = get_table(key)
                assert table is not None
                found[key.removeprefix(prefix)] = decode(table.codec, value, max_bytes=1 << 20)
        return found

    def read_lots(self) -> dict[bytes, tuple[Lot, ...]]:
        """Lots of those who have any."""
        return {name: balance.lots for name, balance in self.read_table(b"balance").items() if balance.lots}


def _read_event(entry: bytes) -> Any:
    name, _fields = split_entry(entry)
    value = EVENT_TYPES[name].decode(entry)
    assert EVENT_TYPES[name].encode(value) == entry
    assert all(len(party) == IDENTIFIER_BYTES for party in get_parties(entry))
    return value
