"""Counter cards that a CBOR library of others wrote, as the browser's code judges them."""

import json
import random
import subprocess
from collections.abc import Callable
from typing import Any, Final

import cbor2
import pytest

from certificates.base45 import format_base45, parse_base45
from ledger.crypto import Context, SigningKey
from ledger.notes import SignatureType, VerifierKey, compute_key_id, format_verifier_key

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]

CHAIN: Final = "hours.example/river"
NODE: Final = SigningKey(b"n" * 32)
STRANGER: Final = SigningKey(b"s" * 32)
HOLD, SHOP, OFFER, ACCOUNT = (name * 16 for name in (b"h", b"m", b"o", b"a"))
ISSUED, UNTIL = 1_790_000_000, 1_790_003_600
PROFILE: Final = -70_001
CLAIMS: Final = {1: CHAIN, 4: UNTIL, 6: ISSUED, 7: HOLD, PROFILE: [1, SHOP, OFFER, 2, 4]}
DESK: Final = {1: CHAIN, 4: UNTIL, 6: ISSUED, 8: {5: b"t" * 32}, PROFILE: [2, ACCOUNT, 3, 83_121]}


def make_trust(key: SigningKey = NODE, name: str = CHAIN) -> str:
    return f"log {format_verifier_key(VerifierKey(name, SignatureType.ED25519, key.public_key))}\nquorum none\n"


def write_card(
    claims: Any, key: SigningKey = NODE, payload: bytes | None = None, header: Any = None, unprotected: Any = None
) -> str:
    data = cbor2.dumps(claims, canonical=True) if payload is None else payload
    key_id = compute_key_id(CHAIN, SignatureType.ED25519, NODE.public_key)
    protected = cbor2.dumps({1: -8, 4: key_id} if header is None else header, canonical=True)
    signature = key.sign(Context.PLAIN, cbor2.dumps(["Signature1", protected, b"", data], canonical=True))
    parts = [protected, unprotected or {}, data, bytes(signature)]
    return "HLC1:" + format_base45(cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True))


def judge(run_node: Run, *cases: dict[str, Any], trust: str | None = None) -> list[dict[str, Any]]:
    whole = [{"at_ms": ISSUED * 1_000 + 60_000, "merchant": None, **case} for case in cases]
    given = json.dumps({"trust": [make_trust() if trust is None else trust], "cases": whole})
    done = run_node("counter_card.mjs", input=given)
    assert done.returncode == 0, done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


def find_failure(report: dict[str, Any]) -> tuple[str, str, str] | None:
    failed = [item for item in report["checks"] if item["verdict"] != "valid"]
    return (failed[0]["name"], failed[0]["verdict"], failed[0]["reason"]) if failed else None


def test_till_takes_no_code_of_another_region(run_node: Run) -> None:
    """Its trust file may name logs of several."""
    (report,) = judge(run_node, {"text": write_card(CLAIMS), "merchant": SHOP.hex()})
    known = [{"report": report, "chainId": chain, "onLedger": None} for chain in (CHAIN, "hours.example/lake")]
    done = run_node("judge.mjs", input=json.dumps(known))
    assert json.loads(done.stdout) == ["offline", "other"]


def test_merchant_and_desk_read_what_is_on_their_cards(run_node: Run) -> None:
    for_shop, for_desk = judge(
        run_node, {"text": write_card(CLAIMS), "merchant": SHOP.hex()}, {"text": f"{write_card(DESK)}\n"}
    )
    assert [for_shop["verdict"], for_desk["verdict"]] == ["valid", "valid"]
    assert [item["name"] for item in for_shop["checks"]] == ["format", "signature", "time", "merchant"]
    assert for_shop["statement"] == {
        "chain_id": CHAIN,
        "profile": "merchant",
        "issued": "2026-09-21T14:13:20Z",
        "until": "2026-09-21T15:13:20Z",
        "standing": "valid",
        "hold": HOLD.hex(),
        "merchant": SHOP.hex(),
        "offer": OFFER.hex(),
        "quantity": 2,
        "points": 4,
    }
    assert for_desk["statement"]["account"] == ACCOUNT.hex()
    assert (for_desk["statement"]["stars"], for_desk["statement"]["position"]) == (3, 83_121)


