"""What bounds a value of the state or an entry of the log, and what a batch costs."""

import pytest

import contracts.records
import contracts.savings
from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import AmendHours, Attendance, CertifyHours, Correction, Mode
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.records import MAX_RECORDS_A_MONTH
from contracts.rulebook import KINDS
from contracts.timebank.deposits import DepositTime
from ledger.codec import MAX_ENTRY_BYTES
from ledger.events import MAX_ROWS, OUTCOME
from ledger.reasons import Reason
from ledger.state import Overlay
from ledger.transactions import MAX_TRANSACTION_BYTES, encode_signed
from ledger.types import Day, Minutes
from tests.contracts.chain import Chain, Result, hash_of, identifier_of, key_of, make_genesis
from tests.contracts.invariants import check_invariants

FIRST_DAY = Day(19_783)
"""2024-03-01."""
NOW_MS = (FIRST_DAY + 40) * 86_400_000


@pytest.fixture
def chain() -> Chain:
    chain = Chain(make_genesis())
    licence = RegisterOrganisation(identifier_of("Harbour"), "Harbour", (key_of("ann").public_key,), 1)
    enrolment = Enrolment(identifier_of("mia"), hash_of("Mia"), None)
    ids, days = (identifier_of("Shore"), identifier_of("Harbour")), (FIRST_DAY, Day(FIRST_DAY + 39))
    for signer, kind, body in (
        ("region", "identity.register_organisation", licence),
        ("ann", "identity.enrol_volunteers", EnrolVolunteers(identifier_of("Harbour"), (enrolment,))),
        ("ann", "activities.publish", PublishActivity(*ids, ActivityClass.SERVICE, *days, hash_of("details"))),
    ):
        assert chain.submit((signer,), kind, body, NOW_MS).outcome.is_accepted
    return chain


def attend(number: int, day: int, start: int | None, minutes: int, *, volunteer: str = "mia") -> Attendance:
    ids = identifier_of(f"record {number}"), identifier_of("Shore"), identifier_of(volunteer)
    return Attendance(*ids, Day(day), start, Minutes(minutes), hash_of("details"))


def certify(chain: Chain, rows: list[Attendance]) -> Result:
    body = CertifyHours(identifier_of("Harbour"), Mode.BEST_EFFORT, tuple(rows))
    result = chain.submit(("ann",), "hours.certify", body, NOW_MS)
    assert result.outcome.is_accepted
    return result


def amend(chain: Chain, recorded: int, row: Attendance) -> Reason | None:
    body = AmendHours(identifier_of("Harbour"), Day(recorded), row, Correction.WRONG_TIME)
    return chain.submit(("ann",), "hours.amend", body, NOW_MS).outcome.reason


def test_largest_batch_fits_in_a_transaction_and_its_worst_outcome_in_an_entry(chain: Chain) -> None:
    rows = [attend(number, FIRST_DAY, 0, 60, volunteer=f"nobody {number}") for number in range(MAX_ROWS)]
    body = CertifyHours(identifier_of("Harbour"), Mode.BEST_EFFORT, tuple(rows))
    signed = chain.sign(("ann", "bob", "region"), "hours.certify", body, NOW_MS)
    assert len(encode_signed(signed)) < MAX_TRANSACTION_BYTES
    outcome = certify(chain, rows).outcome
    assert {row.reason for row in outcome.rows if row is not None} == {Reason.UNKNOWN_VOLUNTEER}
    # The longest reason that names an identifier, with room for any other.
    assert len(OUTCOME.encode(outcome)) + MAX_ROWS * 8 < MAX_ENTRY_BYTES


