from pathlib import Path

import pytest

from certificates.jcs import encode_jcs, parse_json_object
from ledger.notes import SignatureType, VerifierKey
from ledger.trust import TrustPolicy, build_trust
from node.scanning.opening import open_file
from tests.certificates.code_towns import make_town, make_trust
from tests.certificates.conftest import AUTHORITY, CHAIN_ID, RegionBuilder
from tests.certificates.test_one_code import make_code
from tests.certificates.test_register import register
from tests.cli.command_line import CommandLine


def make_region_trust() -> TrustPolicy:
    log = VerifierKey(CHAIN_ID, SignatureType.ED25519, AUTHORITY.log_key)
    cosigner = VerifierKey(AUTHORITY.name, SignatureType.COSIGNATURE, AUTHORITY.cosigner_key)
    return build_trust(CHAIN_ID, [log], [cosigner], 1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate, its code, and another certificate's."""
    folder = tmp_path_factory.mktemp("export")
    builder = RegionBuilder()
    builder.begin()
    builder.certify([builder.attend(number) for number in range(5)])
    document = builder.finish().certificate()
    register(builder, document)
    (folder / "certificate.json").write_bytes(encode_jcs(document))
    (folder / "code.txt").write_text(make_code(builder.finish(), make_region_trust()) + "\n")
    (folder / "other.txt").write_text(make_town(10, 3, (1,)).text(make_trust(1)))
    return folder


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def test_page_with_a_code(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    arguments = ("--format", "pdf", "--out", out, "--code", files / "code.txt", "--name", "张晓明")
    result = hourledger("cert", "export", files / "certificate.json", *arguments)
    assert (result.code, result.out) == (0, f"The page, with a code, is in {out}.\n")
    opened = open_file(out.read_bytes())
    assert opened.artefact == (files / "certificate.json").read_bytes()
    assert opened.page_code == (files / "code.txt").read_bytes().strip()


def test_page_without_a_code_says_so(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "certificate.pdf"
    result = hourledger("cert", "export", files / "certificate.json", "--format", "pdf", "--out", out, "--json")
    assert (result.code, result.document) == (0, {"file": str(out), "has_code": False})


def test_folder_that_is_missing_is_made_as_the_help_says(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "for V-1" / "2026" / "certificate.json"
    for _time in range(2):
        result = hourledger("cert", "export", files / "certificate.json", "--format", "json", "--out", out)
        assert (result.code, out.read_bytes()) == (0, (files / "certificate.json").read_bytes())
    assert "a folder that is missing is made" in " ".join(hourledger("cert", "export", "--help").out.split())


def test_folder_that_cannot_be_made_is_told_in_a_sentence(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    out = tmp_path / "file" / "certificate.json"
    result = hourledger("cert", "export", files / "certificate.json", "--format", "json", "--out", out)
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert "the folder cannot be made" in result.err


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_code_as_a_picture(hourledger: CommandLine, files: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"code.{suffix}"
    arguments = ("--format", "qr", "--out", out, "--code", files / "code.txt")
    assert hourledger("cert", "export", files / "certificate.json", *arguments).code == 0
    assert out.read_bytes().startswith(b"<?xml" if suffix == "svg" else b"\x89PNG")


def test_file_as_it_is(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.json"
    assert hourledger("cert", "export", files / "certificate.json", "--format", "json", "--out", out).code == 0
    assert parse_json_object(out.read_bytes()) == parse_json_object((files / "certificate.json").read_bytes())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--format", "qr", "--out", "x.png"), 2, "name one with --node"),
        (("--format", "qr", "--out", "x.gif", "--code", "code.txt"), 2, ".svg or .png"),
        (("--format", "qr", "--out", "x.png", "--code", "other.txt"), 1, "of another certificate"),
        (("--format", "pdf", "--out", "x.pdf", "--code", "other.txt"), 1, "of another certificate"),
        (("--format", "pdf", "--out", "x.pdf", "--code", "certificate.json"), 2, "not the code of a certificate"),
        (("--format", "pdf", "--out", "x.pdf", "--name", "x" * 41), 2, "has no room"),
        (("--format", "pdf", "--out", "x.pdf", "--name", "😀"), 2, "U+1F600"),
        (("--format", "pdf", "--out", "x.pdf", "--font", "missing.ttf"), 2, "the font cannot be read"),
        (("--format", "pdf", "--out", "x.pdf", "--node", "http://127.0.0.1:9"), 3, "does not answer"),
        (("--format", "gif", "--out", "x.gif"), 2, "gif"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    hourledger: CommandLine, files: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(files)
    result = hourledger("cert", "export", "certificate.json", *arguments)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


def test_what_is_no_certificate_is_not_printed(hourledger: CommandLine, files: Path, tmp_path: Path) -> None:
    result = hourledger("cert", "export", files / "code.txt", "--format", "pdf", "--out", tmp_path / "x.pdf")
    assert result.code == 2
    assert "it is not printed, because it does not hold" in result.err
