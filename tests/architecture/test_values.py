"""Values of the ledger and of its rules do not change once they are made: what was hashed, signed or checked stays so."""

import importlib
import inspect
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NAMES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("ledger", "contracts")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)


def find_dataclasses(name: str) -> list[Any]:
    """Dataclasses that the module `name` defines; a private one may be a work in progress."""
    classes = inspect.getmembers(importlib.import_module(name), inspect.isclass)
    return [cls for label, cls in classes if is_dataclass(cls) and cls.__module__ == name and not label.startswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_dataclasses_are_frozen_and_have_no_room_for_more(name: str) -> None:
    for cls in find_dataclasses(name):
        assert cls.__dataclass_params__.frozen, cls
        assert "__slots__" in vars(cls), cls


def test_the_search_finds_them() -> None:
    assert "Header" in {cls.__name__ for cls in find_dataclasses("ledger.blocks")}
