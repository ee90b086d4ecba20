"""What a node proves is believed for its proofs: everything here is checked against the trust file alone."""

import json
from collections.abc import Callable

import pytest

from certificates.certificate import issue_certificate
from certificates.evidence import Evidence
from certificates.jcs import encode_jcs
from contracts.balances import ISSUED
from contracts.hours import HOURS_RECORDED, Correction, VoidHours
from contracts.identity.parties import ORGANISATIONS
from contracts.records import BATCHES
from ledger import state_tree
from ledger.blocks import HEADER
from ledger.checkpoint import Checkpoint
from ledger.codec import decode
from ledger.genesis import parse_genesis
from ledger.merkle import compute_leaf_hash, verify_consistency, verify_inclusion
from ledger.notes import parse_base64
from ledger.proofs import Bundle, parse_bundle, verify_entries, verify_values
from ledger.tlog_proof import parse_tlog_proof
from ledger.trust import parse_trust, verify_checkpoint
from ledger.types import EntryIndex, Hash, TimeMs
from node.api import bundles, checking, histories
from node.api.checking import MAX_SHORT_BYTES, MAX_SHORT_QUOTES, is_short
from node.chain import ChainReader
from node.home import make_development_genesis
from node.pinned import Pinned
from node.service import LedgerService
from node.short_reads import ShortReads
from tests.node import story as people
from tests.node.running import NOW_MS, RunningNode
from tests.node.story import Story, make_opening


def believe(node: RunningNode, note: bytes) -> Checkpoint:
    """The checkpoint in a note, if a quorum of the trust file vouches for it."""
    return verify_checkpoint(parse_trust(node.get("/v1/trust").body), note).checkpoint


def fetch_bundle(node: RunningNode, story: Story) -> Bundle:
    entry = HOURS_RECORDED.decode(node.get(f"/v1/entries/{story.hours_entry}", people.OFFICER).body)
    keys = sorted({ORGANISATIONS.key(people.ORGANISATION), BATCHES.key(entry.batch)})
    request = {"entries": [story.hours_entry], "keys": [key.hex() for key in keys]}
    return parse_bundle(node.post("/v1/bundles", request, people.OFFICER).json())


def test_checkpoint_is_the_whole_log_and_cosigned(node: RunningNode) -> None:
    checkpoint = believe(node, node.get("/checkpoint").body)
    status = node.get("/v1/status").json()
    assert (checkpoint.origin, checkpoint.size) == (status["chain_id"], status["log_size"])
    assert node.get("/v1/checkpoint").body == node.get("/checkpoint").body


