"""What checks found, in Chinese: nothing that holds is told in English alone."""

import re
from collections.abc import Iterator

import pytest

from certificates.reports import ArtefactReport
from cli.found import say_in_chinese
from node.scanning.opening import open_file
from node.scanning.verifying import verify_opened
from tests.certificates.test_vectors import make_question
from tests.certificates.vectors import NAMES, VectorCase

CHINESE = re.compile("[\u4e00-\u9fff]")
GOOD = [case for case in map(VectorCase.read, NAMES) if case.document["verdict"] == "valid"]
NAME_OF_AN_ORGANISATION = "Riverside Volunteers 河畔志愿服务队"


def iterate_found(report: ArtefactReport) -> Iterator[str]:
    yield from (check.detail for check in report.report.checks if check.reason is None)
    for part in report.parts:
        yield from iterate_found(part)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_whatever_holds_in_a_case_is_told_in_chinese(case: VectorCase) -> None:
    report = verify_opened(open_file(case.data), make_question(case))
    for detail in iterate_found(report):
        said = say_in_chinese(detail)
        assert CHINESE.search(said.replace(NAME_OF_AN_ORGANISATION, "")), detail
        assert set(re.findall(r"[1-9]\d*", detail)) <= set(re.findall(r"[1-9]\d*", said)), "no number is lost"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the card stands, says state of block 12", "据区块 12 的状态，名片有效"),
        ("2 minutes in 1 records", "1 条记录共 2 分钟"),
        (
            "signed by did:web:a.org; whether the site is the organisation's was not asked; no signature of eddsa-rdfc-2022",
            "由 did:web:a.org 签署；未询问该网站是否属于该组织；没有 eddsa-rdfc-2022 签名",
        ),
        ("what nobody has said before", "what nobody has said before"),
        (r"\1 is licensed to record", r"\1 具有记录资格"),
    ],
)
def test_what_the_cases_do_not_have(english: str, chinese: str) -> None:
    assert say_in_chinese(english) == chinese
