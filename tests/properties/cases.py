"""Random operations about certificates, stars, reports and sanctions."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from contracts.card_table import AboutCard
from contracts.cards.registered import RegisterCard
from contracts.certificates.registry import (
    AboutCertificate,
    CertificateStatus,
    RegisterCertificate,
    Revocation,
    RevokeCertificate,
    SupersedeCertificate,
)
from contracts.certificates.stars import DecideStar, ObjectToStar, PublicizeStar, StarStatus
from contracts.reports import AnchorReport
from contracts.sanctions import AboutSanction, ProposeSanction, SanctionReason, SanctionStatus
from ledger.codec import MAX_DAY
from ledger.types import Day, Height, Minutes
from tests.contracts.chain import Chain, hash_of, identifier_of, key_of, name_of, number_of, owner_of

T = TypeVar("T")
Made = tuple[tuple[str, ...], Any]
Maker = Callable[[], Made]
CERTIFICATES = tuple(f"{letter}{number}" for number in range(16) for letter in "cl")
POSITIONS = (*range(40), 1_023, 1_024, 131_071, 131_072)
STARS = tuple(f"star {number}" for number in range(8))
REPORTS = tuple(f"report {number}" for number in range(16))
SANCTIONS = tuple(f"sanction {number}" for number in range(24))
PEOPLE = ("mia", "noa", "old", "pia")


class Draws(Protocol):
    """What these operations need of the generator that draws them."""

    chain: Chain
    now_ms: int

    def choose(self, items: Any) -> Any:
        """Return one of the items."""

    def choose_organisation(self) -> tuple[str, tuple[str, ...]]:
        """Return an organisation and its officers."""

    def choose_officers(self, name: str) -> tuple[str, ...]:
        """Return the officers that an organisation has now."""

    def choose_keys(self, volunteer: str) -> tuple[str, ...]:
        """Return the key that a volunteer has now, if any."""

    def choose_authority(self) -> tuple[str, ...]:
        """Return an authority that decides now."""


def make_cases(draws: Draws) -> dict[str, Maker]:
    """Return the maker of each kind."""
    return {
        "certificates.register": lambda: _register(draws),
        "certificates.revoke": lambda: _revoke(draws),
        "certificates.supersede": lambda: _supersede(draws),
        "certificates.suspend": lambda: _suspend(draws, CertificateStatus.VALID),
        "certificates.reinstate": lambda: _suspend(draws, CertificateStatus.SUSPENDED),
        "cards.register": lambda: _register_card(draws),
        **{f"cards.{step}": lambda: _about_card(draws) for step in ("suspend", "reinstate", "revoke")},
        "certificates.publicize_star": lambda: _publicise(draws),
        "certificates.object_to_star": lambda: _object(draws),
        "certificates.award_star": lambda: _decide(draws, is_award=True),
        "certificates.withdraw_star": lambda: _decide(draws, is_award=False),
        "reports.anchor": lambda: _anchor(draws),
        "sanctions.propose": lambda: _sanction(draws),
        "sanctions.confirm": lambda: _step(draws, SanctionStatus.PROPOSED),
        "sanctions.appeal": lambda: _step(draws, SanctionStatus.CONFIRMED),
        "sanctions.lift": lambda: _step(draws, SanctionStatus.APPEALED),
    }


def _owned(draws: Draws, table: bytes, names: tuple[str, ...], status: int) -> tuple[str, str, tuple[str, ...]]:
    """Return a case, mostly one of this status, its organisation (seldom another) and that one's officers."""
    found = draws.chain.read_table(table)
    identify = number_of if table == b"certificate" else identifier_of
    live = [name for name in names if identify(name) in found and found[identify(name)].status == status]
    case = draws.choose((*live * 8, *names))
    entry = found.get(identify(case))
    if entry is None or draws.choose(range(12)) == 0:
        return case, *draws.choose_organisation()
    name = name_of(entry.organisation.hex())
    return case, name, draws.choose_officers(name)


def _today(draws: Draws) -> int:
    return draws.now_ms // 86_400_000


def _register(draws: Draws) -> Made:
    name, officers = draws.choose_organisation()
    found = draws.chain.read_table(b"certificate")
    unused = [item for item in CERTIFICATES if number_of(item) not in found and owner_of(item) == name]
    number, volunteer = draws.choose((*unused * 8, *CERTIFICATES)), draws.choose(("mia", "mia", *PEOPLE))
    first, last = (min(max(_today(draws) - draws.choose((1, 2, 5, days)), 0), MAX_DAY) for days in (9, -1))
    days = Day(min(first, last)), Day(max(first, last))
    minutes = Minutes(draws.choose((60, 600, 60, 1, 0, -1)))
    ids = number_of(number), identifier_of(name), identifier_of(volunteer)
    position = draws.choose((None, *POSITIONS))
    body = RegisterCertificate(*ids, *days, minutes, hash_of("document"), hash_of(number), position)
    return officers, replace(body, last_day=Day(0)) if draws.choose(range(12)) == 0 else body


def _revoke(draws: Draws) -> Made:
    number, name, officers = _owned(draws, b"certificate", CERTIFICATES, CertificateStatus.VALID)
    body = RevokeCertificate(number_of(number), identifier_of(name), draws.choose(tuple(Revocation)))
    return officers, body


def _suspend(draws: Draws, status: CertificateStatus) -> Made:
    number, name, officers = _owned(draws, b"certificate", CERTIFICATES, status)
    return officers, AboutCertificate(number_of(number), identifier_of(name))


