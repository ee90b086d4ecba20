"""Two who want the last place in one block, and what bounds a waiting list."""

import pytest

from contracts.activities import ActivityClass, PublishActivity
from contracts.activities.places import PLACES, SIGN_UP_CHANGED, SIGN_UPS, SignUpStanding
from contracts.activities.sign_ups import SignUpVolunteer, WithdrawVolunteer
from contracts.activities.terms import MAX_WAITING, Risk, SetTerms, Terms
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.rulebook import RULE_BOOKS
from contracts.trainings import TRAININGS, Training, has_training
from ledger.authorities import compute_authorities_hash
from ledger.execution import BlockContext, execute_transaction
from ledger.state import Overlay
from ledger.types import Day, Height, TimeMs
from tests.contracts.chain import CHAIN_ID, RULES, Chain, hash_of, identifier_of, key_of, make_genesis
from tests.contracts.invariants import check_invariants

FIRST_DAY = Day(19_783)
"""2024-03-01."""
NOW_MS = TimeMs(FIRST_DAY * 86_400_000)
PEOPLE = tuple(f"person {number}" for number in range(MAX_WAITING + 2))
SHORE = (identifier_of("Shore"), identifier_of("Harbour"))


@pytest.fixture
def chain() -> Chain:
    chain = Chain(make_genesis())
    licence = RegisterOrganisation(identifier_of("Harbour"), "Harbour", (key_of("ann").public_key,), 1)
    rows = tuple(Enrolment(identifier_of(name), hash_of(name), key_of(name).public_key) for name in PEOPLE)
    published = PublishActivity(*SHORE, ActivityClass.SERVICE, FIRST_DAY, Day(FIRST_DAY + 9), hash_of("details"))
    submit(chain, "region", "identity.register_organisation", licence)
    submit(chain, "ann", "identity.enrol_volunteers", EnrolVolunteers(identifier_of("Harbour"), rows))
    submit(chain, "ann", "activities.publish", published)
    return chain


def submit(chain: Chain, signer: str, kind: str, body: object) -> tuple[bytes, ...]:
    result = chain.submit((signer,), kind, body, NOW_MS)
    assert result.outcome.is_accepted, result.outcome
    return result.entries


def set_terms(chain: Chain, capacity: int, waiting: int) -> tuple[bytes, ...]:
    return submit(chain, "ann", "activities.set_terms", SetTerms(*SHORE, Terms(capacity, waiting, Day(FIRST_DAY + 9))))


def test_two_who_sign_up_in_one_block_do_not_share_the_last_place(chain: Chain) -> None:
    set_terms(chain, 1, 0)
    block_state = Overlay(chain)
    deciders = compute_authorities_hash(RULE_BOOKS.find_authorities(chain, Height(chain.height + 1)))
    block = BlockContext(CHAIN_ID, Height(chain.height + 1), NOW_MS, chain.block_hash, deciders)
    reasons = []
    for name in PEOPLE[:2]:
        body = SignUpVolunteer(*SHORE, identifier_of(name))
        outcome, _entries = execute_transaction(
            block_state, RULES, chain.sign((name,), "activities.sign_up", body, NOW_MS), block
        )
        reasons.append(outcome.reason)
    assert [str(reason) for reason in reasons] == ["None", "activity_full"]
    assert PLACES.get(block_state, SHORE[0]).taken == 1  # type: ignore[union-attr]
    assert SIGN_UPS.has(block_state, SHORE[0], identifier_of(PEOPLE[0]))
    assert not SIGN_UPS.has(block_state, SHORE[0], identifier_of(PEOPLE[1]))


def test_who_leaves_and_who_comes_in_one_block_are_served_in_their_order(chain: Chain) -> None:
    """The place of whoever leaves belongs to the one who waits, not to a newcomer of the same block."""
    set_terms(chain, 1, 1)
    for name in PEOPLE[:2]:
        submit(chain, name, "activities.sign_up", SignUpVolunteer(*SHORE, identifier_of(name)))
    submit(chain, PEOPLE[0], "activities.withdraw", WithdrawVolunteer(*SHORE, identifier_of(PEOPLE[0])))
    submit(chain, PEOPLE[2], "activities.sign_up", SignUpVolunteer(*SHORE, identifier_of(PEOPLE[2])))
    places = chain.read_table(b"places")[SHORE[0]]
    assert (places.taken, places.waiting) == (1, (identifier_of(PEOPLE[2]),))
    assert chain.read_table(b"sign-up")[SHORE[0] + identifier_of(PEOPLE[1])].standing is SignUpStanding.CONFIRMED


def test_the_longest_waiting_list_moves_up_at_once_in_its_order(chain: Chain) -> None:
    set_terms(chain, 0, MAX_WAITING)
    for name in PEOPLE[:MAX_WAITING]:
        submit(chain, name, "activities.sign_up", SignUpVolunteer(*SHORE, identifier_of(name)))
    last = chain.submit((PEOPLE[-1],), "activities.sign_up", SignUpVolunteer(*SHORE, identifier_of(PEOPLE[-1])), NOW_MS)
    assert str(last.outcome.reason) == "activity_full"
    _terms, *moved = set_terms(chain, MAX_WAITING, 0)
    assert [SIGN_UP_CHANGED.decode(entry).volunteer for entry in moved] == [
        identifier_of(name) for name in PEOPLE[:MAX_WAITING]
    ]
    check_invariants(chain)


def test_trainings_that_are_asked_for_are_all_needed(chain: Chain) -> None:
    trainings = ("first-aid", "driving")
    terms = Terms(9, 0, Day(FIRST_DAY + 9), Risk.ORDINARY, trainings)
    submit(chain, "ann", "activities.set_terms", SetTerms(*SHORE, terms))
    volunteer = identifier_of(PEOPLE[0])
    answers = []
    for held in ((), ("first-aid",), ("driving",), trainings):
        copy = chain.copy()
        overlay = Overlay(copy)
        for code in held:
            TRAININGS.put(overlay, Training(SHORE[1], FIRST_DAY, FIRST_DAY), volunteer, code.encode())
        copy.state.update({key: value for key, value in overlay.changes.items() if value is not None})
        assert [has_training(copy, volunteer, code, FIRST_DAY) for code in trainings] == [code in held for code in trainings]
        outcome = copy.submit(PEOPLE[:1], "activities.sign_up", SignUpVolunteer(*SHORE, volunteer), NOW_MS).outcome
        answers.append((str(outcome.reason), outcome.value))
    missing = "training_missing"
    assert answers == [(missing, "first-aid"), (missing, "driving"), (missing, "first-aid"), ("None", "")]
