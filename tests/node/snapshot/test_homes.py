"""Snapshots of homes: from a stopped node's folder into another's, and a folder that is left as it was when one is refused."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from certificates.handover import build_chain_trust
from cli.office.builders import build_transaction, sign_all
from contracts.governance import ChangeAuthorities
from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.authorities import Authority
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.trust import TrustPolicy
from ledger.types import Height
from node.app import open_service
from node.home import Home, init_development_home, init_follower, load_genesis, make_development_key
from node.kept_checkpoint import keep_checkpoint, load_checkpoint
from node.pinned import Pinned
from node.settings import ALONE
from node.snapshot import homes
from node.snapshot.format import Handover, Handovers, read_records, write_records
from node.snapshot.homes import restore_snapshot, take_snapshot
from node.snapshot.restoring import Restored
from node.stopped import open_stopped
from node.storage.fsck import check_store
from node.storage.leveldb import open_leveldb
from tests.node.running import KEYS, NOW_MS, RunningNode
from tests.node.story import tell


@contextmanager
def silently(_total: int) -> Iterator[object]:
    yield lambda _more: None


def take(home: Home, file: Path, *, is_dry_run: bool = False) -> homes.Taken:
    return take_snapshot(home, file, silently, is_dry_run=is_dry_run)  # type: ignore[arg-type]


def restore(home: Home, file: Path, policy: TrustPolicy | None = None, *, is_dry_run: bool = False) -> Restored:
    return restore_snapshot(home, file, policy or make_policy(home), silently, is_dry_run=is_dry_run)  # type: ignore[arg-type]


def make_policy(home: Home) -> TrustPolicy:
    genesis = load_genesis(home)
    return build_chain_trust(genesis.chain_id, genesis.authorities)


def keep_note(home: Home) -> None:
    """What a node does when it is stopped."""
    with closing(open_leveldb(home.store)) as store:
        service = open_service(home, load_genesis(home), KEYS, store, lambda: NOW_MS)
        keep_checkpoint(home.checkpoint, service.chain.chain_id, service.pinned)
        service.pinned.replace()


def look(home: Home) -> dict[str, bytes]:
    return {str(path.relative_to(home.path)): path.read_bytes() for path in home.path.rglob("*") if path.is_file()}


def refuse(home: Home, file: Path, policy: TrustPolicy | None = None) -> HourledgerError:
    before = look(home)
    with pytest.raises(HourledgerError) as caught:
        restore(home, file, policy)
    assert look(home) == before, "the folder is left as it was"
    return caught.value


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of a node that has a story behind it, and was stopped."""
    folder = tmp_path_factory.mktemp("stopped")
    with closing(open_leveldb(folder / "store")) as store, RunningNode(folder, store) as node:
        tell(node)
    keep_note(Home(folder))
    return Home(folder)


