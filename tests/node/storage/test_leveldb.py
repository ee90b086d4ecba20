"""What goes wrong with files and disks comes out as one typed error, and no more is written after a write that failed."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import plyvel
import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Height
from node.storage import namespaces
from node.storage.leveldb import LevelDbStore, open_leveldb


@contextmanager
def refused(reason: Reason) -> Iterator[None]:
    with pytest.raises(HourledgerError) as caught:
        yield
    assert caught.value.reason is reason


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a limit: to a writer the same as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def make_store(path: Path) -> None:
    """Make a store with a table file, and something in its log as well."""
    with closing(open_leveldb(path)) as store:
        store.write({b"%03d" % number: bytes(100) for number in range(500)})
    with closing(open_leveldb(path)) as store:
        store.write({b"late": b"1"})


def test_content_survives(tmp_path: Path) -> None:
    make_store(tmp_path / "deep" / "store")
    with closing(open_leveldb(tmp_path / "deep" / "store")) as store:
        assert store.get(b"499") == bytes(100)
        assert store.get(b"late") == b"1"


def test_a_second_opening_is_refused(tmp_path: Path) -> None:
    with closing(open_leveldb(tmp_path)), refused(Reason.STORE_IN_USE):
        open_leveldb(tmp_path)
    open_leveldb(tmp_path).close()


def test_another_process_is_refused(tmp_path: Path) -> None:
    program = "import sys, pathlib; from node.storage.leveldb import open_leveldb; open_leveldb(pathlib.Path(sys.argv[1]))"
    with closing(open_leveldb(tmp_path)):
        run = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "is open in another process" in run.stderr


def test_nothing_is_made_when_asked_not_to(tmp_path: Path) -> None:
    with refused(Reason.NOT_FOUND):
        open_leveldb(tmp_path / "store", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "store"):
        with refused(Reason.UNREADABLE_FILE):
            open_leveldb(path)


def test_a_full_disk_fails_the_write_and_all_later_ones(tmp_path: Path) -> None:
    store = open_leveldb(tmp_path)
    store.write({b"a": b"1"})
    with full_disk(4_096), refused(Reason.WRITE_FAILED):
        store.write({b"d": bytes(10_000)})
    with refused(Reason.WRITE_FAILED):
        store.write({b"c": b"1"})  # The disk has room again, but nobody knows what became of the batch before.
    assert store.get(b"a") == b"1"
    store.close()
    with closing(open_leveldb(tmp_path)) as store:
        assert dict(store.iterate()) in ({b"a": b"1"}, {b"a": b"1", b"d": bytes(10_000)})


def test_a_store_cannot_be_opened_on_a_full_disk(tmp_path: Path) -> None:
    make_store(tmp_path)
    with full_disk(0), pytest.raises(HourledgerError):
        open_leveldb(tmp_path)
    open_leveldb(tmp_path).close()


@pytest.mark.parametrize("key", [namespaces.compute_block_key(Height(7)), namespaces.compute_run_key(7)])
def test_blocks_and_entries_are_compressed(tmp_path: Path, key: bytes) -> None:
    values = {key: bytes(100_000), key + b"x": b"", namespaces.STATE.key(key): bytes(1_000)}
    with closing(open_leveldb(tmp_path)) as store:
        store.write(values)
        assert [store.get(item) for item in values] == list(values.values())
        assert dict(store.iterate()) == values
    with closing(plyvel.DB(str(tmp_path))) as database:
        assert len(database.get(key)) < 100
        assert database.get(namespaces.STATE.key(key)) == bytes(1_000)
        database.put(key, b"rubbish")
    with closing(open_leveldb(tmp_path)) as store:
        with refused(Reason.STORE_DAMAGED):
            store.get(key)
        with refused(Reason.STORE_DAMAGED):
            list(store.iterate())


class RecordingDatabase:
    """Stands for a LevelDB, and notes how it is written."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def write_batch(self, *, sync: bool) -> "RecordingDatabase":
        self.calls.append(("batch", sync))
        return self

    def put(self, key: bytes, value: bytes) -> None:
        self.calls.append((key, value))

    def write(self) -> None:
        self.calls.append("written")


