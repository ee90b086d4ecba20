"""Where code may stand, and how much of it in one place (docs/adr/0002-import-rules-and-purity.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("ledger", "contracts", "certificates", "node", "cli")
SUPPORT = ("tests", "docs", "benchmarks", "tools")
MODULES = sorted(path for package in (*PRODUCT, "tools", "benchmarks") for path in (ROOT / package).rglob("*.py"))

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70


def find_long_functions(source: str) -> Iterator[str]:
    """Name and length of each function of `source` that is too long, decorators not counted."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{node.name}: {length} lines"


def test_no_code_outside_the_known_folders() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    with_code = {name for name in folders if any((ROOT / name).rglob("*.py"))}
    assert with_code <= {*PRODUCT, *SUPPORT}
    assert [path.name for path in ROOT.glob("*.py")] == []


@pytest.mark.parametrize("package", PRODUCT)
def test_every_folder_of_the_product_is_a_package(package: str) -> None:
    # The import rules look only into packages: a folder without __init__.py would escape them.
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_of_a_readable_size(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MAX_FILE_LINES
    assert list(find_long_functions(source)) == []


def test_long_function_is_found() -> None:
    body = "    x = 1\n" * MAX_FUNCTION_LINES
    assert list(find_long_functions(f"class A:\n  async def f():\n{body}")) == ["f: 71 lines"]
    assert list(find_long_functions(f"def f():\n{body}".removesuffix("    x = 1\n"))) == []
