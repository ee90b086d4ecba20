"""Runs every ledger in `ledgers/`: the rules as tables that a person who knows the domain can read and argue with."""

import pytest

from tests.contracts.tables import FOLDER, Table, load_tables, run_table

SETUPS = {table.title: table for table in load_tables(FOLDER / "setups.txt")}
TABLES = [table for path in sorted(FOLDER.glob("*.txt")) for table in load_tables(path)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.source.removesuffix('.txt')}: {table.title}")
def test_ledger(table: Table) -> None:
    run_table(table, SETUPS)


def test_wrong_answer_is_noticed() -> None:
    (table,) = [table for table in TABLES if table.title == "town"]
    step = table.steps[0]
    for wrong in ("not_permitted", "ok ann", ""):
        broken = Table("broken", table.source, steps=[type(step)(1, step.time, step.signers, step.words, wrong)])
        with pytest.raises(AssertionError, match="but got"):
            run_table(broken, SETUPS)
