"""The commands of an office, from keys to certified hours, against the rules themselves."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.office.drafts import load_draft
from contracts.balances import get_lots
from contracts.lots import compute_sum
from ledger.crypto import SigningKey
from ledger.types import Identifier
from node.keystore import save_key
from tests.cli import people
from tests.cli.command_line import CommandLine
from tests.cli.http_double import serve
from tests.cli.ledger_double import AUTHORITY, LedgerDouble

ROWS = (
    "R-1,A,Care,Service,2026-05-01,Town,V-1,60",
    "R-2,A,Care,Service,2026-05-02,Town,V-1,90",
    "R-3,A,Care,Service,2026-05-02,Town,V-2,120",
)


class Office:
    """A folder with keys and a record book, and the options that name them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.book = ("--office", str(folder / "office"), "--node", url)
        self.node = ("--node", url)
        for name, key in {"1": people.OFFICERS[0], "2": people.OFFICERS[1], "authority": AUTHORITY}.items():
            save_key(folder / f"{name}.pem", key, None)
        self.first = ("--key", str(folder / "1.pem"))
        self.both = (*self.first, "--key", str(folder / "2.pem"))
        self.authority = ("--key", str(folder / "authority.pem"))

    def roster(self, *rows: str) -> Path:
        return people.write_roster(self.folder / "roster.csv", rows or ROWS)


@pytest.fixture
def double() -> LedgerDouble:
    node = LedgerDouble()
    node.register(approvals=2)
    return node


