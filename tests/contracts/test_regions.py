"""The caps of the time banks at their full height: 1,500 hours in Nanjing and Guangzhou, 10,000 in Beijing."""

import pytest

from cli.nodes.regions import load_region
from contracts.activities import ActivityClass, PublishActivity
from contracts.hours import Attendance, CertifyHours, Correction, Mode, VoidHours
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.savings import PlaceDue
from contracts.timebank.deposits import DepositTime
from contracts.timebank.giving import DonateTime
from ledger.types import Day, Minutes
from tests.contracts.chain import Chain, Result, hash_of, identifier_of, key_of, make_genesis
from tests.contracts.invariants import check_invariants

FIRST_DAY = Day(19_783)
"""2024-03-01. Whoever serves around the clock from here on has 24 hours a day."""
NOW_MS = (FIRST_DAY + 500) * 86_400_000
HARBOUR, MIA = identifier_of("Harbour"), identifier_of("mia")


def make_chain(region: str, days: int) -> Chain:
    chain = Chain(make_genesis(load_region(region).items()))
    keys = (key_of("ann").public_key,)
    enrolment = Enrolment(MIA, hash_of("Mia"), key_of("mia").public_key)
    published = PublishActivity(
        identifier_of("Shore"), HARBOUR, ActivityClass.SERVICE, FIRST_DAY, Day(FIRST_DAY + 499), hash_of("details")
    )
    rows = tuple(
        Attendance(identifier_of(f"r{day}"), identifier_of("Shore"), MIA, Day(FIRST_DAY + day), 0, Minutes(1_440), hash_of("d"))
        for day in range(days)
    )
    submit(chain, "region", "identity.register_organisation", RegisterOrganisation(HARBOUR, "Harbour", keys, 1))
    submit(chain, "ann", "identity.enrol_volunteers", EnrolVolunteers(HARBOUR, (enrolment,)))
    submit(chain, "ann", "activities.publish", published)
    submit(chain, "ann", "hours.certify", CertifyHours(HARBOUR, Mode.ATOMIC, rows))
    return chain


def submit(chain: Chain, signer: str, kind: str, body: object) -> Result:
    result = chain.submit((signer,), kind, body, NOW_MS)
    assert result.outcome.is_accepted, result.outcome
    return result


def save(chain: Chain, day: int) -> Result:
    return submit(chain, "mia", "timebank.deposit", DepositTime(HARBOUR, MIA, identifier_of(f"r{day}"), Day(FIRST_DAY + day)))


def read_account(chain: Chain) -> tuple[int, int]:
    """Minutes that may be spent, and those that can only be given."""
    lots = chain.read_table(b"time-account")[MIA].lots
    return sum(lot.minutes for lot in lots if not lot.is_gift_only), sum(lot.minutes for lot in lots if lot.is_gift_only)


@pytest.mark.parametrize("region", ["nanjing", "guangzhou"])
def test_above_1500_hours_time_can_only_be_given(region: str) -> None:
    chain = make_chain(region, 64)
    for day in range(62):
        assert save(chain, day).events[-1].gift_only_minutes == 0
    (saved,) = save(chain, 62).events
    assert (saved.minutes, saved.gift_only_minutes) == (1_440, 720)
    assert read_account(chain) == (90_000, 720)
    save(chain, 63)
    assert read_account(chain) == (90_000, 720 + 1_440)
    submit(chain, "mia", "timebank.donate", DonateTime(MIA, Minutes(2_220)))
    assert read_account(chain) == (90_000 - 60, 0)
    check_invariants(chain)


def test_10000_hours_make_a_place_in_a_public_home_due() -> None:
    chain = make_chain("beijing", 418)
    for day in range(416):
        assert len(save(chain, day).events) == 1
    assert save(chain, 416).events[-1] == PlaceDue(MIA, is_due=True)
    assert len(save(chain, 417).events) == 1
    assert read_account(chain) == (418 * 1_440, 0)
    # Spending leaves what was earned; a record that was wrong does not.
    submit(chain, "mia", "timebank.donate", DonateTime(MIA, Minutes(60)))
    assert chain.read_table(b"time-account")[MIA].is_place_due
    for day, due in ((0, True), (1, False)):
        void = VoidHours(HARBOUR, identifier_of(f"r{day}"), MIA, Day(FIRST_DAY + day), Correction.NOT_SERVICE)
        events = submit(chain, "ann", "hours.void", void).events
        assert (PlaceDue(MIA, is_due=False) in events) is not due
    check_invariants(chain)
