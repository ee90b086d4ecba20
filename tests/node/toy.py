"""A tiny chain for tests: rules that put, delete, refuse and break, three authorities, and quorums to commit with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ledger import codec
from ledger.authorities import Authority
from ledger.blocks import HEADER, Commit, Header, Vote, compute_block_hash, compute_commit_message
from ledger.codec import Codec, decode, encode
from ledger.crypto import Context, SigningKey
from ledger.errors import CodecError, HourledgerError, Rejection
from ledger.events import OUTCOME, EventType, split_entry
from ledger.execution import BlockContext, Effects, RuleBook, RuleBooks, TransactionContext
from ledger.genesis import Genesis
from ledger.reasons import Reason
from ledger.state import EmptyView, Overlay, View
from ledger.transactions import SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Height, Identifier, PublicKey, Round, TimeMs
from ledger.votes import Offence
from node.chain import Candidate, Chain
from node.storage.protocol import KeyValueStore, Readable

CHAIN_ID = "toy.example/chain"
START_MS = TimeMs(1_000_000)
FIRST_ROUND = Round(0)
FAR_MS = TimeMs(START_MS + 10**9)
AUTHORITY_KEYS = tuple(SigningKey(bytes([number]) * 32) for number in range(1, 5))
MEMBER = SigningKey(b"m" * 32)
OTHER_MEMBER = SigningKey(b"o" * 32)
STRANGER = SigningKey(b"s" * 32)
PARTY = Identifier(b"party-of-puts-16")


@dataclass(frozen=True, slots=True)
class Put:
    """Set a value; an empty one deletes."""

    key: bytes
    value: bytes


put_codec: Codec[Put] = codec.struct(Put, codec.binary("key", 1, 64), codec.binary("value", 0, 1_000))
PUTS: Codec[tuple[Put, ...]] = codec.sequence(put_codec, 0, 1_000)
PUT: EventType[Put] = EventType("toy.put", put_codec, lambda _put: (PARTY,))
EVENT_TYPES: dict[str, EventType[Any]] = {event.name: event for event in (PUT, OUTCOME, HEADER)}


@dataclass(frozen=True, slots=True)
class ToyRuleBook:
    """Kinds `put`, `own` (a put by `MEMBER` only), `refuse` (always rejected) and `break` (a bug), for known members."""

    version: int = 1

    def validate_form(self, transaction: Transaction) -> None:
        if transaction.kind not in {"put", "own", "refuse", "break"}:
            raise HourledgerError(Reason.UNKNOWN_KIND, "there is no such kind", transaction.kind)
        try:
            decode(PUTS, transaction.body)
        except CodecError as error:
            raise HourledgerError(Reason.MALFORMED_BODY, error.detail) from error

    def admit(self, view: View, signers: Sequence[PublicKey]) -> None:
        if not any(view.get(b"member/" + key) for key in signers):
            raise Rejection(Reason.UNKNOWN_KEY, "no member has signed", signers[0].hex())

    def apply(self, state: Overlay, transaction: Transaction, context: TransactionContext) -> Effects:
        self.admit(state, context.signers)
        puts = decode(PUTS, transaction.body)
        for put in puts:
            if put.value:
                state.put(b"value/" + put.key, put.value)
            else:
                state.delete(b"value/" + put.key)
        if transaction.kind == "own" and MEMBER.public_key not in context.signers:
            raise Rejection(Reason.NOT_PERMITTED, "not the owner", "a value")
        if transaction.kind == "refuse":
            raise Rejection(Reason.NO_CHANGE, "never", "a value")
        if transaction.kind == "break":
            raise KeyError("a bug in a rule")
        return Effects(tuple(PUT.encode(put) for put in puts))

    def record_offence(self, state: Overlay, offence: Offence, _block: BlockContext) -> Effects:
        key = b"offence/" + offence.key + offence.height.to_bytes(8, "big")
        if offence.key not in {item.public_key for item in AUTHORITY_KEYS}:
            raise Rejection(Reason.UNKNOWN_KEY, "no authority", offence.key.hex())
        if state.get(key) is not None:
            raise Rejection(Reason.ALREADY_EXISTS, "named already", offence.key.hex())
        state.put(key, offence.evidence_hash)
        return Effects((PUT.encode(Put(b"offence", offence.evidence_hash)),))


RULE_BOOK = ToyRuleBook()


def _answer(answer: Any, _view: View, _height: Height) -> Any:
    return answer


def make_rule_books(genesis: Genesis, rule_book: RuleBook = RULE_BOOK) -> RuleBooks:
    """One version for ever, and the authorities of genesis."""
    return RuleBooks(
        {1: rule_book}, lambda _view, _height: 1, lambda _view, _height: genesis.authorities, lambda _transaction: None
    )


def parties_of(entry: bytes) -> tuple[Identifier, ...]:
    name, wire = split_entry(entry)
    event = EVENT_TYPES[name]
    return event.parties(event.codec.from_wire(wire))


def make_genesis(authorities: int = 1, chain_id: str = CHAIN_ID) -> Genesis:
    def authority(number: int) -> Authority:
        others = (SigningKey(bytes([number, 1]) * 16), SigningKey(bytes([number, 2]) * 16))
        keys = (AUTHORITY_KEYS[number].public_key, *(key.public_key for key in others))
        return Authority(f"toy.example/{number}", *keys)

    members = tuple(authority(number) for number in range(authorities))
    return Genesis(1, chain_id, "Toyland", START_MS, members, (), (), (), ())


GENESIS = make_genesis()
RULE_BOOKS = make_rule_books(GENESIS)


def make_genesis_state() -> Overlay:
    state = Overlay(EmptyView())
    for key in (MEMBER, OTHER_MEMBER):
        state.put(b"member/" + key.public_key, b"yes")
    return state


def open_chain(store: KeyValueStore, genesis: Genesis = GENESIS) -> Chain:
    return Chain.open(store, genesis, make_rule_books(genesis), make_genesis_state(), parties_of)


def transact(
    nonce: int,
    *puts: tuple[bytes, bytes],
    kind: str = "put",
    key: SigningKey = MEMBER,
    valid_until_ms: TimeMs = FAR_MS,
    chain_id: str = CHAIN_ID,
) -> SignedTransaction:
    body = encode(PUTS, tuple(Put(*pair) for pair in puts))
    return sign(draft(Transaction(1, chain_id, kind, body, Identifier(nonce.to_bytes(16, "big")), valid_until_ms)), key)


def make_commit(header: Header, keys: Sequence[SigningKey] = AUTHORITY_KEYS[:1], round_: Round = FIRST_ROUND) -> Commit:
    block_hash = compute_block_hash(header)
    message = compute_commit_message(header.chain_id, header.height, round_, block_hash)
    votes = tuple(Vote(key.public_key, key.sign(Context.BLOCK, message)) for key in keys)
    return Commit(header.height, round_, block_hash, votes)


def build(chain: Chain, transactions: Iterable[SignedTransaction]) -> Candidate:
    time_ms = TimeMs(START_MS + 1_000 * (chain.tip.height + 1))
    return chain.build(transactions, time_ms, AUTHORITY_KEYS[0].public_key)


def add_block(chain: Chain, *transactions: SignedTransaction) -> Candidate:
    candidate = build(chain, transactions)
    chain.commit(candidate, make_commit(candidate.block.header))
    return candidate


def envelopes(*transactions: SignedTransaction) -> tuple[bytes, ...]:
    return tuple(encode_signed(item) for item in transactions)


STORY: tuple[tuple[SignedTransaction, ...], ...] = (
    (transact(1, (b"a", b"1"), (b"b", b"2")),),
    (),
    (transact(2, *((b"many%d" % number, b"x") for number in range(300))), transact(3, (b"a", b""), kind="refuse")),
    (transact(4, (b"b", b""), key=OTHER_MEMBER), transact(5, *((b"many%d" % number, b"") for number in range(290)))),
    (transact(6, (b"c", b"3")),),
)
"""Blocks 1 to 5: together they write, change and delete in every namespace, and fill a tile and more."""


def tell_story(chain: Chain) -> list[Candidate]:
    """Add the blocks of the story that are not there yet."""
    return [add_block(chain, *transactions) for transactions in STORY[chain.tip.height :]]


def read_all(source: Readable) -> dict[bytes, bytes]:
    return dict(source.iterate())
