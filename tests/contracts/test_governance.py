"""Authorities on the rules' side: what a recovery writes, and that a set is in charge only as it was voted or recovered."""

import pytest

from contracts.governance import ChangeAuthorities, Recover
from contracts.identity.parties import AUTHORITIES, KEYS, NEXT_AUTHORITIES, get_authorities
from ledger.authorities import Authority
from ledger.reasons import Reason
from ledger.types import Height
from tests.contracts.chain import AUTHORITY, RECOVERY, Chain, Result, authority_of, hash_of, key_of, make_genesis
from tests.contracts.invariants import check_invariants

NOW_MS = 1_000_000
REGION = authority_of(AUTHORITY)
WIDER = (REGION, authority_of("north"), authority_of("south"))
FRESH = (authority_of("north", "north again"), authority_of("west"))


@pytest.fixture
def chain() -> Chain:
    return Chain(make_genesis())


def change(chain: Chain, authorities: tuple[Authority, ...], lead: int, *signers: str) -> Result:
    body = ChangeAuthorities(Height(chain.height + 1 + lead), authorities)
    return chain.submit(signers, "governance.change_authorities", body, NOW_MS)


def recover(chain: Chain, authorities: tuple[Authority, ...], keys: int = 3, height: int = 0) -> Result:
    body = Recover(Height(height or chain.height + 1), chain.block_hash, authorities)
    result = chain.submit(RECOVERY[:keys], "governance.recover", body, NOW_MS)
    check_invariants(chain)
    return result


def deciders(chain: Chain, height: int) -> tuple[Authority, ...]:
    return get_authorities(chain, Height(height))


def test_a_recovery_writes_the_set_and_its_keys_and_no_more(chain: Chain) -> None:
    """With no change to come there is none to take away: nothing is deleted that is not there."""
    result = recover(chain, FRESH)
    assert result.outcome.is_accepted
    expected = {AUTHORITIES.key(), *(KEYS.key(item.key) for item in FRESH)}
    assert set(result.changes) == expected
    assert deciders(chain, chain.height) == deciders(chain, chain.height + 1) == FRESH


def test_a_recovery_ends_a_change_that_was_to_take_effect(chain: Chain) -> None:
    assert change(chain, WIDER, 5, AUTHORITY).outcome.is_accepted
    effective = chain.height + 5
    assert deciders(chain, effective) == WIDER
    result = recover(chain, FRESH)
    assert result.outcome.is_accepted
    assert result.changes[NEXT_AUTHORITIES.key()] is None
    assert deciders(chain, effective) == FRESH
    assert change(chain, WIDER, 5, AUTHORITY).outcome.reason is Reason.NOT_PERMITTED


@pytest.mark.parametrize(
    ("authorities", "keys", "height", "expected"),
    [
        (FRESH, 2, 0, Reason.INSUFFICIENT_SIGNATURES),
        (FRESH, 3, 2, Reason.NOT_PERMITTED),
        ((REGION,), 3, 0, Reason.KEY_IN_USE),
        ((*FRESH, REGION), 4, 0, Reason.KEY_IN_USE),
        ((*FRESH, FRESH[0]), 4, 0, Reason.INVALID_AUTHORITIES),
        ((authority_of("two words"),), 4, 0, Reason.INVALID_AUTHORITIES),
    ],
)
def test_a_recovery_is_refused(
    chain: Chain, authorities: tuple[Authority, ...], keys: int, height: int, expected: Reason
) -> None:
    result = recover(chain, authorities, keys, height)
    assert result.outcome.reason is expected
    assert deciders(chain, chain.height + 1) == (REGION,)


def test_a_recovery_counts_after_no_other_block(chain: Chain) -> None:
    body = Recover(Height(1), hash_of("another block"), FRESH)
    assert chain.submit(RECOVERY, "governance.recover", body, NOW_MS).outcome.reason is Reason.NOT_PERMITTED


def test_nobody_approves_a_set_with_a_key_of_somebody_else(chain: Chain) -> None:
    """Not even the first of several approvals: such a change could never take effect."""
    assert change(chain, WIDER, 2, AUTHORITY).outcome.is_accepted
    chain.height += 2
    taken = (*WIDER, authority_of("west", "north"))
    before = dict(chain.state)
    result = change(chain, (WIDER[0], taken[3]), 2, "south")
    assert (result.outcome.reason, result.outcome.value) == (Reason.KEY_IN_USE, key_of("north").public_key.hex()[:32])
    assert chain.state == before
