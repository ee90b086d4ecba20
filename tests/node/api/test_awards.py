"""What the interface tells of certificates, stars, sanctions and reports."""

from contracts.certificates.registry import Revocation, RevokeCertificate
from contracts.sanctions import AboutSanction
from tests.node import story as people
from tests.node.running import AUTHORITY, RunningNode

CERTIFICATE = f"/v1/certificates/{people.CERTIFICATE.hex()}"


def test_number_of_a_certificate_answers_four_things(new_node: RunningNode) -> None:
    people.tell(new_node)
    answer = {
        "number": people.CERTIFICATE.hex(),
        "period": {"first_day": "2026-10-01", "last_day": "2026-10-04"},
        "minutes": 120,
        "status": "valid",
    }
    assert new_node.get(CERTIFICATE).json() == answer
    body = RevokeCertificate(people.CERTIFICATE, people.ORGANISATION, Revocation.ISSUED_IN_ERROR)
    new_node.carry_out("certificates.revoke", body, people.OFFICER)
    assert new_node.get(CERTIFICATE).json() == {**answer, "status": "revoked"}


def test_volunteer_alone_sees_the_own_block(new_node: RunningNode) -> None:
    people.tell(new_node)
    account = f"/v1/volunteers/{people.OTHER_VOLUNTEER.hex()}"
    assert new_node.get(account, people.OTHER_VOLUNTEER_KEY).json()["block"] is None
    body = AboutSanction(people.SANCTION, people.ORGANISATION, people.OTHER_VOLUNTEER, people.NO_DETAILS)
    new_node.carry_out("sanctions.confirm", body, AUTHORITY)
    block = new_node.get(account, people.OTHER_VOLUNTEER_KEY).json()["block"]
    assert block == {"sanction": people.SANCTION.hex(), "last_day": "2026-12-31"}
    assert new_node.get(account, people.MERCHANT_KEY).status == 403
    sanction = new_node.get(f"/v1/sanctions/{block['sanction']}", people.OTHER_VOLUNTEER_KEY).json()
    assert (sanction["status"], sanction["reason"]) == ("confirmed", "misconduct")


def test_star_tells_how_many_objected_and_not_who(node: RunningNode) -> None:
    star = node.get(f"/v1/stars/{people.STAR.hex()}", people.OTHER_VOLUNTEER_KEY).json()
    assert (star["stars"], star["status"], star["objections"]) == (1, "publicised", 0)
