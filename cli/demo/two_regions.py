"""Two regions, a chain and a node each: a volunteer moves from one to the other, and time goes along, once.

Each step can be run again, as in the story of one region: what an earlier run has done is found, not done twice.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from certificates.artefacts import verify_artefact
from certificates.card import MAX_CARD_BYTES, Showing, compute_open_audience, present_card
from certificates.checks import Times
from certificates.register import MAX_STATUS_BYTES
from certificates.reports import ArtefactReport, Question
from certificates.verification import MAX_CERTIFICATE_BYTES, CertificateReport, verify_certificate
from cli.demo.home import OFFICERS, DemoHome
from cli.demo.steps import Steps
from cli.demo.story import find_account, load_registrar
from cli.office.builders import DIRECT_VALIDITY_MS, build_transaction, new_identifier, sign_all
from cli.office.files import write_whole
from cli.office.record_book import RecordBook
from cli.reading import read_bounded
from cli.regions import MAX_TRANSFER_BYTES, build_receipt, save_transfer
from cli.session import compute_now_ms
from cli.trust_files import load_policies
from contracts.cards.registered import RegisterCard
from contracts.certificates.stars import PublicizeStar
from contracts.identity.organisations import RegisterOrganisation
from contracts.identity.volunteers import Enrolment, EnrolVolunteers
from contracts.regions.arriving import ReceiveTime
from contracts.regions.leaving import SendTime
from contracts.regions.trusted import TrustRegion
from contracts.statuses import LIST_POSITIONS
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.transactions import encode_signed
from ledger.types import Identifier, Minutes, TimeMs

RIVER: Final = ("river.hourledger.example/log", "River 河")
LAKE: Final = ("lake.hourledger.example/log", "Lake 湖")
NEW_ORGANISATION: Final = "Lakeside Volunteers 湖畔志愿服务队"
SHOWN_CLAIM: Final = "imported_minutes"
STAR_HOURS: Final = 1
"""What the lake asks for one star: little enough that the time of any roster leads to it."""


@dataclass(frozen=True, slots=True)
class TwoHomes:
    """Where everything of two regions is."""

    folder: Path

    @property
    def river(self) -> DemoHome:
        """The region that the volunteer comes from."""
        return DemoHome(self.folder / "river")

    @property
    def lake(self) -> DemoHome:
        """The region that the volunteer goes to."""
        return DemoHome(self.folder / "lake")

    @property
    def trust(self) -> Path:
        """The trust files of both, side by side."""
        return self.folder / "trust"

    @property
    def card(self) -> Path:
        """The volunteer's business card of the lake."""
        return self.folder / "card.txt"

    @property
    def status_list(self) -> Path:
        """The list that says whether the card stands."""
        return self.folder / "status-list.jwt"

    @property
    def transfer(self) -> Path:
        """The file that shows that time has left the river."""
        return self.folder / "transfer.json"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The volunteer's account at the lake, and the organisation that enrolled it."""

    organisation: Identifier
    volunteer: Identifier


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was seen at the lake: what counts there, and why a second arrival and an early star were refused."""

    minutes: int
    second_arrival: Reason | None
    star_before: Reason | None
    stars: int


def trust_each_other(homes: TwoHomes, river: Steps, lake: Steps) -> None:
    """Save both trust files side by side, and let the authorities of each region vote for the other's."""
    files = {name: steps.client.get_bytes("/v1/trust") for name, steps in (("river", river), ("lake", lake))}
    for name, data in files.items():
        write_whole(homes.trust / f"{name}.txt", data)
    _trust(homes.river, river, TrustRegion(lake.chain_id, files["lake"]))
    _trust(homes.lake, lake, TrustRegion(river.chain_id, files["river"]))


def _trust(home: DemoHome, steps: Steps, body: TrustRegion) -> None:
    steps.carry_out("trust", "regions.trust", lambda: body, [home.load_authority()])


def welcome(home: DemoHome, steps: Steps) -> Newcomer:
    """Register an organisation at the lake and enrol the newcomer, who brings a key."""
    officers = home.load_officers()
    keys = tuple(key.public_key for key in officers)
    organisation = steps.carry_out(
        "1-organisation",
        "identity.register_organisation",
        lambda: RegisterOrganisation(new_identifier(), NEW_ORGANISATION, keys, len(OFFICERS)),
        [home.load_authority()],
    ).organisation
    tag = load_registrar(home).compute_tag(organisation, "newcomer")
    person = home.load_person("volunteer").public_key
    enrolled = steps.carry_out(
        "2-enrol",
        "identity.enrol_volunteers",
        lambda: EnrolVolunteers(organisation, (Enrolment(new_identifier(), tag, person),)),
        officers[:1],
    )
    return Newcomer(organisation, enrolled.rows[0].volunteer)


def check_certificate(homes: TwoHomes) -> CertificateReport:
    """Check the river's certificate from its file, under the trust files side by side."""
    data = read_bounded(homes.river.certificate, MAX_CERTIFICATE_BYTES, "the certificate")
    return verify_certificate(data, load_policies((homes.trust,)), TimeMs(compute_now_ms()))


