"""The page of a certificate: what is on it, what is attached, and that the same certificate gives the same bytes."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from certificates.checks import Times
from certificates.jcs import JsonObject, encode_jcs
from certificates.reports import Question
from cli.printing import fonts
from cli.printing.codes import draw_png, draw_svg, make_code
from cli.printing.facts import Facts, Line, read_facts
from cli.printing.fonts import Font, find_font
from cli.printing.sheet import make_sheet
from cli.printing.wording import list_texts
from ledger.errors import HourledgerError
from ledger.notes import SignatureType, VerifierKey
from ledger.reasons import Reason
from ledger.trust import TrustPolicy, build_trust
from ledger.types import TimeMs
from ledger.verification import Verdict
from node.scanning.opening import open_file
from node.scanning.verifying import verify_opened
from tests.certificates.code_towns import make_town, make_trust
from tests.certificates.conftest import AUTHORITY, CHAIN_ID, NOW, RegionBuilder
from tests.certificates.test_one_code import make_code as make_region_code
from tests.certificates.test_register import register
from tests.node.scanning.samples import render, save

LATER = TimeMs(NOW + 1_000)


@pytest.fixture(scope="module")
def registered() -> tuple[JsonObject, Any]:
    """A certificate, and the region in which it is registered."""
    builder = RegionBuilder()
    builder.begin()
    builder.certify([builder.attend(number) for number in range(5)])
    document = builder.finish().certificate()
    register(builder, document)
    return document, builder.finish()


@pytest.fixture(scope="module")
def trust() -> TrustPolicy:
    """The region's trust file."""
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, AUTHORITY.log_key)
    cosigner = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
    return build_trust(CHAIN_ID, [log], [cosigner], 1)


def make_page(data: bytes, code: str = "", name: str = "", change: Callable[[Facts], Facts] = lambda facts: facts) -> bytes:
    facts = change(read_facts(data, LATER, code, name))
    return make_sheet(facts, data, find_font("".join(list_texts(facts))))


def read_text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_page_says_what_the_certificate_says(registered: Any) -> None:
    document, _region = registered
    text = read_text(make_page(encode_jcs(document), name="张晓明"))
    number = str(document["id"]).removeprefix("urn:uuid:")
    for words in (
        "志愿服务证明",
        "Certificate of Voluntary Service",
        number,
        "张晓明",
        "2024年10月4日至2024年10月8日",
        "7 小时 30 分钟",
        "7 hours 30 minutes",
        "河畔志愿服务队",
        "敬老院陪伴",
        "宁波市鄞州区",
        "本页没有核验码",
        "姓名不在账本中",
    ):
        assert words in text, words


def test_page_with_a_code_verifies_whole_and_so_does_a_photograph_of_it(registered: Any, trust: TrustPolicy) -> None:
    document, region = registered
    pdf = make_page(encode_jcs(document), make_region_code(region, trust))
    question = Question((trust,), Times(LATER))
    report = verify_opened(open_file(pdf), question)
    assert (report.kind, report.verdict) == ("certificate", Verdict.VALID)
    assert report.report.checks[-1].name == "page"
    assert "page_not_compared" in report.notes
    photograph = open_file(save(render(pdf), "JPEG", quality=70))
    assert verify_opened(photograph, question).kind == "one_code"
    assert verify_opened(photograph, question).verdict is Verdict.VALID


def test_page_whose_code_is_of_another_certificate_is_invalid(registered: Any, trust: TrustPolicy) -> None:
    document, region = registered
    other_trust = make_trust(1)
    other = make_town(10, 3, (1,)).text(other_trust)
    with pytest.raises(HourledgerError) as refused:
        make_page(encode_jcs(document), other)
    assert refused.value.reason is Reason.CLAIM_MISMATCH
    pdf = make_page(encode_jcs(document), make_region_code(region, trust), change=lambda facts: replace(facts, code=other))
    report = verify_opened(open_file(pdf), Question((trust, other_trust), Times(TimeMs(1_800_000_000_000))))
    assert report.verdict is Verdict.INVALID
    assert [(item.name, item.reason) for item in report.report.checks if item.reason] == [("page", Reason.CLAIM_MISMATCH)]


