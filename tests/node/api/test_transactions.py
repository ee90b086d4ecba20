"""Sending transactions: finality, once and only once, and answers to what may not enter a block."""

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgpack
import pytest
from msgspec.structs import replace

from contracts.exchange import EndHold, HoldPoints
from contracts.identity.organisations import SetPolicy
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import KeySignature, SignedTransaction, encode_signed
from ledger.types import Identifier, Signature, TimeMs
from node.api import requests
from node.api.transactions import MAX_SENT_TOGETHER, MAX_TOGETHER_BYTES
from node.mempool import Mempool
from node.parties import PartyFinder
from node.service import LedgerService, Made
from node.storage.memory import MemoryStore
from tests.node import story as people
from tests.node.api.test_openapi import validate_answer
from tests.node.faulty_store import FaultyStore
from tests.node.running import AUTHORITY, NOW_MS, Answer, RunningNode
from tests.node.story import make_organisation

REGISTER = "identity.register_organisation"
POLICY = "identity.set_policy"


def register(node: RunningNode) -> SignedTransaction:
    return node.build(REGISTER, make_organisation(approvals=2), [AUTHORITY])


def set_policy(node: RunningNode, *keys: SigningKey) -> SignedTransaction:
    return node.build(POLICY, SetPolicy(people.ORGANISATION, 1), keys)


def try_out(node: RunningNode, signed: SignedTransaction) -> Answer:
    return node.ask("POST", "/v1/transactions/dry-run", encode_signed(signed))


def test_outcome_is_final_when_it_is_answered(new_node: RunningNode) -> None:
    signed = register(new_node)
    document = new_node.submit(signed).json()
    assert document["transaction_id"] == signed.transaction_id.hex()
    assert document["status"] == "final"
    outcome = document["outcome"]
    assert (outcome["accepted"], outcome["height"], outcome["reason"]) == (True, 1, None)
    # The log: header of block 0, the event, the outcome, header of block 1.
    assert (outcome["first_event_index"], outcome["entry_index"], outcome["event_count"]) == (1, 2, 1)
    status = new_node.get("/v1/status").json()
    assert (status["height"], status["log_size"], status["checkpoint_size"], status["pending"]) == (1, 4, 4, 0)


def test_refusal_by_a_rule_is_recorded_with_its_reason(new_node: RunningNode) -> None:
    new_node.submit(register(new_node))
    document = new_node.submit(register(new_node)).json()
    assert document["status"] == "final"
    assert (document["outcome"]["accepted"], document["outcome"]["reason"]) == (False, Reason.ALREADY_EXISTS)
    assert document["outcome"]["next_step"]


def test_same_payload_has_its_first_outcome_for_ever(new_node: RunningNode) -> None:
    signed = register(new_node)
    first = new_node.submit(signed).json()
    new_node.now_ms = TimeMs(NOW_MS + 10**9)
    assert new_node.submit(signed).json() == first
    assert new_node.submit(replace(signed, signatures=()), wait=0).json() == first
    assert new_node.get(f"/v1/transactions/{signed.transaction_id.hex()}").json() == first
    assert new_node.get("/v1/status").json()["height"] == 1


def test_many_senders_of_one_payload_have_one_outcome(new_node: RunningNode) -> None:
    signed = register(new_node)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _number: new_node.submit(signed), range(48)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert new_node.get("/v1/status").json()["log_size"] == 4


def test_many_transactions_at_once_share_blocks_and_lose_nothing(new_node: RunningNode) -> None:
    bodies = [
        make_organisation(Identifier(bytes([number]) * 16), (SigningKey(bytes([100 + number]) * 32),)) for number in range(40)
    ]
    signed = [new_node.build(REGISTER, body, [AUTHORITY]) for body in bodies]
    with ThreadPoolExecutor(20) as pool:
        documents = [answer.json() for answer in pool.map(new_node.submit, signed)]
    assert all(document["outcome"]["accepted"] for document in documents)
    assert len({document["outcome"]["entry_index"] for document in documents}) == 40