@pytest.fixture(scope="module")
def snapshot(stopped: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("snapshot") / "chain.snapshot"
    take(stopped, file)
    return file


@pytest.fixture
def fresh(stopped: Home, tmp_path: Path) -> Home:
    """The home of a node that joins the chain and has no store yet."""
    init_follower(tmp_path / "fresh", load_genesis(stopped), ALONE, None)
    return Home(tmp_path / "fresh")


def test_a_restored_home_has_the_chain_and_can_be_made_into_a_snapshot_again(
    stopped: Home, snapshot: Path, fresh: Home, tmp_path: Path
) -> None:
    restored = restore(fresh, snapshot)
    assert restored.height > 5
    assert restored.values > 10
    genesis = load_genesis(fresh)
    with closing(open_leveldb(fresh.store)) as store, closing(open_leveldb(stopped.store)) as original:
        state = compute_genesis_state(genesis)
        report = check_store(store, genesis, RULE_BOOKS, state, get_parties)
        whole = check_store(original, genesis, RULE_BOOKS, state, get_parties)
    assert (report.blocks, report.lowest_block) == (1, restored.height)
    assert (report.entries, report.transactions, report.values) == (whole.entries, whole.transactions, whole.values)
    take(fresh, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == snapshot.read_bytes()


def test_a_dry_run_checks_all_and_leaves_the_folder_as_it_is(
    stopped: Home, snapshot: Path, fresh: Home, tmp_path: Path
) -> None:
    before = look(fresh)
    assert restore(fresh, snapshot, is_dry_run=True).height > 5
    assert look(fresh) == before
    assert take(stopped, tmp_path / "none", is_dry_run=True).entries > 10
    assert not (tmp_path / "none").exists()
    broken = tmp_path / "broken"
    broken.write_bytes(snapshot.read_bytes()[:-1])
    with pytest.raises(HourledgerError, match="cut off"):
        restore(fresh, broken, is_dry_run=True)
    assert look(fresh) == before


def test_a_snapshot_is_for_its_owner_and_never_written_over(stopped: Home, snapshot: Path) -> None:
    assert snapshot.stat().st_mode & 0o077 == 0
    with pytest.raises(HourledgerError) as caught:
        take(stopped, snapshot)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    with pytest.raises(HourledgerError) as caught:
        take(stopped, snapshot.parent / "nowhere" / "chain.snapshot")
    assert caught.value.reason is Reason.WRITE_FAILED
    assert [path.name for path in snapshot.parent.iterdir()] == [snapshot.name]


def test_what_is_no_good_snapshot_leaves_the_folder_as_it_was(snapshot: Path, fresh: Home, tmp_path: Path) -> None:
    data = snapshot.read_bytes()
    file = tmp_path / "changed"
    for changed, reason in (
        (data[:-1], Reason.MALFORMED),
        (data[: len(data) // 2], Reason.MALFORMED),
        (data + b"\x00", Reason.MALFORMED),
        (b"", Reason.MALFORMED),
    ):
        file.write_bytes(changed)
        assert refuse(fresh, file).reason is reason
    assert refuse(fresh, tmp_path / "nowhere").reason is Reason.UNREADABLE_FILE
    stranger = Authority("x.example/1", *(make_development_key(name).public_key for name in ("x", "y", "z")))
    chain_id = load_genesis(fresh).chain_id
    assert refuse(fresh, snapshot, build_chain_trust(chain_id, (stranger,))).reason is Reason.UNTRUSTED_LOG


def test_a_home_of_another_chain_takes_none(snapshot: Path, tmp_path: Path) -> None:
    init_development_home(tmp_path / "same name")
    home = Home(tmp_path / "same name")
    document = json.loads(home.genesis.read_text())
    home.genesis.write_text(json.dumps({**document, "region": "Elsewhere"}))
    assert refuse(home, snapshot).reason is Reason.WRONG_CHAIN


def test_a_home_that_has_a_store_takes_none(snapshot: Path, stopped: Home) -> None:
    assert refuse(stopped, snapshot).reason is Reason.ALREADY_EXISTS


def test_what_a_killed_restore_left_is_in_nobodys_way(snapshot: Path, fresh: Home) -> None:
    fresh.staging.mkdir()
    (fresh.staging / "000003.log").write_bytes(b"half a store")
    restore(fresh, snapshot)
    assert not fresh.staging.exists()


def test_two_restores_at_once_do_not_meet(snapshot: Path, fresh: Home) -> None:
    with closing(open_leveldb(fresh.staging)):
        with pytest.raises(HourledgerError) as caught:
            restore(fresh, snapshot)
        assert caught.value.reason is Reason.STORE_IN_USE
        assert fresh.staging.exists()


def test_a_restore_that_is_interrupted_leaves_no_store(snapshot: Path, fresh: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look(fresh)

    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(homes, "open_chain", interrupt)
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, snapshot)
    assert look(fresh) == before


def test_a_node_that_has_vouched_for_more_takes_no_older_snapshot(
    stopped: Home, snapshot: Path, fresh: Home, tmp_path: Path
) -> None:
    shutil.copy(stopped.cosigned, fresh.cosigned)
    restore(fresh, snapshot, is_dry_run=True)
    init_development_home(tmp_path / "begun")
    begun = Home(tmp_path / "begun")
    keep_note(begun)
    old = tmp_path / "old"
    assert take(begun, old).height == 0
    assert refuse(fresh, old).reason is Reason.SNAPSHOT_TOO_OLD
    lines = stopped.cosigned.read_text().splitlines()
    fresh.cosigned.write_text("\n".join([*lines[:2], "A" * 43 + "=", ""]))
    assert refuse(fresh, snapshot).reason is Reason.INVALID_PROOF


def test_a_store_that_no_kept_checkpoint_covers_makes_no_snapshot(stopped: Home, tmp_path: Path) -> None:
    copied = Home(tmp_path / "copy")
    shutil.copytree(stopped.path, copied.path)
    copied.checkpoint.unlink()
    with pytest.raises(HourledgerError, match="kept no checkpoint") as caught:
        take(copied, tmp_path / "out")
    assert caught.value.reason is Reason.NOT_FINAL
    keep_note(copied)
    genesis = load_genesis(copied)
    with closing(open_leveldb(copied.store)) as store:
        service = open_service(copied, genesis, KEYS, store, lambda: NOW_MS)
        service.make_block((), KEYS.authority, is_due=True)
        service.pinned.replace()
    with pytest.raises(HourledgerError, match="covers the newest block") as caught:
        take(copied, tmp_path / "out")
    assert caught.value.reason is Reason.NOT_FINAL
    keep_note(copied)
    take(copied, tmp_path / "out")


def test_a_note_without_a_quorum_does_not_take_the_place_of_one_that_has_it(stopped: Home, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    with pytest.raises(HourledgerError) as caught:
        load_checkpoint(file)
    assert caught.value.reason is Reason.NOT_FINAL
    genesis = load_genesis(stopped)
    with closing(open_leveldb(stopped.store)) as store:
        service = open_service(stopped, genesis, KEYS, store, lambda: NOW_MS)
        pinned = service.pinned
        keep_checkpoint(file, genesis.chain_id, pinned)
        kept = load_checkpoint(file)
        text, _, lines = kept.decode().rpartition("\n\n")
        alone = Pinned(pinned.reader, f"{text}\n\n{lines.splitlines()[0]}\n".encode())
        keep_checkpoint(file, genesis.chain_id, alone)
        assert load_checkpoint(file) == kept == pinned.note
        pinned.replace()


def test_a_store_that_is_open_elsewhere_makes_no_snapshot(stopped: Home, tmp_path: Path) -> None:
    with closing(open_leveldb(stopped.store)), pytest.raises(HourledgerError) as caught:
        take(stopped, tmp_path / "out")
    assert caught.value.reason is Reason.STORE_IN_USE


# Handovers.


@pytest.fixture
def changed(tmp_path: Path) -> Home:
    """The home of an authority that has voted a second one in, and made the last block before that one decides, too."""
    init_development_home(tmp_path / "changed")
    home = Home(tmp_path / "changed")
    genesis = load_genesis(home)
    second = Authority("x.example/2", *(make_development_key(name).public_key for name in ("x", "y", "z")))
    body = ChangeAuthorities(Height(4), (*genesis.authorities, second))
    approval = build_transaction(genesis.chain_id, "governance.change_authorities", body, NOW_MS + 600_000)
    with closing(open_leveldb(home.store)) as store:
        service = open_service(home, genesis, KEYS, store, lambda: NOW_MS)
        for transactions in ((sign_all(approval, [KEYS.authority]),), (), ()):
            service.publish(service.make_block(transactions, KEYS.authority, is_due=True))
        keep_checkpoint(home.checkpoint, genesis.chain_id, service.pinned)
        service.pinned.replace()
    return home


def make_fresh(home: Home, folder: Path) -> Home:
    init_follower(folder, load_genesis(home), ALONE, None)
    return Home(folder)


def read_handovers(home: Home) -> list[tuple[Height, bytes]]:
    with open_stopped(home) as node, node.chain.reader() as reader:
        return list(reader.iterate_handovers(Height(0)))


def test_handovers_travel_along_and_are_proven(changed: Home, tmp_path: Path) -> None:
    take(changed, tmp_path / "out")
    fresh = make_fresh(changed, tmp_path / "fresh")
    assert restore(fresh, tmp_path / "out").handovers == 1
    assert read_handovers(fresh) == read_handovers(changed)
    assert [height for height, _bundle in read_handovers(fresh)] == [4]
    with open_stopped(fresh) as node:
        assert len(node.chain.authorities) == 2


def test_handovers_that_are_not_the_chains_are_refused(changed: Home, tmp_path: Path) -> None:
    take(changed, tmp_path / "out")
    with (tmp_path / "out").open("rb") as file:
        records = list(read_records(file))
    ((height, bundle),) = read_handovers(changed)
    foreign = bundle.replace(b"hourledger.example/dev\\n", b"hourledger.example/div\\n", 1)
    assert foreign != bundle
    fresh = make_fresh(changed, tmp_path / "fresh")
    for handovers in (
        (Handover(Height(5), bundle),),
        (Handover(height, foreign),),
        (Handover(height, bundle), Handover(height, bundle)),
    ):
        forged = [Handovers(handovers) if isinstance(item, Handovers) else item for item in records]
        with (tmp_path / "forged").open("wb") as file:
            write_records(file, forged)
        refuse(fresh, tmp_path / "forged")
    del records[-2]
    with (tmp_path / "forged").open("wb") as file:
        write_records(file, records)
    assert refuse(fresh, tmp_path / "forged").reason is Reason.MALFORMED
