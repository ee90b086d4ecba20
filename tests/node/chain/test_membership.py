"""Who decides: sets voted in and out, each from its height on, and the recovery of a chain whose quorum is lost."""

from dataclasses import replace

import msgspec
import pytest

from contracts.governance import (
    AUTHORITIES_CHANGED,
    CHANGE_APPROVED,
    MAX_LEAD_BLOCKS,
    MIN_LEAD_BLOCKS,
    ChangeAuthorities,
    Recover,
)
from contracts.identity.parties import compute_authority_identifier
from contracts.rulebook import KINDS, RULE_BOOKS, compute_genesis_state, get_parties
from ledger.authorities import Authority, compute_authorities_hash
from ledger.blocks import Commit, Vote, compute_block_hash, compute_commit_message, verify_commit
from ledger.codec import encode
from ledger.crypto import Context, SigningKey, sha256
from ledger.errors import HourledgerError, ProofError
from ledger.events import split_entry
from ledger.genesis import Genesis
from ledger.merkle import compute_leaf_hash, compute_tree_root
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, Transaction, decode_payload, draft, encode_signed, sign
from ledger.types import Hash, Height, Identifier, Round, TimeMs
from node.chain import Candidate, Chain
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore

CHAIN_ID = "membership.example/log"
START_MS = TimeMs(1_790_000_000_000)
ROUND = Round(0)


def key_of(name: str) -> SigningKey:
    return SigningKey(sha256(b"membership ", name.encode()))


def authority(name: str, consensus: str = "") -> Authority:
    """An authority whose consensus key may be another than its first."""
    own, cosigner, log = (key_of(f"{name} {role}").public_key for role in (consensus or "consensus", "cosigner", "log"))
    return Authority(f"membership.example/{name}", own, cosigner, log)


FOUR = tuple(authority(name) for name in ("a", "b", "c", "d"))
FIVE = (*FOUR, authority("e"))
RECOVERY = tuple(key_of(f"recovery {number}") for number in range(3))
GENESIS = Genesis(1, CHAIN_ID, "Test", START_MS, FOUR, tuple(key.public_key for key in RECOVERY), (), (), ())
KEYS = {
    key_of(f"{name} {role}").public_key: key_of(f"{name} {role}")
    for name in "abcdefg"
    for role in ("consensus", "new", "spare")
}


