"""Small files: whole or not at all, and durable before anybody relies on them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.files import SLOT_BYTES, RecordOnDisk, read_file, replace_file


def test_content_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"one", b"", b"three"):
        replace_file(path, data)
        assert read_file(path) == data
    assert list(tmp_path.iterdir()) == [path]


def test_content_is_synced_before_it_gets_its_name_and_the_name_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        calls.append("sync")
        fsync(descriptor)

    def note_rename(path: Path, target: Path) -> None:
        calls.append("rename")
        replace(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_rename)
    replace_file(tmp_path / "file", b"data")
    assert calls == ["sync", "rename", "sync"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_failure_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if failing == "fsync" else Path, failing, fail)
    with pytest.raises(HourledgerError) as caught:
        replace_file(path, b"new")
    assert caught.value.reason is Reason.WRITE_FAILED
    assert "No space left" in caught.value.detail
    assert read_file(path) == b"old"


def test_left_over_of_a_crash_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "file"
    (tmp_path / "file.new").write_bytes(b"half")
    replace_file(path, b"whole")
    assert read_file(path) == b"whole"


def test_large_and_missing_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(HourledgerError) as missing:
        read_file(path)
    path.write_bytes(b"12345")
    with pytest.raises(HourledgerError) as large:
        read_file(path, 4)
    assert (missing.value.reason, large.value.reason) == (Reason.UNREADABLE_FILE, Reason.TOO_LARGE)
    assert read_file(path, 5) == b"12345"


def test_a_record_is_what_was_written_last(tmp_path: Path) -> None:
    path = tmp_path / "record"
    assert RecordOnDisk(path).load() is None
    record = RecordOnDisk(path)
    for number in range(12):
        text = f"text {number}\n".encode()
        record.replace(text)
        assert record.load() == RecordOnDisk(path).load() == text
    again = RecordOnDisk(path)
    again.replace(b"again\n")
    again.replace(b"and again\n")
    assert RecordOnDisk(path).load() == b"and again\n"
    assert [item.name for item in tmp_path.iterdir()] == ["record"]


def test_a_file_of_an_earlier_build_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "record"
    path.write_bytes(b"three\nplain\nlines\n")
    record = RecordOnDisk(path)
    assert record.load() == b"three\nplain\nlines\n"
    record.replace(b"new\n")
    assert RecordOnDisk(path).load() == b"new\n"


@pytest.fixture(scope="module")
def record_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests with many examples."""
    return tmp_path_factory.mktemp("records") / "record"


@given(st.integers(1, 5), st.integers(0, SLOT_BYTES), st.binary(min_size=1, max_size=40))
def test_a_crash_while_a_record_is_written_leaves_the_one_before(
    record_path: Path, writes: int, cut: int, rubbish: bytes
) -> None:
    """Of the last write only a part has come to the disk, and the rest of its place is what was there, or anything."""
    record_path.unlink(missing_ok=True)
    record = RecordOnDisk(record_path)
    texts = [b"text %d of a record\n" % number for number in range(writes + 1)]
    for text in texts[:-1]:
        record.replace(text)
    before = record_path.read_bytes()
    record.replace(texts[-1])
    after = record_path.read_bytes()
    start = next(place for place in (0, SLOT_BYTES) if before[place : place + SLOT_BYTES] != after[place : place + SLOT_BYTES])
    torn = bytearray(before)
    torn[start : start + cut] = after[start : start + cut]
    record_path.write_bytes(torn)
    is_whole = torn[start : start + SLOT_BYTES] == after[start : start + SLOT_BYTES]
    assert RecordOnDisk(record_path).load() == texts[-1 if is_whole else -2]
    torn[start : start + cut] = (rubbish * SLOT_BYTES)[:cut]
    record_path.write_bytes(torn)
    if cut:
        assert RecordOnDisk(record_path).load() == texts[-2]


@pytest.mark.parametrize("failing", ["open", "pwrite", "fdatasync"])
def test_a_record_that_could_not_be_written_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    record = RecordOnDisk(tmp_path / "record")
    record.replace(b"one\n")

    def fail(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, fail)
        with pytest.raises(HourledgerError) as caught:
            record.replace(b"two\n")
        assert caught.value.reason is Reason.WRITE_FAILED
    record.replace(b"three\n")
    record.replace(b"four\n")
    assert RecordOnDisk(tmp_path / "record").load() == b"four\n"


def test_a_record_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = RecordOnDisk(tmp_path / "record")
    record.replace(b"one\n")
    calls: list[str] = []
    pwrite, sync = os.pwrite, os.fdatasync

    def note_write(descriptor: int, data: bytes, offset: int) -> int:
        calls.append("write")
        return pwrite(descriptor, data, offset)

    def note_sync(descriptor: int) -> None:
        calls.append("sync")
        sync(descriptor)

    monkeypatch.setattr(os, "pwrite", note_write)
    monkeypatch.setattr(os, "fdatasync", note_sync)
    record.replace(b"two\n")
    assert calls == ["write", "sync"]


@pytest.mark.parametrize("data", [b"no newline", b"x" * SLOT_BYTES + b"\n"])
def test_a_record_is_a_short_text(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError, match="text of lines"):
        RecordOnDisk(tmp_path / "record").replace(data)
