"""Merchants, their offers and held points, for the pages that are driven in a browser."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import segno
from PIL import Image

from certificates.counter_card import CounterCard, MerchantProfile, issue_counter_card
from cli.office.client import NodeClient
from ledger.crypto import SigningKey
from ledger.types import Identifier, TimeMs
from node.keystore import load_key
from tests.cli import people
from tests.cli.town import Town, found_organisation

CHAIN: Final = "town.example/log"
ROWS: Final = [f"R-{day},A,Care,Service,2026-05-0{day},Town,V-1,240" for day in range(1, 6)]
FRAME: Final = (640, 480)


@dataclass(frozen=True)
class Hold:
    """Points set aside, as the volunteer's side knows them."""

    number: str
    code: str


def earn_points(town: Town) -> str:
    """Certify twenty hours of V-1, whose key is `holder`, and return the account."""
    found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    return town.hourledger("volunteer", "find", "V-1", "--office", town.folder / "office").out.strip()


def open_shop(town: Town, name: str) -> str:
    """Register a merchant whose key, named as the shop, is made where there is none, and return its number."""
    has_key = (town.folder / f"{name}.pem").exists()
    key = town.public_key(name) if has_key else town.make_key(name)
    return str(town("merchant", "register", "--name", name, "--public-key", key, key="authority").document["merchant"])


def publish_offer(town: Town, shop: str, merchant: str, points: int = 2) -> str:
    offer = ("--title", "A pot of tea", "--points", points, "--last-day", "2099-12-31")
    return str(town("exchange", "offer", "--merchant", merchant, *offer, key=shop).document["offer"])


def hold_points(town: Town, account: str, offer: str, quantity: int = 1) -> Hold:
    """Set points aside with the volunteer's key, and fetch the code for them."""
    told = town("exchange", "hold", "--volunteer", account, "--offer", offer, "--quantity", quantity, key="holder").document
    with NodeClient(town.url) as client:
        card = client.post_json(f"/v1/holds/{told['hold']}/card", {}, load_key(town.folder / "holder.pem", None))
    return Hold(told["hold"], card["card"])


def forge_code(town: Town, hold: str, until_ms: int | None = None, key: SigningKey | None = None) -> str:
    """A code for a hold that ends at another time, or is signed by another key than the node's."""
    shown = town("exchange", "show", hold, key="holder").document
    end = TimeMs(shown["expires_ms"] if until_ms is None else until_ms)
    number, merchant, offer = (Identifier(bytes.fromhex(shown[name])) for name in ("hold", "merchant", "offer"))
    profile = MerchantProfile(number, merchant, offer, shown["quantity"], shown["points"])
    card = CounterCard(CHAIN, TimeMs(end - 3_600_000), end, profile)
    return issue_counter_card(card, load_key(town.folder / "node/keys/log.pem", None) if key is None else key)


def film(code: str, path: Path) -> Path:
    """Write what a camera sees that is held before a code: a film without sound (YUV4MPEG2) of one picture."""
    picture = Image.new("L", FRAME, 200)
    drawn = draw(code)
    picture.paste(drawn, ((FRAME[0] - drawn.width) // 2, (FRAME[1] - drawn.height) // 2))
    colours = bytes([128]) * (FRAME[0] * FRAME[1] // 2)
    frame = b"FRAME\n" + picture.tobytes() + colours
    path.write_bytes(f"YUV4MPEG2 W{FRAME[0]} H{FRAME[1]} F10:1 Ip A1:1 C420\n".encode() + frame * 4)
    return path


def draw(code: str) -> Image.Image:
    """A picture of a code, as high as the film has room."""
    matrix: Any = segno.make(code, error="m").matrix
    side = len(matrix) + 8
    picture = Image.new("L", (side, side), 255)
    for y, row in enumerate(matrix):
        for x, module in enumerate(row):
            if module & 1:
                picture.putpixel((x + 4, y + 4), 0)
    scale = FRAME[1] // side
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)
