import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from certificates.details import compute_record_commitment
from cli.office.book_records import Records
from cli.office.builders import sign_all
from cli.office.desk import Desk
from cli.office.importer import ImportOptions, ImportResult, import_rows
from cli.office.outbox import Outbox
from cli.office.planning import Fate
from cli.office.record_book import RecordBook
from cli.office.roster import read_roster
from cli.office.tags import Registrar
from contracts.activities import ActivityClass
from contracts.hours import Mode
from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from tests.cli import people
from tests.cli.ledger_double import CHAIN_ID, LedgerDouble

REGISTRAR = Registrar(b"r" * 32)
EVERYTHING = ImportOptions(batch_size=10, registrar=REGISTRAR, may_publish=True)


@contextmanager
def open_desk(folder: Path, node: LedgerDouble, keys: tuple[SigningKey, ...] = people.OFFICERS[:1]) -> Iterator[Desk]:
    policy = node.get_organisation(people.ORGANISATION)
    with RecordBook(folder) as book:
        records, outbox = Records(book.database), Outbox(book.database)
        yield Desk(book, records, outbox, node, keys, people.ORGANISATION, policy, CHAIN_ID, lambda: node.now_ms)


def run(
    folder: Path,
    node: LedgerDouble,
    rows: list[str],
    options: ImportOptions = EVERYTHING,
    keys: tuple[SigningKey, ...] = people.OFFICERS[:1],
) -> ImportResult:
    roster = read_roster(people.write_roster(folder / "roster.csv", rows))
    assert roster.problems == ()
    with open_desk(folder, node, keys) as desk:
        return import_rows(desk, roster.rows, options)


@pytest.fixture
def node() -> LedgerDouble:
    double = LedgerDouble()
    double.register()
    return double


def count(result: ImportResult) -> dict[Fate, int]:
    return {fate: len(result.select(fate)) for fate in Fate if result.select(fate)}


def test_whole_file_is_certified(tmp_path: Path, node: LedgerDouble) -> None:
    result = run(tmp_path, node, people.make_rows(25))
    assert count(result) == {Fate.NEW: 25}
    assert (result.enrolled, result.published) == (7, 3)
    assert len(node.records) == 25
    assert node.minutes == sum(60 + number for number in range(25))


def test_openings_of_all_records_are_in_the_book(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, people.make_rows(25))
    with open_desk(tmp_path, node) as desk:
        for event in node.records:
            opening = desk.records.find_opening(event.commitment)
            assert opening is not None
            assert compute_record_commitment(opening) == event.commitment
            assert opening.details["minutes"] == event.minutes


def test_book_knows_where_each_record_is_in_the_log(tmp_path: Path, node: LedgerDouble) -> None:
    # The first row is refused, so that rows and events are not numbered alike.
    run(tmp_path, node, ["R-x,A-0,Activity A-0,Service,2029-01-01,Town,V-000,60", *people.make_rows(12)])
    with open_desk(tmp_path, node) as desk:
        for event in node.records:
            known = desk.records.find(event.record)
            assert known is not None
            assert known.entry_index is not None
            assert node.entry_at(known.entry_index) == event
            assert (known.batch, known.row) == (event.batch, event.row)


def test_second_import_changes_nothing(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, people.make_rows(25))
    sent = len(node.sent)
    assert count(run(tmp_path, node, people.make_rows(25))) == {Fate.KNOWN: 25}
    assert len(node.sent) == sent


def test_lost_record_book_with_the_same_secret_makes_no_second_records(tmp_path: Path, node: LedgerDouble) -> None:
    rows = people.make_rows(25)
    with RecordBook(tmp_path):
        pass
    backup = (tmp_path / "record-book.sqlite").read_bytes()
    run(tmp_path, node, rows)
    (tmp_path / "record-book.sqlite").write_bytes(backup)
    result = run(tmp_path, node, rows)
    assert count(result) == {Fate.KNOWN: 25}
    assert (len(node.records), result.enrolled, result.published) == (25, 0, 0)