def test_changed_certificate_is_not_printed(registered: Any) -> None:
    document, _region = registered
    with pytest.raises(HourledgerError) as refused:
        make_page(encode_jcs({**document, "name": "Another"}))
    assert "does not hold" in str(refused.value)


@pytest.mark.parametrize("records", [0, 1, 6, 200])
def test_records_go_on_on_further_pages(registered: Any, records: int) -> None:
    lines = tuple(Line(f"2024-10-{1 + n % 28:02}", "1:30", f"活动 {n}", "地点") for n in range(records))
    pdf = make_page(encode_jcs(registered[0]), change=lambda facts: replace(facts, lines=lines))
    text = read_text(pdf)
    assert all(f"活动 {n}" in text for n in range(records))
    with pypdfium2.PdfDocument(pdf) as document:
        assert len(document) == {0: 1, 1: 1, 6: 1, 200: 6}[records]


def test_record_with_very_long_details_is_cut_off_on_the_page(registered: Any) -> None:
    lines = (Line("2024-10-01", "1:30", "很长的内容" * 500, "地点"), Line("2024-10-02", "1:30", "下一条", "地点"))
    text = read_text(make_page(encode_jcs(registered[0]), change=lambda facts: replace(facts, lines=lines)))
    assert "..." in text
    assert "下一条" in text


def test_longest_names_have_room_above_the_code(registered: Any, trust: TrustPolicy) -> None:
    document, region = registered
    pdf = make_page(
        encode_jcs(document),
        make_region_code(region, trust),
        name="长" * 40,
        change=lambda facts: replace(facts, organisation="河畔志愿服务队" * 12, chain_id="x" * 200, issuer="志愿者本人"),
    )
    assert open_file(pdf).page_code is not None
    with pypdfium2.PdfDocument(pdf) as opened:
        page = opened[0].get_textpage()
        # 206 mm from the top is where the lower part begins; nothing is written below the inner frame.
        lowest = min(page.get_charbox(n)[1] for n in range(page.count_chars()) if page.get_text_range(n, 1).strip())
        assert lowest > 12 / 25.4 * 72


def test_same_certificate_gives_the_same_bytes_in_every_process(registered: Any, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_bytes(encode_jcs(registered[0]))
    pages = []
    for seed in ("1", "2"):
        out = tmp_path / f"{seed}.pdf"
        command = [
            sys.executable,
            "-m",
            "cli",
            "cert",
            "export",
            str(tmp_path / "c.json"),
            "--format",
            "pdf",
            "--out",
            str(out),
        ]
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(item or "." for item in sys.path)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]


def test_characters_that_no_font_has_are_named_and_no_box_is_printed(registered: Any) -> None:
    with pytest.raises(HourledgerError) as refused:
        make_page(encode_jcs(registered[0]), name="😀")
    assert refused.value.reason is Reason.USAGE
    assert "😀 (U+1F600)" in str(refused.value)


def test_fonts_are_looked_for_in_the_package_and_then_on_the_machine(
    registered: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_font("志愿").path.name == "NotoSansCJK-Regular.ttc"
    found = find_font("志愿").path
    monkeypatch.setattr(fonts, "_PACKAGE", "no_such_package")
    monkeypatch.setattr(fonts, "_SYSTEM_FONTS", ((str(found), 2),))
    assert find_font("志愿") == Font(found, 2)
    monkeypatch.setattr(fonts, "_SYSTEM_FONTS", ())
    with pytest.raises(HourledgerError) as refused:
        find_font("志愿")
    assert refused.value.reason is Reason.USAGE
    assert find_font("志愿", found) == Font(found, 2)
    (tmp_path / "noise.ttf").write_bytes(b"noise")
    with pytest.raises(HourledgerError) as unreadable:
        find_font("a", tmp_path / "noise.ttf")
    assert unreadable.value.reason is Reason.UNREADABLE_FILE
    assert registered


def test_codes_as_pictures() -> None:
    code = make_code("HLB1:" + "A" * 1_700)
    assert (code.version, code.error) == (28, "M")
    assert draw_svg(code).startswith(b"<?xml")
    assert open_file(draw_png(make_code(make_town(10**6, 5, (1, 2, 3)).text(make_trust(4))))).artefact.startswith(b"HLB1:")
    assert make_code("A" * 4_296).error == "L"
    with pytest.raises(HourledgerError):
        make_code("A" * 4_297)
