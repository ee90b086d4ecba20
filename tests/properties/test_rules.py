"""Whatever is sent in whatever order: the state never contradicts itself, and every node says the same."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from contracts.governance import AuthoritiesChanged
from contracts.identity.parties import Role
from contracts.rulebook import KINDS
from ledger.errors import Rejection
from ledger.reasons import Reason
from ledger.types import Height, PublicKey, Round
from ledger.votes import Offence, OffenceKind
from tests.contracts.chain import Chain, hash_of, key_of, make_genesis
from tests.contracts.invariants import check_invariants
from tests.effort import IS_LONG, choose
from tests.properties.moves import check_moves
from tests.properties.operations import PARAMETERS, STEPS, Generator, make_chain
from tests.properties.script import compute_digest, play
from tests.properties.steps import check_step, read_deciders
from tests.properties.timebank_moves import check_time_moves

ROOT = Path(__file__).parents[2]


@cache
def base(parameters: str = "default") -> Chain:
    return make_chain(make_genesis(PARAMETERS[parameters]))


@pytest.mark.slow
@settings(max_examples=choose(30, 120))
@given(st.sampled_from(["default", "short"]), st.integers(0, 2**32 - 1))
def test_every_state_keeps_its_invariants_and_repeats(parameters: str, seed: int) -> None:
    # A ledger stops at its first failure and prints what led there, so only the seed is left to shrink: quickly, and to little.
    chain = base(parameters).copy()
    generator = Generator(Random(seed), chain)
    time_ms = generator.pools.start_ms
    for _ in range(40):
        operation = generator.draw(time_ms)
        time_ms += operation.step_ms
        twin, before = chain.copy(), chain.copy()
        result = chain.submit(operation.signers, operation.kind, operation.body, time_ms)
        note(f"{operation} -> {result.outcome.reason or 'ok'} {[row and row.reason for row in result.outcome.rows]}")
        again = twin.submit(operation.signers, operation.kind, operation.body, time_ms)
        assert again == result
        assert list(again.changes) == list(result.changes)
        assert result.outcome.is_accepted or chain.state == before.state
        check_invariants(chain)
        check_step(before, chain, operation, result)
        check_moves(before, chain, operation, result)
        check_time_moves(before, chain, operation, result)


OF_PROOFS = {Reason.QUORUM_MISSING, Reason.INVALID_PROOF, Reason.CLAIM_MISMATCH, Reason.STALE}
"""Why what comes from another region is refused, besides the reasons of every rule."""
COVERING = (36, 37, 20, 33, 2, 3, 4, 27)
"""Seeds that reached all of it together when they were chosen. They come first; the others only where something is missing."""
SELDOM = {Reason.UNKNOWN_MERCHANT, Reason.ACCOUNT_FULL}
"""What random ledgers need not reach; the latter takes 16,384 lots: test_limits.py."""


@pytest.mark.slow
def test_random_ledgers_reach_every_kind_and_most_reasons() -> None:
    accepted: Counter[str] = Counter()
    reasons: Counter[Reason | None] = Counter()
    order = list(Reason)
    of_rules = set(order[order.index(Reason.UNKNOWN_KEY) : order.index(Reason.INVALID_AUTHORITIES) + 1])
    wanted = (of_rules - SELDOM) | OF_PROOFS | {None}
    for seed in (*COVERING, *(set(range(48)) - set(COVERING))):
        for operation, result in play(base("short" if seed % 2 else "default").copy(), Random(seed), STEPS):
            accepted[operation.kind] += result.outcome.is_accepted
            reasons[result.outcome.reason] += 1
            reasons.update(row.reason for row in result.outcome.rows if row is not None)
        if not IS_LONG and wanted <= set(reasons) and all(accepted[kind] for kind in KINDS):
            break
    assert [kind for kind in KINDS if not accepted[kind]] == []
    assert wanted <= set(reasons) <= wanted | SELDOM


GOVERNANCE = ("governance.change_authorities", "governance.recover", "identity.register_merchant")
"""What changes the set, and what may take the key of somebody who is to be in it."""


@pytest.mark.slow
@settings(max_examples=choose(12, 40))
@given(st.integers(0, 2**32 - 1))
def test_sets_change_as_their_members_agree(seed: int) -> None:
    chain = base().copy()
    generator = Generator(Random(seed), chain, kinds=GOVERNANCE)
    time_ms = generator.pools.start_ms
    for _ in range(60):
        operation = generator.draw(time_ms)
        time_ms += operation.step_ms
        before = chain.copy()
        result = chain.submit(operation.signers, operation.kind, operation.body, time_ms)
        note(f"{chain.height} {operation} -> {result.outcome.reason or 'ok'}")
        check_invariants(chain)
        check_step(before, chain, operation, result)


@pytest.mark.slow
def test_random_ledgers_meet_every_answer_of_governance() -> None:
    """Sets of several authorities change and recover; and each rule refuses for all the reasons that it has."""
    answers: dict[str, set[Reason | None]] = defaultdict(set)
    changes: Counter[tuple[int, int]] = Counter()
    for seed in range(12):
        chain = base().copy()
        generator = Generator(Random(seed), chain, kinds=GOVERNANCE)
        for _ in range(100):
            operation = generator.draw(generator.pools.start_ms)
            size = len(read_deciders(chain, chain.height + 1))
            result = chain.submit(operation.signers, operation.kind, operation.body, generator.pools.start_ms)
            answers[operation.kind].add(result.outcome.reason)
            if operation.kind == GOVERNANCE[0]:
                changes.update((size, len(event.authorities)) for event in result.events if type(event) is AuthoritiesChanged)
    of_both = {None, Reason.NOT_PERMITTED, Reason.INVALID_AUTHORITIES, Reason.KEY_IN_USE, Reason.UNKNOWN_KEY}
    assert answers[GOVERNANCE[0]] == of_both | {Reason.CHANGE_PENDING, Reason.NO_CHANGE}
    assert answers[GOVERNANCE[1]] == of_both | {Reason.INSUFFICIENT_SIGNATURES}
    assert {old for old, _ in changes} == {new for _, new in changes} == {1, 2, 3, 4, 5}


VOTES = ("governance.set_parameters", "governance.set_calendar", "governance.set_rule_book")
"""What a quorum of the set settles besides who is in it."""


@pytest.mark.slow
def test_random_ledgers_meet_every_answer_of_votes() -> None:
    """Under sets that change all the while, numbers and calendars are adopted, wait, and take effect."""
    answers: dict[str, set[Reason | None]] = defaultdict(set)
    in_force: Counter[bytes] = Counter()
    for seed in range(8):
        chain = base().copy()
        generator = Generator(Random(seed), chain, kinds=(GOVERNANCE[0], *VOTES))
        for _ in range(180):
            operation = generator.draw(generator.pools.start_ms)
            before = chain.copy()
            result = chain.submit(operation.signers, operation.kind, operation.body, generator.pools.start_ms)
            check_invariants(chain)
            check_step(before, chain, operation, result)
            answers[operation.kind].add(result.outcome.reason)
            tables = (b"parameter", b"workdays", b"rule-book")
            in_force.update(name for name in tables if before.read_table(name) != chain.read_table(name))
    of_both = {None, Reason.NOT_PERMITTED, Reason.UNKNOWN_KEY, Reason.NO_CHANGE, Reason.CHANGE_PENDING, Reason.INVALID_PROPOSAL}
    assert [answers[kind] for kind in VOTES] == [of_both, of_both, of_both]
    assert min(in_force[b"parameter"], in_force[b"workdays"], in_force[b"rule-book"]) > 8


@pytest.mark.slow
@settings(max_examples=choose(15, 60))
@given(st.integers(0, 2**32 - 1))
def test_offences_name_all_who_ever_were_authorities_and_nobody_else(seed: int) -> None:
    chain, random = base().copy(), Random(seed)
    for _ in play(chain, random, 30):
        pass
    parties = chain.read_table(b"key")
    authorities = sorted(key for key, party in parties.items() if party.role is Role.AUTHORITY)
    others = sorted({*parties, key_of("stranger").public_key}.difference(authorities))
    named: set[tuple[bytes, int]] = set()
    for number in range(40):
        key = PublicKey(random.choice(random.choice((authorities, others))))
        height = random.randrange(2)
        offence = Offence(key, Height(height), Round(number), random.choice(list(OffenceKind)), hash_of(str(number)))
        before = dict(chain.state)
        try:
            event = chain.record_offence(offence)
        except Rejection as rejection:
            assert rejection.reason is (Reason.ALREADY_EXISTS if key in authorities else Reason.UNKNOWN_KEY)
            assert (key in authorities) is ((key, height) in named)
            assert chain.state == before
        else:
            assert (key, height) not in named
            assert (event.key, event.height, event.round, event.offence) == (key, height, number, offence.kind)
            assert (event.authority, event.evidence_hash) == (parties[key].identifier, offence.evidence_hash)
            named.add((key, height))
        check_invariants(chain)
    assert named


@pytest.mark.slow
@pytest.mark.parametrize("parameters", PARAMETERS)
def test_long_ledger(parameters: str) -> None:
    chain = base(parameters).copy()
    for _ in play(chain, Random(parameters), 300):
        check_invariants(chain)


def test_two_hash_seeds_lead_to_the_same_entries_changes_and_roots() -> None:
    digests = set()
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "tests.properties.script", "7", "150"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
        digests.add(done.stdout)
    assert digests == {compute_digest(7, 150)}
