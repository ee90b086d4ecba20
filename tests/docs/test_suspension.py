"""The page about suspension is the one that the rules make, and what it says happens to a real chain."""

import pytest

from contracts.rulebook import KINDS
from tools.suspension import DOCUMENT, GOES_ON, NOT_CONCERNED, REFUSED, describe_suspension, format_suspension

STILL_POSSIBLE = {
    "hours.void",
    "hours.resolve",
    "hours.answer_claim",
    "certificates.revoke",
    "certificates.suspend",
    "sanctions.lift",
    "timebank.withdraw_attestation",
}
"""What a suspended organisation does: each has its row in tests/contracts/ledgers/suspension.txt."""


def test_the_page_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == format_suspension(), "run: make fix"


def test_what_goes_on_is_what_was_decided() -> None:
    found = {name: describe_suspension(kind) for name, kind in KINDS.items()}
    assert {name for name, item in found.items() if item[0] == GOES_ON} == STILL_POSSIBLE
    merchants = {"exchange.refund", "exchange.deliver", "exchange.acknowledge_settlement"}
    assert {name for name, item in found.items() if item[1] == GOES_ON} == merchants


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("hours.certify", (REFUSED, NOT_CONCERNED, NOT_CONCERNED)),
        ("activities.sign_up", (REFUSED, NOT_CONCERNED, REFUSED)),
        ("exchange.hold", (NOT_CONCERNED, REFUSED, NOT_CONCERNED)),
        ("exchange.capture", (NOT_CONCERNED, REFUSED, NOT_CONCERNED)),
        ("exchange.expire", (NOT_CONCERNED, NOT_CONCERNED, NOT_CONCERNED)),
        ("hours.dispute", (NOT_CONCERNED, NOT_CONCERNED, NOT_CONCERNED)),
        ("identity.change_standing", (NOT_CONCERNED, NOT_CONCERNED, NOT_CONCERNED)),
    ],
)
def test_some_rows(kind: str, expected: tuple[str, str, str]) -> None:
    assert describe_suspension(KINDS[kind]) == expected