def test_transaction_that_is_not_final_in_time_is_pending(new_node: RunningNode) -> None:
    held = threading.Event()
    make_block = LedgerService.make_block

    def make_slowly(*arguments: Any, **options: Any) -> Made:
        held.wait(10)
        return make_block(*arguments, **options)

    signed = register(new_node)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerService, "make_block", make_slowly)
        answer = new_node.submit(signed, wait=0)
        assert (answer.status, answer.json()["status"]) == (202, "pending")
        found = new_node.get(f"/v1/transactions/{signed.transaction_id.hex()}")
        assert (found.status, found.json()["status"]) == (202, "pending")
        assert new_node.get("/v1/status").json()["pending"] == 1
        held.set()
        found = new_node.get(f"/v1/transactions/{signed.transaction_id.hex()}?wait=10")
    assert (found.status, found.json()["status"]) == (200, "final")


def test_unknown_transaction_is_not_found(new_node: RunningNode) -> None:
    answer = new_node.get(f"/v1/transactions/{'ab' * 32}?wait=60")
    assert (answer.status, answer.reason) == (404, Reason.NOT_FOUND)


def forge(signed: SignedTransaction) -> SignedTransaction:
    return replace(signed, signatures=tuple(KeySignature(item.key, Signature(bytes(64))) for item in signed.signatures))


@pytest.mark.parametrize("path", ["/v1/transactions", "/v1/transactions/dry-run"])
def test_refusals_before_any_block(new_node: RunningNode, path: str) -> None:
    good = register(new_node)
    unsigned = replace(good, signatures=())
    cases = {
        b"": (400, Reason.MALFORMED),
        b"\x00" * 100: (400, Reason.MALFORMED),
        encode_signed(unsigned): (422, Reason.INVALID_SIGNATURE),
        encode_signed(forge(good)): (422, Reason.INVALID_SIGNATURE),
        encode_signed(new_node.build(REGISTER, make_organisation(), [people.STRANGER])): (422, Reason.UNKNOWN_KEY),
        encode_signed(new_node.build(REGISTER, make_organisation(), [AUTHORITY], -(10**6))): (422, Reason.EXPIRED),
        encode_signed(new_node.build(REGISTER, make_organisation(), [AUTHORITY], 10**11)): (422, Reason.VALID_TOO_LONG),
        bytes(262_145): (413, Reason.TOO_LARGE),
    }
    for envelope, expected in cases.items():
        answer = new_node.ask("POST", path, envelope)
        assert (answer.status, answer.reason) == expected
    assert new_node.get("/v1/status").json()["log_size"] == 1


def test_body_without_a_stated_length_is_cut_off_at_the_limit(new_node: RunningNode) -> None:
    connection = connect(new_node)
    chunked = {"Transfer-Encoding": "chunked"}
    connection.request("POST", "/v1/transactions", iter([bytes(65_536)] * 5), chunked, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    connection.close()


def connect(node: RunningNode) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)


def test_draft_with_too_few_signatures_is_answered_and_stays_good(new_node: RunningNode) -> None:
    new_node.submit(register(new_node))
    full = set_policy(new_node, people.OFFICER, people.SECOND_OFFICER)
    draft = replace(full, signatures=tuple(item for item in full.signatures if item.key == people.OFFICER.public_key))
    answer = new_node.submit(draft)
    assert (answer.status, answer.reason) == (422, Reason.INSUFFICIENT_SIGNATURES)
    height = new_node.get("/v1/status").json()["height"]
    assert height == 1, "a block was made for nothing"
    assert new_node.get(f"/v1/transactions/{full.transaction_id.hex()}").status == 404
    assert new_node.submit(full).json()["outcome"]["accepted"]


