"""Erasure from end to end: what is gone from an office, what remains of a person on the chain, and that it leads to nobody."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from cli.office.builders import build_transaction, sign_all
from cli.office.client import NodeClient
from cli.office.record_book import FILE_NAME
from cli.session import compute_now_ms
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.rulebook import RULE_BOOKS, compute_genesis_state, get_parties
from ledger.checkpoint import Checkpoint, parse_signed_checkpoint
from ledger.crypto import sha256
from ledger.errors import HourledgerError
from ledger.merkle import verify_consistency
from ledger.transactions import encode_signed
from ledger.types import Hash, Height, Identifier
from node.chain import Chain
from node.home import Home, load_genesis
from node.keystore import load_key
from node.storage.leveldb import open_leveldb
from tests.cli import people
from tests.cli.command_line import CommandLine
from tests.cli.town import Town, fetch_trust, find_account, make_home
from tests.effort import choose
from tests.functional.candidates import Haystack, list_candidates, make_number
from tests.functional.node_process import NodeProcess

pytestmark = [pytest.mark.functional, pytest.mark.slow]

CHAIN_ID = "town.example/log"
REGION_CODE = "320102"
WHO, OTHER = make_number(REGION_CODE, date(1984, 5, 17), 4), make_number(REGION_CODE, date(1991, 2, 3), 7)
NAME, PLACE = "Wei Zhang 张伟", "The house at 12 Mill Lane"
PUBLIC_PATHS = ("status", "genesis", "trust", "authorities", "regions", "aggregates", "governance", "handovers", "timebank")


@dataclass
class Scene:
    """A town whose node is started and stopped, and a person with a certificate in it."""

    town: Town
    home: Path
    stack: ExitStack

    def start(self) -> NodeProcess:
        self.node = self.stack.enter_context(NodeProcess(self.home))
        self.town = replace(self.town, url=self.node.url)
        return self.node

    def read_headers(self) -> list[bytes]:
        """The hashes of all blocks, each of which names the roots after it. The node is not running."""
        genesis = load_genesis(Home(self.home))
        store = open_leveldb(self.home / "store", create=False)
        try:
            chain = Chain.open(store, genesis, RULE_BOOKS, compute_genesis_state(genesis), get_parties)
            with chain.reader() as reader:
                return [
                    reader.read_entry(reader.find_header_entry(Height(number)))
                    for number in range(reader.tip.header.height + 1)
                ]
        finally:
            store.close()

    def read_chain(self) -> Iterator[bytes]:
        """Every byte of the store: its files as they are, and keys and values unpacked. The node is not running."""
        for path in (self.home / "store").iterdir():
            yield path.read_bytes()
        store = open_leveldb(self.home / "store", create=False)
        try:
            for key, value in store.iterate():
                yield key + value
        finally:
            store.close()

    def read_office(self) -> bytes:
        """Every byte of the record book's files: journals and free pages too."""
        return b"".join(path.read_bytes() for path in (self.town.folder / "office").glob(f"{FILE_NAME}*"))


