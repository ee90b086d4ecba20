"""The cases of tests/vectors/verification, which any verifier can run: this is how ours answers."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from certificates.checks import Times
from certificates.datetimes import parse_datetime
from certificates.reports import Question, format_artefact_report, report_unreadable
from ledger.errors import HourledgerError
from ledger.trust import parse_trust
from ledger.types import Identifier, TimeMs
from node.scanning.opening import open_file
from node.scanning.verifying import verify_opened
from tests.certificates.vectors import FOLDER, NAMES, VectorCase
from tools.vectors.all import make_files

ROOT = Path(__file__).parents[2]
DAY_MS = 86_400_000
COMPRESSED = ("picture-", "page-", "card-", "token-status-list-", "bitstring-status-list-")
"""What is in these is compressed, and every version of zlib may do that otherwise."""


def make_question(case: VectorCase) -> Question:
    days, merchant = (case.document.get(name) for name in ("max_age_days", "merchant"))
    return Question(
        [parse_trust(data) for data in case.trust],
        Times(TimeMs(parse_datetime(case.document["at_time"])), None if days is None else days * DAY_MS),
        case.status,
        case.document.get("audience"),
        case.document.get("nonce"),
        None if merchant is None else Identifier(bytes.fromhex(merchant)),
    )


def answer(report: dict[str, Any]) -> tuple[Any, ...]:
    """Kind, verdict, and the first check that does not hold."""
    failed = next((check for check in report["checks"] if check["verdict"] != "valid"), {"name": None, "reason": None})
    return report["kind"], report["verdict"], failed["name"], failed["reason"]


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str) -> None:
    case = VectorCase.read(name)
    try:
        report = verify_opened(open_file(case.data), make_question(case))
    except HourledgerError as error:
        report = report_unreadable(error)
    assert answer(format_artefact_report(report)) == case.answer, case.document["reason"]


def test_there_are_many_and_three_in_four_are_negative() -> None:
    cases = [VectorCase.read(name) for name in NAMES]
    negative = [case for case in cases if case.document["verdict"] != "valid"]
    assert len(cases) >= 60
    assert 4 * len(negative) >= 3 * len(cases)
    assert {case.document["kind"] for case in cases} >= {"certificate", "one_code", "card", "counter_card", "unknown"}
    assert all(len(case.document["reason"]) > 12 and case.document["title"] for case in cases)
    assert all((case.document["check"] is None) is (case.document["verdict"] == "valid") for case in cases)


def test_the_files_are_those_that_the_tool_makes() -> None:
    made = make_files()
    kept = {str(path.relative_to(FOLDER)): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    assert kept.keys() == made.keys(), "run: python -m tools.vectors"
    is_exact = {name: name.endswith(("case.json", ".md")) or not name.startswith(COMPRESSED) for name in made}
    assert [name for name in made if is_exact[name] and made[name] != kept[name]] == [], "run: python -m tools.vectors"


def test_the_tool_makes_the_same_bytes_under_any_hash_seed() -> None:
    assert run_tool("1") == run_tool("0")


def run_tool(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tools.vectors", "--digest"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()