@pytest.fixture
def office(tmp_path: Path, double: LedgerDouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr("cli.session.time.time_ns", lambda: double.now_ms * 1_000_000)
    monkeypatch.chdir(tmp_path)
    with serve(double) as url:
        yield Office(tmp_path, url)


@pytest.fixture
def hourledger(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


def import_all(hourledger: CommandLine, office: Office, *more: str) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    result = hourledger("hours", "import", office.roster(), "--enrol", "--publish", *office.book, *whose, *office.both, *more)
    assert result.code == 0, result


def test_registration_names_what_was_made(hourledger: CommandLine, office: Office) -> None:
    officer = ("--officer", SigningKey(b"x" * 32).public_key.hex(), "--approvals", "1")
    result = hourledger("org", "register", "--name", "New", *officer, *office.node, *office.authority, "--json")
    assert result.code == 0
    shown = hourledger("org", "show", result.document["organisation"], *office.node, "--json")
    assert shown.document["name"] == "New"


def test_refusal_is_a_sentence_and_exit_code_1(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    before = len(double.outcomes)
    result = hourledger("org", "suspend", people.ORGANISATION.hex(), *office.node, *office.first)
    assert result.code == 1
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert "only an authority" in result.err or "may not do this" in result.err
    assert len(double.outcomes) == before  # a refusal does not go onto the ledger


def test_error_is_an_object_too_when_json_is_asked_for(hourledger: CommandLine, office: Office) -> None:
    result = hourledger("org", "suspend", people.ORGANISATION.hex(), *office.node, *office.first, "--json")
    assert result.document["error"]["reason"] == "not_permitted"
    assert result.document["error"]["next_step"]


def test_dry_run_changes_nothing(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    before = len(double.outcomes)
    result = hourledger("org", "suspend", people.ORGANISATION.hex(), *office.node, *office.authority, "--dry-run")
    assert (result.code, result.out) == (0, "This would be accepted.\n")
    assert len(double.outcomes) == before


def test_missing_signature_makes_a_draft_for_the_second_officer(hourledger: CommandLine, office: Office) -> None:
    result = hourledger("org", "set-policy", people.ORGANISATION.hex(), "--approvals", 1, *office.node, *office.first)
    assert result.code == 1
    (draft,) = office.folder.glob("hourledger-*.draft")
    assert str(draft.name) in result.err
    assert len(load_draft(draft).signatures) == 1
    shown = hourledger("tx", "show", draft)
    assert "identity.set_policy" in shown.out
    assert people.OFFICERS[0].public_key.hex() in shown.out
    signed = hourledger("tx", "sign", draft, "--yes", "--key", office.folder / "2.pem")
    assert "2 signatures" in signed.out
    assert hourledger("tx", "submit", draft, *office.node).code == 0
    again = hourledger("tx", "submit", draft, *office.node)
    assert again.code == 0
    assert hourledger("org", "show", people.ORGANISATION.hex(), *office.node, "--json").document["approvals"] == 1


def test_draft_is_not_signed_without_consent(hourledger: CommandLine, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = office.folder / "policy.draft"
    policy = ("org", "set-policy", people.ORGANISATION.hex(), "--approvals", 1)
    assert hourledger(*policy, *office.node, *office.first, "--draft", draft).code == 0
    before = draft.read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    result = hourledger("tx", "sign", draft, "--key", office.folder / "2.pem")
    assert result.code == 2
    assert "--yes" in result.err
    assert draft.read_bytes() == before


def test_bytes_that_are_no_draft(hourledger: CommandLine, office: Office) -> None:
    path = office.folder / "not.draft"
    path.write_bytes(b"\x93\x01")
    assert hourledger("tx", "show", path).code == 2
    assert hourledger("tx", "show", office.folder / "missing").code == 2


def test_import_says_what_it_did(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    arguments = ("hours", "import", office.roster(), "--enrol", "--publish", *office.book, *whose, *office.both)
    result = hourledger(*arguments)
    assert result.code == 0
    assert result.out.splitlines() == [
        "3 rows: 3 new.",
        "3 new records with 270 minutes (4 h 30 min) earn 4 points at the usual rate.",
        "2 volunteers enrolled, 1 activities published.",
    ]
    assert double.points == 4
    again = hourledger(*arguments)
    assert again.code == 0
    assert again.out == "No new record: all 3 rows were certified before.\n"


def test_what_bears_on_points_is_said_with_activity_and_file(
    hourledger: CommandLine, office: Office, double: LedgerDouble
) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    days = ("--first-day", "2026-05-01", "--last-day", "2026-05-30", "--coefficient")
    publish = ("activity", "publish", "A", "--name", "Care", *days)
    alone = hourledger(*publish, 50, *office.book, *whose, *office.first)
    assert (alone.code, "takes as many officers as certify hours" in alone.err) == (1, True)
    refused = hourledger(*publish, 101, *office.book, *whose, *office.both)
    assert (refused.code, "coefficient" in refused.err) == (1, True)
    assert hourledger(*publish, 50, *office.book, *whose, *office.both).code == 0
    certify = ("hours", "import", office.roster(), "--enrol", "--backfilled")
    assert hourledger(*certify, *office.book, *whose, *office.both).code == 0
    assert {event.is_backfilled for event in double.records} == {True}
    assert (
        sum(event.points for event in double.records)
        == double.points
        == sum(event.minutes * 50 // 6_000 for event in double.records)
    )


def test_file_without_rows_is_said_to_be_so(hourledger: CommandLine, office: Office) -> None:
    import_all(hourledger, office)
    (office.folder / "empty.csv").write_text(f"{people.HEADER}\n", encoding="utf-8")
    result = hourledger("hours", "import", office.folder / "empty.csv", *office.book, *office.both)
    assert (result.code, result.out) == (0, "The file has no row to certify.\n")


def test_preview_needs_no_node_and_no_key(hourledger: CommandLine, tmp_path: Path) -> None:
    roster = people.write_roster(tmp_path / "roster.csv", ROWS)
    nowhere = ("--office", tmp_path / "office", "--node", "http://127.0.0.1:9")
    result = hourledger("hours", "import", roster, "--preview", *nowhere)
    assert result.code == 0
    assert "UTF-8, 3 rows" in result.out
    assert "270 minutes" in result.out
    assert "enrol 2 volunteers, publish 1 activities" in result.out
    assert not (tmp_path / "office").exists()


def test_bad_rows_stop_the_import_and_are_named(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    before = len(double.outcomes)
    roster = office.roster(*ROWS, "R-4,A,Care,Service,11/10/2026,Town,V-1,60")
    arguments = ("hours", "import", roster, "--enrol", "--publish", *office.book, *office.both)
    result = hourledger(*arguments)
    assert result.code == 2
    assert "row 5, date '11/10/2026'" in result.err
    assert len(double.outcomes) == before
    import_all(hourledger, office)
    result = hourledger(
        *arguments[:2], office.roster(*ROWS, "R-4,A,Care,Service,,Town,V-1,60"), *arguments[3:], "--skip-bad-rows"
    )
    assert result.code == 0
    assert "1 rows cannot be used" in result.out


def test_changed_row_is_pointed_to_amend(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    import_all(hourledger, office)
    corrected = office.roster(ROWS[0].replace(",60", ",75"), *ROWS[1:])
    result = hourledger("hours", "import", corrected, *office.book, *office.both)
    assert result.code == 1
    assert "hours amend" in result.out
    assert "row 2: R-1, 75 minutes" in result.out
    amended = hourledger("hours", "amend", corrected, "--correction", "wrong_time", *office.book, *office.both)
    assert amended.code == 0
    assert amended.out == "1 records amended.\n"
    assert hourledger("hours", "import", corrected, *office.book, *office.both).code == 0
    assert double.records[-1].revision == 2


def test_corrected_day_makes_no_second_record(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    import_all(hourledger, office)
    corrected = office.roster(*ROWS[:2], ROWS[2].replace("2026-05-02", "2026-05-01"))
    amend = ("hours", "amend", corrected, "--correction", "wrong_time", "--recorded-date", "2026-05-02", "--record", "R-3")
    assert hourledger(*amend, *office.book, *office.both).code == 0
    assert hourledger("hours", "import", corrected, *office.book, *office.both).code == 0
    assert len({event.record for event in double.records}) == 3


def test_void_record_is_not_certified_again(hourledger: CommandLine, office: Office) -> None:
    import_all(hourledger, office)
    which = ("--volunteer", "V-1", "--date", "2026-05-01", "--record", "R-1", "--correction", "recorded_twice")
    assert hourledger("hours", "void", *which, *office.book, *office.both).code == 0
    result = hourledger("hours", "import", office.roster(), *office.book, *office.both)
    assert result.code == 1
    assert "the record was made void (R-1 of 2026-05-01)" in result.out


def test_one_officers_import_leaves_drafts_that_the_second_sends(
    hourledger: CommandLine, office: Office, double: LedgerDouble
) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    result = hourledger("hours", "import", office.roster(), "--enrol", "--publish", *office.book, *whose, *office.first)
    assert result.code == 0
    assert "3 waiting for another officer" in result.out
    (draft,) = (office.folder / "office" / "drafts").glob("*.draft")
    shown = hourledger("tx", "show", draft)
    assert "3 records, 270 minutes" in shown.out
    assert hourledger("tx", "sign", draft, "--yes", "--key", office.folder / "2.pem").code == 0
    assert hourledger("tx", "submit", draft, *office.node).code == 0
    assert len(double.records) == 3
    assert "3 new" in hourledger("hours", "import", office.roster(), *office.book, *office.first).out


def test_overlap_names_the_record_in_the_way(hourledger: CommandLine, office: Office) -> None:
    import_all(hourledger, office)
    path = office.folder / "times.csv"
    header = "record,activity,date,volunteer,start,end"
    path.write_text(f"{header}\nT-1,A,2026-05-01,V-2,09:00,11:00\nT-2,A,2026-05-01,V-2,10:00,12:00\n", encoding="utf-8")
    result = hourledger("hours", "import", path, "--publish", *office.book, *office.both)
    assert result.code == 1
    assert "row 3: the volunteer already has a record at that time (T-1 of 2026-05-01)" in result.out


def test_enrolment_from_a_list(hourledger: CommandLine, office: Office) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    path = office.folder / "people.csv"
    key = SigningKey(b"v" * 32).public_key.hex()
    path.write_text(f"志愿者编号,姓名,公钥\nV-1,王丽华,{key}\nV-2,陈志强,\n", encoding="utf-8")
    whose = ("--organisation", people.ORGANISATION.hex())
    result = hourledger("volunteer", "enrol", path, *office.book, *whose, *office.first, "--json")
    assert result.code == 0
    assert result.document["new"] == 2
    found = hourledger("volunteer", "find", "V-1", "--office", office.folder / "office")
    assert found.out.strip() == result.document["volunteers"]["V-1"]
    assert hourledger("volunteer", "enrol", path, *office.book, *office.first, "--json").document["new"] == 0
    taken = hourledger("volunteer", "enrol", "--id", "V-3", "--public-key", key, *office.book, *office.first)
    assert taken.code == 1
    assert "key already belongs to somebody" in taken.err


def test_activity_that_was_published_by_hand_is_used(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    days = ("--first-day", "2026-05-01", "--last-day", "2026-05-31")
    published = hourledger("activity", "publish", "A", "--name", "Care", *days, *office.book, *whose, *office.first, "--json")
    assert published.code == 0
    assert hourledger("hours", "import", office.roster(), "--enrol", *office.book, *office.both).code == 0
    assert {event.activity.hex() for event in double.records} == {published.document["activity"]}
    assert hourledger("activity", "close", "A", *office.book, *office.first).code == 0
    result = hourledger(
        "hours", "import", office.roster("R-9,A,Care,Service,2026-05-03,Town,V-1,60"), *office.book, *office.both
    )
    assert "the activity is closed" in result.out


def test_exchange_from_offer_to_refund(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    volunteer, merchant = SigningKey(b"v" * 32), SigningKey(b"m" * 32)
    save_key(office.folder / "v.pem", volunteer, None)
    save_key(office.folder / "m.pem", merchant, None)
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    person = ("--id", "V-2", "--public-key", volunteer.public_key.hex())
    enrolled = hourledger("volunteer", "enrol", *person, *office.book, *whose, *office.first, "--json")
    import_all(hourledger, office)
    named = ("--name", "Tea house", "--public-key", merchant.public_key.hex())
    shop = hourledger("merchant", "register", *named, *office.node, *office.authority, "--json").document["merchant"]
    by_merchant = (*office.node, "--key", office.folder / "m.pem", "--json")
    terms = ("--title", "Tea", "--points", 1, "--last-day", "2026-12-31")
    offer = hourledger("exchange", "offer", "--merchant", shop, *terms, *by_merchant).document["offer"]
    who = ("--volunteer", enrolled.document["volunteers"]["V-2"], "--offer", offer, "--quantity", 2)
    by_volunteer = (*office.node, "--key", office.folder / "v.pem", "--json")
    hold = hourledger("exchange", "hold", *who, *by_volunteer).document["hold"]
    assert hourledger("exchange", "capture", hold, "--points", 2, *by_merchant).code == 0
    twice = hourledger("exchange", "capture", hold, "--points", 2, *by_merchant)
    assert (twice.code, twice.document["error"]["reason"]) == (1, "hold_closed")
    assert hourledger("exchange", "refund", hold, "--points", 1, *by_merchant).code == 0
    assert double.points == 4
    double.now_ms += 31 * 86_400_000  # the next month
    month = ("--month", "2026-10")
    assert hourledger("merchant", "settle", shop, *month, *office.node, *office.authority).code == 0
    agree = ("merchant", "acknowledge", shop, *month, "--captured", 2, "--refunded")
    assert hourledger(*agree, 0, *by_merchant).document["error"]["reason"] == "invalid_points"
    assert hourledger(*agree, 1, *by_merchant).code == 0
    assert hourledger(*agree, 1, *by_merchant).document["error"]["reason"] == "already_exists"


def test_points_are_given_donated_granted_and_adjusted(hourledger: CommandLine, office: Office, double: LedgerDouble) -> None:
    volunteer = SigningKey(b"v" * 32)
    save_key(office.folder / "v.pem", volunteer, None)
    hourledger("keys", "registrar", office.folder / "office" / "registrar.key")
    whose = ("--organisation", people.ORGANISATION.hex())
    person = ("--id", "V-2", "--public-key", volunteer.public_key.hex())
    mia = hourledger("volunteer", "enrol", *person, *office.book, *whose, *office.first, "--json").document["volunteers"]["V-2"]
    import_all(hourledger, office)
    noa = hourledger("volunteer", "find", "V-1", *office.book[:2]).out.strip()
    by_volunteer = (*office.node, "--key", office.folder / "v.pem", "--json")
    tried = hourledger("points", "give", mia, "--to", noa, "--points", 1, "--dry-run", *by_volunteer)
    assert (tried.code, get_balances(double, mia, noa)) == (0, (2, 2))
    assert hourledger("points", "give", mia, "--to", noa, "--points", 1, *by_volunteer).code == 0
    assert get_balances(double, mia, noa) == (1, 3)
    assert hourledger("points", "donate", mia, "--points", 1, *by_volunteer).code == 0
    again = hourledger("points", "donate", mia, "--points", 1, *by_volunteer)
    assert again.document["error"]["reason"] == "insufficient_points"
    assert hourledger("points", "grant", noa, "--points", 1, *office.node, *office.authority).code == 0
    assert get_balances(double, mia, noa) == (0, 4)
    terms = ("--by", 3, "--reason", "award", "--explanation", "Helper of the month")
    signers = (*office.first, *office.authority)
    adjusted = hourledger("points", "adjust", mia, *whose, *terms, *office.node, *signers, "--json")
    assert (adjusted.code, len(adjusted.document["salt"])) == (0, 64)
    assert get_balances(double, mia, noa) == (3, 4)
    assert double.points == 7


def get_balances(double: LedgerDouble, *volunteers: str) -> tuple[int, ...]:
    return tuple(compute_sum(get_lots(double.state, Identifier(bytes.fromhex(item)))) for item in volunteers)
