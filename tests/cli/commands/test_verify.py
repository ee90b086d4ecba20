import json
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from certificates.datetimes import format_datetime
from certificates.jcs import encode_jcs
from cli.reports import find_language
from ledger.notes import SignatureType, VerifierKey
from ledger.trust import build_trust, format_trust
from ledger.types import TimeMs
from tests.certificates.code_towns import TIME_S
from tests.certificates.conftest import AUTHORITY, CHAIN_ID, NOW, RegionBuilder, make_key
from tests.cli.command_line import CommandLine
from tests.node.scanning import samples

MS_PER_DAY = 86_400_000


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys, ("--at-time", format_datetime(NOW)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate, a forged one, the trust file, and another region's."""
    folder = tmp_path_factory.mktemp("verify")
    builder = RegionBuilder()
    builder.begin()
    builder.certify([builder.attend(number) for number in range(5)])
    data = encode_jcs(builder.finish().certificate())
    (folder / "good.json").write_bytes(data)
    (folder / "forged.json").write_bytes(data.replace(b'"value":"450"', b'"value":"451"'))
    for name, chain, log in (
        ("trust", CHAIN_ID, AUTHORITY.log_key),
        ("foreign", "other.example/log", make_key("x").public_key),
    ):
        log_key = VerifierKey(chain, SignatureType.ED25519, log)
        cosigner = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
        (folder / name).mkdir()
        (folder / name / f"{name}.txt").write_bytes(format_trust(build_trust(chain, [log_key], [cosigner], 1)))
    return folder


def test_valid_certificate(hourledger: CommandLine, files: Path) -> None:
    result = hourledger("verify", files / "good.json", "--trust", files / "trust" / "trust.txt")
    assert result.code == 0
    assert result.out.startswith(f"{files / 'good.json'}: valid\n  7 h 30 min in 5 records")
    assert result.out.count("✓") == 11


def test_report_in_chinese(hourledger: CommandLine, files: Path) -> None:
    result = hourledger("verify", files / "good.json", "--trust", files / "trust", "--lang", "zh")
    assert result.out.startswith(
        f"{files / 'good.json'}: 有效\n  河畔志愿服务队，2024-10-04至2024-10-08，共5条记录，7小时30分钟"
    )
    assert "✓ 受信任机构联合签署" in result.out
    assert "未查询此后是否被撤销或取代" in result.out
    unknown = hourledger("verify", files / "good.json", "--trust", files / "foreign", "--lang", "zh")
    assert "? 受信任机构联合签署：您的信任文件不认识它所来自的账本" in unknown.out


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": ""}, "en"),
        ({}, "en"),
    ],
)
def test_language_is_the_machines(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert find_language() == language


def test_folder_of_trust_files(hourledger: CommandLine, files: Path) -> None:
    trust = ("--trust", files / "foreign", "--trust", files / "trust")
    assert hourledger("verify", files / "good.json", *trust).code == 0


def test_forged_certificate_is_invalid(hourledger: CommandLine, files: Path) -> None:
    result = hourledger("verify", files / "forged.json", "--trust", files / "trust", "--json")
    assert (result.code, result.document["verdict"]) == (1, "invalid")
    assert "signature" in [check["name"] for check in result.document["checks"] if check["verdict"] == "invalid"]


def test_file_writes_no_answer_of_its_own_on_the_screen(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    document = json.loads((files / "good.json").read_bytes())
    document["id"] = "x\u001b[1A\u001b[2K\u009b31m\u202e\r\nyours.json: valid\n  7 h"
    (tmp_path / "forged.json").write_text(json.dumps(document))
    result = hourledger("verify", tmp_path / "forged.json", "--trust", files / "trust")
    assert result.code == 1
    assert result.out.replace("\n", "").isprintable()
    answers = [line for line in result.out.splitlines() if not line.startswith("  ")]
    assert answers == [f"{tmp_path / 'forged.json'}: invalid"]


def test_unknown_region_is_undetermined(hourledger: CommandLine, files: Path) -> None:
    result = hourledger("verify", files / "good.json", "--trust", files / "foreign", "--json")
    assert (result.code, result.document["verdict"]) == (3, "undetermined")


def test_worst_of_several_files_decides(hourledger: CommandLine, files: Path) -> None:
    result = hourledger("verify", files / "good.json", files / "forged.json", "--trust", files / "trust", "--json")
    assert (result.code, result.document["verdict"]) == (1, "invalid")
    assert [item["verdict"] for item in result.document["files"]] == ["valid", "invalid"]


def test_evidence_that_is_too_old_is_undetermined(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = format_datetime(TimeMs(NOW + 10 * MS_PER_DAY))
    hourledger = CommandLine(capsys, ("--at-time", later, "--trust", str(files / "trust")))
    assert hourledger("verify", files / "good.json", "--max-age", 9).code == 3
    assert hourledger("verify", files / "good.json", "--max-age", 10).code == 0
    assert hourledger("verify", files / "good.json").code == 0


def test_bytes_that_are_no_certificate_are_invalid_not_a_fault(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\xff\x00{")
    assert hourledger("verify", path, "--trust", files / "trust").code == 1


@pytest.mark.parametrize("arguments", [("missing.json", "--trust", "trust"), ("good.json", "--trust", "missing")])
def test_files_that_are_not_there(hourledger: CommandLine, files: Path, arguments: tuple[str, str, str]) -> None:
    name, option, trust = arguments
    result = hourledger("verify", files / name, option, files / trust)
    assert (result.code, result.out) == (2, "")
    assert "cannot be read" in result.err


def test_usage(hourledger: CommandLine, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hourledger("verify", files / "good.json").code == 2
    assert hourledger("verify", files / "good.json", "--trust", tmp_path).code == 2  # no trust file in the folder
    assert CommandLine(capsys)("verify", files / "good.json", "--trust", files / "trust", "--at-time", "noon").code == 2
    assert hourledger("verify", files / "good.json", "--trust", files / "good.json").code == 2


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trust file of another region, and its code as a picture, on a page and as text."""
    folder = tmp_path_factory.mktemp("codes")
    (folder / "trust.txt").write_bytes(format_trust(samples.TRUST))
    (folder / "photo.jpg").write_bytes(samples.save(samples.put_on_paper(samples.draw_code(samples.CODE), angle=5), "JPEG"))
    (folder / "page.pdf").write_bytes(samples.make_pdf(code=samples.CODE))
    (folder / "code.txt").write_text(samples.CODE)
    (folder / "blank.png").write_bytes(samples.save(samples.draw_code("nothing of ours")))
    return folder


@pytest.mark.parametrize("name", ["photo.jpg", "page.pdf", "code.txt"])
def test_code_in_a_photograph_on_a_page_and_as_text(capsys: pytest.CaptureFixture[str], codes: Path, name: str) -> None:
    hourledger = CommandLine(
        capsys, ("--at-time", format_datetime(TimeMs(TIME_S * 1000 + 9_000)), "--trust", str(codes / "trust.txt"))
    )
    result = hourledger("verify", codes / name)
    assert result.code == 0
    first, second, *_ = result.out.splitlines()
    assert first == f"{codes / name}: valid"
    assert second == "  120 h 15 min from 2024-10-04 to 2025-07-31, Riverside Volunteers 河畔志愿服务队"
    assert "shows that the certificate was registered, as of its checkpoint" in result.out


def test_code_from_standard_input(capsys: pytest.CaptureFixture[str], codes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(samples.CODE.encode() + b"\n")))
    hourledger = CommandLine(capsys, ("--at-time", format_datetime(TimeMs(TIME_S * 1000 + 9_000)), "--json"))
    result = hourledger("verify", "-", "--trust", codes / "trust.txt")
    assert (result.code, result.document["kind"], result.document["verdict"]) == (0, "one_code", "valid")


def test_picture_without_a_code_is_undetermined_and_says_what_to_do(hourledger: CommandLine, codes: Path) -> None:
    result = hourledger("verify", codes / "blank.png", "--trust", codes / "trust.txt")
    assert result.code == 3
    assert "none of this ledger: take the picture again" in result.out


@pytest.mark.parametrize("data", [b"", b"\x00" * 1_000, b"%PDF-1.4", b'{"a":' * 100_000, b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_nothing_are_invalid_in_one_sentence(
    hourledger: CommandLine, codes: Path, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "file").write_bytes(data)
    result = hourledger("verify", tmp_path / "file", "--trust", codes / "trust.txt")
    assert (result.code, result.err) == (1, "")
    assert result.out.count("\n") == 2


def test_trust_file_in_words_and_as_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = ("trust", "show", files / "trust" / "trust.txt")
    shown = CommandLine(capsys)(*show)
    assert AUTHORITY.name in shown.out
    witness = CommandLine(capsys, ("--json",))(*show).document["witnesses"][0]
    assert witness["key"].startswith(f"{AUTHORITY.name}+")


def test_certificate_in_words_says_that_it_is_not_verified(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = CommandLine(capsys)("cert", "show", files / "good.json")
    assert shown.code == 0
    assert "450" in shown.out
    assert "not verified" in shown.out
