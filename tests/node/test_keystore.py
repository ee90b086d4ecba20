"""Keys on disk: encrypted, whole or not there, never overwritten, and any bytes answered with the one error."""

import contextlib
import errno
import os
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node import keystore, pkcs8
from node.keystore import decode_key, encode_key, generate_key, load_key, save_key
from tests.effort import choose

KEY = SigningKey(bytes(range(32)))
PASSPHRASE = b"correct horse"
CHEAP = pkcs8.ScryptCost(n=2, r=1, p=1)
ENCRYPTED = encode_key(KEY, PASSPHRASE, cost=CHEAP)


def refusal(data: bytes, passphrase: bytes | None) -> Reason:
    with pytest.raises(HourledgerError) as caught:
        decode_key(data, passphrase)
    return caught.value.reason


def test_a_saved_key_is_read_back_with_its_passphrase_and_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "officer.pem"
    save_key(path, KEY, PASSPHRASE)
    assert load_key(path, PASSPHRASE) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert KEY.seed not in pkcs8.parse_pem(path.read_bytes())[1]
    assert list(tmp_path.iterdir()) == [path], "nothing temporary is left behind"


def test_a_development_key_has_no_passphrase_only_when_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "dev.pem"
    save_key(path, KEY, None)
    assert load_key(path, None) == KEY
    with pytest.raises(HourledgerError) as caught:
        save_key(tmp_path / "other.pem", KEY, b"")
    assert caught.value.reason is Reason.MISSING_PASSPHRASE
    assert not (tmp_path / "other.pem").exists()


def test_each_way_of_failing_has_its_reason() -> None:
    assert refusal(ENCRYPTED, None) is Reason.MISSING_PASSPHRASE
    assert refusal(ENCRYPTED, b"") is Reason.MISSING_PASSPHRASE
    assert refusal(ENCRYPTED, b"correct horsf") is Reason.WRONG_PASSPHRASE
    assert refusal(encode_key(KEY, None), PASSPHRASE) is Reason.INVALID_KEY_FILE
    assert refusal(b"", None) is Reason.INVALID_KEY_FILE
    assert refusal(ENCRYPTED + b" " * keystore.MAX_KEY_FILE_BYTES, PASSPHRASE) is Reason.INVALID_KEY_FILE
    assert refusal(ENCRYPTED + ENCRYPTED, PASSPHRASE) is Reason.INVALID_KEY_FILE


def test_a_key_of_another_algorithm_or_another_format_is_refused() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    for passphrase, encryption in ((None, NoEncryption()), (b"x", BestAvailableEncryption(b"x"))):
        pem = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
        assert refusal(pem, passphrase) is Reason.INVALID_KEY_FILE
    openssh = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    assert refusal(openssh, None) is Reason.INVALID_KEY_FILE


def test_the_unencrypted_form_is_the_one_of_rfc_8410_section_10_3() -> None:
    published = (
        b"-----BEGIN PRIVATE KEY-----\n"
        b"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
        b"-----END PRIVATE KEY-----\n"
    )
    key = decode_key(published, None)
    assert key.seed.hex() == "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
    assert encode_key(key, None) == published


def test_keys_written_by_the_library_itself_open_too() -> None:
    theirs = ed25519.Ed25519PrivateKey.from_private_bytes(KEY.seed)
    pem = theirs.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    assert decode_key(pem, PASSPHRASE) == KEY
    assert decode_key(pem.replace(b"\n", b"\r\n"), PASSPHRASE) == KEY


def test_openssl_opens_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "officer.pem"
    save_key(path, KEY, PASSPHRASE)
    command = ["openssl", "pkey", "-in", str(path), "-passin", f"pass:{PASSPHRASE.decode()}", "-pubout", "-outform", "DER"]
    try:
        answer = subprocess.run(command, capture_output=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip("the openssl program is not on this machine, so its reading of our files stays unchecked")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.endswith(KEY.public_key)


@pytest.mark.parametrize(
    "cost",
    [
        pkcs8.ScryptCost(n=2**40, r=8, p=1),
        pkcs8.ScryptCost(n=2**15, r=2**20, p=1),
        pkcs8.ScryptCost(n=2**14, r=8, p=2**20),
        pkcs8.ScryptCost(n=0, r=8, p=1),
    ],
)
def test_a_file_may_not_ask_for_unbounded_work(cost: pkcs8.ScryptCost) -> None:
    dear = pkcs8.parse_pem(ENCRYPTED)[1]
    written = _settings_of(CHEAP)
    der = dear.replace(written, _settings_of(cost))
    assert der != dear
    with pytest.raises(HourledgerError, match="costs too much"):
        pkcs8.validate_cost(_resized(der, len(_settings_of(cost)) - len(written)))


def test_two_billion_rounds_of_pbkdf2_are_refused_at_once() -> None:
    theirs = ed25519.Ed25519PrivateKey.from_private_bytes(KEY.seed)
    pem = theirs.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE))
    der = pkcs8.parse_pem(pem)[1]
    assert b"\x02\x02\x08\x00" in der, "2,048 rounds"
    costly = _resized(der.replace(b"\x02\x02\x08\x00", b"\x02\x04\x7f\xff\xff\xff"), 2)
    with pytest.raises(HourledgerError, match="costs too much"):
        pkcs8.validate_cost(costly)


