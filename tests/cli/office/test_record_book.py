import os
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.jcs import JsonObject
from cli.office.book_records import KnownRecord, Records, RecordStatus
from cli.office.record_book import KnownVolunteer, RecordBook
from contracts.activities import ActivityClass
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import Day, Identifier, Minutes

DETAILS: JsonObject = {"activity_name": "Walk", "date": "2026-05-01", "minutes": 60}


def put_record(records: Records, record: Identifier, reference: str = "V-1") -> None:
    commitment = records.make_opening(record, dict(DETAILS))
    volunteer = Identifier(b"v" * 16)
    day = Day(20_000)
    records.put(KnownRecord(record, reference, day, "R", volunteer, day, Minutes(60), "A", commitment, RecordStatus.CERTIFIED))


def test_names_are_the_same_after_reopening_and_others_in_another_book(tmp_path: Path) -> None:
    with RecordBook(tmp_path / "a") as book:
        first = book.compute_record("V-1", Day(1), "R-1")
    with RecordBook(tmp_path / "a") as book:
        assert book.compute_record("V-1", Day(1), "R-1") == first
    with RecordBook(tmp_path / "b") as book:
        assert book.compute_record("V-1", Day(1), "R-1") != first


@pytest.fixture(scope="module")
def shared_book(tmp_path_factory: pytest.TempPathFactory) -> RecordBook:
    return RecordBook(tmp_path_factory.mktemp("book"))


_rows = st.tuples(st.text(max_size=3), st.integers(0, 30), st.text(max_size=3))


@given(left=_rows, right=_rows)
def test_different_rows_have_different_names(
    shared_book: RecordBook, left: tuple[str, int, str], right: tuple[str, int, str]
) -> None:
    names = [shared_book.compute_record(row[0], Day(row[1]), row[2]) for row in (left, right)]
    assert (names[0] == names[1]) == (left == right)


def test_names_of_different_things_differ(tmp_path: Path) -> None:
    with RecordBook(tmp_path) as book:
        names = {
            book.compute_volunteer("X"),
            book.compute_record("X", Day(1), "X"),
            *(book.compute_activity("X", item, Day(1)) for item in ActivityClass),
            book.compute_activity("X", ActivityClass.SERVICE, Day(2)),
        }
    assert len(names) == 3 + len(ActivityClass)


def test_file_is_its_owners_only(tmp_path: Path) -> None:
    with RecordBook(tmp_path / "office"):
        pass
    for path in (tmp_path / "office").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "office").stat().st_mode & 0o077 == 0


def test_second_command_is_told_to_wait(tmp_path: Path) -> None:
    with RecordBook(tmp_path), pytest.raises(HourledgerError) as caught:
        RecordBook(tmp_path)
    assert caught.value.reason is Reason.STORE_IN_USE
    RecordBook(tmp_path).database.close()


def test_book_of_another_chain_or_organisation_is_refused(tmp_path: Path) -> None:
    with RecordBook(tmp_path) as book:
        book.bind("a.example")
        book.bind("a.example")
        book.save_organisation(Identifier(b"1" * 16))
        with pytest.raises(HourledgerError) as caught:
            book.bind("b.example")
        assert caught.value.reason is Reason.STORE_OF_ANOTHER_CHAIN
        with pytest.raises(HourledgerError):
            book.save_organisation(Identifier(b"2" * 16))
        assert book.load_organisation() == b"1" * 16


def test_damaged_or_newer_file_is_named_not_traced(tmp_path: Path) -> None:
    (tmp_path / "record-book.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(HourledgerError) as caught:
        RecordBook(tmp_path)
    assert caught.value.reason is Reason.STORE_DAMAGED
    newer = tmp_path / "newer"
    RecordBook(newer).database.close()
    connection = sqlite3.connect(newer / "record-book.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(HourledgerError) as caught:
        RecordBook(newer)
    assert caught.value.reason is Reason.UNSUPPORTED_VERSION


def test_salt_is_kept_for_the_same_details_and_new_for_others(tmp_path: Path) -> None:
    with RecordBook(tmp_path) as book:
        records = Records(book.database)
        record = Identifier(b"r" * 16)
        first = records.make_opening(record, dict(DETAILS))
        assert records.make_opening(record, dict(reversed(DETAILS.items()))) == first
        assert records.make_opening(record, {**DETAILS, "minutes": 61}) != first
        assert records.make_opening(Identifier(b"s" * 16), dict(DETAILS)) != first
        opening = records.find_opening(first)
        assert opening is not None
        assert (opening.details, len(opening.salt)) == (DETAILS, 32)


def test_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with RecordBook(tmp_path) as book:
        records = Records(book.database)
        book.save_organisation(Identifier(b"whose it is here"))
        with pytest.raises(HourledgerError):  # noqa: PT012, SIM117 - the second change fails, so the first is undone
            with book.database.transaction():
                put_record(records, Identifier(b"r" * 16))
                book.save_organisation(Identifier(b"another one's id"))
        assert records.find(Identifier(b"r" * 16)) is None
        assert records.compute_totals().records == 0


def test_nothing_of_an_erased_person_is_left_in_pages_that_were_split_and_filled_again(tmp_path: Path) -> None:
    """Names are spread over the file, so pages split and rows move; a copy must not stay behind where a row was."""
    people = [f"PERSON-{number:02}" for number in range(20)]
    with RecordBook(tmp_path) as book:
        records = Records(book.database)
        for day in range(30):
            with book.database.transaction():
                for reference in people:
                    record = book.compute_record(reference, Day(20_000 + day), "R")
                    details: JsonObject = {**DETAILS, "place": f"where {reference} was on day {day}"}
                    commitment = records.make_opening(record, details)
                    ids = record, reference, Day(20_000 + day), "R", book.compute_volunteer(reference), Day(20_000 + day)
                    records.put(KnownRecord(*ids, Minutes(60), "A", commitment, RecordStatus.SENT))
                    records.mark(record, RecordStatus.CERTIFIED)
        for reference in people[::4]:
            found = book.database.execute(
                "SELECT salt FROM openings JOIN records USING (record) WHERE volunteer_reference = ?", (reference,)
            )
            assert len(found) == 30
            assert book.erase_volunteer(reference) == 30
            content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
            assert [trace for trace in (reference.encode(), *(row[0] for row in found)) if trace in content] == []


def test_erased_person_leaves_no_bytes_in_the_files(tmp_path: Path) -> None:
    name, other = "Wang Xiaoming of Canal Street", "Somebody Else"
    with RecordBook(tmp_path) as book:
        records = Records(book.database)
        people = [("V-erased-1", name), ("V-2", other)]
        book.add_volunteers(KnownVolunteer(ref, book.compute_volunteer(ref), is_enrolled=True, name=who) for ref, who in people)
        put_record(records, Identifier(b"r" * 16), "V-erased-1")
        put_record(records, Identifier(b"s" * 16), "V-2")
        commitment = records.make_opening(Identifier(b"r" * 16), dict(DETAILS))
        opening = records.find_opening(commitment)
        assert opening is not None
        assert book.erase_volunteer("V-erased-1") == 1
        assert records.find_opening(commitment) is None
        assert book.find_volunteer("V-erased-1") is None
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        for trace in (name.encode(), b"V-erased-1", opening.salt):
            assert trace not in content
        assert other.encode() in content
        assert records.compute_totals().records == 1
