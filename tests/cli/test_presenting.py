"""Certificates that a volunteer makes: what is chosen is what is in it, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from certificates.evidence import parse_evidence
from certificates.jcs import JsonObject
from cli.commands.cert_present import read_evidence
from cli.presenting import Presenter
from cli.selection import Selection, describe_records, parse_selection
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import EntryIndex
from node.keystore import save_key
from tests.certificates.conftest import make_key
from tests.cli.command_line import CommandLine
from tests.cli.town import Town, certify, fetch_trust
from tools.example_region import VOLUNTEER_KEY
from tools.examples import FILES

INDICES = [EntryIndex(number) for number in (5, 9, 12)]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("all", [5, 9, 12]),
        ("none", []),
        ("1", [5]),
        ("3,1", [5, 12]),
        ("1-3", [5, 9, 12]),
        ("2-2, 2", [9]),
    ],
)
def test_records_are_chosen_by_number(text: str, chosen: list[int]) -> None:
    assert parse_selection(text).choose(INDICES) == chosen


@pytest.mark.parametrize("text", ["", "0", "x", "3-1", "1-", "-1", "1,,2", "1-99999", "\uff11", "all,1"])
def test_what_chooses_no_records(text: str) -> None:
    with pytest.raises(HourledgerError) as refusal:
        parse_selection(text)
    assert refusal.value.reason is Reason.USAGE


def test_a_number_that_is_not_there() -> None:
    with pytest.raises(HourledgerError, match="records 1 to 3") as refusal:
        parse_selection("2-4").choose(INDICES)
    assert (refusal.value.reason, refusal.value.value) == (Reason.USAGE, "4")


def read_example(name: str) -> Any:
    return json.loads((FILES / name).read_bytes())


def present(name: str, opened: str | None, records: str = "all", key: SigningKey = VOLUNTEER_KEY) -> JsonObject:
    evidence = parse_evidence(read_example(name)["evidence"][0]["id"])
    choice = None if opened is None else parse_selection(opened)
    return Presenter(key, None).present(evidence, parse_selection(records), choice, 1_790_000_000_000)


def list_opened(document: Any) -> list[bool]:
    evidence = parse_evidence(document["evidence"][0]["id"])
    return [item["details"] is not None for item in describe_records(evidence) if isinstance(item, dict)]


@pytest.mark.parametrize(("opened", "expected"), [(None, [True, False]), ("none", [False, False]), ("1", [True, False])])
def test_less_is_opened_without_asking_anybody(opened: str | None, expected: list[bool]) -> None:
    document = present("own-certificate.json", opened)
    assert list_opened(document) == expected


@pytest.mark.parametrize(
    ("name", "opened", "records", "key", "reason"),
    [
        ("own-certificate.json", "2", "all", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", "all", "all", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", None, "none", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", None, "1", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", "1", "2", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", "3", "all", VOLUNTEER_KEY, Reason.USAGE),
        ("own-certificate.json", None, "all", make_key("stranger"), Reason.NOT_PERMITTED),
        ("certificate.json", None, "all", VOLUNTEER_KEY, Reason.NOT_PERMITTED),
    ],
)
def test_what_cannot_be_chosen(name: str, opened: str | None, records: str, key: SigningKey, reason: Reason) -> None:
    with pytest.raises(HourledgerError) as refusal:
        present(name, opened, records, key)
    assert refusal.value.reason is reason


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"evidence": [{"id": "data:x"}]}', b'{"evidence": []}'])
def test_a_file_without_evidence(data: bytes) -> None:
    with pytest.raises(HourledgerError):
        read_evidence(data, "file")


def test_offline_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hourledger = CommandLine(capsys)
    key, out = tmp_path / "me.pem", tmp_path / "mine.json"
    save_key(key, VOLUNTEER_KEY, None)
    command = ("cert", "present", FILES / "own-certificate.json", "--key", key, "--out", out, "--offline")
    assert hourledger(*command, "--open", "none").code == 0
    report = hourledger("verify", out, "--trust", FILES / "trust.txt", "--json")
    details = next(check for check in report.document["checks"] if check["name"] == "details")
    assert (report.code, details["detail"]) == (0, "opened 0 of 2 records: their details are those certified")
    shown = hourledger("cert", "show", out).out
    assert "record 1           2026-09-12  90 min  (not opened)" in shown
    refused = hourledger(*command, "--open", "2")
    assert (refused.code, "does not open a record" in refused.err) == (2, True)


@pytest.mark.functional
def test_with_a_node(town: Town) -> None:
    account = certify(town)
    given, mine, trust = (town.folder / name for name in ("given.json", "mine.json", "trust.txt"))
    trust.write_bytes(fetch_trust(town))
    site = ("--site", "volunteers.example", "--open", "2")
    town.at_office("cert", "issue", "V-1", "--out", given, *site, key="first")
    report = town.hourledger("verify", given, "--trust", trust, "--json")
    assert (report.code, report.document["statement"]["position"]) == (0, None)
    assert list_opened(json.loads(given.read_bytes())) == [False, True]

    # The volunteer takes one record out of two, signs with the account's key, and asks the office nothing.
    town("cert", "present", given, "--out", mine, "--records", "2", key="holder")
    report = town.hourledger("verify", mine, "--trust", trust, "--json")
    assert (report.code, report.document["statement"]["minutes"]) == (0, 240)
    document = json.loads(mine.read_bytes())
    assert document["issuer"]["otherIdentifier"][0]["identifier"] == f"town.example/log/volunteers/{account}"
    assert list_opened(document) == [True]
    town.hourledger("cert", "present", mine, "--out", mine, "--offline", "--open", "none", "--key", town.folder / "holder.pem")
    assert list_opened(json.loads(mine.read_bytes())) == [False]

    # Nobody else can, and not of a record that was made void since.
    denied = town("cert", "present", given, "--out", mine, key="first", good=False)
    assert denied.document["error"]["reason"] in {"not_permitted", "not_authenticated"}
    which = ("--volunteer", "V-1", "--date", "2026-05-02", "--record", "R-2", "--correction", "not_service")
    town.at_office("hours", "void", *which)
    late = town("cert", "present", given, "--out", mine, key="holder", good=False)
    assert late.document["error"]["reason"] == "not_current"
    town("cert", "present", given, "--out", mine, "--records", "1", key="holder")
    assert town.hourledger("verify", mine, "--trust", trust).code == 0

    organisation = document["credentialSubject"]["achievement"]["creator"]["id"].rpartition("/")[2]
    town("org", "did-document", organisation, "--site", "volunteers.example", "--out", town.folder / "did.json")
    published = json.loads((town.folder / "did.json").read_bytes())
    signed_with = json.loads(given.read_bytes())["proof"][0]["verificationMethod"]
    assert signed_with in published["assertionMethod"]
    wrong = town("org", "did-document", organisation, "--site", "https://x", "--out", town.folder / "x", good=False)
    assert wrong.code == 2


def test_a_selection_is_everything_unless_said() -> None:
    assert Selection().choose(INDICES) == INDICES
