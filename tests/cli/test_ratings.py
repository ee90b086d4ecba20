"""Ratings by command, on a real node: invited, given once with a token, and what the score is made of."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.command_line import Result
from tests.cli.test_with_a_node import publish_today
from tests.cli.town import Town, find_account, found_organisation

pytestmark = pytest.mark.functional


def find_reason(result: Result) -> str:
    return str(result.document["error"]["reason"])


def attend(town: Town) -> tuple[str, str, str]:
    """Found an organisation, publish an activity, and mark V-1 as having attended; return the three identifiers."""
    organisation = found_organisation(town)
    account, activity = find_account(town, "V-1"), publish_today(town, "A")
    today = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"
    town("activity", "terms", activity, "--places", 3, "--until", today, key="first")
    town("activity", "sign-up", activity, "--volunteer", account, key="holder")
    town("activity", "attendance", activity, "--day", today, "--attended", account, key="first")
    return organisation, account, activity


def test_a_service_is_rated_once_with_its_token_and_by_an_officer(town: Town) -> None:
    organisation, account, activity = attend(town)
    which = ("--organisation", organisation, "--activity", activity)
    invite = ("rating", "invite", account, *which)
    assert town(*invite, "--dry-run", key="first").document["dry_run"]
    (given,) = town(*invite, key="first").document["ratings"]
    rate = ("rating", "rate", given["rating"], "--score", 5, "--token")
    assert find_reason(town(*rate, "00" * 32, key="holder", good=False)) == "wrong_token"
    town(*rate, given["token"], key="second")
    assert find_reason(town(*rate, given["token"], key="second", good=False)) == "unknown_rating"
    assert town("rating", "rate", given["rating"], "--score", 6, "--token", given["token"], key="second", good=False).code == 2

    town("rating", "officer", account, *which, "--score", 4, key="first")
    assert find_reason(town("rating", "officer", account, *which, "--score", 5, key="first", good=False)) == "already_exists"
    (other,) = town(*invite, key="first").document["ratings"]
    town("rating", "withdraw", other["rating"], "--organisation", organisation, key="first")

    shown = town("rating", "score", account, key="holder").document
    inputs = {"attended_days": 1, "absent_days": 0, "minutes": 0, "rating_count": 2, "rating_sum": 9}
    assert (shown["inputs"], shown["formula_version"], shown["score"]) == (inputs, 1, 400 + 262)
    assert find_reason(town("rating", "score", account, key="first", good=False)) == "not_permitted"
