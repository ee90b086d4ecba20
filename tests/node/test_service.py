"""The service where its engine and its clients meet: envelopes of one payload, what is left out, and views in use."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cli.office.builders import build_transaction
from contracts.identity.organisations import SetPolicy
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import MAX_SIGNATURES, SignedTransaction, encode_signed, sign
from ledger.types import Identifier, TimeMs
from node.app import open_service
from node.chain import ChainReader, FoundOutcome
from node.home import Home, init_development_home
from node.mempool import Mempool
from node.service import LedgerService, Made
from node.storage.memory import MemoryStore
from tests.node import story as people
from tests.node.running import AUTHORITY, KEYS, NOW_MS
from tests.node.story import make_organisation


class Bench:
    """A service without engine or interface; tests make its blocks."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = NOW_MS
        self.genesis = init_development_home(folder)
        self.service: LedgerService = open_service(Home(folder), self.genesis, KEYS, MemoryStore(), lambda: self.now_ms)

    def build(self, kind: str, body: Any, *keys: SigningKey) -> SignedTransaction:
        signed = build_transaction(self.genesis.chain_id, kind, body, self.now_ms + 60_000)
        for key in keys:
            signed = sign(signed, key)
        return signed

    async def send(self, signed: SignedTransaction) -> "asyncio.Task[FoundOutcome | None]":
        transaction_id = await self.service.submit(encode_signed(signed))
        task = asyncio.create_task(self.service.wait(transaction_id, 5))
        await asyncio.sleep(0)
        return task

    def make(self, *, is_due: bool = False) -> Made:
        return self.service.make_block(self.service.take_transactions(), AUTHORITY, is_due=is_due)

    def add_block(self, *, is_due: bool = False) -> Made:
        made = self.make(is_due=is_due)
        self.service.publish(made)
        return made

    async def register(self) -> None:
        task = await self.send(self.build("identity.register_organisation", make_organisation(approvals=2), AUTHORITY))
        self.add_block()
        assert await task is not None


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


async def get_reason(task: "asyncio.Task[FoundOutcome | None]") -> Reason:
    with pytest.raises(HourledgerError) as caught:
        await task
    return caught.value.reason


def make_policy(bench: Bench) -> tuple[SignedTransaction, SignedTransaction, SignedTransaction]:
    """A change that two officers must sign: as signed by the first, by the second, and by a known outsider."""
    unsigned = bench.build("identity.set_policy", SetPolicy(people.ORGANISATION, 1))
    return sign(unsigned, people.OFFICER), sign(unsigned, people.SECOND_OFFICER), sign(unsigned, AUTHORITY)


