"""What the interface tells of saved time."""

from contracts.savings import TIME_ACCOUNTS
from contracts.timebank.attestations import ATTESTATIONS, Attest
from contracts.timebank.deposits import DepositTime
from contracts.timebank.giving import DonateTime
from ledger.types import Minutes
from tests.node import story as people
from tests.node.api.test_openapi import validate_answer
from tests.node.running import AUTHORITY, RunningNode

PATH = "/v1/volunteers/{id}/time"
ACCOUNT = f"/v1/volunteers/{people.VOLUNTEER.hex()}/time"


def test_person_sees_what_is_saved_and_everybody_the_sums(new_node: RunningNode) -> None:
    people.tell(new_node)
    record = people.make_attendance(1)
    body = DepositTime(people.ORGANISATION, people.VOLUNTEER, record.record, record.day)
    new_node.carry_out("timebank.deposit", body, people.VOLUNTEER_KEY)
    new_node.carry_out("timebank.donate", DonateTime(people.VOLUNTEER, Minutes(50)), people.VOLUNTEER_KEY)
    new_node.carry_out("timebank.attest", Attest(None, people.VOLUNTEER, None, people.NO_DETAILS), AUTHORITY)
    answer = new_node.get(ACCOUNT, people.VOLUNTEER_KEY)
    validate_answer("GET", PATH, answer)
    account = answer.json()
    (lot,) = account.pop("lots")
    assert account == {
        "volunteer": people.VOLUNTEER.hex(),
        "minutes": 70,
        "spendable_minutes": 70,
        "saved_minutes": 120,
        "is_of_age": True,
        "is_place_due": False,
    }
    assert (lot["minutes"], lot["row"], lot["is_gift_only"]) == (70, 0, False)
    assert new_node.get("/v1/timebank").json() == {"pool_minutes": 50, "issuer_minutes": -120}
    for table in (TIME_ACCOUNTS, ATTESTATIONS):
        target = f"/v1/state/{table.key(people.VOLUNTEER).hex()}"
        assert [new_node.get(target, key).status for key in (people.VOLUNTEER_KEY, people.OFFICER)] == [200, 403]
