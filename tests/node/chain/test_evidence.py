"""Evidence in blocks: recorded once, before the transactions; what may not be there is left out by one, refused by all."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.blocks import MAX_BLOCK_EVIDENCE, Block
from ledger.crypto import SigningKey, sha256
from ledger.errors import HourledgerError
from ledger.execution import BlockContext, Effects
from ledger.merkle import EMPTY_ROOT, compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Height, Round, TimeMs
from ledger.votes import NO_ROUND, Offence, VoteType, make_evidence, sign_vote, verify_evidence
from node.chain import Candidate, Chain, evidence
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore
from tests.node import toy

OFFENDER = toy.AUTHORITY_KEYS[1]
ONE, TWO = toy.transact(1, (b"a", b"1"), (b"b", b"2")), toy.transact(2, (b"c", b"3"))


def convict(height: int, key: SigningKey = OFFENDER, *, round_: int = 0, chain_id: str = toy.CHAIN_ID) -> bytes:
    """Two precommits of one round, for two blocks."""
    votes = (
        sign_vote(chain_id, key, VoteType.PRECOMMIT, Height(height), Round(round_), sha256(value), NO_ROUND)
        for value in (b"this", b"that")
    )
    return make_evidence(*votes)


def make_chain(blocks: int = 3) -> Chain:
    chain = toy.open_chain(MemoryStore())
    for _ in range(blocks):
        toy.add_block(chain)
    return chain


def build(chain: Chain, *items: bytes, time_ms: TimeMs | None = None) -> Candidate:
    time_ms = TimeMs(chain.tip.header.time_ms + 1_000) if time_ms is None else time_ms
    return chain.build([ONE, TWO], time_ms, toy.AUTHORITY_KEYS[0].public_key, items)


def with_evidence(block: Block, *items: bytes) -> Block:
    """A block with other evidence and the root that fits it."""
    root = compute_tree_root([compute_leaf_hash(item) for item in items])
    return Block(replace(block.header, evidence_root=root), block.transactions, items)


def refuse(chain: Chain, *items: bytes) -> Reason:
    """Why a block with this evidence is refused; a proposer that is offered it leaves all but the first two out."""
    with pytest.raises(HourledgerError) as caught:
        chain.validate(with_evidence(build(chain).block, *items))
    return caught.value.reason


def test_offences_come_first_then_transactions_then_the_header() -> None:
    chain, items = make_chain(), (convict(2), convict(3))
    candidate = build(chain, *items)
    block = candidate.block
    assert block.evidence == items
    assert block.header.evidence_root == compute_tree_root([compute_leaf_hash(item) for item in items])
    hashes = [toy.PUT.decode(entry).value for entry in candidate.entries[:2]]
    assert hashes == [sha256(item) for item in items]
    assert make_chain().validate(block) == candidate
    chain.commit(candidate, toy.make_commit(block.header))
    for signed in (ONE, TWO):
        found = chain.find_outcome(signed.transaction_id)
        assert found is not None
        assert found.outcome.transaction_id == signed.transaction_id


def test_a_block_without_evidence_has_the_root_of_nothing() -> None:
    assert build(make_chain()).block.header.evidence_root == EMPTY_ROOT


def test_fsck_derives_blocks_with_evidence_anew() -> None:
    store = MemoryStore()
    chain = toy.open_chain(store)
    toy.add_block(chain)
    candidate = build(chain, convict(1))
    chain.commit(candidate, toy.make_commit(candidate.block.header))
    report = check_store(store, toy.GENESIS, toy.RULE_BOOKS, toy.make_genesis_state(), toy.parties_of)
    assert (report.blocks, report.transactions) == (3, 2)
    assert chain.tip == toy.open_chain(store).tip


BAD: tuple[tuple[str, bytes, Reason], ...] = (
    ("no evidence", b"\xc1", Reason.MALFORMED),
    ("a signature for another chain", convict(2, chain_id="another.example"), Reason.INVALID_SIGNATURE),
    ("a stranger", convict(2, toy.STRANGER), Reason.UNKNOWN_KEY),
    ("the height being decided", convict(4), Reason.INVALID_PROOF),
    ("a height to come", convict(5), Reason.INVALID_PROOF),
    ("block 0, which nobody decided", convict(0), Reason.INVALID_PROOF),
    ("an offender named for that height in the same block", convict(3, round_=1), Reason.ALREADY_EXISTS),
    ("the same again", convict(3), Reason.ALREADY_EXISTS),
)


@pytest.mark.parametrize(("item", "reason"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_evidence_spoils_a_block_and_is_left_out(item: bytes, reason: Reason) -> None:
    chain = make_chain()
    assert refuse(chain, convict(3), item) is reason
    assert build(chain, convict(3), item, convict(2)).block.evidence == (convict(3), convict(2))


def test_what_is_on_the_chain_is_not_recorded_again() -> None:
    chain = make_chain()
    candidate = build(chain, convict(2))
    chain.commit(candidate, toy.make_commit(candidate.block.header))
    for item in (convict(2), convict(2, round_=3)):
        with pytest.raises(HourledgerError) as caught:
            chain.validate(with_evidence(toy.build(chain, []).block, item))
        assert caught.value.reason is Reason.ALREADY_EXISTS
        assert build(chain, item).block.evidence == ()
        with pytest.raises(HourledgerError):
            check(chain, item)
    assert build(chain, convict(2, toy.AUTHORITY_KEYS[2])).block.evidence != ()


def check(chain: Chain, item: bytes, time_ms: TimeMs = toy.START_MS) -> None:
    chain.check_offence(verify_evidence(toy.CHAIN_ID, item), time_ms)


def test_evidence_expires_by_height(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MAX_EVIDENCE_BLOCKS", 2)
    chain = make_chain()
    assert build(chain, convict(1), convict(2)).block.evidence == (convict(2),)
    assert refuse(chain, convict(1)) is Reason.EXPIRED
    check(chain, convict(2))
    with pytest.raises(HourledgerError, match="blocks ago"):
        check(chain, convict(1))


def test_evidence_expires_by_time() -> None:
    chain = make_chain()
    with chain.reader() as reader:
        second_ms = reader.read_header(Height(2)).time_ms
    last_ms = TimeMs(second_ms + evidence.MAX_EVIDENCE_MS)
    assert build(chain, convict(1), convict(2), time_ms=last_ms).block.evidence == (convict(2),)
    late = build(chain, convict(2), time_ms=TimeMs(last_ms + 1)).block
    assert late.evidence == ()
    with pytest.raises(HourledgerError, match="14 days ago") as caught:
        chain.validate(with_evidence(late, convict(2)))
    assert caught.value.reason is Reason.EXPIRED
    check(chain, convict(2), last_ms)
    with pytest.raises(HourledgerError, match="14 days ago"):
        check(chain, convict(2), TimeMs(last_ms + 1))


def test_evidence_of_the_height_being_decided_waits() -> None:
    chain = make_chain()
    check(chain, convict(4))
    with pytest.raises(HourledgerError, match="not decided"):
        check(chain, convict(5))


def test_a_block_takes_a_few() -> None:
    chain = make_chain(MAX_BLOCK_EVIDENCE + 1)
    items = tuple(convict(height) for height in range(1, MAX_BLOCK_EVIDENCE + 2))
    block = build(chain, *items).block
    assert block.evidence == items[:-1]
    assert make_chain(MAX_BLOCK_EVIDENCE + 1).validate(block).block == block
    assert refuse(chain, *items) is Reason.INVALID_PROOF


def test_evidence_and_transactions_share_the_room_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = make_chain()
    one = len(toy.envelopes(ONE)[0])
    monkeypatch.setattr("node.chain.proposing.MAX_BLOCK_BYTES", 1_024 + one + 5 + len(convict(2)) + 4)
    assert len(build(chain).block.transactions) == 2
    assert len(build(chain, convict(2)).block.transactions) == 0


def test_the_root_must_fit_the_evidence() -> None:
    chain = make_chain()
    block = build(chain, convict(2)).block
    for items in ((), (convict(3),), (convict(2), convict(3))):
        with pytest.raises(HourledgerError, match="evidence_root"):
            make_chain().validate(replace(block, evidence=items))


class FailingRules(toy.ToyRuleBook):
    """Rules with a bug."""

    __slots__ = ()

    def record_offence(self, state: Overlay, offence: Offence, block: BlockContext) -> Effects:
        super().record_offence(state, offence, block)
        raise KeyError("a bug in a rule")


def test_a_fault_in_a_rule_stops_no_proposer() -> None:
    rules = toy.make_rule_books(toy.GENESIS, FailingRules())
    chain = Chain.open(MemoryStore(), toy.GENESIS, rules, toy.make_genesis_state(), toy.parties_of)
    toy.add_block(chain)
    assert build(chain, convict(1)).block.evidence == ()
    attempts: tuple[Callable[[], object], ...] = (
        lambda: check(chain, convict(1)),
        lambda: chain.validate(with_evidence(build(chain).block, convict(1))),
    )
    for attempt in attempts:
        with pytest.raises(HourledgerError, match="KeyError") as caught:
            attempt()
        assert caught.value.reason is Reason.INTERNAL