def test_signatures_of_two_envelopes_are_put_together(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, second, _outsider = make_policy(bench)
        tasks = [await bench.send(first), await bench.send(second)]
        assert len(bench.service.mempool) == 1
        bench.add_block()
        outcomes = [await task for task in tasks]
        assert outcomes[0] == outcomes[1]
        assert outcomes[0] is not None
        assert outcomes[0].outcome.is_accepted

    run(test())


def test_outsiders_envelope_does_not_end_the_owners(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, _second, outsider = make_policy(bench)
        outsiders = await bench.send(outsider)
        owners = await bench.send(sign(first, people.SECOND_OFFICER))
        bench.add_block()
        for task in (outsiders, owners):
            found = await task
            assert found is not None
            assert found.outcome.is_accepted

    run(test())


def test_signatures_that_come_while_a_block_is_made_are_tried_in_the_next(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, second, _outsider = make_policy(bench)
        tasks = [await bench.send(first)]
        made = bench.make()
        tasks.append(await bench.send(second))
        bench.service.publish(made)
        assert made.pinned is None
        assert not any(task.done() for task in tasks)
        assert bench.service.work.is_set()
        bench.add_block()
        assert all(found is not None and found.outcome.is_accepted for found in [await task for task in tasks])

    run(test())


def test_left_out_transaction_is_answered_and_dropped(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, _second, outsider = make_policy(bench)
        task = await bench.send(first)
        made = bench.add_block()
        assert made.pinned is None
        assert await get_reason(task) is Reason.INSUFFICIENT_SIGNATURES
        assert len(bench.service.mempool) == 0
        task = await bench.send(outsider)
        bench.add_block()
        assert await get_reason(task) is Reason.NOT_PERMITTED

    run(test())


def test_too_many_signatures_are_not_put_together(bench: Bench) -> None:
    async def test() -> None:
        unsigned = bench.build("identity.register_organisation", make_organisation())
        many = sign(unsigned, AUTHORITY)
        for number in range(MAX_SIGNATURES - 1):
            many = sign(many, SigningKey(bytes([200, number]) * 16))
        await bench.send(many)
        other = sign(sign(unsigned, AUTHORITY), SigningKey(b"z" * 32))
        task = await bench.send(other)
        assert bench.service.mempool.get(unsigned.transaction_id) == many
        bench.add_block()
        assert await task is not None

    run(test())


def test_forged_second_envelope_changes_nothing(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, second, _outsider = make_policy(bench)
        task = await bench.send(first)
        forged = replace(second.signatures[0], signature=first.signatures[0].signature)
        with pytest.raises(HourledgerError) as caught:
            await bench.send(replace(second, signatures=(forged,)))
        assert caught.value.reason is Reason.INVALID_SIGNATURE
        assert bench.service.mempool.get(first.transaction_id) == first
        bench.add_block()
        assert await get_reason(task) is Reason.INSUFFICIENT_SIGNATURES

    run(test())


def test_expired_transaction_is_answered(bench: Bench) -> None:
    async def test() -> None:
        task = await bench.send(bench.build("identity.register_organisation", make_organisation(), AUTHORITY))
        bench.now_ms = TimeMs(NOW_MS + 60_001)
        made = bench.add_block()
        assert made.pinned is None
        assert await get_reason(task) is Reason.EXPIRED

    run(test())


def test_transaction_that_was_final_meanwhile_gets_its_first_outcome(bench: Bench) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = await bench.send(signed)
        made = bench.make()
        bench.service.mempool.remove([signed.transaction_id])
        bench.service.publish(made)
        bench.service.mempool.add(signed)  # as when it was being checked while the block was made
        bench.add_block()
        assert len(bench.service.mempool) == 0
        assert await task == bench.service.find_outcome(signed.transaction_id)
        assert bench.service.pinned.reader.tip.height == 1

    run(test())


def test_outcome_shows_only_once_its_checkpoint_is_cosigned(bench: Bench) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = await bench.send(signed)
        made = bench.make()
        assert bench.service.find_outcome(signed.transaction_id) is None
        assert not task.done()
        bench.service.publish(made)
        assert bench.service.find_outcome(signed.transaction_id) is not None
        assert bench.service.pinned.reader.tip.size == 4
        assert bench.service.pinned.note.split(b"\n")[1] == b"4"

    run(test())


def test_checkpoint_that_shows_several_blocks_answers_for_all_of_them(bench: Bench) -> None:
    async def test() -> None:
        service = bench.service
        bodies = [
            make_organisation(Identifier(bytes([number]) * 16), (SigningKey(bytes([number]) * 32),)) for number in (1, 2, 3)
        ]
        made = []
        tasks = []
        for number, body in enumerate(bodies):
            tasks.append(await bench.send(bench.build("identity.register_organisation", body, AUTHORITY)))
            made.append(bench.make())
            service.mempool.remove([outcome.transaction_id for outcome in made[-1].candidate.outcomes])
            if number != 1:  # of one of them the service was not told
                service.note_final(made[-1].candidate)
        assert not any(task.done() for task in tasks)
        assert made[2].pinned is not None
        service.show(made[2].pinned)
        for item, task in zip(made, tasks, strict=True):
            assert await task == service.find_outcome(item.candidate.outcomes[0].transaction_id)
        assert not service.unshown

    run(test())


def test_one_left_out_for_being_final_is_answered_when_it_shows(bench: Bench) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = await bench.send(signed)
        made = bench.make()
        bench.service.note_left_out(signed.transaction_id, HourledgerError(Reason.ALREADY_EXISTS, "it is in a block"))
        await asyncio.sleep(0)
        assert not task.done()
        bench.service.publish(made)
        assert await task is not None
        other = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = await bench.send(other)
        bench.service.note_left_out(other.transaction_id, HourledgerError(Reason.EXPIRED, "it took too long"))
        assert await get_reason(task) is Reason.EXPIRED

    run(test())


def test_view_in_use_outlives_its_replacement(bench: Bench) -> None:
    with bench.service.reading() as pinned:
        bench.add_block(is_due=True)
        assert pinned is not bench.service.pinned
        assert pinned.reader.tip.height == 0
        assert pinned.reader.state.get(b"authorities/") is not None


def test_nothing_is_done_when_nothing_is_due(bench: Bench) -> None:
    assert bench.add_block().pinned is None
    assert bench.add_block(is_due=True).pinned is not None


def test_replaced_view_is_closed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[ChainReader] = []

    def note(reader: ChainReader) -> None:
        closed.append(reader)

    monkeypatch.setattr(ChainReader, "close", note)
    before = bench.service.pinned.reader
    bench.add_block(is_due=True)
    assert closed == [before]


def test_merged_envelope_without_room_leaves_the_first(bench: Bench) -> None:
    async def test() -> None:
        await bench.register()
        first, second, _outsider = make_policy(bench)
        room = len(encode_signed(first))
        bench.service.mempool = Mempool(max_bytes=room)
        task = await bench.send(first)
        with pytest.raises(HourledgerError) as caught:
            await bench.send(second)
        assert caught.value.reason is Reason.BUSY
        assert bench.service.mempool.get(first.transaction_id) == first
        bench.add_block()
        assert await get_reason(task) is Reason.INSUFFICIENT_SIGNATURES

    run(test())


@pytest.mark.parametrize("is_failed", [False, True])
def test_transaction_that_is_being_checked_when_the_service_ends_is_not_taken(bench: Bench, *, is_failed: bool) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = asyncio.create_task(bench.service.submit(encode_signed(signed)))
        await asyncio.sleep(0)
        if is_failed:
            bench.service.fail(HourledgerError(Reason.WRITE_FAILED, "the disk is full"))
        else:
            bench.service.stop()
        with pytest.raises(HourledgerError) as caught:
            await task
        assert caught.value.reason is (Reason.WRITE_FAILED if is_failed else Reason.BUSY)
        assert len(bench.service.mempool) == 0

    run(test())


def test_nobody_begins_to_wait_for_a_service_that_stops(bench: Bench) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        transaction_id = await bench.service.submit(encode_signed(signed))
        bench.service.stop()
        assert await asyncio.wait_for(bench.service.wait(transaction_id, 60), 1) is None

    run(test())


@pytest.mark.parametrize("is_failed", [False, True])
def test_service_that_ended_takes_nothing(bench: Bench, *, is_failed: bool) -> None:
    async def test() -> None:
        signed = bench.build("identity.register_organisation", make_organisation(), AUTHORITY)
        task = await bench.send(signed)
        if is_failed:
            bench.service.fail(HourledgerError(Reason.WRITE_FAILED, "the disk is full"))
            assert await get_reason(task) is Reason.WRITE_FAILED
        else:
            bench.service.stop()
            assert await task is None
        with pytest.raises(HourledgerError) as caught:
            await bench.service.submit(encode_signed(signed))
        assert caught.value.reason is (Reason.WRITE_FAILED if is_failed else Reason.BUSY)

    run(test())