def test_every_entry_is_proven(node: RunningNode) -> None:
    size = believe(node, node.get("/checkpoint").body).size
    tile = node.get(f"/tile/0/000.p/{size}").body
    for index in range(size):
        proof = parse_tlog_proof(node.get(f"/v1/entries/{index}/proof").body)
        checkpoint = believe(node, proof.checkpoint_note)
        leaf_hash = Hash(tile[32 * index : 32 * index + 32])
        verify_inclusion(leaf_hash, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
        assert proof.index == index


def test_proof_fits_the_entry_that_the_node_gives(node: RunningNode, story: Story) -> None:
    entry = node.get(f"/v1/entries/{story.registration_entry}").body
    proof = parse_tlog_proof(node.get(f"/v1/entries/{story.registration_entry}/proof").body)
    checkpoint = believe(node, proof.checkpoint_note)
    verify_inclusion(compute_leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)


def test_log_of_any_size_is_the_beginning_of_a_later_one(node: RunningNode) -> None:
    size = believe(node, node.get("/checkpoint").body).size
    with node.service.reading() as pinned:
        roots = [pinned.reader.compute_root_at(EntryIndex(number)) for number in range(size + 1)]
    for old in range(0, size + 1, 3):
        for new in (old, (old + size) // 2, size):
            answer = node.get(f"/v1/consistency?old={old}&new={new}").json()
            hashes = tuple(Hash(bytes.fromhex(text)) for text in answer["hashes"])
            verify_consistency(old, roots[old], new, roots[new], hashes)
            assert (answer["old_size"], answer["new_size"]) == (old, new)
    assert node.get("/v1/consistency?old=1").json()["new_size"] == size


@pytest.mark.parametrize("query", ["old=5&new=4", "old=0&new=999999", "old=999999"])
def test_sizes_that_the_log_did_not_have(node: RunningNode, query: str) -> None:
    assert node.get(f"/v1/consistency?{query}").status in {400, 404}


@pytest.mark.parametrize("key", [ORGANISATIONS.key(people.ORGANISATION), ORGANISATIONS.key(people.NOBODY), ISSUED.key()])
def test_value_or_its_absence_is_proven(node: RunningNode, key: bytes) -> None:
    answer = node.get(f"/v1/state/{key.hex()}").json()
    size = believe(node, node.get("/checkpoint").body).size
    header = HEADER.decode(node.get(f"/v1/entries/{size - 1}").body)
    assert (answer["height"], answer["state_root"]) == (header.height, header.state_root.hex())
    value = None if answer["value"] is None else bytes.fromhex(answer["value"])
    assert (value is None) == (key == ORGANISATIONS.key(people.NOBODY))
    proof = decode(state_tree.state_proof_codec, parse_base64(answer["proof"]))
    if value is None:
        state_tree.verify_absence(header.state_root, key, proof)
    else:
        state_tree.verify_inclusion(header.state_root, key, value, proof)


def test_bundle_is_of_one_checkpoint(node: RunningNode, story: Story) -> None:
    bundle = fetch_bundle(node, story)
    checkpoint = believe(node, bundle.checkpoint_note.encode())
    entries = verify_entries(bundle, checkpoint)
    header, values = verify_values(bundle, checkpoint)
    assert set(entries) == {story.hours_entry, checkpoint.size - 1}
    assert header.height == node.get("/v1/status").json()["height"]
    assert values[ORGANISATIONS.key(people.ORGANISATION)]


def test_empty_bundle_has_the_header_alone(node: RunningNode) -> None:
    bundle = parse_bundle(node.post("/v1/bundles", {"entries": [], "keys": []}).json())
    assert len(bundle.entries) == 1
    verify_values(bundle, believe(node, bundle.checkpoint_note.encode()))


def test_genesis_is_the_file(node: RunningNode) -> None:
    assert parse_genesis(node.get("/v1/genesis").body) == make_development_genesis()


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"entries": [10**6], "keys": []}, "not_found"),
        ({"entries": [0] * 2_001, "keys": []}, "usage"),
        ({"entries": [], "keys": ["00"] * 2_001}, "usage"),
        ({"entries": [True], "keys": []}, "usage"),
        ({"entries": [-1], "keys": []}, "usage"),
        ({"entries": [2**63], "keys": []}, "usage"),
        ({"entries": [], "keys": ["00"]}, "not_found"),
        ({"entries": [], "keys": [""]}, "usage"),
        ({"entries": [], "keys": ["AB"]}, "usage"),
        ({"entries": []}, "usage"),
        ({"entries": [], "keys": [], "more": 1}, "usage"),
        ([], "usage"),
    ],
)
def test_bundles_that_cannot_be_made(node: RunningNode, request_: object, reason: str) -> None:
    assert node.post("/v1/bundles", request_).reason == reason


