"""The page on architecture shows the house as it stands."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from contracts.kinds import Kind, Module
from ledger import codec
from ledger.codec import encode
from ledger.errors import Rejection
from ledger.events import split_entry
from ledger.execution import BlockContext, TransactionContext
from ledger.reasons import Reason
from ledger.types import Height
from tests.certificates.conftest import ACTIVITY, CHAIN_ID, NOW, ORGANISATION, RegionBuilder, make_key
from tools.kinds import describe_codec, find_signers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PRODUCT = ("ledger", "contracts", "certificates", "node", "cli")


def read_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_picture_has_every_package_and_nothing_else() -> None:
    shown = [line.split()[0] for line in read_blocks("text")[0].splitlines()]
    packages = {path.parent.relative_to(ROOT).as_posix() for name in PRODUCT for path in (ROOT / name).rglob("__init__.py")}
    drawn = {name.rstrip("/") for name in shown if name.endswith("/")}
    assert {name for name in packages if name.count("/") < 2} - drawn == set(), "draw it in docs/architecture.md"
    assert drawn - packages == set()
    assert all((ROOT / name).exists() for name in shown)


def test_the_import_direction_is_the_one_that_is_enforced() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = configuration["tool"]["importlinter"]["contracts"][0]["layers"]
    assert read_blocks("text")[1] == " -> ".join(layers) + "\n"


def test_every_module_that_is_named_exists() -> None:
    text = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE) + read_blocks("text")[2]
    files = re.findall(r"(?<![\w/])((?:ledger|contracts|certificates|node|cli)/[a-z_/]+\.py)", text)
    missing = {name for name in files if not (ROOT / name).exists()}
    assert missing == {"contracts/notices.py"}  # the worked example's own
    assert len(files) > 40


def test_every_function_that_is_named_stands_where_it_says() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and ".py` `" in line]
    named = [(file, name) for row in rows for file, name in re.findall(r"`([a-z_/]+\.py)` `(\w+)`", row)]
    assert len(named) >= 8
    for file, name in named:
        assert re.search(rf"\b{name}\b", (ROOT / file).read_text(encoding="utf-8")), f"{file}: {name}"


@pytest.fixture
def notices() -> Module:
    namespace: dict[str, Any] = {"__name__": "contracts.notices"}
    exec(read_blocks("python")[0], namespace)  # noqa: S102 - the page's own module
    module = namespace["MODULE"]
    assert isinstance(module, Module)
    return module


def test_the_worked_example_works(notices: Module) -> None:
    (kind,) = notices.kinds
    assert find_signers(kind) == "one officer"
    body = kind.codec.from_wire([ACTIVITY, ORGANISATION, b"h" * 32])
    assert encode(kind.codec, body) == encode(codec.Codec("x", lambda v: v, lambda w: w), [ACTIVITY, ORGANISATION, b"h" * 32])
    assert [name for name, _shape in describe_codec(kind.codec).fields] == ["activity", "organisation", "text"]

    builder = RegionBuilder()
    builder.begin()
    state = builder.finish().state
    context = make_context("officer 1")
    (event,) = kind.rule(state, body, context).events
    assert split_entry(event)[0] == "notices.given"
    assert refuse(kind, state, body, context) is Reason.ALREADY_EXISTS
    assert refuse(kind, state, body, make_context("stranger")) is Reason.NOT_PERMITTED
    other = kind.codec.from_wire([bytes(16), ORGANISATION, b"h" * 32])
    assert refuse(kind, state, other, context) is Reason.UNKNOWN_ACTIVITY


def make_context(signer: str) -> TransactionContext:
    block = BlockContext(CHAIN_ID, Height(2), NOW)
    return TransactionContext(block, codec.hash_.from_wire(bytes(32)), (make_key(signer).public_key,))


def refuse(kind: Kind[Any], state: Any, body: Any, context: TransactionContext) -> Reason:
    with pytest.raises(Rejection) as caught:
        kind.rule(state, body, context)
    return caught.value.reason
