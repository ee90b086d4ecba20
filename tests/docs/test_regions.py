"""The region files: each makes a genesis, and docs/regions.md says of each number what is in them and what it rests on."""

from pathlib import Path

import pytest

from cli.nodes.regions import REGIONS, load_region
from contracts.parameters import PARAMETERS, get_parameter
from contracts.rulebook import compute_genesis_state
from tests.contracts.chain import make_genesis

PAGE = Path(__file__).parents[2] / "docs" / "regions.md"


def read_page() -> dict[str, dict[str, int]]:
    """Numbers of each region as the page's table states them, by name."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.read_text().splitlines() if line.startswith("|")]
    head, _line, *body = rows
    assert head[0] == "number"
    assert head[-1] == "rests on"
    assert all(len(row) == len(head) and row[-1] for row in body)
    return {region: {row[0].strip("`"): int(row[place]) for row in body} for place, region in enumerate(head[1:-1], start=1)}


def test_page_and_files_say_the_same() -> None:
    assert {region: load_region(region) for region in REGIONS} == read_page()
    assert set(REGIONS) == {"nanjing", "guangzhou", "beijing"}


@pytest.mark.parametrize("region", REGIONS)
def test_region_makes_a_genesis(region: str) -> None:
    numbers = load_region(region)
    state = compute_genesis_state(make_genesis(numbers.items()))
    assert {name: get_parameter(state, name) for name in numbers} == numbers
    assert set(numbers) >= {name for name in PARAMETERS if name.startswith("time_")}
    assert list(numbers) == sorted(numbers)
