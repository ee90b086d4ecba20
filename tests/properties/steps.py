"""What must hold of every step: who decides before and after a block, and what its events say about that."""

from contracts.governance import AuthoritiesChanged, ChangeApproved
from contracts.identity.parties import Role, compute_authority_identifier
from ledger.authorities import Authority, compute_authorities_hash
from ledger.types import Identifier
from tests.contracts.chain import RECOVERY, Chain, Result
from tests.properties.operations import Operation

GOVERNANCE = (ChangeApproved, AuthoritiesChanged)
LEADS = range(2, 1_000_001)
"""How many blocks after its approval a change may take effect: here once more, on purpose."""


def read_deciders(chain: Chain, height: int) -> tuple[Authority, ...]:
    """The set that the stored tables put in charge of the block at `height`."""
    scheduled = chain.read_table(b"next-authorities").get(b"")
    authorities: tuple[Authority, ...] = chain.read_table(b"authorities")[b""]
    if scheduled is not None and scheduled.effective_height <= height:
        authorities = scheduled.authorities
    return authorities


def check_step(before: Chain, after: Chain, operation: Operation, result: Result) -> None:
    """Raise `AssertionError` where a block changes who decides in another way than the rules say."""
    events = [event for event in result.events if isinstance(event, GOVERNANCE)]
    if operation.kind == "governance.recover" and result.outcome.is_accepted:
        assert 3 * len(set(operation.signers) & set(RECOVERY)) > 2 * len(RECOVERY)
        check_recovery(before, after, events)
        return
    check_settings(before, after, operation, result)
    check_version(before, after, operation, result)
    for height in (after.height, after.height + LEADS[0] - 1):
        assert read_deciders(before, height) == read_deciders(after, height)
    if operation.kind == "governance.change_authorities" and result.outcome.is_accepted:
        check_keys(before, operation.body.authorities)
        check_approvals(before, after, events)
        return
    assert not events
    for table in (b"authorities", b"next-authorities", b"approval"):
        assert before.read_table(table) == after.read_table(table)


def read_version(chain: Chain, height: int) -> int:
    """Version of the rules for a block, as DESIGN has it: one number before its height, another from there on."""
    row = chain.read_table(b"rule-book").get(b"")
    return 1 if row is None else int(row.next_version if height >= row.effective_height else row.version)


def check_version(before: Chain, after: Chain, operation: Operation, result: Result) -> None:
    """The version never falls, changes at its height and not before, and by what more than two thirds approved."""
    height, current = after.height, read_version(before, after.height)
    assert current == read_version(after, height)
    if before.read_table(b"rule-book") == after.read_table(b"rule-book"):
        return
    assert operation.kind == "governance.set_rule_book"
    chosen, effective_height = operation.body.version, operation.body.effective_height
    assert 3 * result.events[-2].approvals > 2 * len(read_deciders(before, height))
    assert [read_version(after, effective_height + lead) for lead in (-1, 0)] == [current, chosen]
    if chosen == current:
        assert read_version(before, 2**62) > current, "only what waits is taken back"
    else:
        assert current == read_version(before, 2**62) < chosen


SETTINGS = {b"next-parameters": "governance.set_parameters", b"next-workdays": "governance.set_calendar"}
"""What waits for its height, and the kind that puts it there."""


def check_settings(before: Chain, after: Chain, operation: Operation, result: Result) -> None:
    """Numbers and calendar change at their height and not before; a new change is one that more than two thirds approved."""
    for table, kind in SETTINGS.items():
        old, new = before.read_table(table).get(b""), after.read_table(table).get(b"")
        is_due = result.outcome.is_accepted and old is not None and old.effective_height <= after.height
        if new is not None and new != old:
            assert operation.kind == kind
            assert new == operation.body
            assert new.effective_height - after.height in LEADS
            assert result.events[-2].approvals >= result.events[-2].quorum
            assert 3 * result.events[-2].quorum > 2 * len(read_deciders(before, after.height))
        else:
            assert new == (None if is_due else old)
    due = before.read_table(b"next-parameters").get(b"")
    expected = dict(before.read_table(b"parameter"))
    if result.outcome.is_accepted and due is not None and due.effective_height <= after.height:
        expected |= {item.name.encode(): item.value for item in due.values}
    assert after.read_table(b"parameter") == expected


def check_recovery(before: Chain, after: Chain, events: list[ChangeApproved | AuthoritiesChanged]) -> None:
    """The new set decides on the block itself and on all to come, whatever was to take effect; none of its keys is old."""
    (changed,) = events
    assert isinstance(changed, AuthoritiesChanged)
    assert changed.effective_height == after.height
    assert changed.old_hash == compute_authorities_hash(read_deciders(before, after.height))
    assert after.read_table(b"authorities")[b""] == changed.authorities
    assert not after.read_table(b"next-authorities")
    assert not {item.key for item in changed.authorities} & set(before.read_table(b"key"))


def check_keys(before: Chain, authorities: tuple[Authority, ...]) -> None:
    """Nobody approves a set with a consensus key of somebody else: it could never take effect."""
    parties = before.read_table(b"key")
    for item in authorities:
        if item.key in parties:
            assert parties[item.key].role is Role.AUTHORITY
            assert parties[item.key].identifier == compute_authority_identifier(item.name)


def check_approvals(before: Chain, after: Chain, events: list[ChangeApproved | AuthoritiesChanged]) -> None:
    """Each approval is counted once, with those of the very same change; the set changes when and only when they suffice."""
    deciders = read_deciders(before, after.height)
    approved = [event for event in events if isinstance(event, ChangeApproved)]
    named = {compute_authority_identifier(item.name) for item in deciders}
    assert approved
    assert len({event.authority for event in approved}) == len(approved)
    assert {event.authority for event in approved} <= named
    (change,) = {(event.effective_height, event.authorities_hash) for event in approved}
    assert change[0] - after.height in LEADS
    wanted = (compute_authorities_hash(deciders), *change)
    last = _count(after, wanted, named)
    already = _count(before, wanted, named - {event.authority for event in approved})
    assert [event.approvals for event in approved] == _expected_counts(before, wanted, named, approved)
    assert last == already + len(approved)
    assert all(event.quorum == min(n for n in range(len(deciders) + 1) if 3 * n > 2 * len(deciders)) for event in approved)
    changes = [event for event in events if isinstance(event, AuthoritiesChanged)]
    assert bool(changes) is (3 * last > 2 * len(deciders))
    assert len(changes) <= 1
    for event in changes:
        scheduled = after.read_table(b"next-authorities")[b""]
        assert (event.old_hash, event.effective_height, compute_authorities_hash(event.authorities)) == wanted
        assert (scheduled.effective_height, scheduled.authorities) == (event.effective_height, event.authorities)


def _count(chain: Chain, wanted: tuple[bytes, int, bytes], named: set[Identifier]) -> int:
    approvals = chain.read_table(b"approval")
    found = [approvals[name] for name in named if name in approvals]
    return sum((item.base_hash, item.effective_height, item.authorities_hash) == wanted for item in found)


def _expected_counts(
    before: Chain, wanted: tuple[bytes, int, bytes], named: set[Identifier], approved: list[ChangeApproved]
) -> list[int]:
    """How many stand by the change after each of the step's approvals, in their order."""
    counts = []
    for number in range(1, len(approved) + 1):
        so_far = {event.authority for event in approved[:number]}
        counts.append(number + _count(before, wanted, named - so_far))
    return counts
