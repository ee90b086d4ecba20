from pathlib import Path

import pytest

from cli.office.tags import load_registrar_key
from node.keystore import load_key
from tests.cli.command_line import CommandLine


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.delenv("HOURLEDGER_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    return CommandLine(capsys)


def write_passphrase(folder: Path, text: str) -> Path:
    path = folder / f"{text}.txt"
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def test_encrypted_key_is_shown_with_its_passphrase_only(hourledger: CommandLine, tmp_path: Path) -> None:
    good, bad = write_passphrase(tmp_path, "good"), write_passphrase(tmp_path, "bad")
    made = hourledger("keys", "new", tmp_path / "key.pem", "--passphrase-file", good)
    assert made.code == 0
    assert hourledger("keys", "show", tmp_path / "key.pem", "--passphrase-file", good).out == made.out
    assert "right passphrase" in hourledger("keys", "show", tmp_path / "key.pem", "--passphrase-file", bad).err
    missing = hourledger("keys", "show", tmp_path / "key.pem")
    assert (missing.code, missing.out) == (2, "")
    assert b"ENCRYPTED" in (tmp_path / "key.pem").read_bytes()


def test_keys_with_a_passphrase_each(hourledger: CommandLine, tmp_path: Path) -> None:
    files = [write_passphrase(tmp_path, name) for name in ("one", "two")]
    for file in files:
        hourledger("keys", "new", tmp_path / f"{file.stem}.pem", "--passphrase-file", file)
    keys = [tmp_path / "one.pem", tmp_path / "two.pem"]
    given = [item for file in files for item in ("--passphrase-file", file)]
    shown = hourledger("keys", "show", *keys, *given, "--json")
    assert shown.document["keys"][1]["public_key"] == load_key(keys[1], b"two").public_key.hex()
    three = hourledger("keys", "show", *keys, *given, "--passphrase-file", files[0])
    assert three.code == 2
    assert "one for each" in three.err


def test_key_is_never_overwritten(hourledger: CommandLine, tmp_path: Path) -> None:
    arguments = ("keys", "new", tmp_path / "key.pem", "--no-passphrase")
    assert hourledger(*arguments, "--dry-run").code == 0
    assert not (tmp_path / "key.pem").exists()
    made = hourledger(*arguments)
    for again in (hourledger(*arguments), hourledger(*arguments, "--dry-run")):
        assert again.code == 1
    assert hourledger("keys", "show", tmp_path / "key.pem").out == made.out


def test_registrars_key_is_its_owners_only_and_never_overwritten(hourledger: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "registrar.key"
    assert hourledger("keys", "registrar", path, "--dry-run").code == 0
    assert not path.exists()
    assert hourledger("keys", "registrar", path).code == 0
    key = load_registrar_key(path)
    assert path.stat().st_mode & 0o077 == 0
    assert hourledger("keys", "registrar", path).code == 1
    assert load_registrar_key(path) == key


def test_folder_that_is_not_there(hourledger: CommandLine, tmp_path: Path) -> None:
    result = hourledger("keys", "new", tmp_path / "no" / "key.pem", "--no-passphrase")
    assert (result.code, result.out) == (2, "")