def test_keys_are_looked_for_in_the_order_of_the_tree(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    prove = ChainReader.prove_state

    def prove_noted(reader: ChainReader, key: bytes) -> state_tree.StateProof:
        asked.append(key)
        return prove(reader, key)

    monkeypatch.setattr(ChainReader, "prove_state", prove_noted)
    keys = [BATCHES.key(bytes([number]) * 16) for number in range(40)]
    request = {"entries": [], "keys": [key.hex() for key in keys + keys]}
    assert node.post("/v1/bundles", request).status == 200
    assert asked == sorted(keys, key=state_tree.compute_key_hash)


def test_bundle_has_a_limit_in_bytes(node: RunningNode, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    request = {"entries": [story.registration_entry], "keys": [ORGANISATIONS.key(people.ORGANISATION).hex()]}
    with node.service.reading() as pinned:
        reader = pinned.reader
        last = EntryIndex(reader.tip.size - 1)
        entries = [reader.read_entry(index) for index in (EntryIndex(story.registration_entry), last)]
        value = reader.state.get(ORGANISATIONS.key(people.ORGANISATION)) or b""
    byte_count = sum(map(len, (*entries, value)))
    monkeypatch.setattr(bundles, "MAX_BUNDLE_BYTES", byte_count)
    assert node.post("/v1/bundles", request).status == 200
    monkeypatch.setattr(bundles, "MAX_BUNDLE_BYTES", byte_count - 1)
    answer = node.post("/v1/bundles", request)
    assert (answer.status, answer.reason) == (413, "too_large")


def read_pages(node: RunningNode, limit: int) -> tuple[list[int], int]:
    """Indexes of a volunteer's entries as the pages give them, and how many pages there were."""
    found: list[int] = []
    start: int | None = 0
    pages = 0
    while start is not None:
        target = f"/v1/volunteers/{people.VOLUNTEER.hex()}/entries?from={start}&limit={limit}"
        page = node.get(target, people.OFFICER).json()
        assert len(page["entries"]) <= limit
        found += [entry["index"] for entry in page["entries"]]
        start, pages = page["next"], pages + 1
    return found, pages


def test_pages_together_are_the_whole_list_whatever_bounds_them(node: RunningNode, monkeypatch: pytest.MonkeyPatch) -> None:
    # The volunteer has four entries, of which the officer may read the first two.
    whole, pages = read_pages(node, 1_000)
    assert (len(whole), pages) == (2, 1)
    assert read_pages(node, 1) == (whole, 3)
    with monkeypatch.context() as patch:
        patch.setattr(histories, "MAX_LOOKED_AT", 1)
        assert read_pages(node, 1_000) == (whole, 4)
    monkeypatch.setattr(histories, "MAX_PAGE_BYTES", 1)
    assert read_pages(node, 1_000) == (whole, 3)


def issue(node: RunningNode, story: Story, position: int | None = None) -> dict[str, object]:
    evidence = Evidence(fetch_bundle(node, story), {EntryIndex(story.hours_entry): make_opening(1)})
    return dict(issue_certificate(evidence, people.OFFICER, node.now_ms, position=position))


def test_certificate_is_valid_under_the_nodes_own_trust_file(node: RunningNode, story: Story) -> None:
    report = node.post("/v1/verify", issue(node, story)).json()
    assert report["verdict"] == "valid", report
    assert report["statement"]["minutes"] == 120


@pytest.mark.parametrize("name", ["is_short", "is_open"])
def test_certificate_is_verified_alike_on_the_event_loop_and_in_a_thread(
    node: RunningNode, story: Story, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    certificate = encode_jcs(issue(node, story))  # type: ignore[arg-type]
    assert is_short(certificate, lambda _: False)
    assert not is_short(certificate + b" " * MAX_SHORT_BYTES, lambda _: True)
    assert not any(is_short(certificate + item * MAX_SHORT_QUOTES, lambda _: True) for item in (b'"', b","))
    with monkeypatch.context() as patch:
        patch.setattr(LedgerService, "read", None)
        there = node.ask("POST", "/v1/verify", certificate)
    patched = checking if name == "is_short" else ShortReads
    monkeypatch.setattr(patched, name, lambda *_: False)
    monkeypatch.setattr(ShortReads, "run", None)
    aside = node.ask("POST", "/v1/verify", certificate)
    assert (there.status, there.json()) == (aside.status, aside.json())
    assert there.json()["verdict"] == "valid"


def test_certificate_with_a_position_is_short_once_its_list_is_made(
    new_node: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = people.tell(new_node)
    reads: list[int] = []
    read = LedgerService.read

    async def count(service: LedgerService, job: Callable[[Pinned], bytes]) -> bytes:
        reads.append(1)
        return await read(service, job)

    monkeypatch.setattr(LedgerService, "read", count)
    certificate = encode_jcs(issue(new_node, story, position=7))  # type: ignore[arg-type]
    reads.clear()
    reports = [new_node.ask("POST", "/v1/verify", certificate).json() for _ in range(3)]
    assert reports[0] == reports[1] == reports[2]
    assert "standing" in {check["name"] for check in reports[0]["checks"]}
    assert len(reads) == 1


def test_certificate_is_held_against_what_the_question_says(node: RunningNode, story: Story) -> None:
    certificate = issue(node, story)
    trust = node.get("/v1/trust").body.decode()

    def ask(**question: object) -> str:
        return str(node.ask_to_verify({"document": certificate, **question}).json()["verdict"])

    assert ask() == "valid"
    assert ask(trust=[trust]) == "valid"
    assert ask(trust=[]) == "undetermined"
    assert ask(max_age_s=0, at_time_ms=node.now_ms + 10_000) == "undetermined"
    assert ask(max_age_s=10, at_time_ms=node.now_ms + 10_000) == "valid"
    assert ask(at_time_ms=node.now_ms - 10**9) == "undetermined"


def test_changed_certificate_is_invalid(node: RunningNode, story: Story) -> None:
    certificate = issue(node, story)
    assert node.post("/v1/verify", {**certificate, "name": "Another"}).json()["verdict"] == "invalid"


def test_void_record_shows_in_new_evidence_and_old_evidence_stays_what_it_was(new_node: RunningNode) -> None:
    story = people.tell(new_node)
    old = issue(new_node, story)
    entry = HOURS_RECORDED.decode(new_node.get(f"/v1/entries/{story.hours_entry}", people.OFFICER).body)
    void = VoidHours(people.ORGANISATION, entry.record, people.VOLUNTEER, entry.day, Correction.NOT_SERVICE)
    new_node.carry_out("hours.void", void, people.OFFICER)
    report = new_node.post("/v1/verify", issue(new_node, story)).json()
    reasons = {check["reason"] for check in report["checks"]}
    assert (report["verdict"], "not_current" in reasons) == ("invalid", True)
    assert new_node.post("/v1/verify", old).json()["verdict"] == "valid"


def test_expired_points_are_listed_and_do_not_count(new_node: RunningNode) -> None:
    people.tell(new_node)
    target = f"/v1/volunteers/{people.OTHER_VOLUNTEER.hex()}"
    account = new_node.get(target, people.OTHER_VOLUNTEER_KEY).json()
    assert account["balance"] == sum(lot["points"] for lot in account["lots"]) > 0
    new_node.now_ms = TimeMs(NOW_MS + 20 * 366 * 86_400_000)
    later = new_node.get(target, people.OTHER_VOLUNTEER_KEY).json()
    assert later == {**account, "balance": 0}


def test_merchants_account(node: RunningNode) -> None:
    answer = node.get(f"/v1/merchants/{people.MERCHANT.hex()}/account", people.MERCHANT_KEY).json()
    assert answer == {"merchant": people.MERCHANT.hex(), "balance": 0, "time_minutes": 0}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_question_is_read_however_its_json_is_written(node: RunningNode, story: Story, encoding: str) -> None:
    text = json.dumps({"document": issue(node, story), "max_age_s": 10**6})
    for written in (text, text.replace("document", "docum\\u0065nt")):
        assert node.ask_to_verify(written.encode(encoding)).json()["verdict"] == "valid"
