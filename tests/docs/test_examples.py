"""Every example on the pages about formats is what the program makes, byte for byte."""

import json
import re
from pathlib import Path

import pytest

from certificates.artefacts import verify_artefact
from certificates.checks import Times
from certificates.reports import Question
from certificates.status_list import LIST_BYTES, Moment, make_status_list
from certificates.status_uris import name_list
from certificates.verification import verify_certificate
from contracts.rulebook import RULE_BOOKS, TABLES, compute_genesis_state, get_parties
from ledger.genesis import parse_genesis
from ledger.proofs import parse_bundle
from ledger.transactions import decode_signed, verify_signatures
from ledger.trust import parse_trust
from ledger.types import Height, TimeMs
from ledger.verification import Verdict
from node.chain import Chain
from node.snapshot.restoring import Expected, restore
from node.storage.memory import MemoryStore
from tools.example_cards import CARD_POSITION, LOG_KEY
from tools.example_region import CHAIN_ID, GENESIS, HOUR_MS, NOW_MS, make_closing
from tools.examples import FILES, PAGES, find_blocks, make_blocks, make_files, replace_blocks

BLOCKS = make_blocks()
ROOT = PAGES.parents[1]


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.name)
def test_page_shows_what_the_program_makes(path: Path) -> None:
    shown = find_blocks(path.read_text(encoding="utf-8"))
    assert shown == {name: BLOCKS[name] for name in shown}, "run: make fix"


def test_every_example_is_on_one_page() -> None:
    names = [name for path in PAGES.glob("*.md") for name in find_blocks(path.read_text(encoding="utf-8"))]
    assert sorted(names) == sorted(BLOCKS)


def test_files_are_what_the_program_makes() -> None:
    assert {path.name: path.read_bytes() for path in FILES.iterdir()} == make_files(), "run: make fix"


def test_a_block_is_replaced_where_its_name_stands() -> None:
    page = "<!-- example: a -->\n```text\nold\n```\n\n```text\nold\n```\n"
    assert replace_blocks(page, {"a": "new\n"}) == page.replace("old", "new", 1)
    assert find_blocks(page) == {"a": "old\n"}


def test_the_files_do_what_the_pages_say() -> None:
    assert parse_genesis((FILES / "genesis.json").read_bytes()) == GENESIS
    draft = decode_signed((FILES / "closing.draft").read_bytes())
    verify_signatures(draft)
    assert draft == make_closing()
    parse_bundle(json.loads((FILES / "bundle.json").read_bytes()))
    trust = parse_trust((FILES / "trust.txt").read_bytes())
    target = MemoryStore()
    expected = Expected(GENESIS, parse_trust((FILES / "trust.txt").read_bytes()), get_parties)
    with (FILES / "chain.snapshot").open("rb") as file:
        assert restore(file, target, expected).height == 3
    Chain.open(target, GENESIS, RULE_BOOKS, compute_genesis_state(GENESIS), get_parties)
    report = verify_certificate((FILES / "certificate.json").read_bytes(), (trust,), TimeMs(NOW_MS + 10**8)).report
    assert report.verdict is Verdict.VALID
    code = verify_artefact((FILES / "one-code.txt").read_bytes(), Question((trust,), Times(TimeMs(NOW_MS + 10**8))))
    assert (code.kind, code.verdict) == ("one_code", Verdict.VALID)


def test_the_cards_are_good_under_the_trust_file() -> None:
    trust = parse_trust((FILES / "trust.txt").read_bytes())
    times = Times(TimeMs(NOW_MS + 600_000))
    nonce = json.loads(BLOCKS["card-binding"])["nonce"]
    moment = Moment(Height(3), NOW_MS)
    status = make_status_list(name_list(CHAIN_ID, CARD_POSITION), bytes(LIST_BYTES), moment, LOG_KEY).encode()
    for name in ("counter-merchant.txt", "counter-desk.txt", "card-shown.txt"):
        question = Question(
            (trust,), Times(TimeMs(NOW_MS + HOUR_MS)) if name == "card-shown.txt" else times, status, nonce=nonce
        )
        report = verify_artefact((FILES / name).read_bytes(), question)
        assert report.verdict is Verdict.VALID, report


def test_the_trust_file_is_the_one_of_its_page() -> None:
    assert (FILES / "trust.txt").read_text() in (PAGES / "trust-file.md").read_text()


def test_the_page_on_state_has_every_table() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .* \| (yes|no) \|$", (PAGES / "state.md").read_text(), re.MULTILINE)
    expected = [(namespace.decode(), "yes" if table.is_public else "no") for namespace, table in TABLES.items()]
    assert sorted(rows) == sorted(expected)


def test_links_of_all_pages_lead_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)", text):
            linked = (page.parent / target) if target else page
            assert linked.exists(), f"{page.name}: {target}"
            assert not anchor or anchor[1:] in find_anchors(linked), f"{page.name}: {target}{anchor}"


def find_anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