def test_rows_are_certified_once_wherever_the_node_is_lost(tmp_path: Path) -> None:
    rows = people.make_rows(25)
    for fail_after, loses_answers in itertools.product(range(8), (False, True)):
        folder = tmp_path / f"{fail_after}-{loses_answers}"
        folder.mkdir()
        node = LedgerDouble()
        node.register()
        node.fail_after, node.loses_answers = len(node.sent) + fail_after, loses_answers
        try:
            run(folder, node, rows)
        except HourledgerError as error:
            assert error.reason is Reason.NODE_UNREACHABLE
        node.fail_after = None
        result = run(folder, node, rows)
        assert len(node.records) == 25
        assert {item.fate for item in result.rows} <= {Fate.NEW, Fate.KNOWN}
        assert count(run(folder, node, rows)) == {Fate.KNOWN: 25}
        with open_desk(folder, node) as desk:
            assert desk.records.compute_totals().minutes == node.minutes
            assert desk.outbox.list_waiting() == ()
            assert all(desk.records.find_opening(event.commitment) for event in node.records)


def test_refused_rows_are_told_and_the_others_go_ahead(tmp_path: Path, node: LedgerDouble) -> None:
    rows = ["R-1,A,Care,Service,2026-05-01,Town,V-1,1000", "R-2,A,Care,Service,2026-05-02,Town,V-1,60"]
    result = run(tmp_path, node, rows)
    refusal = result.rows[0].refusal
    assert [item.fate for item in result.rows] == [Fate.REFUSED, Fate.NEW]
    assert refusal is not None
    assert (refusal.reason, refusal.value) == (Reason.DAILY_CAP, "1000")


