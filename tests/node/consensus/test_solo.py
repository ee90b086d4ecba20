"""The engine of one authority: blocks when there is work, heartbeats when there is none, and an end that is an end."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.identity.organisations import SetPolicy
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from node.service import LedgerService
from tests.node import story as people
from tests.node.running import AUTHORITY, RunningNode
from tests.node.story import make_organisation


def wait_until(is_so: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


def get_height(node: RunningNode) -> int:
    return int(node.get("/v1/status").json()["height"])


def test_first_checkpoint_is_there_before_any_transaction(tmp_path: Path) -> None:
    with RunningNode(tmp_path) as node:
        assert get_height(node) == 0
        assert node.get("/checkpoint").body.split(b"\n")[1] == b"1"


def test_idle_chain_makes_a_block_now_and_then(tmp_path: Path) -> None:
    with RunningNode(tmp_path, heartbeat_ms=50) as node:
        wait_until(lambda: get_height(node) >= 3)


def test_busy_chain_makes_no_block_without_work(tmp_path: Path) -> None:
    with RunningNode(tmp_path) as node:
        node.carry_out("identity.register_organisation", make_organisation(), AUTHORITY)
        time.sleep(0.1)
        assert get_height(node) == 1


def test_transactions_that_no_block_may_have_do_not_put_off_the_heartbeat(tmp_path: Path) -> None:
    with RunningNode(tmp_path, heartbeat_ms=300) as node:
        node.carry_out("identity.register_organisation", make_organisation(approvals=2), AUTHORITY)
        height = get_height(node)
        end = time.monotonic() + 5
        while get_height(node) == height:
            assert time.monotonic() < end, "no heartbeat came"
            draft = node.build("identity.set_policy", SetPolicy(people.ORGANISATION, 1), [people.OFFICER])
            assert node.submit(draft).reason == Reason.INSUFFICIENT_SIGNATURES


def test_heartbeat_comes_while_there_is_always_something_that_no_block_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningNode(tmp_path, heartbeat_ms=100) as node:
        stranger = node.build("identity.register_organisation", make_organisation(), [people.STRANGER])

        def take_always(service: LedgerService) -> tuple[SignedTransaction, ...]:
            service.work.set()
            return (stranger,)

        with monkeypatch.context() as patch:
            patch.setattr(LedgerService, "take_transactions", take_always)
            height = node.service.pinned.reader.tip.height
            wait_until(lambda: node.service.pinned.reader.tip.height > height + 1)


def test_fault_in_a_block_ends_the_node_with_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError

    with RunningNode(tmp_path) as node:
        monkeypatch.setattr(LedgerService, "make_block", fail)
        answer = node.submit(node.build("identity.register_organisation", make_organisation(), [AUTHORITY]))
        assert (answer.status, answer.reason) == (500, Reason.INTERNAL)
        node.stop()
        assert isinstance(node.failure, HourledgerError)
        assert node.failure.reason is Reason.INTERNAL