@pytest.fixture
def scene(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.chdir(tmp_path)
    command_line = CommandLine(capsys)
    with ExitStack() as stack:
        scene = Scene(Town(tmp_path, "", command_line), make_home(tmp_path, command_line, CHAIN_ID), stack)
        scene.start()
        yield scene


def live(scene: Scene) -> str:
    """Register an organisation, enrol two people by their identity numbers, certify hours of both; return the organisation."""
    town = scene.town
    officers = [item for name in ("first", "second") for item in ("--officer", town.make_key(name))]
    organisation: str = town("org", "register", "--name", "河畔", *officers, key="authority").document["organisation"]
    town.hourledger("keys", "registrar", town.folder / "office" / "registrar.key")
    names = town.folder / "people.csv"
    names.write_text(f"volunteer,name,public key\n{WHO},{NAME},{town.make_key('holder')}\n{OTHER},Noa,\n", encoding="utf-8")
    town.at_office("volunteer", "enrol", names, "--organisation", organisation, "--shared-references")
    rows = [f"R-{day},A,Care,Service,2026-05-{day:02},{PLACE},{WHO},60" for day in range(1, 29)]
    rows.append(f"R-99,A,Care,Service,2026-05-02,Town hall,{OTHER},60")
    roster = people.write_roster(town.folder / "roster.csv", rows)
    town.at_office("hours", "import", roster, "--publish", "--shared-references")
    return organisation


def read_salts(scene: Scene) -> list[bytes]:
    with sqlite3.connect(scene.town.folder / "office" / FILE_NAME) as book:
        rows = book.execute("SELECT salt FROM openings JOIN records USING (record) WHERE volunteer_reference = ?", (WHO,))
        return [row[0] for row in rows]


@dataclass(frozen=True)
class Erased:
    """A person who had 28 records and a registered certificate, and was erased: what was there before."""

    organisation: str
    account: str
    salts: list[bytes]
    headers: list[bytes]
    checkpoint: Checkpoint


def erase(scene: Scene) -> Erased:
    organisation = live(scene)
    town, account = scene.town, find_account(scene.town, WHO)
    (town.folder / "trust.txt").write_bytes(fetch_trust(town))
    issue = ("cert", "issue", WHO, "--out", town.folder / "certificate.json", "--register")
    number = town.at_office(*issue).document["id"].removeprefix("urn:uuid:").replace("-", "")
    town("cert", "status", number, "--out", town.folder / "before.json")
    make_card(town, account)
    salts, content = read_salts(scene), scene.read_office()
    assert len(salts) == 28
    assert all(item in content for item in (WHO.encode(), NAME.encode(), PLACE.encode(), bytes.fromhex(account), *salts))
    checkpoint = read_checkpoint(town)
    assert scene.node.stop() == 0
    headers = scene.read_headers()
    scene.start()
    scene.town("volunteer", "erase-account", account, "--certificate", number, "--yes", key="holder")
    office = ("--office", town.folder / "office", "--json")
    assert town.hourledger("volunteer", "erase", WHO, "--yes", *office).document["records"] == 28
    return Erased(organisation, account, salts, headers, checkpoint)


def make_card(town: Town, account: str) -> None:
    """Have the person's business card registered and written; its key is on a phone."""
    town.make_key("phone")
    town("card", "register", account, "--card-key", town.public_key("phone"), key="holder")
    town("card", "issue", account, "--out", town.folder / "card.txt", key="phone")
    shown = ("--claim", "hours", "--nonce", "n-1", "--out", town.folder / "shown.txt")
    town.hourledger("card", "present", town.folder / "card.txt", *shown, "--key", town.folder / "phone.pem")


def read_checkpoint(town: Town) -> Checkpoint:
    with NodeClient(town.url) as client:
        return parse_signed_checkpoint(client.get_bytes("/checkpoint")).checkpoint


def test_what_is_erased_is_gone_and_history_stays(scene: Scene) -> None:
    erased = erase(scene)
    town = scene.town
    content = scene.read_office()
    account = erased.account
    gone = (WHO.encode(), NAME.encode(), PLACE.encode(), bytes.fromhex(account), account.encode(), *erased.salts)
    assert [item for item in gone if item in content] == []
    assert OTHER.encode() in content
    assert b"Town hall" in content

    # The certificate shows as erased to whoever asks, and as what was true to whoever does not.
    verify = ("verify", town.folder / "certificate.json", "--trust", town.folder / "trust.txt", "--json")
    shown = town.hourledger(*verify, "--node", town.url)
    assert (shown.code, shown.document["register"]) == (1, "erased")
    history = town.hourledger(*verify)
    assert (history.code, history.document["register"]) == (0, None)
    assert town.hourledger(*verify, "--status", town.folder / "before.json").document["register"] == "valid"

    number = history.document["statement"]["position"] // 131_072
    with NodeClient(town.url) as client:
        (town.folder / "list.jwt").write_bytes(client.get_bytes(f"/v1/status-lists/{number}"))
    listed = town.hourledger(*verify, "--status", town.folder / "list.jwt")
    assert (listed.code, listed.document["checks"][-1]["reason"]) == (1, "not_current")
    assert "erased" in listed.document["checks"][-1]["detail"]

    # So does the card, and nobody writes another.
    card = ("verify", town.folder / "shown.txt", "--trust", town.folder / "trust.txt", "--nonce", "n-1", "--json")
    shown = town.hourledger(*card, "--node", town.url)
    assert (shown.code, shown.document["statement"]["standing"]) == (1, "erased")
    assert town("card", "issue", account, "--out", town.folder / "again.txt", key="phone", good=False).code == 1

    # The log goes on from where it was, and replay from the first block gives the same roots in every old block.
    known, newest = erased.checkpoint, read_checkpoint(town)
    with NodeClient(town.url) as client:
        answer = client.get_json("/v1/consistency", {"old": known.size, "new": newest.size})
    hashes = tuple(Hash(bytes.fromhex(item)) for item in answer["hashes"])
    verify_consistency(known.size, known.root, newest.size, newest.root, hashes)
    assert scene.node.stop() == 0
    assert scene.read_headers()[: len(erased.headers)] == erased.headers
    assert town.hourledger("fsck", scene.home).code == 0


def test_whoever_tries_every_number_finds_nobody(scene: Scene) -> None:
    erased = erase(scene)
    candidates = list(list_candidates(REGION_CODE, *choose((1983, 1992), (1975, 1994)), (4, 7)))
    assert {WHO, OTHER} <= set(candidates)
    public = list_public(scene, erased)
    answers = collect_answers(scene.town, erased)
    assert scene.node.stop() == 0
    assert Haystack.collect([*scene.read_chain(), *answers]).find(candidates, public) == []

    # The same search does find a person whom a careless registrar enrols under a bare hash.
    scene.start()
    plant_bare_hash(scene.town, erased.organisation)
    assert scene.node.stop() == 0
    assert Haystack.collect(scene.read_chain()).find(candidates, public) == [(OTHER, "sha256")]


def collect_answers(town: Town, erased: Erased) -> list[bytes]:
    """What the node tells everybody, and the organisation; the person has lost every right to ask."""
    officer, holder = (load_key(town.folder / f"{name}.pem", None) for name in ("first", "holder"))
    paths = [f"/v1/{path}" for path in PUBLIC_PATHS]
    paths += [f"/v1/organisations/{erased.organisation}", f"/v1/erasures/{erased.account}", "/checkpoint"]
    paths += [f"/v1/entries/{index}" for index in range(read_checkpoint(town).size)]
    answers = []
    with NodeClient(town.url) as client:
        for path in paths:
            with suppress(HourledgerError):  # an entry that is not for everybody
                answers.append(client.get_bytes(path))
        places = (f"organisations/{erased.organisation}", f"volunteers/{erased.account}")
        documents = [client.get_json(f"/v1/{place}/entries", key=officer) for place in places]
        answers.extend(json.dumps(document).encode() for document in documents)
        with pytest.raises(HourledgerError):
            client.get_json(f"/v1/volunteers/{erased.account}", key=holder)
    assert len(answers) > len(PUBLIC_PATHS) + 5
    return answers


def plant_bare_hash(town: Town, organisation: str) -> None:
    careless = Enrolment(Identifier(b"a careless entry"), sha256(OTHER.encode()), None)
    body = EnrolVolunteers(Identifier(bytes.fromhex(organisation)), (careless,))
    unsigned = build_transaction(CHAIN_ID, "identity.enrol_volunteers", body, compute_now_ms() + 60_000)
    signed = sign_all(unsigned, [load_key(town.folder / "first.pem", None)])
    with NodeClient(town.url) as client:
        client.carry_out(encode_signed(signed), signed.transaction_id).require_accepted()


def list_public(scene: Scene, erased: Erased) -> list[bytes]:
    """What a guess may be mixed with that is no secret: the chain's name, keys and identifiers."""
    keys = [
        load_key(scene.town.folder / f"{name}.pem", None).public_key
        for name in ("authority", "first", "second", "holder", "phone")
    ]
    return [CHAIN_ID.encode(), bytes(32), bytes.fromhex(erased.organisation), bytes.fromhex(erased.account), *map(bytes, keys)]
