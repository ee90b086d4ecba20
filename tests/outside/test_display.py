"""The page for a public display, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli import people
from tests.cli.town import ROWS, Town, found_organisation

pytestmark = [pytest.mark.outside, pytest.mark.functional]


def test_display_shows_sums_and_keeps_them_while_the_node_is_away(town: Town, in_browser: Callable[..., Any]) -> None:
    height = town("governance", "show").document["height"]
    town("governance", "set", "aggregate_floor=2", "--at-height", height + 2, key="authority")
    found_organisation(town)

    def serve() -> None:
        roster = people.write_roster(town.folder / "roster.csv", ROWS)
        town.at_office("hours", "import", roster, "--enrol", "--publish")

    in_browser("display.mjs", {"serve": serve})
