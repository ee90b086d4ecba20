"""A verifier written from the pages alone agrees with the product: on good certificates, and on forged ones."""

import ast
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.certificate import issue_certificate
from certificates.evidence import Evidence
from certificates.jcs import encode_jcs
from certificates.verification import verify_certificate
from contracts.hours import AmendHours, Correction, VoidHours
from contracts.identity.organisations import ChangeStanding
from contracts.identity.parties import Standing
from ledger.notes import SignatureType, VerifierKey
from ledger.trust import build_trust, format_trust, parse_trust
from ledger.types import Day, EntryIndex, TimeMs
from ledger.verification import Verdict
from tests.certificates.conftest import (
    AUTHORITY,
    CHAIN_ID,
    FIRST_DAY,
    NOW,
    ORGANISATION,
    VOLUNTEER,
    Region,
    RegionBuilder,
    make_identifier,
    make_key,
)
from tests.docs import independent_verifier
from tests.docs.independent_verifier import Refused
from tools.example_region import NOW_MS
from tools.examples import FILES

SOURCE = Path(__file__).with_name("independent_verifier.py")
EXAMPLE = (FILES / "certificate.json").read_bytes()
TRUST = (FILES / "trust.txt").read_text()
AT_S = NOW_MS / 1000 + 86_400


@pytest.fixture(scope="module")
def trust_text() -> str:
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, AUTHORITY.log_key)
    cosigner = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
    return format_trust(build_trust(CHAIN_ID, [log], [cosigner], 1)).decode()


def ask_both(data: bytes, trust: str = TRUST, at_s: float = AT_S) -> tuple[str, str]:
    """The failed check of each, or "" where it found none; the product's first that is not valid."""
    report = verify_certificate(data, (parse_trust(trust.encode()),), TimeMs(int(at_s * 1000))).report
    product = next((check.name for check in report.checks if check.verdict is not Verdict.VALID), "")
    assert (product == "") == (report.verdict is Verdict.VALID)
    try:
        independent_verifier.verify(data, trust, at_s)
    except Refused as refused:
        return product, str(refused)
    return product, ""


def test_it_has_nothing_of_the_product() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported <= {*sys.stdlib_module_names, "nacl"}


def test_it_accepts_the_example_and_says_what_it_states() -> None:
    statement = independent_verifier.verify(EXAMPLE, TRUST, AT_S)
    assert statement.startswith("3 h 35 min in 2 records from 2026-09-12 to 2026-09-19")
    assert ask_both(EXAMPLE) == ("", "")


def test_it_runs_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(FILES / "certificate.json"), str(FILES / "trust.txt")]
    assert independent_verifier.main([*files, str(AT_S)]) == 0
    assert independent_verifier.main([*files, "0"]) == 1
    assert capsys.readouterr().out.splitlines()[1] == "invalid: time"


def _finish(change: Callable[[RegionBuilder], object]) -> Region:
    builder = RegionBuilder()
    builder.begin()
    builder.certify([builder.attend(number) for number in range(5)])
    change(builder)
    return builder.finish()


def _void(builder: RegionBuilder) -> None:
    body = VoidHours(ORGANISATION, make_identifier("record 2"), VOLUNTEER, Day(FIRST_DAY + 2), Correction.NOT_SERVICE)
    builder.sign("hours.void", body, "officer 1", "officer 2")


def _amend(builder: RegionBuilder) -> None:
    body = AmendHours(ORGANISATION, Day(FIRST_DAY + 2), builder.attend(2, minutes=60), Correction.WRONG_TIME)
    builder.sign("hours.amend", body, "officer 1", "officer 2")


def _suspend(builder: RegionBuilder) -> None:
    builder.sign("identity.change_standing", ChangeStanding(ORGANISATION, Standing.SUSPENDED), "a1")


def test_it_agrees_on_another_region(trust_text: str) -> None:
    at_s = NOW / 1000
    good = encode_jcs(_finish(lambda _builder: None).certificate())
    assert ask_both(good, trust_text, at_s) == ("", "")
    assert ask_both(good, TRUST, at_s) == ("checkpoint", "checkpoint")
    assert ask_both(EXAMPLE, trust_text) == ("checkpoint", "checkpoint")


@pytest.mark.parametrize(("change", "check"), [(_void, "status"), (_suspend, "licence")], ids=["void", "suspended"])
def test_it_refuses_what_no_longer_counts(change: Callable[[RegionBuilder], object], check: str, trust_text: str) -> None:
    assert ask_both(encode_jcs(_finish(change).certificate()), trust_text, NOW / 1000) == (check, check)