def test_a_batch_is_one_synced_write(tmp_path: Path) -> None:
    database = RecordingDatabase()
    LevelDbStore(database, tmp_path).write({b"a": b"1", b"d": b"2"})
    assert database.calls == [("batch", True), (b"a", b"1"), (b"d", b"2"), "written"]


class BrokenDatabase:
    """Stands for a LevelDB that fails at whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def fail(self, *_args: object, **_options: object) -> object:
        raise self.error

    get = iterator = write_batch = fail


@pytest.mark.parametrize("error", [plyvel.IOError(b"IO error: x"), plyvel.CorruptionError(b"Corruption: x"), plyvel.Error()])
def test_failing_reads_are_damage(error: Exception, tmp_path: Path) -> None:
    store = LevelDbStore(BrokenDatabase(error), tmp_path)
    with refused(Reason.STORE_DAMAGED):
        store.get(b"a")
    with refused(Reason.STORE_DAMAGED):
        list(store.iterate())


@pytest.mark.parametrize(
    ("error", "reason"),
    [(plyvel.IOError(b"IO error: x"), Reason.WRITE_FAILED), (plyvel.CorruptionError(b"x"), Reason.STORE_DAMAGED)],
)
def test_failing_writes_stop_the_store(error: Exception, reason: Reason, tmp_path: Path) -> None:
    store = LevelDbStore(BrokenDatabase(error), tmp_path)
    with refused(reason):
        store.write({b"a": b"1"})
    with refused(Reason.WRITE_FAILED):
        store.write({b"a": b"1"})


def test_data_without_a_directory_is_not_begun_anew(tmp_path: Path) -> None:
    make_store(tmp_path)
    (tmp_path / "CURRENT").unlink()
    before = sorted(path.name for path in tmp_path.iterdir())
    with refused(Reason.STORE_DAMAGED):
        open_leveldb(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("size", [60, 40_000])
def test_a_batch_that_is_cut_short_is_dropped_whole_and_garbage_is_damage(size: int, tmp_path: Path) -> None:
    """What a power failure leaves of a write that nobody was answered; 40,000 bytes lie in two blocks of LevelDB's log."""
    with closing(open_leveldb(tmp_path / "whole")) as store:
        store.write({b"first": b"1"})
        (log,) = (tmp_path / "whole").glob("*.log")
        begin = log.stat().st_size
        store.write({b"first": b"2", b"second": bytes(range(1, 251)) * (size // 250 + 1)})
        shutil.copytree(tmp_path / "whole", tmp_path / "failed")
    data = (tmp_path / "failed" / log.name).read_bytes()
    for cut in range(begin, len(data), max(1, size // 40)):
        shutil.copytree(tmp_path / "failed", tmp_path / str(cut))
        (tmp_path / str(cut) / log.name).write_bytes(data[:cut])
        with closing(open_leveldb(tmp_path / str(cut))) as store:
            assert list(store.iterate()) == [(b"first", b"1")]
    (tmp_path / "failed" / log.name).write_bytes(data[:-20] + bytes(byte ^ 0x55 for byte in data[-20:]))
    with refused(Reason.STORE_DAMAGED):
        open_leveldb(tmp_path / "failed")


@pytest.mark.parametrize("pattern", ["*.ldb", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize("harm", ["truncate", "flip", "remove"])
def test_harmed_files_are_damage(pattern: str, harm: str, tmp_path: Path) -> None:
    make_store(tmp_path)
    (path,) = tmp_path.glob(pattern)
    data = path.read_bytes()
    middle = len(data) // 2
    if harm == "remove":
        path.unlink()
    elif harm == "truncate":
        path.write_bytes(data[:middle])
    else:
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 0x40]) + data[middle + 1 :])
    with refused(Reason.STORE_DAMAGED), closing(open_leveldb(tmp_path)) as store:
        list(store.iterate())
