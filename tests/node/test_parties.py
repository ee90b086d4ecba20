"""Whom a transaction is charged to: whoever's key it is, whatever other keys have signed."""

import pytest

from contracts.identity.parties import KEYS, Party, Role
from ledger.crypto import SigningKey
from ledger.state import EmptyView, Overlay
from ledger.types import Identifier
from node import parties
from node.parties import PartyFinder

KEY, OTHER, THIRD = (SigningKey(bytes([number]) * 32).public_key for number in range(3))
SHOP, TOWN = Identifier(b"s" * 16), Identifier(b"t" * 16)


@pytest.fixture
def state() -> Overlay:
    state = Overlay(EmptyView())
    KEYS.put(state, Party(Role.OFFICER, TOWN), KEY)
    KEYS.put(state, Party(Role.OFFICER, TOWN), OTHER)
    KEYS.put(state, Party(Role.MERCHANT, SHOP), THIRD)
    return state


def test_keys_of_one_organisation_are_one_party(state: Overlay) -> None:
    finder = PartyFinder(lambda: state)
    assert finder.find([KEY]) == finder.find([OTHER]) == TOWN
    assert finder.find([THIRD]) == SHOP


def test_unknown_keys_that_sign_along_change_nothing(state: Overlay) -> None:
    finder = PartyFinder(lambda: state)
    strangers = [SigningKey(bytes([number]) * 32).public_key for number in range(10, 20)]
    assert {finder.find([stranger, THIRD]) for stranger in strangers} == {SHOP}
    assert finder.find(strangers) == strangers[0]


def test_key_that_is_registered_later_is_found_then(state: Overlay) -> None:
    finder = PartyFinder(lambda: state)
    newcomer = SigningKey(b"n" * 32).public_key
    assert finder.find([newcomer]) == newcomer
    KEYS.put(state, Party(Role.VOLUNTEER, Identifier(b"v" * 16)), newcomer)
    assert finder.find([newcomer]) == b"v" * 16


def test_what_is_remembered_is_bounded(state: Overlay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parties, "MAX_REMEMBERED", 2)
    finder = PartyFinder(lambda: state)
    for _round in range(2):
        assert [finder.find([key]) for key in (KEY, OTHER, THIRD)] == [TOWN, TOWN, SHOP]
        assert len(finder._known) <= 2
