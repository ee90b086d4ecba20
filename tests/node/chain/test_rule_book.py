"""The chain with the product's own rules: opened, used, checked and replayed."""

from dataclasses import replace

from contracts import rulebook
from contracts.identity.organisations import ORGANISATION_REGISTERED, RegisterOrganisation
from ledger.codec import encode
from ledger.transactions import Transaction, draft, sign
from ledger.types import Day, Identifier
from node.chain import Chain
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore
from node.storage.protocol import KeyValueStore
from tests.node import toy

GENESIS = replace(toy.GENESIS, parameters=(("points_per_hour", 2),), holidays=(Day(20_000),))
BODY = RegisterOrganisation(Identifier(bytes(16)), "Helpers", (toy.MEMBER.public_key,), 1)


def open_chain(store: KeyValueStore) -> Chain:
    state = rulebook.compute_genesis_state(GENESIS)
    return Chain.open(store, GENESIS, rulebook.RULE_BOOKS, state, rulebook.get_parties)


def test_an_organisation_is_registered_and_everything_checked() -> None:
    store, replica = MemoryStore(), MemoryStore()
    kind = rulebook.KINDS["identity.register_organisation"]
    content = Transaction(1, toy.CHAIN_ID, kind.name, encode(kind.codec, BODY), Identifier(bytes(16)), toy.FAR_MS)
    candidate = toy.add_block(open_chain(store), sign(draft(content), toy.AUTHORITY_KEYS[0]))
    assert candidate.left_out == ()
    assert candidate.outcomes[0].is_accepted
    assert ORGANISATION_REGISTERED.decode(candidate.entries[0]) == BODY
    report = check_store(store, GENESIS, rulebook.RULE_BOOKS, rulebook.compute_genesis_state(GENESIS), rulebook.get_parties)
    assert (report.blocks, report.entries, report.transactions) == (2, 4, 1)
    other = open_chain(replica)
    other.commit(other.validate(candidate.block), toy.make_commit(candidate.block.header))
    assert toy.read_all(replica) == toy.read_all(store)
