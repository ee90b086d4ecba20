"""A node's folder: made once and whole, and read back or refused with one reason."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rulebook import compute_genesis_state
from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.genesis import format_genesis, parse_genesis, to_date
from ledger.reasons import Reason
from ledger.types import TimeMs
from node.home import (
    DEVELOPMENT_CHAIN,
    MAX_CHAIN_NAME_BYTES,
    Home,
    init_development_home,
    init_home,
    init_network,
    load_genesis,
    load_node_keys,
    load_workdays,
    make_development_genesis,
    make_development_key,
)
from node.settings import ALONE, DEFAULT_HOST, DEFAULT_PORT, Settings, format_settings, load_settings

ROOT = Path(__file__).parents[2]
NOW_MS = TimeMs(1_793_000_000_000)
PASSPHRASE = b"correct horse"


def init(path: Path, **changes: Any) -> Home:
    options: dict[str, Any] = {"chain_id": "test.example/chain", "region": "Test", "time_ms": NOW_MS, "passphrase": None}
    init_home(path, **{**options, "parameters": {}, **changes})
    return Home(path)


def read_all(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_new_home_has_everything_and_reads_back(tmp_path: Path) -> None:
    home = init(tmp_path / "deep" / "home", passphrase=PASSPHRASE)
    assert set(read_all(home.path)) == {
        "genesis.json", "node.json", "keys/authority.pem", "keys/cosigner.pem", "keys/log.pem",
    }  # fmt: skip
    genesis = load_genesis(home)
    keys = load_node_keys(home, PASSPHRASE)
    authority = genesis.authorities[0]
    assert (authority.key, authority.cosigner_key, authority.log_key) == (
        keys.authority.public_key,
        keys.cosigner.public_key,
        keys.log.public_key,
    )
    assert load_settings(home.settings) == Settings(DEFAULT_HOST, DEFAULT_PORT, 60_000)
    assert {home.key(role).stat().st_mode & 0o777 for role in ("authority", "cosigner", "log")} == {0o600}


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    first, second = (load_node_keys(init(tmp_path / name), None) for name in ("a", "b"))
    assert len({key.public_key for keys in (first, second) for key in (keys.authority, keys.cosigner, keys.log)}) == 6


def test_home_is_never_overwritten(tmp_path: Path) -> None:
    home = init(tmp_path)
    before = read_all(home.path)
    for again in (init, init_development_home):
        with pytest.raises(HourledgerError) as caught:
            again(tmp_path)
        assert caught.value.reason is Reason.ALREADY_EXISTS
    assert read_all(home.path) == before


def test_keys_of_an_unfinished_home_are_not_overwritten(tmp_path: Path) -> None:
    home = init(tmp_path)
    home.genesis.unlink()
    before = read_all(home.path)
    with pytest.raises(HourledgerError) as caught:
        init(tmp_path)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert read_all(home.path) == before


@pytest.mark.parametrize("chain_id", ["", "two words", "a+b", "line\nbreak", "x" * 125, "市" * 42, "x" * 300])
def test_chain_needs_a_name_that_its_log_can_bear(tmp_path: Path, chain_id: str) -> None:
    with pytest.raises(HourledgerError, match="a chain's name") as refused:
        init(tmp_path, chain_id=chain_id)
    assert refused.value.reason is Reason.USAGE
    assert read_all(tmp_path) == {}


def test_longest_name_of_a_chain_leaves_room_for_64_authorities(tmp_path: Path) -> None:
    longest = "x" * MAX_CHAIN_NAME_BYTES
    homes = init_network(tmp_path, 64, chain_id=longest, region="R", time_ms=TimeMs(0), passphrase=None, first_port=20_000)
    assert load_genesis(homes[-1]).authorities[-1].name == f"{longest}/a64"


def test_unknown_parameter_makes_no_home(tmp_path: Path) -> None:
    with pytest.raises(HourledgerError):
        init(tmp_path, parameters={"no_such_parameter": 1})
    assert read_all(tmp_path) == {}


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HourledgerError) as caught:
        init(tmp_path / "file" / "home")
    assert caught.value.reason is Reason.UNREADABLE_FILE


@pytest.mark.parametrize(
    ("given", "reason"), [(None, Reason.MISSING_PASSPHRASE), (b"", Reason.MISSING_PASSPHRASE), (b"x", Reason.WRONG_PASSPHRASE)]
)
def test_encrypted_keys_need_their_passphrase(tmp_path: Path, given: bytes | None, reason: Reason) -> None:
    home = init(tmp_path, passphrase=PASSPHRASE)
    with pytest.raises(HourledgerError) as caught:
        load_node_keys(home, given)
    assert caught.value.reason is reason


def test_development_keys_are_the_well_known_ones() -> None:
    for role in ("authority", "cosigner", "log"):
        assert make_development_key(role).seed == sha256(f"hourledger development key: {role}".encode())


def test_genesis_of_the_repository_is_that_of_the_development_chain(tmp_path: Path) -> None:
    genesis = make_development_genesis()
    assert (ROOT / "genesis.json").read_bytes() == format_genesis(genesis)
    assert genesis.chain_id == DEVELOPMENT_CHAIN
    assert init_development_home(tmp_path) == parse_genesis(Home(tmp_path).genesis.read_bytes()) == genesis
    assert compute_genesis_state(genesis).changes


def test_workdays_are_those_of_the_state_councils_notices() -> None:
    holidays, working_weekends = ({to_date(day) for day in days} for days in load_workdays())
    assert (min(holidays).year, max(holidays).year) == (2020, 2026)
    day = date(2020, 1, 1)
    while day <= date(2026, 12, 31):
        is_weekend = day.weekday() >= 5
        assert chinese_calendar.is_workday(day) == (day in working_weekends if is_weekend else day not in holidays), day
        assert not (day in holidays and is_weekend), day
        assert not (day in working_weekends and not is_weekend), day
        day += timedelta(days=1)


def test_a_known_holiday_and_a_known_working_weekend() -> None:
    holidays, working_weekends = ({to_date(day) for day in days} for days in load_workdays())
    # Notice on the holidays of 2024: 10 to 17 February, with work on Sunday 4 and 18 February.
    assert date(2024, 2, 12) in holidays
    assert {date(2024, 2, 4), date(2024, 2, 18)} <= working_weekends


def test_settings_are_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings.write_text('{"host": "::1", "port": 0, "heartbeat_ms": 5}')
    assert load_settings(home.settings) == Settings("::1", 0, 5)


def test_settings_are_written_as_they_are_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    peers = {"a2": ("127.0.0.1", 7)}
    for settings in (
        ALONE,
        replace(ALONE, keep_blocks=1_000),
        replace(ALONE, peer_address=("h", 9), peers=peers, keep_blocks=1),
    ):
        home.settings.write_bytes(format_settings(settings))
        assert load_settings(home.settings) == settings
    assert b"keep_blocks" not in format_settings(ALONE)


@pytest.mark.parametrize(
    "changes",
    [
        {"port": 65_536}, {"port": -1}, {"port": True}, {"port": "8551"}, {"heartbeat_ms": 0}, {"heartbeat_ms": 10**12},
        {"host": 1}, {"port": None}, {"colour": "red"}, {"keep_blocks": -1}, {"keep_blocks": True}, {"keep_blocks": "all"},
    ],
)  # fmt: skip
def test_settings_of_another_form_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    document = {"host": "127.0.0.1", "port": 1, "heartbeat_ms": 1, **changes}
    home = Home(tmp_path)
    home.settings.write_text(json.dumps(document))
    with pytest.raises(HourledgerError) as caught:
        load_settings(home.settings)
    assert caught.value.reason is Reason.UNREADABLE_FILE


@given(st.one_of(st.binary(max_size=50), st.just(b"[" * 100_000)))
def test_any_bytes_are_settings_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    home = Home(tmp_path_factory.getbasetemp())
    home.settings.write_bytes(data)
    with pytest.raises(HourledgerError):
        load_settings(home.settings)


def test_missing_files_are_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for load, path in ((load_genesis, home.genesis), (lambda home: load_settings(home.settings), home.settings)):
        with pytest.raises(HourledgerError) as caught:
            load(home)
        assert (caught.value.reason, caught.value.value) == (Reason.UNREADABLE_FILE, str(path))
