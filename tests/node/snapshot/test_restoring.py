"""A store from a snapshot is what the original was, without its old blocks; and whatever is changed in one, it is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certificates.handover import build_chain_trust
from ledger.blocks import decode_block, encode_block
from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height
from node.chain import Chain
from node.chain.auditing import validate_content
from node.snapshot.format import MAGIC, Beginning, End, Entries, Handover, Handovers, Record, Value, Values
from node.snapshot.writing import Source, validate_source
from node.storage import namespaces
from node.storage.fsck import check_store
from node.storage.memory import MemoryStore
from tests.node import toy
from tests.node.snapshot import samples
from tests.node.snapshot.samples import (
    GENESIS,
    POLICY,
    make_chain,
    make_checkpoint,
    make_note,
    make_records,
    restore_bytes,
    to_bytes,
)

R = TypeVar("R")

CHAIN, STORE = make_chain()
RECORDS = make_records(CHAIN)
DATA = to_bytes(RECORDS)
HEIGHT = CHAIN.tip.height


def reopen(store: MemoryStore) -> Chain:
    return toy.open_chain(store, GENESIS)


def without_old_blocks(content: dict[bytes, bytes], tip: int) -> dict[bytes, bytes]:
    kept = {namespaces.compute_block_key(Height(tip)), namespaces.compute_commit_key(Height(tip))}
    prefixes = (namespaces.BLOCKS.prefix, namespaces.COMMITS.prefix)
    left = {key: value for key, value in content.items() if key in kept or not key.startswith(prefixes)}
    return {**left, namespaces.LOWEST.key(): namespaces.encode_number(tip)}


def refuse(data: bytes, **options: object) -> HourledgerError:
    target = MemoryStore()
    with pytest.raises(HourledgerError) as caught:
        restore_bytes(data, target, **options)  # type: ignore[arg-type]
    assert target.get(namespaces.FORMAT.key()) is None, "what was refused is not taken for a whole store"
    return caught.value


def edit(kind: type[R], change: Callable[[R], Record]) -> bytes:
    """The snapshot with its first record of a kind changed."""
    found = next(record for record in RECORDS if isinstance(record, kind))
    return to_bytes([change(record) if record is found else record for record in RECORDS])


def test_the_story_has_records_of_every_kind_but_handovers() -> None:
    assert {type(record) for record in RECORDS} == {Beginning, Entries, Values, End}


@pytest.mark.parametrize("blocks", range(1, len(toy.STORY) + 1))
def test_the_store_is_what_the_original_was_without_its_old_blocks(blocks: int) -> None:
    chain, store = make_chain(blocks)
    target = MemoryStore()
    restored = restore_bytes(to_bytes(make_records(chain)), target)
    assert (restored.height, restored.entries, restored.handovers) == (blocks, chain.tip.size, 0)
    assert toy.read_all(target) == without_old_blocks(toy.read_all(store), blocks)
    report = check_store(target, GENESIS, toy.make_rule_books(GENESIS), toy.make_genesis_state(), toy.parties_of)
    assert (report.blocks, report.entries, report.lowest_block) == (1, chain.tip.size, blocks)


def test_block_0_has_no_commit_and_its_store_is_a_whole_one() -> None:
    chain, store = make_chain(0)
    target = MemoryStore()
    restore_bytes(to_bytes(make_records(chain)), target)
    assert toy.read_all(target) == toy.read_all(store)


def test_the_chain_goes_on_from_there_as_the_original_does() -> None:
    chain, store = make_chain(3)
    target = MemoryStore()
    restore_bytes(to_bytes(make_records(chain)), target)
    twin = reopen(target)
    for transactions in toy.STORY[3:]:
        candidate = toy.build(chain, transactions)
        assert toy.build(twin, transactions).block == candidate.block
        commit = toy.make_commit(candidate.block.header, toy.AUTHORITY_KEYS[: samples.SIZE])
        chain.commit(candidate, commit)
        twin.commit(twin.validate(candidate.block), commit)
    pairs = {**toy.read_all(store), namespaces.LOWEST.key(): namespaces.encode_number(3)}
    for height in range(3):
        del pairs[namespaces.compute_block_key(Height(height))]
        pairs.pop(namespaces.compute_commit_key(Height(height)), None)
    assert toy.read_all(target) == pairs


def test_a_snapshot_of_a_restored_store_is_the_same_again() -> None:
    target = MemoryStore()
    restored = restore_bytes(DATA, target)
    assert to_bytes(make_records(reopen(target), restored.note)) == DATA


def test_records_may_be_cut_elsewhere() -> None:
    def split(record: Record) -> list[Record]:
        if isinstance(record, Entries):
            return [Entries((entry,)) for entry in record.entries]
        if isinstance(record, Values):
            return [Values((value,)) for value in record.values]
        return [record]

    first, second = MemoryStore(), MemoryStore()
    restore_bytes(DATA, first)
    restore_bytes(to_bytes([part for record in RECORDS for part in split(record)]), second)
    assert toy.read_all(first) == toy.read_all(second)


# What is refused.


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(position: int, difference: int) -> None:
    refuse(DATA[:position] + bytes([DATA[position] ^ difference]) + DATA[position + 1 :])


@settings(max_examples=30, deadline=None)
@example(length=len(MAGIC) - 2)
@given(length=st.integers(0, len(DATA) - 1))
def test_a_snapshot_that_was_cut_off_is_refused(length: int) -> None:
    assert refuse(DATA[:length]).reason in {Reason.MALFORMED, Reason.INVALID_PROOF}


@pytest.mark.parametrize("number", range(len(RECORDS)))
def test_a_missing_or_doubled_record_is_refused(number: int) -> None:
    reasons = {Reason.MALFORMED, Reason.INVALID_PROOF}
    assert refuse(to_bytes([*RECORDS[:number], *RECORDS[number + 1 :]])).reason in reasons
    assert refuse(to_bytes([*RECORDS[: number + 1], *RECORDS[number:]])).reason in reasons


def test_a_wrong_entry_is_refused() -> None:
    wrong = edit(Entries, lambda record: replace(record, entries=(record.entries[0] + b"\x00", *record.entries[1:])))
    assert refuse(wrong).reason is Reason.INVALID_PROOF


def test_a_wrong_missing_or_added_value_is_refused() -> None:
    for change in (
        lambda record: replace(record, values=record.values[1:]),
        lambda record: replace(record, values=(replace(record.values[0], value=b"wrong"), *record.values[1:])),
        lambda record: replace(record, values=(*record.values, Value(b"\xff", b"x"))),
    ):
        counted = edit(Values, change)
        values = sum(len(item.values) for item in samples.to_records(counted) if isinstance(item, Values))
        honest = to_bytes(
            [replace(item, values=values) if isinstance(item, End) else item for item in samples.to_records(counted)]
        )
        assert refuse(counted).reason in {Reason.MALFORMED, Reason.INVALID_PROOF}
        assert refuse(honest).reason is Reason.INVALID_PROOF


def test_values_out_of_order_are_refused() -> None:
    turned = edit(Values, lambda record: replace(record, values=(record.values[1], record.values[0], *record.values[2:])))
    assert "ascending" in refuse(turned).detail


def test_too_many_entries_are_refused_before_the_rest_is_read() -> None:
    endless = to_bytes([RECORDS[0], *[next(item for item in RECORDS if isinstance(item, Entries))] * 3])
    assert "more entries" in refuse(endless).detail


def test_a_snapshot_of_another_chain_is_refused() -> None:
    assert refuse(edit(Beginning, lambda record: replace(record, chain_id="other.example/log"))).reason is Reason.WRONG_CHAIN
    assert refuse(edit(Beginning, lambda record: replace(record, genesis_hash=sha256(b"x")))).reason is Reason.WRONG_CHAIN
    other = toy.make_genesis(2)
    assert refuse(DATA, genesis=other).reason is Reason.WRONG_CHAIN


def test_a_checkpoint_without_a_quorum_is_refused() -> None:
    with CHAIN.reader() as reader:
        checkpoint = make_checkpoint(reader)
    few = to_bytes(make_records(CHAIN, make_note(checkpoint, (0, 1))))
    assert refuse(few).reason is Reason.QUORUM_MISSING


def test_a_checkpoint_of_strangers_is_refused() -> None:
    one = toy.make_genesis(4).authorities[3:]
    assert refuse(DATA, policy=build_chain_trust(toy.CHAIN_ID, one)).reason is Reason.UNTRUSTED_LOG


def test_a_checkpoint_of_another_size_is_refused() -> None:
    with CHAIN.reader() as reader:
        notes = [make_note(make_checkpoint(reader, size)) for size in (1, 300, reader.tip.size - 1)]
    for note in notes:
        assert refuse(edit(Beginning, lambda record, note=note: replace(record, note=note))).reason is Reason.INVALID_PROOF  # type: ignore[misc]


def test_a_block_without_a_quorum_or_its_transactions_is_refused() -> None:
    with CHAIN.reader() as reader:
        block, commit = reader.read_block(HEIGHT), reader.read_commit(HEIGHT)
        other = encode_block(reader.read_block(Height(1)))
    few = replace(commit, votes=commit.votes[:2])
    assert refuse(edit(Beginning, lambda record: replace(record, commit=few))).reason is Reason.QUORUM_MISSING
    assert refuse(edit(Beginning, lambda record: replace(record, commit=None))).reason is Reason.QUORUM_MISSING
    empty = encode_block(replace(block, transactions=()))
    assert refuse(edit(Beginning, lambda record: replace(record, block=empty))).reason is Reason.INVALID_PROOF
    assert refuse(edit(Beginning, lambda record: replace(record, block=other))).reason is Reason.INVALID_PROOF


def test_a_set_that_did_not_decide_is_refused() -> None:
    others = toy.make_genesis(4).authorities
    assert refuse(edit(Beginning, lambda record: replace(record, authorities=others))).reason is Reason.INVALID_PROOF


def test_handovers_that_nobody_vouches_for_are_refused() -> None:
    for bundle, reason in ((b"{}", Reason.MALFORMED), (b"[" * 9_000, Reason.MALFORMED), (b"no json", Reason.MALFORMED)):
        forged = [*RECORDS[:-1], Handovers((Handover(Height(3), bundle),)), RECORDS[-1]]
        assert refuse(to_bytes(forged)).reason is reason


def test_a_snapshot_older_than_what_the_node_vouched_for_is_refused() -> None:
    with CHAIN.reader() as reader:
        newest, earlier = make_checkpoint(reader), make_checkpoint(reader, 300)
    old = to_bytes(make_records(make_chain(3)[0]))
    assert refuse(old, vouched_for=newest).reason is Reason.SNAPSHOT_TOO_OLD
    for known in (newest, earlier):
        restore_bytes(DATA, vouched_for=known)
        forked = replace(known, root=sha256(b"another history"))
        assert refuse(DATA, vouched_for=forked).reason is Reason.INVALID_PROOF


# What may be made into one.


def test_a_store_whose_newest_block_no_quorum_covers_makes_none() -> None:
    with CHAIN.reader() as reader:
        checkpoint = make_checkpoint(reader)
        for note in (make_note(checkpoint, (0, 1)), make_note(make_checkpoint(reader, 300)), b"no note"):
            with pytest.raises(HourledgerError) as caught:
                validate_source(Source(GENESIS, reader, CHAIN.deciders, note), POLICY)
            assert caught.value.reason is Reason.NOT_FINAL
        validate_source(Source(GENESIS, reader, CHAIN.deciders, make_note(checkpoint)), POLICY)


def test_a_block_holds_what_its_header_names() -> None:
    beginning = RECORDS[0]
    assert isinstance(beginning, Beginning)
    block = decode_block(beginning.block)
    validate_content(block)
    with pytest.raises(HourledgerError):
        validate_content(replace(block, evidence=(b"x",)))
