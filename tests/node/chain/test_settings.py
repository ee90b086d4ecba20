"""Numbers and calendar by vote on a chain of four authorities: in force from their block on, in every node, and in a replay."""

from contracts.governance.settings import CALENDAR_SET, PARAMETERS_SET, SetCalendar, SetParameters, Value
from contracts.governance.voting import PROPOSAL_APPROVED
from contracts.parameters import get_parameter
from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from contracts.workdays import Workdays, get_workdays
from ledger.reasons import Reason
from ledger.transactions import SignedTransaction
from ledger.types import Day, Height
from node.storage.fsck import check_store
from tests.node.chain.test_membership import FOUR, GENESIS, Runner, event_names, key_of, make_commit

MONDAY = Day(20_731)
HOURLY = "points_per_hour"


def vote(runner: Runner, points: int, height: int, *names: str) -> SignedTransaction:
    body = SetParameters(Height(height), (Value(HOURLY, points),))
    return runner.make("governance.set_parameters", body, *(key_of(f"{name} consensus") for name in names))


def vote_calendar(runner: Runner, height: int, *names: str) -> SignedTransaction:
    body = SetCalendar(Height(height), (MONDAY,), ())
    return runner.make("governance.set_calendar", body, *(key_of(f"{name} consensus") for name in names))


def test_a_number_is_in_force_from_its_block_on_and_not_in_the_one_before() -> None:
    """The rule itself says which value it goes by: asked for the one in force, it answers that nothing would change."""
    runner = Runner()
    runner.add(vote(runner, 2, 6, "a", "b"))
    assert event_names(runner.add(vote(runner, 2, 6, "c"))) == [PROPOSAL_APPROVED.name, PARAMETERS_SET.name]
    while runner.chain.tip.height < 5:
        assert runner.refusal_of(vote(runner, 1, 30, "a")) is Reason.NO_CHANGE
        assert runner.refusal_of(vote(runner, 2, 30, "a")) is Reason.CHANGE_PENDING
        runner.add()
    assert runner.chain.tip.height + 1 == 6
    assert runner.refusal_of(vote(runner, 2, 30, "a")) is Reason.NO_CHANGE
    assert runner.refusal_of(vote(runner, 1, 30, "a")) is None


def test_it_is_in_force_after_blocks_without_transactions_and_after_a_refused_one() -> None:
    runner = Runner()
    runner.add(vote(runner, 2, 3, "a", "b", "c"))
    for _ in range(4):
        runner.add()
    assert get_parameter(runner.chain.view(), HOURLY) == 1  # stored by the first transaction that is accepted
    outcomes = runner.add(vote(runner, 2, 30, "a"), vote(runner, 5, 30, "b"), vote(runner, 2, 31, "c")).outcomes
    assert [outcome.reason for outcome in outcomes] == [Reason.NO_CHANGE, None, Reason.NO_CHANGE]
    assert get_parameter(runner.chain.view(), HOURLY) == 2


def test_another_node_and_a_replay_come_to_the_same_over_the_change() -> None:
    runner, other = Runner(), Runner()
    steps = (
        (vote(runner, 2, 4, "a", "b", "c"), vote_calendar(runner, 5, "a", "b")),
        (vote_calendar(runner, 5, "d"),),
        (),
        (vote(runner, 3, 9, "a"),),
        (vote(runner, 3, 9, "b"),),
        (vote(runner, 3, 9, "d"),),
        (),
    )
    made = [runner.add(*transactions) for transactions in steps]
    adopted = [event_names(candidate) for candidate in made]
    assert [CALENDAR_SET.name in names for names in adopted] == [False, True, *[False] * 5]
    assert [PARAMETERS_SET.name in names for names in adopted] == [True, *[False] * 4, True, False]
    assert get_parameter(runner.chain.view(), HOURLY) == 2
    assert get_workdays(runner.chain.view()) == Workdays((MONDAY,), ())
    for proposed in made:
        candidate = other.chain.validate(proposed.block)
        other.chain.commit(candidate, make_commit(candidate, candidate.deciders))
        other.chain = other.open()
    assert other.chain.tip == runner.chain.tip
    report = check_store(runner.store, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
    assert report.blocks == 8


def test_approvals_under_an_earlier_set_do_not_count() -> None:
    runner = Runner()
    runner.add(vote(runner, 2, 20, "a", "b"))
    runner.add(runner.change(FOUR[:3], 4, "a", "b", "c"))
    runner.add()
    block = runner.add(vote(runner, 2, 20, "c"))
    assert event_names(block) == [PROPOSAL_APPROVED.name]
    approved = PROPOSAL_APPROVED.decode(block.entries[0])
    assert (approved.approvals, approved.quorum) == (1, 3)
    assert event_names(runner.add(vote(runner, 2, 20, "a", "b")))[-1] == PARAMETERS_SET.name
