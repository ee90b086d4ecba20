"""Small files: whole or not at all, and durable before anybody relies on them."""

import os
from pathlib import Path

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.files import read_file, replace_file


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