def test_dry_run_says_what_would_become_and_records_nothing(new_node: RunningNode) -> None:
    signed = register(new_node)
    before = new_node.get("/v1/status").body
    dry = try_out(new_node, signed).json()["outcome"]
    assert dry["accepted"]
    assert (dry["entry_index"], dry["first_event_index"]) == (None, None)
    assert new_node.get("/v1/status").body == before
    assert new_node.get(f"/v1/transactions/{signed.transaction_id.hex()}").status == 404
    final = new_node.submit(signed).json()["outcome"]
    assert {**final, "entry_index": None, "first_event_index": None} == dry
    assert try_out(new_node, signed).json()["outcome"] == final
    again = try_out(new_node, register(new_node)).json()["outcome"]
    assert (again["accepted"], again["reason"]) == (False, Reason.ALREADY_EXISTS)


def test_dry_run_of_a_draft_names_what_is_missing(new_node: RunningNode) -> None:
    new_node.submit(register(new_node))
    outcome = try_out(new_node, set_policy(new_node, people.OFFICER)).json()["outcome"]
    assert (outcome["accepted"], outcome["reason"], outcome["value"]) == (False, Reason.INSUFFICIENT_SIGNATURES, "1/2")


def test_full_mempool_is_busy_and_says_when_to_come_again(new_node: RunningNode) -> None:
    new_node.service.mempool = Mempool(max_count=0)
    answer = new_node.submit(register(new_node))
    assert (answer.status, answer.reason) == (503, Reason.BUSY)
    assert int(answer.headers["Retry-After"]) >= 1
    new_node.service.mempool = Mempool()
    assert new_node.submit(register(new_node)).status == 200


def fill(node: RunningNode, most: int) -> list[SignedTransaction]:
    """Changes of policy by an organisation's two officers in turn, as many as the node takes from it."""
    taken: list[SignedTransaction] = []
    while True:
        signed = set_policy(node, (people.OFFICER, people.SECOND_OFFICER)[len(taken) % 2])
        answer = node.submit(signed, wait=0)
        if answer.status != 202:
            assert (answer.status, answer.reason) == (503, Reason.BUSY)
            assert answer.json()["value"] == people.ORGANISATION.hex()
            return taken
        taken.append(signed)
        assert len(taken) <= most


def test_party_that_floods_neither_keeps_others_out_nor_waiting(new_node: RunningNode) -> None:
    people.tell(new_node)
    service = new_node.service
    service.mempool = Mempool(max_count=80, find_party=PartyFinder(service.chain.view).find)
    hold = HoldPoints(Identifier(b"hold-00000000003"), people.VOLUNTEER, people.OFFER, 1, TimeMs(new_node.now_ms + 3_600_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerService, "take_transactions", lambda _self: ())
        taken = fill(new_node, 20)
        assert len(taken) == 20
        late = new_node.build("exchange.hold", hold, [people.VOLUNTEER_KEY])
        again = set_policy(new_node, people.OFFICER)
        assert new_node.submit(late, wait=0).status == 202
        assert new_node.submit(again, wait=0).status == 503
        order = [item.transaction_id for item in service.mempool.iterate()]
        assert order.index(late.transaction_id) <= 2
        assert [item for item in order if item != late.transaction_id] == [item.transaction_id for item in taken]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(new_node.submit, [late, *taken]))
    # Whatever was taken comes to an end; a change by one officer alone is refused for want of a second one.
    assert answers[0].json()["outcome"]["accepted"]
    assert {answer.status for answer in answers[1:]} <= {200, 422}
    assert new_node.submit(again).status in {200, 422}


def test_busy_node_names_a_time_by_what_it_carries(new_node: RunningNode) -> None:
    service = new_node.service
    new_node.submit(register(new_node))
    service.pace.carried, service.pace.busy_ms = 10.0, 10_000.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerService, "take_transactions", lambda _self: ())
        for _number in range(7):
            assert new_node.submit(register(new_node), wait=0).status == 202
        service.mempool._max_count = 7
        answer = new_node.submit(register(new_node), wait=0)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_final_outcome_is_told_however_busy_the_node_is(new_node: RunningNode) -> None:
    signed = register(new_node)
    first = new_node.submit(signed).json()
    new_node.service.mempool = Mempool(max_count=0)
    assert new_node.submit(signed).json() == first


