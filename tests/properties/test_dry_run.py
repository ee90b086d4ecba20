"""What a dry run answers is what execution answers, for transactions of all kinds, good and bad; and it changes nothing.

The node is a real one over HTTP, the transactions are those of the pseudo-random ledger. A change of the authorities, or
of the rules, would end a node that decides alone, so one is compared with the block that the node would make, and not sent.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from contracts.rulebook import KINDS
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction, decode_payload, encode_signed
from ledger.types import TimeMs
from node.home import NodeKeys
from tests.cli.command_line import CommandLine
from tests.effort import choose
from tests.node.running import Answer, RunningNode
from tests.properties.ledger_script import BLOCK_MS, GENESIS, START_MS, Script, make_key

ROUNDS = 3
"""How often each kind is drawn."""
ENDS_THE_NODE = frozenset({"governance.change_authorities", "governance.set_rule_book"})


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RunningNode]:
    """A node of the pseudo-random ledger's chain, whose only authority it is."""
    running = RunningNode(tmp_path)
    running.genesis = GENESIS
    running.keys = NodeKeys(*(make_key(name) for name in ("a", "a cosigner", "a log")))
    running.now_ms = START_MS
    with running:
        yield running


def draw_all(node: RunningNode, seed: int) -> Iterator[SignedTransaction]:
    """What the ledger begins with, and then what the seed draws; time goes on between transactions."""
    script = Script(seed, node.service.chain)
    for number in range(2):
        node.now_ms = TimeMs(node.now_ms + BLOCK_MS)
        yield from tuple(script.begin_second(node.now_ms) if number else script.begin(node.now_ms))
    for kind in script.random.sample(sorted(KINDS), len(KINDS)) * ROUNDS:
        node.now_ms = TimeMs(node.now_ms + script.random.choice((1, 60_000, BLOCK_MS)))
        yield script.draw(node.now_ms, kind)


def try_out(node: RunningNode, envelope: bytes) -> Answer:
    """Dry-run a transaction, and see that nothing is changed by it."""
    before = node.service.pinned, node.service.chain.tip, len(node.service.mempool)
    answer = node.ask("POST", "/v1/transactions/dry-run", envelope)
    assert (node.service.pinned, node.service.chain.tip, len(node.service.mempool)) == before
    return answer


def find_result(outcome: dict[str, Any]) -> tuple[Any, ...]:
    """What an outcome says, but for its place in the log."""
    names = ("accepted", "reason", "value", "detail", "next_step", "rows", "event_count", "height")
    return tuple(outcome[name] for name in names)


def find_refusal(answer: Answer) -> tuple[str, str]:
    """Reason and value of a refusal, whether it is an outcome or comes before any block, as those about signers (ADR 0003)."""
    document = answer.json()
    refused = document.get("outcome", document)
    return refused["reason"], refused["value"]


def build(node: RunningNode, signed: SignedTransaction) -> tuple[Reason | None, str]:
    """What the block says that the node would make of a transaction, or why it would leave it out."""
    candidate = node.service.chain.build((signed,), node.now_ms, node.keys.authority.public_key)
    if candidate.left_out:
        return candidate.left_out[0].error.reason, candidate.left_out[0].error.value
    return candidate.outcomes[0].reason, candidate.outcomes[0].value


@pytest.mark.parametrize("seed", range(choose(2, 6)))
def test_dry_run_answers_as_execution_does(node: RunningNode, seed: int) -> None:
    met: Counter[tuple[str, bool]] = Counter()
    for signed in draw_all(node, seed):
        kind = decode_payload(signed).kind
        envelope = encode_signed(signed)
        dry = try_out(node, envelope)
        if dry.status == 200 and kind in ENDS_THE_NODE:
            assert build(node, signed) == (dry.json()["outcome"]["reason"], dry.json()["outcome"]["value"])
            met[kind, dry.json()["outcome"]["accepted"]] += 1
            continue
        sent = node.submit(signed)
        if sent.status != 200:
            assert find_refusal(dry) == find_refusal(sent), kind
            met[kind, False] += 1
            continue
        assert find_result(dry.json()["outcome"]) == find_result(sent.json()["outcome"]), kind
        met[kind, sent.json()["outcome"]["accepted"]] += 1
        assert try_out(node, envelope).json()["outcome"] == sent.json()["outcome"], "what is final is told as it is"
    assert {kind for kind, _accepted in met} == set(KINDS)
    for is_accepted in (True, False):
        assert sum(count for (_kind, accepted), count in met.items() if accepted is is_accepted) > len(KINDS) // 4


def damage(random: Random, envelope: bytes) -> bytes:
    """The envelope with some bytes changed, left out or added."""
    place = random.randrange(len(envelope))
    match random.randrange(3):
        case 0:
            return envelope[:place] + bytes((envelope[place] ^ (1 << random.randrange(8)),)) + envelope[place + 1 :]
        case 1:
            return envelope[:place]
        case _:
            return envelope + bytes((random.randrange(256),))


def test_dry_run_refuses_at_the_door_what_is_refused_there(node: RunningNode) -> None:
    random = Random(7)
    reasons = set()
    for number, signed in enumerate(draw_all(node, 11)):
        if number < 20:
            node.submit(signed)
            continue
        for envelope in (damage(random, encode_signed(signed)), damage(random, encode_signed(signed))):
            dry = try_out(node, envelope)
            if dry.status == 200:
                continue
            sent = node.ask("POST", "/v1/transactions?wait=10", envelope)
            assert (dry.status, dry.json()) == (sent.status, sent.json())
            reasons.add(dry.reason)
        if number > 80:
            break
    late = next(draw_all(node, 12))
    node.now_ms = TimeMs(node.now_ms + 30 * BLOCK_MS)
    assert try_out(node, encode_signed(late)).reason == node.submit(late).reason == Reason.EXPIRED
    assert {"malformed", "invalid_signature"} <= reasons


def test_command_line_tells_what_the_dry_run_answers(
    node: RunningNode, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hourledger = CommandLine(capsys, ("--node", f"http://127.0.0.1:{node.port}", "--json"))
    seen = set()
    for number, signed in enumerate(draw_all(node, 5)):
        draft = tmp_path / "some.draft"
        draft.write_bytes(encode_signed(signed))
        answer = try_out(node, encode_signed(signed)).json()
        result = hourledger("tx", "submit", draft, "--dry-run")
        outcome = answer.get("outcome", answer)
        if "outcome" in answer and outcome["accepted"]:
            assert (result.code, result.document["outcome"]) == (0, outcome)
        else:
            error = result.document["error"]
            assert (error["reason"], error["value"]) == (outcome["reason"], outcome["value"])
            assert result.code != 0
        seen.add((result.code, outcome["reason"]))
        if decode_payload(signed).kind not in ENDS_THE_NODE:
            node.submit(signed)
        if number > 100:
            break
    assert len(seen) > 8
