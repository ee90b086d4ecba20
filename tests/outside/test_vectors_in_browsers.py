"""The cases of tests/vectors/verification, as the library of the pages answers them."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from certificates.datetimes import parse_datetime
from tests.certificates.test_vectors import DAY_MS, answer
from tests.certificates.vectors import NAMES, VectorCase

pytestmark = pytest.mark.outside
Run = Callable[..., subprocess.CompletedProcess[str]]
FOR_EYES = ("picture-", "page-")
"""Pictures are read by the page, not by the library; tests of the page show that."""


def make_item(case: VectorCase) -> dict[str, Any]:
    days = case.document.get("max_age_days")
    return {
        "data": case.data.hex(),
        "trust": [data.hex() for data in case.trust],
        "atTimeMs": parse_datetime(case.document["at_time"]),
        "maxAgeMs": None if days is None else days * DAY_MS,
        "status": None if case.status is None else case.status.hex(),
        "refused": None,
        **{name: case.document.get(name) for name in ("audience", "nonce", "merchant")},
    }


def test_the_library_answers_each_case_as_it_should(run_node: Run) -> None:
    cases = [VectorCase.read(name) for name in NAMES if not name.startswith(FOR_EYES)]
    assert len(cases) > 150
    done = run_node("verify.mjs", input=json.dumps([make_item(case) for case in cases]))
    assert done.returncode == 0, done.stderr
    reports = json.loads(done.stdout)
    wrong = {case.name: answer(report) for case, report in zip(cases, reports, strict=True) if answer(report) != case.answer}
    assert wrong == {}
