"""A node as a process: it stops when told, survives being killed, and refuses to start where it must not."""

import resource
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from cli.office.builders import build_transaction, sign_all
from cli.office.client import NodeClient
from cli.session import compute_now_ms
from contracts.governance.versions import SetRuleBook
from ledger.checkpoint import Checkpoint, parse_signed_checkpoint
from ledger.errors import HourledgerError
from ledger.merkle import verify_consistency
from ledger.reasons import EXPLANATIONS, Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash, Height, TimeMs
from node.home import Home, init_development_home, init_home, load_genesis, make_development_key
from tests.effort import choose
from tests.functional.node_process import STOP_SECONDS, NodeProcess, fail_to_run, make_registration, run

pytestmark = pytest.mark.functional


@pytest.fixture
def home(tmp_path: Path) -> Path:
    init_development_home(tmp_path / "home")
    return tmp_path / "home"


def send(client: NodeClient, signed: SignedTransaction) -> dict[str, object]:
    submitted = client.submit(encode_signed(signed), 10)
    assert submitted.outcome is not None
    assert submitted.outcome.is_accepted
    return submitted.outcome.document


def get_checkpoint(client: NodeClient) -> Checkpoint:
    return parse_signed_checkpoint(client.get_bytes("/checkpoint")).checkpoint


def require_extends(client: NodeClient, old: Checkpoint) -> None:
    """Raise unless the node's log begins with the one of an earlier checkpoint."""
    new = get_checkpoint(client)
    document = client.get_json("/v1/consistency", {"old": old.size, "new": new.size})
    hashes = tuple(Hash(bytes.fromhex(text)) for text in document["hashes"])
    verify_consistency(old.size, old.root, new.size, new.root, hashes)


def refuse(home: Path, reason: Reason, *arguments: str) -> None:
    ended = fail_to_run(home, *arguments)
    assert (ended.code, len(ended.sentence.splitlines())) == (EXPLANATIONS[reason].exit_code, 1), ended
    assert EXPLANATIONS[reason].next_step in ended.sentence


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_when_told_and_goes_on_where_it_was(home: Path, number: int) -> None:
    with NodeProcess(home, is_forked=False) as node, node.connect() as client:
        outcome = send(client, make_registration(home, 1))
        old = get_checkpoint(client)
        assert node.stop(number) == 0
    with NodeProcess(home) as node, node.connect() as client:
        status = node.get_status()
        assert (status["height"], status["log_size"]) == (1, old.size)
        assert outcome["height"] == 1
        assert get_checkpoint(client) == old
        send(client, make_registration(home, 2))
        require_extends(client, old)


