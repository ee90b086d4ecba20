"""When an organisation's policy is met, as the officer's desk sees it before anything is sent."""

import pytest

from cli.office.answers import OrganisationAnswer
from ledger.types import PublicKey

ANN, BOB, CAT, ZOE = (PublicKey(name * 32) for name in (b"a", b"b", b"c", b"z"))


@pytest.mark.parametrize(
    ("preparers", "signers", "is_met"),
    [
        ((), (ANN,), False),
        ((), (ANN, ZOE), False),
        ((), (ANN, BOB), True),
        ((CAT,), (ANN, BOB), False),
        ((CAT,), (ANN, CAT), False),
        ((CAT,), (ANN, BOB, CAT), True),
    ],
)
def test_policy(preparers: tuple[PublicKey, ...], signers: tuple[PublicKey, ...], *, is_met: bool) -> None:
    assert OrganisationAnswer("Harbour", (ANN, BOB, CAT), 2, preparers).is_met_by(signers) is is_met