class Runner:
    """A chain over a store, and whoever decides committing at once."""

    def __init__(self, override: SignedTransaction | None = None, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.override = override
        self.chain = self.open()
        self.nonce = 0

    def open(self) -> Chain:
        state = compute_genesis_state(GENESIS)
        return Chain.open(self.store, GENESIS, RULE_BOOKS, state, get_parties, self.override)

    def build(self, *transactions: SignedTransaction) -> Candidate:
        proposer = self.chain.authorities[0].key
        return self.chain.build(transactions, TimeMs(START_MS + 1_000 * (self.chain.tip.height + 1)), proposer)

    def commit(self, candidate: Candidate) -> Candidate:
        self.chain.commit(candidate, make_commit(candidate, candidate.deciders))
        return candidate

    def add(self, *transactions: SignedTransaction) -> Candidate:
        candidate = self.commit(self.build(*transactions))
        assert not candidate.left_out
        return candidate

    def make(self, kind: str, body: object, *signers: SigningKey) -> SignedTransaction:
        self.nonce += 1
        content = Transaction(
            1,
            CHAIN_ID,
            kind,
            encode(KINDS[kind].codec, body),
            Identifier(self.nonce.to_bytes(16, "big")),
            TimeMs(START_MS + 10**7),
        )
        signed = draft(content)
        for key in signers:
            signed = sign(signed, key)
        return signed

    def change(self, authorities: tuple[Authority, ...], height: int, *names: str) -> SignedTransaction:
        body = ChangeAuthorities(Height(height), authorities)
        keys = [next(KEYS[item.key] for item in self.chain.authorities if item.name.endswith(name)) for name in names]
        return self.make("governance.change_authorities", body, *keys)

    def refusal_of(self, transaction: SignedTransaction) -> Reason | None:
        candidate = self.build(transaction)
        return candidate.left_out[0].error.reason if candidate.left_out else candidate.outcomes[0].reason


def make_commit(candidate: Candidate, authorities: tuple[Authority, ...]) -> Commit:
    header = candidate.block.header
    block_hash = compute_block_hash(header)
    message = compute_commit_message(CHAIN_ID, header.height, ROUND, block_hash)
    votes = tuple(Vote(item.key, KEYS[item.key].sign(Context.BLOCK, message)) for item in authorities)
    return Commit(header.height, ROUND, block_hash, votes)


def event_names(candidate: Candidate) -> list[str]:
    return [split_entry(entry)[0] for entry in candidate.entries[:-2]]


def test_a_quorum_of_approvals_changes_the_set_at_the_stated_height() -> None:
    runner = Runner()
    for name in ("a", "b"):
        assert event_names(runner.add(runner.change(FIVE, 6, name))) == [CHANGE_APPROVED.name]
    decided = runner.add(runner.change(FIVE, 6, "c"))
    assert event_names(decided) == [CHANGE_APPROVED.name, AUTHORITIES_CHANGED.name]
    approved = CHANGE_APPROVED.decode(decided.entries[0])
    assert (approved.authority, approved.approvals, approved.quorum) == (compute_authority_identifier(FOUR[2].name), 3, 3)
    changed = AUTHORITIES_CHANGED.decode(decided.entries[1])
    assert (changed.effective_height, changed.old_hash, changed.authorities) == (6, compute_authorities_hash(FOUR), FIVE)
    for height in (4, 5):
        header = runner.add().block.header
        assert (header.height, header.authorities_hash) == (height, compute_authorities_hash(FOUR))
        assert header.next_authorities_hash == compute_authorities_hash(FIVE if height == 5 else FOUR)
    assert runner.chain.deciders == FOUR
    assert runner.chain.authorities == FIVE
    sixth = runner.build()
    with pytest.raises(ProofError, match="too few"):
        runner.chain.commit(sixth, make_commit(sixth, FOUR[:3]))
    runner.commit(sixth)
    assert runner.chain.deciders == runner.chain.authorities == FIVE


def test_approvals_in_one_envelope_count_each() -> None:
    runner = Runner()
    assert event_names(runner.add(runner.change(FIVE, 5, "a", "c", "d"))) == [CHANGE_APPROVED.name] * 3 + [
        AUTHORITIES_CHANGED.name
    ]


def test_a_chain_goes_on_after_it_is_opened_again_and_fsck_agrees() -> None:
    runner = Runner()
    runner.add(runner.change(FIVE, 3, "a", "b", "c"))
    smaller = (FIVE[0], replace(FIVE[1], key=authority("b", "new").key), FIVE[4])
    for _ in range(2):
        runner.add()
        runner.chain = runner.open()
    runner.add(runner.change(smaller, 8, "a", "b", "c", "e"))
    while runner.chain.tip.height < 9:
        runner.add()
        runner.chain = runner.open()
        deciding = smaller if runner.chain.tip.height >= 8 else FIVE
        assert runner.chain.deciders == deciding
    report = check_store(runner.store, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
    assert report.blocks == 10


def test_an_authority_that_is_voted_out_has_no_say_and_may_come_back() -> None:
    runner = Runner()
    runner.add(runner.change(FOUR[:3], 3, "a", "b", "c"))
    leaver = runner.change(FIVE, 9, "d")
    runner.add()
    runner.add()
    assert runner.refusal_of(leaver) is Reason.NOT_PERMITTED
    runner.add(runner.change(FOUR, 6, "a", "b", "c"))
    while runner.chain.tip.height < 6:
        runner.add()
    assert runner.chain.deciders == FOUR


def test_only_approvals_of_the_same_change_count_together() -> None:
    runner = Runner()
    runner.add(runner.change(FIVE, 8, "a"), runner.change(FIVE, 9, "b"), runner.change(FOUR[:3], 8, "c"))
    runner.add(runner.change(FIVE, 8, "d"))
    assert runner.chain.authorities == FOUR
    last = runner.add(runner.change(FIVE, 8, "c"))
    assert event_names(last)[-1] == AUTHORITIES_CHANGED.name


def test_an_authority_has_one_approval_and_the_later_one_stands() -> None:
    runner = Runner()
    runner.add(runner.change(FIVE, 8, "a"), runner.change(FIVE, 8, "b"))
    runner.add(runner.change(FOUR[:3], 8, "a"))
    assert event_names(runner.add(runner.change(FIVE, 8, "c"))) == [CHANGE_APPROVED.name]
    assert event_names(runner.add(runner.change(FIVE, 8, "a")))[-1] == AUTHORITIES_CHANGED.name


def test_what_cannot_be_is_refused_with_its_reason() -> None:
    runner = Runner()
    twice = (*FOUR, replace(authority("e"), name=FOUR[0].name))
    taken = (*FOUR, replace(authority("e"), key=FOUR[0].key))
    other = (*FOUR[:3], replace(authority("f"), key=FOUR[3].key))
    for authorities, height, expected in (
        (FIVE, MIN_LEAD_BLOCKS, Reason.INVALID_AUTHORITIES),
        (FIVE, MAX_LEAD_BLOCKS + 2, Reason.INVALID_AUTHORITIES),
        (twice, 9, Reason.INVALID_AUTHORITIES),
        (taken, 9, Reason.KEY_IN_USE),
        (other, 9, Reason.KEY_IN_USE),
        (FOUR, 9, Reason.NO_CHANGE),
        (FIVE, MIN_LEAD_BLOCKS + 1, None),
        (FIVE, MAX_LEAD_BLOCKS + 1, None),
    ):
        assert runner.refusal_of(runner.change(authorities, height, "a")) is expected, (height, expected)
    runner.add(runner.change(FIVE, 9, "a", "b", "c"))
    assert runner.refusal_of(runner.change(FOUR[:3], 12, "a")) is Reason.CHANGE_PENDING
    stranger = runner.make("governance.change_authorities", ChangeAuthorities(Height(9), FIVE), RECOVERY[0])
    assert runner.refusal_of(stranger) is Reason.NOT_PERMITTED


# Recovery.

SPARE = tuple(authority(name, "spare") for name in ("a", "f", "g"))


def make_recovery(
    runner: Runner, authorities: tuple[Authority, ...] = SPARE, *, height: int = 0, parent: Hash | None = None, keys: int = 3
) -> SignedTransaction:
    tip = runner.chain.tip
    body = Recover(Height(height or tip.height + 1), parent or tip.block_hash, authorities)
    return runner.make("governance.recover", body, *RECOVERY[:keys])


def test_recovery_keys_put_a_new_set_in_charge() -> None:
    runner = Runner()
    runner.add()
    runner.override = make_recovery(runner)
    runner.chain = runner.open()
    assert runner.chain.authorities == SPARE
    block = runner.commit(runner.build())
    assert [item.is_accepted for item in block.outcomes] == [True]
    assert AUTHORITIES_CHANGED.decode(block.entries[0]).old_hash == compute_authorities_hash(FOUR)
    runner.chain = runner.open()
    assert runner.chain.deciders == runner.chain.authorities == SPARE
    runner.add()
    report = check_store(runner.store, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
    assert report.blocks == 4


def test_a_node_without_the_file_takes_the_recovered_block_as_it_is() -> None:
    """Also one that comes later: the block says itself who decided on it."""
    runner, plain = Runner(), Runner()
    for item in (runner, plain):
        item.add()
    runner.override = make_recovery(runner)
    runner.chain = runner.open()
    block = runner.commit(runner.build())
    candidate = plain.chain.validate(block.block)
    plain.chain.commit(candidate, make_commit(candidate, SPARE))
    assert plain.chain.authorities == SPARE
    verify_commit(CHAIN_ID, SPARE, block.block.header, make_commit(candidate, SPARE))


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("two keys", Reason.INSUFFICIENT_SIGNATURES),
        ("no recovery key", Reason.NOT_PERMITTED),
        ("an old consensus key", Reason.INVALID_PROOF),
        ("another height", Reason.INVALID_PROOF),
        ("another parent", Reason.INVALID_PROOF),
    ],
)
def test_a_recovery_that_is_not_good_decides_nothing(problem: str, expected: Reason) -> None:
    runner, judge = Runner(), Runner()
    for item in (runner, judge):
        item.add()
    authorities = (FOUR[0], *SPARE[1:]) if problem == "an old consensus key" else SPARE
    body = Recover(
        Height(3 if problem == "another height" else 2),
        sha256(b"other") if problem == "another parent" else runner.chain.tip.block_hash,
        authorities,
    )
    signers = {"two keys": RECOVERY[:2], "no recovery key": [KEYS[FOUR[0].key]]}.get(problem, RECOVERY)
    recovery = runner.make("governance.recover", body, *signers)
    assert judge.build(recovery).outcomes == (), "nobody builds a block of it unasked"
    good = make_recovery(runner, authorities)
    runner.override = good
    runner.chain = runner.open()
    block = runner.build().block
    forged = replace(block, transactions=(encode_signed(recovery),))
    root = compute_tree_root([compute_leaf_hash(item) for item in forged.transactions])
    with pytest.raises(HourledgerError) as refused:
        judge.chain.validate(replace(forged, header=replace(block.header, transactions_root=root)))
    assert refused.value.reason is expected


def test_a_recovery_among_other_transactions_is_left_out() -> None:
    runner = Runner()
    recovery = make_recovery(runner)
    candidate = runner.build(recovery)
    assert [item.error.reason for item in candidate.left_out] == [Reason.NOT_PERMITTED]


@pytest.mark.parametrize("problem", ["its time is over", "an old consensus key", "two keys"])
@pytest.mark.parametrize("others", [0, 1])
def test_a_recovery_that_is_no_longer_good_ends_no_chain(problem: str, others: int) -> None:
    """A node whose operator accepted it makes nothing final under its authorities, even where one alone decides."""
    runner = Runner()
    runner.add()
    alone = (FOUR[0],) if problem == "an old consensus key" else SPARE[:1]
    runner.override = make_recovery(runner, alone, keys=2 if problem == "two keys" else 3)
    runner.chain = runner.open()
    assert runner.chain.authorities == alone
    body = ChangeAuthorities(Height(9), FIVE)
    waiting = [runner.make("governance.change_authorities", body, KEYS[FOUR[0].key]) for _ in range(others)]
    time_ms = TimeMs(START_MS + 2_000)
    if problem == "its time is over":
        time_ms = TimeMs(START_MS + 10**7 + 1)
        waiting = [_valid_for_longer(item) for item in waiting]
    candidate = runner.chain.build(waiting, time_ms, alone[0].key)
    with pytest.raises(HourledgerError, match="accept another") as refused:
        runner.commit(candidate)
    expected = {
        "its time is over": Reason.EXPIRED,
        "an old consensus key": Reason.KEY_IN_USE,
        "two keys": Reason.INSUFFICIENT_SIGNATURES,
    }
    assert refused.value.reason is expected[problem]
    runner.override = None
    runner.chain = runner.open()
    assert (runner.chain.tip.height, runner.chain.authorities) == (1, FOUR)
    runner.add()


def _valid_for_longer(signed: SignedTransaction) -> SignedTransaction:
    longer = msgspec.structs.replace(decode_payload(signed), valid_until_ms=TimeMs(START_MS + 2 * 10**7))
    return sign(draft(longer), KEYS[FOUR[0].key])