def send(homes: TwoHomes, steps: Steps, holder: str, recipient: Identifier, region: str, minutes: int) -> Minutes:
    """Let the holder send time to the lake, and save the file that shows it; return the minutes."""
    with RecordBook(homes.river.office) as book:
        volunteer = find_account(book, holder)
    key = homes.river.load_person("volunteer")
    body = SendTime(volunteer, region, recipient, Minutes(minutes))
    sent = steps.carry_out("send", "regions.send_time", lambda: body, [key])
    save_transfer(steps.client, steps.load("send").transaction_id, key, homes.transfer)
    return sent.minutes


def arrive(homes: TwoHomes, steps: Steps, newcomer: Newcomer) -> Arrival:
    """Let the time count at the lake, try it a second time, and let it lead to a star."""
    before = None if steps.is_begun("receive") else _try_star(homes.lake, steps, newcomer)
    receipt = _read_receipt(homes)
    steps.carry_out("receive", "regions.receive_time", lambda: receipt, [homes.lake.load_person("volunteer")])
    second = _receive_again(homes, steps)
    stars = _publicise_star(homes.lake, steps, newcomer)
    path = f"/v1/volunteers/{newcomer.volunteer.hex()}/merits"
    merits = steps.client.get_json(path, key=homes.lake.load_person("volunteer"))
    return Arrival(sum(item["minutes"] for item in merits["totals"]), second, before, stars)


def fetch_card(homes: TwoHomes, steps: Steps, newcomer: Newcomer) -> None:
    """Register a business card at the lake, have the node write it, and save it with the list that says whether it stands."""
    key = homes.lake.load_person("volunteer")
    registered = steps.carry_out(
        "card",
        "cards.register",
        lambda: RegisterCard(newcomer.volunteer, key.public_key, _find_position(steps)),
        [key],
    )
    card = steps.client.post_bytes("/v1/cards", {"volunteer": newcomer.volunteer.hex()}, key=key)
    number = registered.position // LIST_POSITIONS
    write_whole(homes.card, card)
    write_whole(homes.status_list, steps.client.get_bytes(f"/v1/status-lists/{number}"))


def _find_position(steps: Steps) -> int:
    return int(steps.client.get_json("/v1/status-positions/free")["position"])


def show_card(homes: TwoHomes) -> ArtefactReport:
    """Show what has arrived, and nothing else of the card, for a verifier's nonce; return what the verifier finds, offline."""
    now_ms = TimeMs(compute_now_ms())
    nonce = new_identifier().hex()
    text = read_bounded(homes.card, MAX_CARD_BYTES, "the card").decode("ascii", "replace")
    showing = Showing(compute_open_audience(LAKE[0]), nonce, now_ms)
    shown = present_card(text, [SHOWN_CLAIM], homes.lake.load_person("volunteer"), showing)
    status = read_bounded(homes.status_list, MAX_STATUS_BYTES, "the status list")
    question = Question(load_policies((homes.trust,)), Times(now_ms), status, nonce=nonce)
    return verify_artefact(shown.encode(), question)


def _read_receipt(homes: TwoHomes) -> ReceiveTime:
    receipt, _left = build_receipt(read_bounded(homes.transfer, MAX_TRANSFER_BYTES, "the proof"), None)
    return receipt


def _receive_again(homes: TwoHomes, steps: Steps) -> Reason | None:
    """Send the same file once more, as a transaction of its own; return why it is refused."""
    unsigned = build_transaction(
        steps.chain_id, "regions.receive_time", _read_receipt(homes), compute_now_ms() + DIRECT_VALIDITY_MS
    )
    signed = sign_all(unsigned, [homes.lake.load_person("volunteer")])
    return steps.client.carry_out(encode_signed(signed), signed.transaction_id).reason


def _make_star(newcomer: Newcomer) -> PublicizeStar:
    return PublicizeStar(new_identifier(), newcomer.organisation, newcomer.volunteer, 1)


def _publicise_star(home: DemoHome, steps: Steps, newcomer: Newcomer) -> int:
    """Publicise a star for the newcomer; return how many, none where the roster's holder has served less than it asks for."""
    try:
        body = steps.carry_out("star", "certificates.publicize_star", lambda: _make_star(newcomer), home.load_officers())
    except HourledgerError as error:
        if error.reason is not Reason.TOO_FEW_HOURS:
            raise
        return 0
    return body.stars


def _try_star(home: DemoHome, steps: Steps, newcomer: Newcomer) -> Reason | None:
    """Ask whether the newcomer could have a star now; return why not."""
    unsigned = build_transaction(
        steps.chain_id, "certificates.publicize_star", _make_star(newcomer), compute_now_ms() + DIRECT_VALIDITY_MS
    )
    return steps.client.dry_run(encode_signed(sign_all(unsigned, home.load_officers()))).reason
