"""What checks found, in Chinese on the page of verifiers: the words of the program, and for all that they are held against."""

import json
import re
from collections.abc import Iterator

import pytest

from certificates.reports import ArtefactReport
from cli import found
from node.scanning.opening import open_file
from node.scanning.verifying import verify_opened
from node.web.site import FOLDER
from tests.certificates.test_vectors import make_question
from tests.certificates.vectors import NAMES, VectorCase

SCRIPT = (FOLDER / "verify" / "found.js").read_text()
NAMES_OF_FORMATS = re.compile(r"HLB1|eddsa-.*|W3C .*|COSE.*|SD-JWT VC|(Token|Bitstring) Status List")
SAME_IN_BOTH = re.compile(rf"{NAMES_OF_FORMATS.pattern}|[0-9a-f]{{32}}|[0-9-]{{10}}T[0-9:.]+Z|")
GOOD = [case for case in map(VectorCase.read, NAMES) if case.document["verdict"] == "valid"]


def read_table(name: str) -> list[tuple[str, str]]:
    """A table of the script, with groups as Python writes them."""
    written = re.search(rf"const {name} = (\[\n.*?\n\]);", SCRIPT, re.DOTALL)
    assert written is not None
    return [(english, re.sub(r"\$(\d)", r"\\\1", chinese)) for english, chinese in json.loads(written[1])]


def test_page_and_program_have_the_same_words() -> None:
    assert read_table("FOUND") == list(found._FOUND)


def iterate_against(report: ArtefactReport) -> Iterator[str]:
    yield from (check.against for check in report.report.checks)
    for part in report.parts:
        yield from iterate_against(part)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_whatever_a_case_is_held_against_is_told_in_chinese(case: VectorCase) -> None:
    table = [re.compile(english) for english, _chinese in read_table("AGAINST")]
    for against in iterate_against(verify_opened(open_file(case.data), make_question(case))):
        assert SAME_IN_BOTH.fullmatch(against) or any(pattern.fullmatch(against) for pattern in table), against


def test_no_group_is_lost() -> None:
    for english, chinese in (*read_table("FOUND"), *read_table("AGAINST")):
        groups = set(range(1, re.compile(english).groups + 1))
        assert {int(number) for number in re.findall(r"\\(\d)", chinese)} == groups, english
