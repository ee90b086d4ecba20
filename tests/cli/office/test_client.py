import json
import socket

import pytest

from cli.office.builders import build_transaction, sign_all
from cli.office.client import Answer, NodeClient, _parse_error
from contracts.identity.organisations import SetPolicy
from ledger.errors import HourledgerError
from ledger.reasons import ExitCode, Reason
from ledger.transactions import SignedTransaction, encode_signed
from ledger.types import Hash
from tests.cli import people
from tests.cli.http_double import Temper, serve
from tests.cli.ledger_double import CHAIN_ID, NOW_MS, LedgerDouble


def make_transaction(approvals: int = 2) -> SignedTransaction:
    body = SetPolicy(people.ORGANISATION, approvals)
    return sign_all(build_transaction(CHAIN_ID, "identity.set_policy", body, NOW_MS + 1_000), people.OFFICERS[:1])


@pytest.fixture
def double() -> LedgerDouble:
    node = LedgerDouble()
    node.register()
    return node


def test_status(double: LedgerDouble) -> None:
    with serve(double) as url, NodeClient(url) as client:
        assert client.get_status().chain_id == CHAIN_ID


def test_same_bytes_sent_again_get_the_first_outcome(double: LedgerDouble) -> None:
    signed = make_transaction()
    with serve(double) as url, NodeClient(url) as client:
        first = client.carry_out(encode_signed(signed), signed.transaction_id)
        again = client.carry_out(encode_signed(signed), signed.transaction_id)
    assert first.is_accepted
    assert again.document == first.document


def test_connection_that_breaks_is_made_again(double: LedgerDouble) -> None:
    signed = make_transaction()
    temper = Temper(hang_up=2)
    pauses: list[float] = []
    with serve(double, temper) as url, NodeClient(url, pauses.append) as client:
        assert client.carry_out(encode_signed(signed), signed.transaction_id).is_accepted
    assert len(temper.asked) == 3
    assert len(pauses) == 2


def test_node_that_never_answers_is_unreachable(double: LedgerDouble) -> None:
    with (
        serve(double, Temper(hang_up=99)) as url,
        NodeClient(url, lambda _s: None) as client,
        pytest.raises(HourledgerError) as caught,
    ):
        client.get_status()
    assert caught.value.reason is Reason.NODE_UNREACHABLE
    assert caught.value.exit_code is ExitCode.UNDETERMINED


def test_port_where_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with NodeClient(url, lambda _s: None) as client, pytest.raises(HourledgerError, match="refused") as caught:
            client.get_status()
    assert caught.value.reason is Reason.NODE_UNREACHABLE


def test_busy_node_is_asked_again_when_it_says(double: LedgerDouble) -> None:
    signed = make_transaction()
    pauses: list[float] = []
    with serve(double, Temper(busy=3)) as url, NodeClient(url, pauses.append) as client:
        assert client.carry_out(encode_signed(signed), signed.transaction_id).is_accepted
    assert pauses == [7.0, 7.0, 7.0]


def test_patience_with_a_busy_node_is_bounded(double: LedgerDouble) -> None:
    pauses: list[float] = []
    with (
        serve(double, Temper(busy=99)) as url,
        NodeClient(url, pauses.append) as client,
        pytest.raises(HourledgerError) as caught,
    ):
        client.submit(encode_signed(make_transaction()))
    assert caught.value.reason is Reason.BUSY
    assert sum(pauses) == 119.0  # 17 pauses of 7 s: one more would be over two minutes


def test_pending_transaction_is_waited_for(double: LedgerDouble) -> None:
    signed = make_transaction()
    temper = Temper(pending=3)
    with serve(double, temper) as url, NodeClient(url) as client:
        assert client.carry_out(encode_signed(signed), signed.transaction_id).is_accepted
    methods = [line.split("?")[0].split("/")[0:1] for line in temper.asked]
    assert [method[0].strip() for method in methods] == ["POST", "GET", "GET", "GET"]


def test_pending_for_too_long_is_not_final(double: LedgerDouble) -> None:
    signed = make_transaction()
    with serve(double, Temper(pending=9)) as url, NodeClient(url) as client, pytest.raises(HourledgerError) as caught:
        client.carry_out(encode_signed(signed), signed.transaction_id, patience_s=0)
    assert caught.value.reason is Reason.NOT_FINAL
    assert caught.value.value == signed.transaction_id.hex()


def test_refusal_at_the_door_has_the_nodes_reason(double: LedgerDouble) -> None:
    body = SetPolicy(people.ORGANISATION, 2)
    signed = sign_all(build_transaction("another.example", "identity.set_policy", body, NOW_MS), people.OFFICERS[:1])
    with serve(double) as url, NodeClient(url) as client, pytest.raises(HourledgerError) as caught:
        client.submit(encode_signed(signed))
    assert caught.value.reason is Reason.WRONG_CHAIN


def test_dry_run_leaves_no_trace(double: LedgerDouble) -> None:
    before = dict(double.outcomes)
    with serve(double) as url, NodeClient(url) as client:
        assert client.dry_run(encode_signed(make_transaction())).is_accepted
        assert client.dry_run(encode_signed(make_transaction(9))).reason is Reason.INVALID_POLICY
    assert double.outcomes == before


def test_unknown_transaction_is_none(double: LedgerDouble) -> None:
    with serve(double) as url, NodeClient(url) as client:
        assert client.find_transaction(Hash(bytes(32))) is None


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "http://", "http://host:99999", "http://h/?a=b", "http://[::1", "http://:1"]
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(HourledgerError) as caught:
        NodeClient(url)
    assert caught.value.reason is Reason.USAGE


@pytest.mark.parametrize("body", [b"<html>", b"[]", json.dumps({"reason": "no_such_reason", "detail": "?"}).encode()])
def test_errors_of_something_else_than_a_node(body: bytes) -> None:
    assert _parse_error(Answer(500, {}, body), "http://elsewhere").reason is Reason.NODE_UNREACHABLE
