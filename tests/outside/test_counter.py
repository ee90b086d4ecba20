"""The merchant's page, in a browser."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from ledger.crypto import SigningKey
from node.keystore import load_key, save_key
from tests.cli.town import Town
from tests.outside import shops

pytestmark = [pytest.mark.outside, pytest.mark.functional, pytest.mark.slow]


def test_till_takes_points_once_with_a_network_and_without(town: Town, in_browser: Callable[..., Any]) -> None:
    account = shops.earn_points(town)
    town.make_key("Tea")
    holds: list[shops.Hold] = []
    video = town.folder / "camera.y4m"

    def admit(key: str) -> None:
        assert key == town.public_key("Tea")
        shops.open_shop(town, "Tea")

    def hold(offer: str) -> dict[str, Any]:
        holds.extend(shops.hold_points(town, account, offer, quantity) for quantity in (2, 1, 1, 1, 1, 1))
        books = shops.open_shop(town, "Books")
        of_other = shops.hold_points(town, account, shops.publish_offer(town, "Books", books))
        shops.film(holds[0].code, video)
        return {
            "held": [item.code for item in holds],
            "ofOther": of_other.code,
            "forged": shops.forge_code(town, holds[1].number, key=SigningKey(b"f" * 32)),
            "over": shops.forge_code(town, holds[1].number, until_ms=round(time.time()) * 1_000 - 1_000),
        }

    def capture_elsewhere() -> None:
        town("exchange", "capture", holds[2].number, "--points", 2, key="Tea")

    helpers = {"admit": admit, "hold": hold, "captureElsewhere": capture_elsewhere}
    protected = town.folder / "protected.pem"
    save_key(protected, load_key(town.folder / "Tea.pem", None), b"correct horse")
    in_browser("counter.mjs", helpers, str(video), str(protected))