def test_stops_while_clients_are_in_the_middle_of_something(home: Path) -> None:
    with NodeProcess(home) as node:
        half = socket.create_connection(("127.0.0.1", node.port))
        half.sendall(b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nabc")
        idle = socket.create_connection(("127.0.0.1", node.port))
        assert node.stop() == 0
        half.close()
        idle.close()


def test_what_was_acknowledged_survives_being_killed(home: Path) -> None:
    signed = make_registration(home, 1)
    with NodeProcess(home) as node, node.connect() as client:
        outcome = send(client, signed)
        old = get_checkpoint(client)
        node.kill()
    with NodeProcess(home) as node, node.connect() as client:
        found = client.find_transaction(signed.transaction_id)
        assert found is not None
        assert found.outcome is not None
        assert found.outcome.document == outcome
        assert client.submit(encode_signed(signed), 10).outcome == found.outcome
        assert node.get_status()["height"] == 1
        require_extends(client, old)


@pytest.mark.parametrize("milliseconds", choose((90,), (30, 90, 200)))
def test_kill_at_any_moment_loses_nothing_that_was_acknowledged(home: Path, milliseconds: int) -> None:
    transactions = [make_registration(home, number) for number in range(1, 400)]
    acknowledged: dict[Hash, dict[str, object]] = {}
    checkpoints: list[Checkpoint] = []

    def work(client: NodeClient) -> None:
        try:
            for signed in transactions:
                acknowledged[signed.transaction_id] = send(client, signed)
                checkpoints.append(get_checkpoint(client))
        except HourledgerError as error:
            assert error.reason is Reason.NODE_UNREACHABLE

    with NodeProcess(home) as node, NodeClient(node.url, sleep=lambda _seconds: None) as client:
        worker = threading.Thread(target=work, args=(client,))
        worker.start()
        while not acknowledged:
            time.sleep(0.001)
        time.sleep(milliseconds / 1_000)
        node.kill()
        worker.join()
    assert 0 < len(acknowledged) < len(transactions)
    with NodeProcess(home) as node, node.connect() as client:
        for transaction_id, outcome in acknowledged.items():
            found = client.find_transaction(transaction_id)
            assert found is not None
            assert found.outcome is not None
            assert found.outcome.document == outcome
        for checkpoint in checkpoints[:: max(1, len(checkpoints) // 10)]:
            require_extends(client, checkpoint)
        send(client, transactions[-1])
        assert node.stop() == 0


def test_log_is_one_object_a_line(home: Path) -> None:
    with NodeProcess(home) as node, node.connect() as client:
        send(client, make_registration(home, 1))
        with socket.create_connection(("127.0.0.1", node.port)) as connection:
            connection.sendall(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n")
            connection.recv(1_000)
        assert node.stop() == 0
        events = node.read_events()
    assert [event["event"] for event in events] == ["started", "block", "stopped"]
    block = events[1]
    assert (block["height"], block["transactions"], block["entries"]) == (1, 1, 3)
    assert block["milliseconds"] > 0
    assert "127.0.0.1" not in str(events[1:])


def test_port_in_use(home: Path, tmp_path: Path) -> None:
    init_development_home(tmp_path / "other")
    with NodeProcess(home) as node:
        refuse(tmp_path / "other", Reason.PORT_IN_USE, "--port", str(node.port))


def test_address_that_is_not_ours(home: Path) -> None:
    refuse(home, Reason.USAGE, "--host", "192.0.2.1")


def test_store_in_use(home: Path) -> None:
    with NodeProcess(home) as node:
        refuse(home, Reason.STORE_IN_USE)
        assert node.get_status()["height"] == 0


def test_store_of_another_chain(home: Path, tmp_path: Path) -> None:
    with NodeProcess(home) as node:
        assert node.stop() == 0
    other = tmp_path / "other"
    init_home(
        other, chain_id="other.example/chain", region="Other", time_ms=TimeMs(1_793_000_000_000), passphrase=None, parameters={}
    )
    shutil.copytree(home / "store", other / "store")
    refuse(other, Reason.STORE_OF_ANOTHER_CHAIN)


def test_old_copy_of_the_store_is_noticed(home: Path, tmp_path: Path) -> None:
    with NodeProcess(home) as node, node.connect() as client:
        send(client, make_registration(home, 1))
        assert node.stop() == 0
    shutil.copytree(home / "store", tmp_path / "copy")
    with NodeProcess(home) as node, node.connect() as client:
        send(client, make_registration(home, 2))
        assert node.stop() == 0
    shutil.rmtree(home / "store")
    shutil.copytree(tmp_path / "copy", home / "store")
    refuse(home, Reason.STORE_DAMAGED)


def test_store_that_was_cut_short_is_noticed(home: Path) -> None:
    with NodeProcess(home) as node, node.connect() as client:
        for number in range(1, 4):
            send(client, make_registration(home, number))
        node.kill()
    (log,) = (home / "store").glob("*.log")
    log.write_bytes(log.read_bytes()[:-100])
    refuse(home, Reason.STORE_DAMAGED)


def test_lost_store_is_not_begun_anew(home: Path) -> None:
    with NodeProcess(home) as node, node.connect() as client:
        send(client, make_registration(home, 1))
        assert node.stop() == 0
    shutil.rmtree(home / "store")
    refuse(home, Reason.STORE_DAMAGED)


def test_encrypted_keys(tmp_path: Path) -> None:
    home = tmp_path / "home"
    now_ms = TimeMs(time.time_ns() // 1_000_000)
    init_home(home, chain_id="own.example/chain", region="Own", time_ms=now_ms, passphrase=b"correct horse", parameters={})
    refuse(home, Reason.MISSING_PASSPHRASE)
    assert not (home / "store").exists()
    with NodeProcess(home, {"HOURLEDGER_PASSPHRASE": "correct horse"}, is_forked=False) as node:
        assert node.get_status()["chain_id"] == "own.example/chain"
        assert node.stop() == 0


def test_full_disk_ends_the_node_and_loses_nothing(home: Path) -> None:
    first, second = make_registration(home, 1), make_registration(home, 2)
    with NodeProcess(home) as node, node.connect() as client:
        outcome = send(client, first)
        (log,) = (home / "store").glob("*.log")
        size = log.stat().st_size
        # Files may not grow any further: what a full disk looks like to the process.
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(HourledgerError) as caught, NodeClient(node.url, sleep=lambda _seconds: None) as other:
            send(other, second)
        assert caught.value.reason in {Reason.WRITE_FAILED, Reason.NODE_UNREACHABLE}
        assert node.process.wait(10) == 4
    with NodeProcess(home) as node, node.connect() as client:
        found = client.find_transaction(first.transaction_id)
        assert found is not None
        assert found.outcome is not None
        assert found.outcome.document == outcome
        send(client, second)
        assert node.stop() == 0


@contextmanager
def few_files(count: int) -> Iterator[None]:
    """Processes that are started meanwhile may have so many files and connections open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_clients_that_hold_connections_keep_no_file_from_the_store(home: Path) -> None:
    with ExitStack() as stack:
        with few_files(128):
            node = stack.enter_context(NodeProcess(home, is_forked=False))
        client = stack.enter_context(node.connect())
        send(client, make_registration(home, 1))
        for _number in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", node.port)))
        send(client, make_registration(home, 2))
        stranger = stack.enter_context(NodeClient(node.url, sleep=lambda _seconds: None))
        with pytest.raises(HourledgerError) as caught:
            stranger.get_status()
        assert caught.value.reason is Reason.BUSY
        assert node.stop() == 0


def test_stops_before_a_block_whose_rules_it_does_not_have_and_says_what_to_do(home: Path) -> None:
    body = SetRuleBook(Height(3), 2)
    unsigned = build_transaction(load_genesis(Home(home)).chain_id, "governance.set_rule_book", body, compute_now_ms() + 60_000)
    with NodeProcess(home) as node, node.connect() as client:
        send(client, sign_all(unsigned, [make_development_key("authority")]))
        assert client.get_json("/v1/governance")["next_rule_book"] == {"effective_height": 3, "version": 2}
        outcome = send(client, make_registration(home, 1))
        assert node.process.wait(STOP_SECONDS) == EXPLANATIONS[Reason.UNSUPPORTED_VERSION].exit_code
        assert (outcome["height"], "Traceback" in node.read_log()) == (2, False)
    refuse(home, Reason.UNSUPPORTED_VERSION)
    assert "sound" in run("fsck", home)
