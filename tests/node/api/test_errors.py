"""What status a reason has, where it is more than its exit code says."""

import pytest

from ledger.errors import HourledgerError
from ledger.reasons import Reason
from node.api.errors import compute_status, respond_error
from node.api.server import ENDPOINTS
from tests.node.running import RunningNode


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.NOT_FOUND, 404),
        (Reason.PRUNED, 410),
        (Reason.BUSY, 503),
        (Reason.MALFORMED, 400),
        (Reason.OVERLAP, 422),
        (Reason.STORE_DAMAGED, 500),
    ],
)
def test_status_of_a_reason(reason: Reason, status: int) -> None:
    assert compute_status(reason) == status


def test_what_was_given_up_is_gone_and_says_so() -> None:
    response = respond_error(HourledgerError(Reason.PRUNED, "this node holds blocks from 9 on", "3"))
    assert response.status == 410
    assert response.text is not None
    assert '"reason": "pruned"' in response.text


@pytest.mark.parametrize("path", [endpoint.path for endpoint in ENDPOINTS if endpoint.method == "POST"])
def test_path_that_takes_post_alone_says_so(node: RunningNode, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = node.ask(method, path.replace("{id}", "00" * 16))
        assert (answer.status, answer.reason, answer.headers["Allow"]) == (405, Reason.USAGE, "POST")
        assert answer.json()["detail"] == "the path does not take this method"