def test_person_s_month_is_full_at_its_limit_and_can_still_be_corrected(chain: Chain) -> None:
    rows = [attend(number, FIRST_DAY + number // 1_440, number % 1_440, 1) for number in range(MAX_RECORDS_A_MONTH - 1)]
    for first in range(0, len(rows), MAX_ROWS):
        assert not any(certify(chain, rows[first : first + MAX_ROWS]).outcome.rows)
    last, beyond = attend(9_000, FIRST_DAY + 9, 0, 1), attend(9_001, FIRST_DAY + 9, 1, 1)
    reasons = [row and row.reason for row in certify(chain, [last, beyond, attend(9_002, FIRST_DAY + 31, 0, 1)]).outcome.rows]
    assert reasons == [None, Reason.DAILY_CAP, None]
    assert amend(chain, FIRST_DAY + 9, attend(9_000, FIRST_DAY + 9, 5, 30)) is None
    assert amend(chain, FIRST_DAY + 31, attend(9_002, FIRST_DAY + 9, 200, 30)) is Reason.DAILY_CAP
    # Whoever leaves a full month keeps the place there, and may come back.
    assert amend(chain, FIRST_DAY + 9, attend(9_000, FIRST_DAY + 32, 5, 30)) is None
    assert amend(chain, FIRST_DAY + 32, attend(9_000, FIRST_DAY + 9, 5, 30)) is None
    check_invariants(chain)


def test_full_account_refuses_its_row_and_not_the_batch(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts.records, "MAX_LOTS", 2)
    rows = [attend(number, FIRST_DAY + number, 0, 60) for number in range(3)]
    outcomes = certify(chain, [attend(9, FIRST_DAY + 9, 0, 30), *rows]).outcome.rows
    assert [row and row.reason for row in outcomes] == [None, None, None, Reason.ACCOUNT_FULL]
    outcomes = certify(chain, [attend(3, FIRST_DAY + 3, 0, 60)]).outcome.rows
    assert [row and row.reason for row in outcomes] == [Reason.ACCOUNT_FULL]
    check_invariants(chain)


def test_full_account_of_saved_time_takes_no_more(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts.savings, "MAX_LOTS", 3)
    certify(chain, [attend(number, FIRST_DAY + number, 0, 60) for number in range(3)])
    reasons = [save(chain, number) for number in range(3)]
    assert reasons == [None, None, Reason.ACCOUNT_FULL]
    check_invariants(chain)


def save(chain: Chain, number: int) -> Reason | None:
    """Have the office that enrolled mia, who has no key, save a record's time."""
    ids = identifier_of("Harbour"), identifier_of("mia"), identifier_of(f"record {number}")
    return chain.submit(("ann",), "timebank.deposit", DepositTime(*ids, Day(FIRST_DAY + number)), NOW_MS).outcome.reason


def test_record_is_corrected_253_times_and_then_made_void_at_most(chain: Chain) -> None:
    certify(chain, [attend(1, FIRST_DAY, 0, 60), attend(2, FIRST_DAY, 120, 60)])
    for _ in range(253):
        assert amend(chain, FIRST_DAY, attend(1, FIRST_DAY, 0, 60)) is None
    assert amend(chain, FIRST_DAY, attend(1, FIRST_DAY, 0, 60)) is Reason.NO_CHANGE
    # In the order of reasons: after what the row itself says, before what other records say.
    assert amend(chain, FIRST_DAY, attend(1, FIRST_DAY, 0, 121)) is Reason.NO_CHANGE
    assert amend(chain, FIRST_DAY, attend(1, FIRST_DAY, 0, 0)) is Reason.INVALID_MINUTES
    check_invariants(chain)


class CountingView:
    """Counts how often a key is read."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.reads: dict[bytes, int] = {}

    def get(self, key: bytes, /) -> bytes | None:
        self.reads[key] = self.reads.get(key, 0) + 1
        return self.chain.get(key)


def test_batch_about_one_person_reads_that_person_s_values_once(chain: Chain) -> None:
    certify(chain, [attend(0, FIRST_DAY, 0, 60)])
    rows = [attend(number, FIRST_DAY + number // 20, number % 20 * 60, 60) for number in range(1, 500)]
    signed = chain.sign(("ann",), "hours.certify", CertifyHours(identifier_of("Harbour"), Mode.ATOMIC, tuple(rows)), NOW_MS)
    view = CountingView(chain)
    transaction, context = chain.open(signed, NOW_MS)
    KINDS["hours.certify"].rule(Overlay(view), transaction, context)
    of_person = {key: count for key, count in view.reads.items() if key.startswith((b"calendar/", b"balance/"))}
    assert len(of_person) == 3  # the account, March, and February for what might reach over midnight
    assert max(of_person.values()) <= 3