def _settings_of(cost: pkcs8.ScryptCost) -> bytes:
    parts = [value.to_bytes(value.bit_length() // 8 + 1, "big") for value in (cost.n, cost.r, cost.p)]
    return b"".join(bytes([0x02, len(part)]) + part for part in parts)


def _resized(der: bytes, growth: int) -> bytes:
    """Add `growth` to the five nested lengths around the settings of an encrypted key, which start at fixed places."""
    data = bytearray(der)
    inner = next(position for position in range(29, 36) if data[position] == 0x30)
    for position in (2, 4, 17, 19, inner + 1):
        data[position] += growth
    return bytes(data)


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "officer.pem"
    path.write_bytes(b"something of somebody's")
    (tmp_path / "dangling.pem").symlink_to(tmp_path / "nowhere")
    for taken in (path, tmp_path / "dangling.pem", tmp_path):
        with pytest.raises(HourledgerError) as caught:
            save_key(taken, KEY, None)
        assert caught.value.reason is Reason.ALREADY_EXISTS
    assert path.read_bytes() == b"something of somebody's"


def test_two_who_save_at_once_cannot_both_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "officer.pem"
    path.write_bytes(b"the other one was faster")
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    with pytest.raises(HourledgerError) as caught:
        save_key(path, KEY, None)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert path.read_bytes() == b"the other one was faster"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_hard_links_does_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "officer.pem"
    save_key(path, KEY, None)
    assert load_key(path, None) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    with pytest.raises(HourledgerError) as caught:
        save_key(path, generate_key(), None)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert load_key(path, None) == KEY
    assert list(tmp_path.iterdir()) == [path]


def test_the_key_is_durable_before_it_has_its_name_and_the_name_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, link = os.fsync, os.link

    def watch_sync(descriptor: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        sync(descriptor)

    def watch_link(source: Path, target: Path) -> None:
        assert Path(source).read_bytes(), "written before it is named"
        steps.append("name")
        link(source, target)

    monkeypatch.setattr(os, "fsync", watch_sync)
    monkeypatch.setattr(os, "link", watch_link)
    save_key(tmp_path / "officer.pem", KEY, None)
    assert steps == ["sync file", "name", "sync folder"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(HourledgerError) as caught:
        save_key(tmp_path / "officer.pem", KEY, None)
    assert caught.value.reason is Reason.WRITE_FAILED
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_or_folder_is_said_so(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pem", tmp_path):
        with pytest.raises(HourledgerError) as caught:
            load_key(path, None)
        assert caught.value.reason is Reason.UNREADABLE_FILE
        assert str(path) in str(caught.value)
    with pytest.raises(HourledgerError) as caught:
        save_key(tmp_path / "no folder" / "officer.pem", KEY, None)
    assert caught.value.reason is Reason.UNREADABLE_FILE


def test_new_keys_differ_and_never_show_their_seed() -> None:
    first, second = generate_key(), generate_key()
    assert first.seed != second.seed
    assert first.seed.hex() not in repr(first)


def test_a_key_of_the_wrong_length_for_another_algorithm_is_no_crash_of_the_library() -> None:
    x448 = pkcs8.encode_plain(KEY.seed).replace(bytes.fromhex("2b6570"), bytes.fromhex("2b656f"))
    assert refusal(pkcs8.format_pem(pkcs8.PLAIN_LABEL, x448), None) is Reason.INVALID_KEY_FILE


@settings(max_examples=60, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), passphrase=st.none() | st.binary(min_size=1, max_size=80))
def test_every_key_survives_the_round_trip(seed: bytes, passphrase: bytes | None) -> None:
    assert decode_key(encode_key(SigningKey(seed), passphrase, cost=CHEAP), passphrase).seed == seed


@settings(max_examples=choose(40, 100), deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.builds(pkcs8.format_pem, st.sampled_from([pkcs8.PLAIN_LABEL, pkcs8.ENCRYPTED_LABEL]), st.binary(max_size=200)),
    passphrase=st.none() | st.binary(max_size=8),
)
def test_any_bytes_are_a_key_or_the_one_error(data: bytes, passphrase: bytes | None) -> None:
    assert refusal(data, passphrase) in {Reason.INVALID_KEY_FILE, Reason.MISSING_PASSPHRASE, Reason.WRONG_PASSPHRASE}


@settings(max_examples=choose(50, 200), deadline=None)
@given(position=st.integers(0, len(pkcs8.parse_pem(ENCRYPTED)[1]) - 1), flip=st.integers(1, 255), plain=st.booleans())
def test_a_damaged_key_is_another_key_or_the_one_error(position: int, flip: int, plain: bool) -> None:
    label, der = pkcs8.parse_pem(encode_key(KEY, None) if plain else ENCRYPTED)
    damaged = bytearray(der)
    damaged[position % len(der)] ^= flip
    with contextlib.suppress(HourledgerError):
        key = decode_key(pkcs8.format_pem(label, bytes(damaged)), None if plain else PASSPHRASE)
        assert isinstance(key, SigningKey)