def test_bodies_together_are_bounded(new_node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_BODIES_BYTES", 1_000)
    with socket.create_connection(("127.0.0.1", new_node.port)) as slow:
        slow.sendall(b"POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n")
        answer = new_node.ask("POST", "/v1/transactions", bytes(900))
        while answer.status != 503:  # until the other one is being read
            answer = new_node.ask("POST", "/v1/transactions", bytes(900))
        assert answer.reason == Reason.BUSY
        assert new_node.ask("POST", "/v1/transactions", bytes(100)).reason == Reason.MALFORMED
        slow.sendall(bytes(900))
        assert b"malformed" in slow.recv(65_536)
    assert new_node.ask("POST", "/v1/transactions", bytes(900)).reason == Reason.MALFORMED
    chunks = iter([bytes(600), bytes(600)])
    connection = http.client.HTTPConnection("127.0.0.1", new_node.port, timeout=30)
    connection.request("POST", "/v1/transactions", chunks, encode_chunked=True)
    assert connection.getresponse().status in {400, 503}  # chunks that came with the head take no more memory
    connection.close()
    assert new_node.ask("POST", "/v1/transactions", bytes(900)).reason == Reason.MALFORMED


def send_together(node: RunningNode, *envelopes: bytes, wait: int = 10) -> Answer:
    return node.ask("POST", f"/v1/transactions/together?wait={wait}", msgpack.packb(list(envelopes), use_bin_type=True))


def test_transactions_that_are_sent_together_have_each_its_outcome(new_node: RunningNode) -> None:
    first, refused = register(new_node), register(new_node)
    unknown = set_policy(new_node, people.STRANGER)
    forged = replace(first, signatures=(KeySignature(AUTHORITY.public_key, Signature(bytes(64))),))
    sent = [encode_signed(item) for item in (first, unknown, forged, refused, first)]
    answer = send_together(new_node, *sent, b"rubbish")
    validate_answer("POST", "/v1/transactions/together", answer)
    results = answer.json()["results"]
    assert [item["status"] for item in results] == ["final", "refused", "refused", "final", "final", "refused"]
    assert [results[number]["error"]["reason"] for number in (1, 2, 5)] == [
        Reason.UNKNOWN_KEY,
        Reason.INVALID_SIGNATURE,
        Reason.MALFORMED,
    ]
    assert [results[number]["outcome"]["accepted"] for number in (0, 3, 4)] == [True, False, True]
    assert results[0] == results[4] == new_node.submit(first).json()


def test_transactions_that_are_sent_together_can_be_pending(new_node: RunningNode) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LedgerService, "take_transactions", lambda _self: ())
        answer = send_together(new_node, encode_signed(register(new_node)), wait=0)
    validate_answer("POST", "/v1/transactions/together", answer)
    assert (answer.status, [item["status"] for item in answer.json()["results"]]) == (200, ["pending"])


def test_those_for_which_there_is_no_room_are_busy_and_the_others_are_taken(new_node: RunningNode) -> None:
    new_node.service.mempool = Mempool(max_count=4)
    sent = [encode_signed(register(new_node)) for _number in range(2)]
    answer = send_together(new_node, *sent)
    assert [item["status"] for item in answer.json()["results"]] == ["final", "refused"]
    assert int(answer.headers["Retry-After"]) >= 1
    new_node.service.mempool = Mempool(max_count=0)
    answer = send_together(new_node, *[encode_signed(register(new_node)) for _number in range(2)])
    assert (answer.status, answer.reason) == (503, Reason.BUSY)
    validate_answer("POST", "/v1/transactions/together", answer)


