"""The page for verifiers, in a browser, at a real node."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import segno
from PIL import Image, ImageFilter

from cli.office.client import NodeClient
from tests.cli import people
from tests.cli.town import ROWS, Town, fetch_trust, find_account, found_organisation
from tests.outside.shops import film

pytestmark = [pytest.mark.outside, pytest.mark.functional]
EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "formats" / "examples"


def _photograph(code: str, path: Path) -> None:
    """Write a photograph of a code that somebody holds, not quite straight."""
    random_ = random.Random(31)
    picture = Image.new("RGB", (1_600, 1_200), (190, 180, 165))
    for _ in range(300):
        x, y = random_.randrange(1_560), random_.randrange(1_180)
        picture.paste((90, 95, 100), (x, y, x + random_.randint(5, 40), y + random_.randint(2, 6)))
    drawn = _draw(code, 5).convert("RGB").rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor=(235, 235, 230))
    picture.paste(drawn, (420, 180))
    picture.filter(ImageFilter.GaussianBlur(0.8)).save(path, quality=80)


def _draw(code: str, scale: int) -> Image.Image:
    matrix: Any = segno.make(code, error="l").matrix
    side = len(matrix) + 8
    picture = Image.new("L", (side, side), 255)
    for y, row in enumerate(matrix):
        for x, module in enumerate(row):
            if module & 1:
                picture.putpixel((x + 4, y + 4), 0)
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def _prepare(town: Town, folder: Path) -> str:
    """Write everything that is checked, and return the number of the certificate."""
    folder.mkdir()
    certificate = folder / "certificate.json"
    number: str = town.at_office("cert", "issue", "V-1", "--out", certificate, "--register").document["id"]
    for form, name in (("pdf", "page.pdf"), ("qr", "code.png")):
        town("cert", "export", certificate, "--format", form, "--out", folder / name)
    code = _fetch_code(town, number)
    (folder / "code.txt").write_text(code)
    _photograph(code, folder / "photograph.jpg")
    Image.new("L", (400, 300), 230).save(folder / "blank.png")
    both = Image.new("L", (1_400, 700), 255)
    for place, text in enumerate((code, f"HLC1:{code[5:60]}")):
        both.paste(_draw(text, 4), (20 + 700 * place, 20))
    both.save(folder / "two.png")
    (folder / "trust.txt").write_bytes(fetch_trust(town))
    (folder / "other.txt").write_bytes((EXAMPLES / "trust.txt").read_bytes())
    return number


def _fetch_code(town: Town, number: str) -> str:
    with NodeClient(town.url) as client:
        plain = number.removeprefix("urn:uuid:").replace("-", "")
        return client.get_bytes(f"/v1/certificates/{plain}/code").decode().strip()


def test_verifiers_check_whatever_they_are_shown(town: Town, in_browser: Callable[..., Any]) -> None:
    organisation = found_organisation(town)
    roster = people.write_roster(town.folder / "roster.csv", ROWS)
    town.at_office("hours", "import", roster, "--enrol", "--publish")
    account = find_account(town, "V-1")
    folder = town.folder / "shown"
    number = _prepare(town, folder)
    town.make_key("phone")
    town("card", "register", account, "--card-key", town.public_key("phone"), key="holder")
    town("card", "issue", account, "--out", folder / "card.txt", key="phone")

    def show(nonce: str | None) -> dict[str, str]:
        """The holder shows the cards at this very moment, for a word where there is one."""
        shown, counter = folder / "shown.txt", folder / "counter.txt"
        key = ("--key", town.folder / "phone.pem")
        word = () if nonce is None else ("--nonce", nonce)
        for file in (shown, counter):
            file.unlink(missing_ok=True)
        town.hourledger("card", "present", folder / "card.txt", "--claim", "hours", *key, *word, "--out", shown)
        town("card", "counter", "--volunteer", account, "--out", counter, key="holder")
        return {"card": shown.read_text(), "counter": counter.read_text()}

    def revoke() -> None:
        town("cert", "revoke", number, "--organisation", organisation, "--why", "issued_in_error", key="first second")

    video = film((folder / "code.txt").read_text(), town.folder / "camera.y4m")
    in_browser("verify_page.mjs", {"show": show, "revoke": revoke}, str(folder), str(video))
