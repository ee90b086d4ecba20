"""Offences of authorities: named once a height, in public, and nobody but those who are or were authorities."""

from dataclasses import replace

import pytest

from contracts.identity.parties import AUTHORITIES, KEYS, Party, Role, compute_authority_identifier
from contracts.offences import OFFENCE, OFFENCES, OffenceRecorded
from contracts.rulebook import compute_genesis_state, get_parties, get_table
from ledger.errors import Rejection
from ledger.execution import BlockContext
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.types import Height, Round, TimeMs
from ledger.votes import Offence, OffenceKind
from tests.contracts.chain import AUTHORITY, CHAIN_ID, RULES, hash_of, identifier_of, key_of, make_genesis

BLOCK = BlockContext(CHAIN_ID, Height(8), TimeMs(1_000))
OFFENDER = key_of(AUTHORITY).public_key
BROKEN_LOCK = Offence(OFFENDER, Height(7), Round(2), OffenceKind.BROKEN_LOCK, hash_of("evidence"))


@pytest.fixture
def state() -> Overlay:
    return Overlay(compute_genesis_state(make_genesis()))


def test_an_offender_is_named_in_an_event_and_in_the_state(state: Overlay) -> None:
    (entry,) = RULES.record_offence(state, BROKEN_LOCK, BLOCK).events
    expected = OffenceRecorded(
        OFFENDER,
        compute_authority_identifier(AUTHORITY),
        Height(7),
        Round(2),
        OffenceKind.BROKEN_LOCK,
        hash_of("evidence"),
    )
    assert OFFENCE.decode(entry) == expected
    assert OFFENCES.get(state, OFFENDER, (7).to_bytes(8, "big")) == expected
    assert get_parties(entry) == ()
    assert all(get_table(key) is OFFENCES for key in state.changes)


def test_one_event_a_height_whatever_else_was_done_there(state: Overlay) -> None:
    RULES.record_offence(state, BROKEN_LOCK, BLOCK)
    changed = dict(state.changes)
    for again in (BROKEN_LOCK, replace(BROKEN_LOCK, kind=OffenceKind.DOUBLE_VOTE, evidence_hash=hash_of("more"))):
        with pytest.raises(Rejection) as refused:
            RULES.record_offence(state, again, BLOCK)
        assert refused.value.reason is Reason.ALREADY_EXISTS
    assert state.changes == changed
    assert RULES.record_offence(state, replace(BROKEN_LOCK, height=Height(6)), BLOCK).events


def test_an_authority_that_has_left_is_named_all_the_same(state: Overlay) -> None:
    (offender,) = make_genesis().authorities
    AUTHORITIES.put(state, (replace(offender, key=key_of("successor").public_key),))
    assert RULES.record_offence(state, BROKEN_LOCK, BLOCK).events


@pytest.mark.parametrize("role", [None, Role.OFFICER, Role.MERCHANT, Role.VOLUNTEER])
def test_whoever_was_never_an_authority_cannot_be_named(state: Overlay, role: Role | None) -> None:
    key = key_of("officer").public_key
    if role is not None:
        KEYS.put(state, Party(role, identifier_of("officer")), key)
    before = dict(state.changes)
    with pytest.raises(Rejection) as refused:
        RULES.record_offence(state, replace(BROKEN_LOCK, key=key), BLOCK)
    assert refused.value.reason is Reason.UNKNOWN_KEY
    assert state.changes == before
