"""The simulated disk itself: whole batches, in order, and what was synced is never lost."""

from random import Random

import pytest

from tests.simulation.disk import Crash, SimulatedDisk, SimulatedFile, Stage, encode_batch, replay

FIRST, SECOND = {b"a": b"1", b"b": b"2"}, {b"a": None, b"b": b"", b"c": b"3" * 40}


def read(disk: SimulatedDisk) -> dict[bytes, bytes]:
    return dict(disk.iterate())


def test_a_file_cut_at_any_byte_gives_whole_batches() -> None:
    begin = encode_batch(FIRST)
    content = begin + encode_batch(SECOND)
    for cut in range(len(content) + 1):
        store, place = replay(content[:cut])
        if cut < len(begin):
            assert (dict(store.iterate()), place) == ({}, 0)
        elif cut < len(content):
            assert (dict(store.iterate()), place) == (FIRST, len(begin))
        else:
            assert (dict(store.iterate()), place) == ({b"b": b"", b"c": b"3" * 40}, cut)


def test_a_harmed_byte_is_no_batch() -> None:
    content = encode_batch(FIRST)
    for place in range(len(content)):
        harmed = bytearray(content)
        harmed[place] ^= 1
        assert list(replay(bytes(harmed))[0].iterate()) == []


@pytest.mark.parametrize("stage", list(Stage))
def test_a_crash_while_writing_leaves_all_or_nothing(stage: Stage) -> None:
    left = set()
    for seed in range(50):
        disk = SimulatedDisk()
        disk.write(FIRST)
        disk.power.due = (1, stage)
        with pytest.raises(Crash):
            disk.write({b"c": b"3"})
        disk.fail(Random(seed))
        assert {**FIRST, **read(disk)} == read(disk)
        left.add(disk.get(b"c"))
    assert left == {Stage.BEFORE: {None}, Stage.DURING: {None, b"3"}, Stage.AFTER: {b"3"}}[stage]


def test_what_is_not_synced_may_be_lost() -> None:
    left = set()
    for seed in range(50):
        disk = SimulatedDisk()
        disk.write(FIRST)
        disk.write(SECOND, is_synced=False)
        assert disk.get(b"c") is not None
        disk.fail(Random(seed))
        left.add(disk.get(b"c") is None)
    assert left == {True, False}


@pytest.mark.parametrize("stage", list(Stage))
def test_a_replaced_file_is_old_or_new(stage: Stage) -> None:
    left = set()
    for seed in range(50):
        file = SimulatedFile(b"old")
        file.power.due = (1, stage)
        with pytest.raises(Crash):
            file.replace(b"new")
        file.fail(Random(seed))
        left.add(file.load())
    assert left == {Stage.BEFORE: {b"old"}, Stage.DURING: {b"old", b"new"}, Stage.AFTER: {b"new"}}[stage]
