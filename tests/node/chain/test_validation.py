"""A block of another node is believed in nothing: each part that is changed is found, and the sentence says which."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from ledger import blocks
from ledger.blocks import MAX_BLOCK_TRANSACTIONS, Block, Header
from ledger.errors import HourledgerError
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import TimeMs
from node.chain import Chain, validation
from node.storage.memory import MemoryStore
from tests.node import toy

ONE, TWO = toy.transact(1, (b"a", b"1")), toy.transact(2, (b"b", b"2"))


def make_chain() -> Chain:
    chain = toy.open_chain(MemoryStore())
    toy.add_block(chain, toy.transact(0, (b"z", b"0")))
    return chain


@pytest.fixture
def chain() -> Chain:
    """The one that validates."""
    return make_chain()


@pytest.fixture
def block() -> Block:
    """What another node proposes."""
    return toy.build(make_chain(), [ONE, TWO]).block


def refuse(chain: Chain, block: Block) -> HourledgerError:
    with pytest.raises(HourledgerError) as caught:
        chain.validate(block)
    return caught.value


def with_transactions(block: Block, *transactions: bytes) -> Block:
    """Give a block other transactions and the root that fits them."""
    root = compute_tree_root([compute_leaf_hash(envelope) for envelope in transactions])
    return Block(replace(block.header, transactions_root=root), transactions)


def test_what_a_node_builds_another_finds_valid(chain: Chain, block: Block) -> None:
    candidate = chain.validate(block)
    assert candidate.block == block
    assert candidate == toy.build(make_chain(), [ONE, TWO])


def test_a_block_is_executed_once(chain: Chain, block: Block) -> None:
    candidate = chain.validate(block)
    assert chain.validate(block) is candidate
    built = toy.build(chain, [ONE])
    assert chain.validate(built.block) is built
    assert "transactions_root" in refuse(chain, replace(block, transactions=block.transactions[:1])).detail
    assert "evidence" in refuse(chain, replace(block, evidence=(b"x",))).detail


def test_what_was_executed_before_a_commit_is_forgotten(chain: Chain, block: Block) -> None:
    candidate = chain.validate(block)
    chain.commit(candidate, toy.make_commit(block.header))
    assert "height" in refuse(chain, block).detail


def change_field(value: object) -> object:
    match value:
        case int():
            return value + 1
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case _:
            return f"{value}x"


@pytest.mark.parametrize("name", [field.name for field in fields(Header) if field.name not in {"version", "time_ms"}])
def test_each_field_of_the_header_is_checked(chain: Chain, block: Block, name: str) -> None:
    changed = replace(block.header, **{name: change_field(getattr(block.header, name))})  # type: ignore[arg-type]
    error = refuse(chain, replace(block, header=changed))
    assert error.reason is Reason.INVALID_PROOF
    assert name in error.detail


def test_another_version_has_no_encoding(chain: Chain, block: Block) -> None:
    assert refuse(chain, replace(block, header=replace(block.header, version=2))).reason is Reason.MALFORMED


def test_times_must_ascend_but_may_be_any(chain: Chain, block: Block) -> None:
    parent = chain.tip.header.time_ms
    assert "time is not after" in refuse(chain, replace(block, header=replace(block.header, time_ms=parent))).detail
    next_time = replace(block.header, time_ms=TimeMs(parent + 1))
    assert chain.validate(replace(block, header=next_time)).block.header == next_time


def test_other_transactions_need_another_root(chain: Chain, block: Block) -> None:
    for transactions in (block.transactions[:1], block.transactions[::-1], ()):
        assert "transactions_root" in refuse(chain, replace(block, transactions=transactions)).detail


def test_the_order_of_transactions_is_part_of_the_result(chain: Chain, block: Block) -> None:
    assert "events_root" in refuse(chain, with_transactions(block, *reversed(block.transactions))).detail


@pytest.mark.parametrize(
    ("envelope", "reason"),
    [
        (b"\xc1", Reason.MALFORMED),
        (encode_signed(toy.transact(3, chain_id="another.example")), Reason.WRONG_CHAIN),
        (encode_signed(toy.transact(3, kind="gift")), Reason.UNKNOWN_KIND),
        (encode_signed(toy.transact(3, valid_until_ms=toy.START_MS)), Reason.EXPIRED),
        (encode_signed(SignedTransaction(toy.transact(3).payload, TWO.signatures)), Reason.INVALID_SIGNATURE),
        (encode_signed(SignedTransaction(TWO.payload, ())), Reason.INVALID_SIGNATURE),
        (encode_signed(toy.transact(3, key=toy.STRANGER)), Reason.UNKNOWN_KEY),
        (encode_signed(toy.transact(0, (b"z", b"0"))), Reason.ALREADY_EXISTS),
        (encode_signed(ONE), Reason.ALREADY_EXISTS),
        (encode_signed(toy.transact(3, kind="break")), Reason.INTERNAL),
        (encode_signed(toy.transact(3, kind="own", key=toy.OTHER_MEMBER)), Reason.NOT_PERMITTED),
    ],
)
def test_a_transaction_that_may_not_enter_spoils_the_block(chain: Chain, block: Block, envelope: bytes, reason: Reason) -> None:
    error = refuse(chain, with_transactions(block, block.transactions[0], envelope))
    assert error.reason is reason
    if reason not in {Reason.INTERNAL, Reason.NOT_PERMITTED}:  # found out in execution, not before
        assert "transaction 1" in error.detail


def test_nobody_but_an_authority_proposes(chain: Chain) -> None:
    block = make_chain().build([], toy.FAR_MS, toy.MEMBER.public_key).block
    assert "proposer" in refuse(chain, block).detail


def test_a_block_is_bounded(chain: Chain, block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    many = Block(block.header, block.transactions * (MAX_BLOCK_TRANSACTIONS // 2) + block.transactions)
    assert "transactions" in refuse(chain, many).detail
    size = len(blocks.encode_block(block))
    monkeypatch.setattr(validation, "MAX_BLOCK_BYTES", size - 1)
    assert "bytes" in refuse(chain, block).detail
    monkeypatch.setattr(validation, "MAX_BLOCK_BYTES", size)
    assert chain.validate(block).block == block


def test_a_block_at_another_height_is_refused(chain: Chain, block: Block) -> None:
    actions: tuple[Callable[[], object], ...] = (lambda: toy.add_block(chain), lambda: toy.add_block(chain, TWO))
    for action in actions:
        action()
        assert "height" in refuse(chain, block).detail
