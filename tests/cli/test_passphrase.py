"""A passphrase comes from a file, the environment or a prompt, in that order."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.passphrase import MAX_PASSPHRASE_BYTES, read_passphrase
from ledger.errors import HourledgerError
from ledger.reasons import Reason


def refuse_to_ask() -> str:
    raise AssertionError("nobody should have been asked")


def refusal(file: Path | None, environment_value: str | None, typed: str | None = None) -> Reason:
    with pytest.raises(HourledgerError) as caught:
        read_passphrase(file, environment_value, None if typed is None else lambda: typed)
    return caught.value.reason


def test_the_file_comes_first_then_the_environment_then_the_prompt(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b"from the file\nand a second line\n")
    assert read_passphrase(file, "from the environment", refuse_to_ask) == b"from the file"
    assert read_passphrase(None, "from the environment", refuse_to_ask) == b"from the environment"
    assert read_passphrase(None, None, lambda: "typed 口令") == "typed 口令".encode()


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\nmore"])
def test_the_line_ending_is_no_part_of_it_but_blanks_are(tmp_path: Path, ending: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b" with blanks " + ending)
    assert read_passphrase(file, None, None) == b" with blanks "


def test_an_empty_source_is_an_error_and_not_a_reason_to_try_the_next(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(b"\nsecond line")
    assert refusal(file, "set") is Reason.MISSING_PASSPHRASE
    assert refusal(None, "", "typed") is Reason.MISSING_PASSPHRASE
    assert refusal(None, None, "") is Reason.MISSING_PASSPHRASE
    assert refusal(None, None) is Reason.MISSING_PASSPHRASE


def test_a_file_that_cannot_be_read_or_is_no_passphrase_is_said_so(tmp_path: Path) -> None:
    assert refusal(tmp_path / "absent", "set") is Reason.UNREADABLE_FILE
    assert refusal(tmp_path, "set") is Reason.UNREADABLE_FILE
    file = tmp_path / "passphrase"
    file.write_bytes(b"x" * MAX_PASSPHRASE_BYTES + b"\r\n")
    assert read_passphrase(file, None, None) == b"x" * MAX_PASSPHRASE_BYTES
    file.write_bytes(b"x" * (MAX_PASSPHRASE_BYTES + 1))
    assert refusal(file, None) is Reason.UNREADABLE_FILE


@given(st.binary(min_size=1).filter(lambda value: b"\x00" not in value))
def test_what_is_set_in_the_environment_arrives_byte_for_byte(value: bytes) -> None:
    assert read_passphrase(None, value.decode("utf-8", "surrogateescape"), None) == value
