"""Locks name versions and no addresses: where packages come from is for whoever installs them to say.

npm writes addresses for sponsors again whenever it renews its lock; take the members `funding` out of it.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("lock", ["constraints.txt", "tests/outside/package-lock.json"])
def test_lock_names_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if "://" in line] == []