def test_refused_row_is_certified_after_it_is_corrected_in_the_file(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Town,V-1,1000"])
    assert count(run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Town,V-1,100"])) == {Fate.NEW: 1}
    assert node.minutes == 100


def test_atomic_batch_with_a_bad_row_certifies_nothing(tmp_path: Path, node: LedgerDouble) -> None:
    options = ImportOptions(10, Mode.ATOMIC, REGISTRAR, may_publish=True)
    rows = ["R-1,A,Care,Service,2026-05-01,Town,V-1,1000", "R-2,A,Care,Service,2026-05-02,Town,V-1,60"]
    result = run(tmp_path, node, rows, options)
    reasons = [item.refusal and item.refusal.reason for item in result.rows]
    assert reasons == [Reason.DAILY_CAP, Reason.BATCH_REFUSED]
    assert node.records == []


def test_meetings_count_no_hours(tmp_path: Path, node: LedgerDouble) -> None:
    options = ImportOptions(registrar=REGISTRAR, may_publish=True, not_service=("MEETING",))
    rows = ["R-1,A,Care,Meeting,2026-05-01,Town,V-1,60", "R-2,A,Care,Service,2026-05-02,Town,V-1,60"]
    result = run(tmp_path, node, rows, options)
    refusal = result.rows[0].refusal
    assert refusal is not None
    assert refusal.reason is Reason.CLASS_COUNTS_NO_HOURS
    assert [item.fate for item in result.rows] == [Fate.REFUSED, Fate.NEW]
    assert result.published == 2  # one activity of each class under the one reference


def test_later_file_of_the_same_activity_gets_a_later_period(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Town,V-1,60", "R-2,A,Care,Service,2026-05-09,Town,V-1,60"])
    rows = ["R-3,A,Care,Service,2026-05-05,Town,V-1,60", "R-4,A,Care,Service,2026-07-01,Town,V-1,60"]
    result = run(tmp_path, node, rows)
    assert count(result) == {Fate.NEW: 2}
    assert result.published == 1
    assert len({event.activity for event in node.records}) == 2
    found = [node.find_activity(event.activity) for event in node.records]
    assert {activity and activity.activity_class for activity in found} == {ActivityClass.SERVICE}


def test_changed_row_is_told_and_not_sent(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Town,V-1,60"])
    sent = len(node.sent)
    assert count(run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Town,V-1,90"])) == {Fate.CHANGED: 1}
    assert count(run(tmp_path, node, ["R-1,A,Care,Service,2026-05-01,Village,V-1,60"])) == {Fate.CHANGED: 1}
    assert count(run(tmp_path, node, ["R-1,B,Care,Service,2026-05-01,Town,V-1,60"])) == {Fate.CHANGED: 1}
    assert len(node.sent) == sent


def test_references_that_begin_anew_in_each_file_are_different_records(tmp_path: Path, node: LedgerDouble) -> None:
    run(tmp_path, node, ["1,A,Care,Service,2026-05-01,Town,V-1,60", "2,A,Care,Service,2026-05-01,Town,V-2,60"])
    result = run(tmp_path, node, ["1,A,Care,Service,2026-06-01,Town,V-1,60", "2,A,Care,Service,2026-06-01,Town,V-2,60"])
    assert count(result) == {Fate.NEW: 2}


def test_unknown_volunteers_are_named_unless_they_may_be_enrolled(tmp_path: Path, node: LedgerDouble) -> None:
    with pytest.raises(HourledgerError, match=r"7 volunteers .*V-000, V-001, .* and 2 more") as caught:
        run(tmp_path, node, people.make_rows(25), ImportOptions(may_publish=True))
    assert caught.value.reason is Reason.UNKNOWN_VOLUNTEER


def test_unknown_activities_are_named_unless_they_may_be_published(tmp_path: Path, node: LedgerDouble) -> None:
    with pytest.raises(HourledgerError, match=r"3 activities .*A-0, A-1, A-2") as caught:
        run(tmp_path, node, people.make_rows(25), ImportOptions(registrar=REGISTRAR))
    assert caught.value.reason is Reason.UNKNOWN_ACTIVITY


def test_person_with_an_account_is_recorded_under_it(tmp_path: Path, node: LedgerDouble) -> None:
    shared = ImportOptions(registrar=Registrar(b"r" * 32, is_shared=True), may_publish=True)
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    run(tmp_path / "here", node, ["R-1,A,Care,Service,2026-05-01,Town,330106,60"], shared)
    result = run(tmp_path / "there", node, ["R-1,B,Walk,Service,2026-05-02,Town,330106,60"], shared)
    assert result.enrolled == 0
    assert len({event.volunteer for event in node.records}) == 1


def test_references_of_one_organisation_are_not_persons_of_another(node: LedgerDouble) -> None:
    other = type(people.ORGANISATION)(b"organisation-002")
    assert REGISTRAR.compute_tag(people.ORGANISATION, "V-1") != REGISTRAR.compute_tag(other, "V-1")
    shared = Registrar(b"r" * 32, is_shared=True)
    assert shared.compute_tag(people.ORGANISATION, "330106") == shared.compute_tag(other, "330106")
    assert node.records == []


def test_one_officer_of_two_leaves_drafts(tmp_path: Path) -> None:
    node = LedgerDouble()
    node.register(approvals=2)
    result = run(tmp_path, node, people.make_rows(25))
    assert count(result) == {Fate.WAITING: 25}
    assert len(result.drafts) == 3
    assert node.records == []
    assert result.enrolled == 7


def test_drafts_are_not_made_twice_and_go_out_with_the_second_key(tmp_path: Path) -> None:
    node = LedgerDouble()
    node.register(approvals=2)
    rows = people.make_rows(25)
    first = run(tmp_path, node, rows)
    again = run(tmp_path, node, rows)
    assert [item.transaction_id for item in again.drafts] == [item.transaction_id for item in first.drafts]
    result = run(tmp_path, node, rows, keys=people.OFFICERS[1:2])
    assert count(result) == {Fate.NEW: 25}
    assert len(node.records) == 25


def test_draft_that_another_officer_sent_is_noticed(tmp_path: Path) -> None:
    node = LedgerDouble()
    node.register(approvals=2)
    rows = people.make_rows(5)
    (draft,) = run(tmp_path, node, rows).drafts
    node.submit(encode_signed(sign_all(draft.signed, people.OFFICERS[1:2])))
    assert count(run(tmp_path, node, rows)) == {Fate.NEW: 5}
    assert len(node.records) == 5


def test_draft_whose_time_is_over_is_made_anew(tmp_path: Path) -> None:
    node = LedgerDouble()
    node.register(approvals=2)
    rows = people.make_rows(5)
    (old,) = run(tmp_path, node, rows).drafts
    node.now_ms += 15 * 24 * 3600 * 1000
    (new,) = run(tmp_path, node, rows).drafts
    assert new.transaction_id != old.transaction_id
    assert count(run(tmp_path, node, rows, keys=people.OFFICERS[:2])) == {Fate.NEW: 5}


def test_stranger_is_told_so(tmp_path: Path, node: LedgerDouble) -> None:
    with pytest.raises(HourledgerError) as caught:
        run(tmp_path, node, people.make_rows(5), keys=(SigningKey(b"x" * 32),))
    assert caught.value.reason is Reason.NOT_PERMITTED