@pytest.mark.parametrize(("revision", "failed"), [(1, "status"), (2, "")])
def test_of_two_revisions_it_accepts_the_later(revision: int, failed: str, trust_text: str) -> None:
    region = _finish(_amend)
    indexes = list(region.evidence().openings)
    left_out = indexes[5] if revision == 1 else indexes[2]  # five records, then the amendment of the third
    document = issue_certificate(region.evidence(left_out=[left_out]), make_key("officer 1"), NOW)
    assert ask_both(encode_jcs(document), trust_text, NOW / 1000) == (failed, failed)


def test_it_refuses_another_signer(trust_text: str) -> None:
    region = _finish(lambda _builder: None)
    assert ask_both(encode_jcs(region.certificate(signer="stranger")), trust_text, NOW / 1000) == ("licence", "licence")


def test_it_accepts_records_that_are_not_opened(trust_text: str) -> None:
    evidence = _finish(lambda _builder: None).evidence()
    for opened in range(3):
        fewer = Evidence(evidence.bundle, dict(list(evidence.openings.items())[:opened]))
        document = issue_certificate(fewer, make_key("officer 1"), NOW)
        assert ask_both(encode_jcs(document), trust_text, NOW / 1000) == ("", "")


def test_it_refuses_an_opening_of_something_else(trust_text: str) -> None:
    evidence = _finish(lambda _builder: None).evidence()
    first, second = list(evidence.openings)[:2]
    swapped = Evidence(evidence.bundle, {first: evidence.openings[second]})
    stray = Evidence(evidence.bundle, {EntryIndex(0): evidence.openings[first]})
    for wrong in (swapped, stray):
        document = issue_certificate(wrong, make_key("officer 1"), NOW)
        assert ask_both(encode_jcs(document), trust_text, NOW / 1000) == ("details", "details")


def test_it_knows_who_may_sign(trust_text: str) -> None:
    evidence = _finish(lambda _builder: None).evidence(with_account=True)
    for name, failed in (("volunteer", ""), ("officer 2", ""), ("stranger", "licence")):
        document = issue_certificate(evidence, make_key(name), NOW)
        assert ask_both(encode_jcs(document), trust_text, NOW / 1000) == (failed, failed)


@given(st.sampled_from(["own-certificate.json", "site-certificate.json", "certificate.json"]), st.data())
def test_it_agrees_on_a_signature_that_is_missing_or_of_another_kind(name: str, data: st.DataObject) -> None:
    document: Any = json.loads((FILES / name).read_bytes())
    jcs, rdfc = document["proof"]
    other = {**rdfc, "cryptosuite": "ecdsa-rdfc-2019"}
    document["proof"] = data.draw(st.lists(st.sampled_from([jcs, rdfc, other]), max_size=3))
    product, independent = ask_both(json.dumps(document).encode())
    is_good = document["proof"] in ([jcs], [jcs, rdfc])
    assert (product == "") == (independent == "") == is_good


def iterate_places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a JSON value that is not a list or an object."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in members:
        yield from iterate_places(item, (*path, name))
    if not isinstance(value, dict | list):
        yield path


@given(st.data())
def test_it_agrees_on_forged_members(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(["own-certificate.json", "site-certificate.json", "certificate.json"]))
    document: Any = json.loads((FILES / file).read_bytes())
    path = data.draw(st.sampled_from(list(iterate_places(document))))
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    value: Any = data.draw(st.sampled_from(["", "x", None, True, 7, [], {}, f"{parent[path[-1]]}x"]))
    changed = json.dumps(value) != json.dumps(parent[path[-1]])
    parent[path[-1]] = value
    product, independent = ask_both(json.dumps(document).encode())
    assert (product == "") == (independent == "")
    assert (product != "") == changed


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(1, 255))
def test_it_agrees_on_flipped_bytes(position: int, difference: int) -> None:
    data = bytearray(EXAMPLE)
    data[position] ^= difference
    product, independent = ask_both(bytes(data))
    assert (product == "") == (independent == "")


@given(st.binary(max_size=60))
def test_it_refuses_any_bytes_with_one_error(data: bytes) -> None:
    with pytest.raises(Refused):
        independent_verifier.verify(data, TRUST, AT_S)