def test_what_is_wrong_is_said(run_node: Run) -> None:
    good = write_card(CLAIMS)
    malformed = ("format", "invalid", "malformed")
    cases: list[tuple[dict[str, Any], tuple[str, str, str] | None]] = [
        ({"text": good, "merchant": ACCOUNT.hex()}, ("merchant", "invalid", "claim_mismatch")),
        ({"text": write_card(DESK), "merchant": SHOP.hex()}, ("merchant", "invalid", "claim_mismatch")),
        ({"text": good, "at_ms": UNTIL * 1_000}, ("time", "invalid", "hold_expired")),
        ({"text": good, "at_ms": UNTIL * 1_000 - 1}, None),
        ({"text": write_card(DESK), "at_ms": UNTIL * 1_000}, ("time", "invalid", "expired")),
        ({"text": good, "at_ms": ISSUED * 1_000 - 300_000}, None),
        ({"text": good, "at_ms": ISSUED * 1_000 - 300_001}, ("time", "undetermined", "stale")),
        ({"text": write_card(CLAIMS, STRANGER)}, ("signature", "invalid", "invalid_signature")),
        ({"text": write_card({**CLAIMS, 1: "other.example"})}, ("signature", "undetermined", "untrusted_log")),
        ({"text": write_card(CLAIMS, header={1: -8, 4: b"abcd"})}, ("signature", "undetermined", "untrusted_log")),
        ({"text": write_card({**CLAIMS, PROFILE: [3, b"new"]})}, ("format", "undetermined", "unsupported_version")),
        ({"text": "HLC1:" + "0" * 1_024}, ("format", "invalid", "too_large")),
        ({"text": good.lower()}, malformed),
        ({"text": good.replace("HLC1:", "HLC2:")}, malformed),
        ({"text": f" {good}"}, malformed),
        ({"text": good[:-3]}, malformed),
        ({"text": f"{good}00"}, malformed),
        ({"text": ""}, malformed),
        ({"text": "河"}, malformed),
        ({"text": write_card(CLAIMS, header={1: -7, 4: b"abcd"})}, malformed),
        ({"text": write_card(CLAIMS, unprotected={1: 1})}, malformed),
        ({"text": write_card({**CLAIMS, 2: "more"})}, malformed),
        ({"text": write_card({**CLAIMS, 4: ISSUED})}, malformed),
        ({"text": write_card({**CLAIMS, 7: b"short"})}, malformed),
        ({"text": write_card({**CLAIMS, PROFILE: [1, SHOP, OFFER, 0, 4]})}, malformed),
        ({"text": write_card({**CLAIMS, PROFILE: [1, SHOP, OFFER, True, 4]})}, malformed),
        ({"text": write_card({**CLAIMS, PROFILE: [1, SHOP, OFFER, 1, 2**53]})}, malformed),
        ({"text": write_card({**DESK, 8: {5: b"t" * 32, 6: 1}})}, malformed),
        ({"text": write_card(None, payload=b"\xa1\x01\x18\x01")}, malformed),
        ({"text": write_card(None, payload=b"\x81" * 60 + b"\x01")}, malformed),
        ({"text": write_card(None, payload=b"\x9b" + b"\xff" * 8)}, malformed),
        ({"text": write_card(None, payload=b"\x9f\x01\xff")}, malformed),
        ({"text": write_card(None, payload=b"\xa2\x04\x01\x01\x01")}, malformed),
    ]
    reports = judge(run_node, *(case for case, _failure in cases))
    for (case, failure), report in zip(cases, reports, strict=True):
        assert find_failure(report) == failure, case


def test_nothing_is_known_without_a_trust_file_that_names_the_node(run_node: Run) -> None:
    (report,) = judge(run_node, {"text": write_card(CLAIMS)}, trust=make_trust(STRANGER))
    assert report["verdict"] == "undetermined"
    assert report["statement"] is None


def test_no_bit_can_be_changed(run_node: Run) -> None:
    random_ = random.Random(1)
    data = parse_base45(write_card(CLAIMS).removeprefix("HLC1:"), 1_024)
    cases = []
    for place in random_.sample(range(8 * len(data)), 200):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        cases.append({"text": "HLC1:" + format_base45(bytes(changed))})
    assert [report["verdict"] for report in judge(run_node, *cases) if report["verdict"] == "valid"] == []