@pytest.mark.parametrize(
    "body",
    [b"", b"\x90", b"\xc4\x01x", msgpack.packb(["text"]), msgpack.packb([b""], use_bin_type=True), b"\xdc\x00\x01\xc4\x01x"],
)
def test_what_is_no_list_of_envelopes_is_malformed(new_node: RunningNode, body: bytes) -> None:
    answer = new_node.ask("POST", "/v1/transactions/together", body)
    assert (answer.status, answer.reason) == (400, Reason.MALFORMED)
    validate_answer("POST", "/v1/transactions/together", answer)


def test_no_more_are_sent_together_than_the_bound(new_node: RunningNode) -> None:
    answer = send_together(new_node, *[b"x"] * (MAX_SENT_TOGETHER + 1))
    assert (answer.status, answer.reason) == (400, Reason.MALFORMED)
    answer = new_node.ask("POST", "/v1/transactions/together", bytes(MAX_TOGETHER_BYTES + 1))
    assert (answer.status, answer.reason) == (413, Reason.TOO_LARGE)


@pytest.mark.parametrize("wait", ["-1", "61", "1.5", "", "x", "\u0661", "1" * 30])
def test_wait_is_a_number_of_seconds(new_node: RunningNode, wait: str) -> None:
    answer = new_node.ask("POST", f"/v1/transactions?wait={quote(wait)}", encode_signed(register(new_node)))
    assert (answer.status, answer.reason) == (400, Reason.USAGE)


@pytest.mark.parametrize("is_applied", [False, True])
def test_store_that_fails_acknowledges_nothing_and_ends_the_node(tmp_path: Path, *, is_applied: bool) -> None:
    store = FaultyStore(MemoryStore(), 1, is_applied=is_applied)
    with RunningNode(tmp_path, store) as node:
        answer = node.submit(register(node))
        assert (answer.status, answer.reason) == (503, Reason.WRITE_FAILED)
        node.stop()
        assert isinstance(node.failure, HourledgerError)
        assert (node.failure.reason, node.failure.exit_code) == (Reason.WRITE_FAILED, 4)


def test_health_says_that_the_store_failed(new_node: RunningNode) -> None:
    assert new_node.get("/v1/health").json()["status"] == "ok"
    new_node.service.fail(HourledgerError(Reason.WRITE_FAILED, "the disk is full"))
    answer = new_node.get("/v1/health")
    assert (answer.status, answer.json()["status"], answer.reason) == (503, "failed", Reason.WRITE_FAILED)
    assert new_node.submit(register(new_node)).status == 503


def test_node_that_stops_lets_its_clients_go(new_node: RunningNode) -> None:
    signed = register(new_node)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setattr(LedgerService, "take_transactions", lambda _self: ())
        waiting = pool.submit(new_node.submit, signed, 60)
        while signed.transaction_id not in new_node.service.waiters:
            assert not waiting.done()
        new_node.stop()
        answer = waiting.result(5)
    assert (answer.status, answer.json()["status"]) == (202, "pending")


def test_transaction_about_a_hold_that_is_not_there_yet_stays_open(new_node: RunningNode) -> None:
    """Else whoever sees a merchant's transaction before its hold is final could end it."""
    people.tell(new_node)
    hold = Identifier(b"hold-00000000002")
    release = new_node.build("exchange.release", EndHold(hold), [people.MERCHANT_KEY])
    early = new_node.submit(release)
    assert early.reason == Reason.UNKNOWN_HOLD
    assert new_node.get(f"/v1/transactions/{release.transaction_id.hex()}").status == 404
    body = HoldPoints(hold, people.VOLUNTEER, people.OFFER, 1, TimeMs(new_node.now_ms + 3_600_000))
    new_node.carry_out("exchange.hold", body, people.VOLUNTEER_KEY)
    again = new_node.submit(release)
    assert (again.status, again.json()["outcome"]["accepted"]) == (200, True)
