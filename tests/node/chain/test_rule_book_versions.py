"""A chain that runs under version 1 of the rules and then, by vote, under version 2; and a program that has only the first.

Version 2 changes a rule (nobody publishes activities any more) and adds a kind.
"""

from dataclasses import replace

import pytest

from contracts.activities import ActivityClass, PublishActivity
from contracts.governance.versions import RULE_BOOK_SET, SetRuleBook
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.parties import require_authority
from contracts.kinds import Kind
from contracts.rulebook import (
    KINDS,
    RULE_BOOK_V1,
    RULE_BOOKS,
    KindsRuleBook,
    compute_genesis_state,
    get_parties,
    make_rule_books,
)
from ledger import codec
from ledger.codec import encode
from ledger.crypto import sha256
from ledger.errors import HourledgerError, Rejection
from ledger.execution import Effects, RuleBooks, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table
from ledger.transactions import SignedTransaction, Transaction, draft, encode_signed, sign
from ledger.types import Day, Height, Identifier, TimeMs
from node.chain import Chain
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore
from tests.node.chain.test_membership import CHAIN_ID, GENESIS, START_MS, Runner, event_names, key_of, make_commit

HELPERS, SHORE = Identifier(b"helpers".ljust(16)), Identifier(b"shore".ljust(16))
OFFICER = key_of("officer")
REGISTER = RegisterOrganisation(HELPERS, "Helpers", (OFFICER.public_key,), 1)
PUBLISH = PublishActivity(SHORE, HELPERS, ActivityClass.SERVICE, Day(20_000), Day(20_001), sha256(b"details"))
GREETINGS: Table[int] = Table(b"greeting", codec.integer("greetings", 0, 1 << 20))


def refuse_to_publish(_state: Overlay, body: PublishActivity, _context: TransactionContext) -> Effects:
    raise Rejection(Reason.NOT_PERMITTED, "nobody publishes under version 2", body.activity.hex())


def greet(state: Overlay, _body: int, context: TransactionContext) -> Effects:
    require_authority(state, context)
    GREETINGS.put(state, (GREETINGS.get(state) or 0) + 1)
    return Effects()


PUBLISH_KIND = KINDS["activities.publish"]
GREET = Kind("greetings.greet", codec.integer("number", 0, 9), greet)
VERSION_2 = KindsRuleBook(2, {**KINDS, PUBLISH_KIND.name: replace(PUBLISH_KIND, rule=refuse_to_publish), GREET.name: GREET})
BOTH = make_rule_books(RULE_BOOK_V1, VERSION_2)


class Region(Runner):
    """A chain under a program that has these versions of the rules."""

    def __init__(self, rule_books: RuleBooks, store: MemoryStore | None = None) -> None:
        self.rule_books = rule_books
        super().__init__(store=store)

    def open(self) -> Chain:
        return Chain.open(self.store, GENESIS, self.rule_books, compute_genesis_state(GENESIS), get_parties)


def vote(region: Region, version: int, height: int) -> SignedTransaction:
    keys = (key_of(f"{name} consensus") for name in "abc")
    return region.make("governance.set_rule_book", SetRuleBook(Height(height), version), *keys)


def publish(region: Region, number: int) -> SignedTransaction:
    body = replace(PUBLISH, activity=Identifier(bytes([number]) * 16))
    return region.make(PUBLISH_KIND.name, body, OFFICER)


def make_greeting() -> SignedTransaction:
    body = encode(GREET.codec, 1)
    content = Transaction(1, CHAIN_ID, GREET.name, body, Identifier(bytes(16)), TimeMs(START_MS + 10**7))
    return sign(draft(content), key_of("a consensus"))


def play() -> Region:
    """Blocks 1 to 3 under version 1, 4 to 6 under version 2."""
    region = Region(BOTH)
    region.add(region.make("identity.register_organisation", REGISTER, key_of("a consensus")), vote(region, 2, 4))
    region.add(publish(region, 1))
    region.add(publish(region, 2))
    assert region.refusal_of(publish(region, 3)) is Reason.NOT_PERMITTED
    for transactions in ((make_greeting(),), (), (vote(region, 3, 8),)):
        region.add(*transactions)
    return region


def test_a_chain_runs_version_1_and_then_2_and_replays() -> None:
    region, follower = play(), Region(BOTH)
    versions = []
    with region.chain.reader() as reader:
        for height in range(1, 7):
            block, commit = reader.read_block(Height(height)), reader.read_commit(Height(height))
            versions.append(block.header.rule_book_version)
            follower.chain.commit(follower.chain.validate_committed(block, commit), commit)
            follower.chain = follower.open()
    assert versions == [1, 1, 1, 2, 2, 2]
    assert follower.chain.tip == region.chain.tip
    assert GREETINGS.get(region.chain.view()) == 1
    report = check_store(region.store, GENESIS, BOTH, compute_genesis_state(GENESIS), get_parties)
    assert report.blocks == 7


def test_what_was_checked_under_version_1_is_checked_again_under_version_2() -> None:
    """A kind that begins with a version enters no block before it, and none of another form after it."""
    region = Region(BOTH)
    region.add(vote(region, 2, 3))
    greeting = make_greeting()
    assert region.refusal_of(greeting) is Reason.UNKNOWN_KIND
    with pytest.raises(HourledgerError) as refused:
        region.chain.check(encode_signed(greeting), START_MS)
    assert refused.value.reason is Reason.UNKNOWN_KIND
    region.add()
    region.chain.check(encode_signed(greeting), START_MS)
    assert region.add(greeting).outcomes[0].is_accepted


def test_a_header_of_another_version_is_refused() -> None:
    region, other = Region(BOTH), Region(BOTH)
    block = region.build().block
    false = replace(block, header=replace(block.header, rule_book_version=2))
    with pytest.raises(HourledgerError, match="rule_book_version is 2, not 1"):
        other.chain.validate(false)


def test_a_program_without_the_new_rules_stops_before_their_first_block_and_a_newer_one_goes_on() -> None:
    region, behind = play(), Region(RULE_BOOKS)
    with region.chain.reader() as reader:
        blocks = [(reader.read_block(Height(height)), reader.read_commit(Height(height))) for height in range(1, 7)]
    for block, commit in blocks[:3]:
        behind.chain.require_rules()
        behind.chain.commit(behind.chain.validate_committed(block, commit), commit)
    for attempt in (
        behind.chain.require_rules,
        behind.build,
        lambda: behind.chain.validate_committed(*blocks[3]),
        lambda: behind.open().require_rules(),
    ):
        with pytest.raises(HourledgerError, match="from block 4 on the chain is under rule book 2") as refused:
            attempt()
        assert refused.value.reason is Reason.UNSUPPORTED_VERSION
    updated = Region(BOTH, behind.store)
    for block, commit in blocks[3:]:
        updated.chain.commit(updated.chain.validate_committed(block, commit), commit)
    assert updated.chain.tip == region.chain.tip


def test_a_vote_is_on_record() -> None:
    region = Region(BOTH)
    voted = region.add(vote(region, 2, 4))
    assert event_names(voted)[-1] == RULE_BOOK_SET.name
    assert RULE_BOOK_SET.decode(voted.entries[3]) == SetRuleBook(Height(4), 2)
    assert make_commit(voted, voted.deciders).height == 1
