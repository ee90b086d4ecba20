"""Three days in a region: everything that the rules do for people, in one ledger for each region that ships.

Each file of `scenarios/` is a ledger as in `ledgers/`, and then the whole state that it ends in, one row a value. Nothing of
the state is left out: a value that is not in the table, or differs from it, is a failure.
"""

from pathlib import Path

import pytest

from cli.nodes.regions import REGIONS
from tests.contracts.chain import Chain
from tests.contracts.state_words import describe_state
from tests.contracts.tables import parse_tables, run_table

FOLDER = Path(__file__).parent / "scenarios"
END = "== The whole state at the end\n"


def load_scenario(region: str) -> tuple[Chain, list[tuple[str, str, str]]]:
    """Carry out a region's ledger; return the chain, and the state that the file says it ends in."""
    file = FOLDER / f"{region}.txt"
    story, _, end = file.read_text(encoding="utf-8").partition(END)
    (table,) = parse_tables(file.name, story)
    rows = [line.split("|") for line in end.splitlines() if line and not line.startswith("#")]
    return run_table(table, {}), [(name.strip(), key.strip(), value.strip()) for name, key, value in rows]


@pytest.mark.parametrize("region", REGIONS)
def test_three_days(region: str) -> None:
    chain, expected = load_scenario(region)
    assert expected == sorted(expected)
    found = {(name, key): value for name, key, value in describe_state(chain)}
    assert found == {(name, key): value for name, key, value in expected}
    assert len(expected) == len(chain.state)


@pytest.mark.parametrize("region", REGIONS)
def test_points_and_saved_time_come_to_nothing(region: str) -> None:
    chain, _ = load_scenario(region)
    points = sum(lot.points for lots in chain.read_lots().values() for lot in lots)
    points += sum(lot.points for lots in chain.read_table(b"donation-points").values() for lot in lots)
    points += sum(chain.read_table(b"merchant-points").values())
    assert points == -chain.read_table(b"issuer")[b""] > 0
    minutes = sum(lot.minutes for account in chain.read_table(b"time-account").values() for lot in account.lots)
    minutes += chain.read_table(b"time-pool").get(b"", 0) + sum(chain.read_table(b"merchant-time").values())
    assert minutes == -chain.read_table(b"time-issuer")[b""] > 0