def _register_card(draws: Draws) -> Made:
    volunteer = draws.choose(PEOPLE)
    key = draws.choose(("phone", "tablet", volunteer, "ann"))
    signers = (*draws.choose_keys(volunteer), *draws.choose(((), draws.choose_authority())))
    return signers or (volunteer,), RegisterCard(identifier_of(volunteer), key_of(key).public_key, draws.choose(POSITIONS))


def _about_card(draws: Draws) -> Made:
    """The card that a volunteer has, mostly, by the volunteer or by an authority."""
    volunteer = draws.choose(PEOPLE)
    card = draws.chain.read_table(b"card").get(identifier_of(volunteer))
    position = draws.choose(POSITIONS) if card is None or not draws.choose(range(8)) else card.position
    signers = draws.choose((draws.choose_keys(volunteer), draws.choose_authority()))
    return signers or (volunteer,), AboutCard(identifier_of(volunteer), position)


def _supersede(draws: Draws) -> Made:
    """Mostly one that stands, by another of the same two parties."""
    found, holders = draws.chain.read_table(b"certificate"), draws.chain.read_table(b"certificate-holder")
    valid = [key for key, entry in sorted(found.items()) if entry.status is CertificateStatus.VALID]
    pairs = [
        (old, new)
        for old in valid
        for new in valid
        if old != new and (found[old].organisation, holders[old]) == (found[new].organisation, holders[new])
    ]
    if not pairs or draws.choose(range(4)) == 0:
        number, name, officers = _owned(draws, b"certificate", CERTIFICATES, CertificateStatus.VALID)
        body = SupersedeCertificate(number_of(number), identifier_of(name), number_of(draws.choose(CERTIFICATES)))
        return officers, body
    old, new = draws.choose(pairs)
    organisation = found[old].organisation
    return draws.choose_officers(name_of(organisation.hex())), SupersedeCertificate(old, organisation, new)


def _publicise(draws: Draws) -> Made:
    name, officers = draws.choose_organisation()
    ids = identifier_of(draws.choose(STARS)), identifier_of(name), identifier_of(draws.choose(PEOPLE))
    return officers, PublicizeStar(*ids, draws.choose((1, 1, 2, 2, 3, 4, 5)))


def _object(draws: Draws) -> Made:
    award, name, _ = _owned(draws, b"star", STARS, StarStatus.PUBLICISED)
    objector = draws.choose((*PEOPLE[:2], "Library"))
    own = draws.choose_keys(objector) or (objector,)
    signers = draws.choose_officers(objector)[:1] if objector == "Library" else own
    return signers, ObjectToStar(identifier_of(award), identifier_of(name), identifier_of(objector), hash_of("grounds"))


def _decide(draws: Draws, *, is_award: bool) -> Made:
    award, name, officers = _owned(draws, b"star", STARS, StarStatus.PUBLICISED)
    found = draws.chain.read_table(b"star").get(identifier_of(award))
    waiting = [item for item in draws.chain.read_table(b"star").items() if item[1].status is StarStatus.PUBLICISED]
    due = sorted(item for item, star in waiting if star.effective_day <= _today(draws))
    running = sorted(item for item, star in waiting if star.effective_day > _today(draws))
    if is_award and (due or running):
        award = name_of(draws.choose((*due * 3, *running)).hex())
        found = draws.chain.read_table(b"star")[identifier_of(award)]
        name = name_of(found.organisation.hex())
        officers = draws.choose_officers(name)
    signers = (*officers, *draws.choose_authority()) if is_award and found and found.objectors else officers
    return signers, DecideStar(identifier_of(award), identifier_of(name))


def _anchor(draws: Draws) -> Made:
    name, officers = draws.choose_organisation()
    organisation = draws.choose((None, identifier_of(name)))
    height = Height(max(draws.chain.height + draws.choose((-5, -1, 0, 1)), 0))
    signers = draws.choose_authority() if organisation is None else officers[:1]
    return signers, AnchorReport(hash_of(draws.choose(REPORTS)), organisation, height)


def _sanction(draws: Draws) -> Made:
    name, officers = draws.choose_organisation()
    found = draws.chain.read_table(b"sanction")
    unused = [item for item in SANCTIONS if identifier_of(item) not in found]
    case, volunteer = draws.choose((*unused * 4, *SANCTIONS)), draws.choose(("mia", "noa", *PEOPLE))
    reason = draws.choose((*SanctionReason, SanctionReason.MISCONDUCT, SanctionReason.BAD_FAITH))
    last_day = Day(min(_today(draws) + draws.choose((0, 1, 30, 30, 30, 400)), MAX_DAY))
    ids = identifier_of(case), identifier_of(name), identifier_of(volunteer)
    return officers[:1], ProposeSanction(*ids, reason, last_day, hash_of("grounds"))


def _step(draws: Draws, status: SanctionStatus) -> Made:
    """One step of a sanction of this status; the right people sign it, mostly."""
    case, name, officers = _owned(draws, b"sanction", SANCTIONS, status)
    found = draws.chain.read_table(b"sanction").get(identifier_of(case))
    volunteer = name_of(found.volunteer.hex()) if found and draws.choose(range(8)) else draws.choose(PEOPLE)
    signers = draws.choose_authority()
    if status is SanctionStatus.CONFIRMED:
        signers = draws.choose_keys(volunteer) or (volunteer,)
    elif draws.choose((False, True)) or (found and found.status is not status):
        signers = officers[-1:]
    return signers, AboutSanction(identifier_of(case), identifier_of(name), identifier_of(volunteer), hash_of("grounds"))
