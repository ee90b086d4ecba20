"""Random operations about saved time."""

from collections.abc import Callable
from typing import Any, Protocol

from contracts.certificates.stars import StarStatus
from contracts.records import Record
from contracts.timebank.attestations import Attest, Kin, Relation, WithdrawAttestation
from contracts.timebank.deposits import DeclareGroup, DepositTime
from contracts.timebank.giving import DonateTime, GiveTime, IssueTime
from contracts.timebank.offices import Appoint, Office
from contracts.timebank.spending import BuyWithTime, RedeemTime
from ledger.types import Day, Identifier, Minutes
from tests.contracts.chain import Chain, hash_of, identifier_of, name_of

Made = tuple[tuple[str, ...], Any]
Maker = Callable[[], Made]
PEOPLE = ("mia", "noa", "old", "pia")
ORGANISATIONS = ("Harbour", "Library")
AMOUNTS = (1, 10, 30, 60, 60, 120, 600, 0, -1, 1_000_000)


class Draws(Protocol):
    """What these operations need of the generator that draws them."""

    chain: Chain

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

    def choose_record(self) -> tuple[str, Identifier, Record] | None:
        """Return a record with its organisation's name and its volunteer, mostly one that counts."""

    def choose_activity(self) -> tuple[str, str, tuple[str, ...]]:
        """Return an activity, its organisation and that one's officers."""


def make_time_operations(draws: Draws) -> dict[str, Maker]:
    """Return the maker of each kind."""
    return {
        "timebank.appoint": lambda: _appoint(draws),
        "timebank.attest": lambda: _attest(draws),
        "timebank.withdraw_attestation": lambda: _withdraw(draws),
        "timebank.declare_group": lambda: _declare(draws),
        "timebank.deposit": lambda: _deposit(draws),
        "timebank.give": lambda: _give(draws),
        "timebank.donate": lambda: _donate(draws),
        "timebank.issue": lambda: _issue(draws),
        "timebank.redeem": lambda: _redeem(draws),
        "timebank.buy": lambda: _buy(draws),
    }


def _holder(draws: Draws, volunteer: Identifier) -> tuple[str, ...]:
    """Whoever acts for a person: the person, or the officers of who enrolled one without a key."""
    found = draws.chain.read_table(b"volunteer").get(volunteer)
    if found is not None and found.key is None:
        return draws.choose_officers(name_of(found.enrolled_by.hex()))
    return draws.choose_keys(name_of(volunteer.hex())) or ("mia",)


def _appoint(draws: Draws) -> Made:
    body = Appoint(identifier_of(draws.choose(ORGANISATIONS)), draws.choose(tuple(Office)), draws.choose((True, True, False)))
    return draws.choose_authority(), body


def _registrar(draws: Draws) -> tuple[tuple[str, ...], Identifier | None]:
    """Mostly an authority or an organisation that is one."""
    offices = [key[:16] for key in sorted(draws.chain.read_table(b"time-office")) if key[16] == Office.REGISTRAR]
    if draws.choose((False, True)):
        return draws.choose_authority(), None
    name = name_of(draws.choose(offices).hex()) if offices and draws.choose(range(6)) else draws.choose_organisation()[0]
    return draws.choose_officers(name), identifier_of(name)


def _attest(draws: Draws) -> Made:
    signers, organisation = _registrar(draws)
    person, volunteer = draws.choose(PEOPLE), draws.choose(PEOPLE[:3])
    kin = draws.choose((Kin.RELATIVE, Kin.RELATIVE, Kin.RELATIVE, Kin.SPOUSE))
    relation = draws.choose((None, Relation(identifier_of(volunteer), kin)))
    return signers, Attest(organisation, identifier_of(person), relation, hash_of("papers"))


def _withdraw(draws: Draws) -> Made:
    found = sorted(draws.chain.read_table(b"time-attestation").items())
    if not found or draws.choose(range(4)) == 0:
        signers, organisation = _registrar(draws)
        return signers, WithdrawAttestation(organisation, identifier_of(draws.choose(PEOPLE)), None)
    key, item = draws.choose(found)
    volunteer = Identifier(key[16:]) if key[16:] else None
    if item.registrar is None:
        return draws.choose_authority(), WithdrawAttestation(None, Identifier(key[:16]), volunteer)
    signers = draws.choose_officers(name_of(item.registrar.hex()))[:1]
    return signers, WithdrawAttestation(item.registrar, Identifier(key[:16]), volunteer)


def _declare(draws: Draws) -> Made:
    activity, name, officers = draws.choose_activity()
    return officers[:1], DeclareGroup(identifier_of(activity), identifier_of(name))


def _deposit(draws: Draws) -> Made:
    found = draws.choose_record()
    if found is None:
        body = DepositTime(identifier_of("Harbour"), identifier_of(draws.choose(PEOPLE)), identifier_of("r1"), Day(19_780))
        return _holder(draws, body.volunteer), body
    name, volunteer, record = found
    return _holder(draws, volunteer), DepositTime(identifier_of(name), volunteer, record.record, record.day)


def _rich(draws: Draws) -> Identifier:
    """Mostly somebody with saved time."""
    rich = [Identifier(key) for key, item in sorted(draws.chain.read_table(b"time-account").items()) if item.lots]
    return Identifier(draws.choose((*rich * 6, *map(identifier_of, PEOPLE))))


def _amount(draws: Draws) -> Minutes:
    return Minutes(draws.choose(AMOUNTS))


def _relative_of(draws: Draws, volunteer: Identifier) -> Identifier:
    """Mostly somebody who is attested to be the volunteer's relative."""
    found = [Identifier(key[:16]) for key in sorted(draws.chain.read_table(b"time-attestation")) if key[16:] == volunteer]
    return Identifier(draws.choose((*found * 6, *map(identifier_of, PEOPLE))))


def _give(draws: Draws) -> Made:
    volunteer = _rich(draws)
    return _holder(draws, volunteer), GiveTime(volunteer, _relative_of(draws, volunteer), _amount(draws))


def _donate(draws: Draws) -> Made:
    volunteer = _rich(draws)
    return _holder(draws, volunteer), DonateTime(volunteer, _amount(draws))


def _elder(draws: Draws) -> Identifier:
    """Mostly somebody whose age is attested."""
    found = [Identifier(key) for key in sorted(draws.chain.read_table(b"time-attestation")) if len(key) == 16]
    return Identifier(draws.choose((*found * 6, *map(identifier_of, PEOPLE))))


def _issue(draws: Draws) -> Made:
    keepers = [key[:16] for key in sorted(draws.chain.read_table(b"time-office")) if key[16] == Office.POOL_KEEPER]
    name = name_of(draws.choose(keepers).hex()) if keepers and draws.choose(range(6)) else draws.choose_organisation()[0]
    authority = draws.choose_authority() if draws.choose(range(6)) else ()
    body = IssueTime(identifier_of(name), _elder(draws), _amount(draws), hash_of("need"))
    return (*draws.choose_officers(name), *authority), body


def _star_of(draws: Draws, volunteer: Identifier) -> Identifier | None:
    """One of the volunteer's awards, if there is any."""
    stars = sorted(draws.chain.read_table(b"star").items())
    own = [Identifier(key) for key, star in stars if (star.volunteer, star.status) == (volunteer, StarStatus.AWARDED)]
    return Identifier(draws.choose(own)) if own else None


def _redeem(draws: Draws) -> Made:
    volunteer = _rich(draws)
    beneficiary = volunteer if draws.choose((False, True)) else _relative_of(draws, volunteer)
    found = draws.choose_record()
    name, server, record, day = "Harbour", identifier_of("noa"), identifier_of("r1"), Day(19_780)
    if found is not None:
        name, server, record, day = found[0], found[1], found[2].record, found[2].day
    body = RedeemTime(
        identifier_of(name), server, record, day, volunteer, beneficiary, _amount(draws), _star_of(draws, volunteer)
    )
    return tuple(dict.fromkeys((*_holder(draws, volunteer), *draws.choose_officers(name)[:1]))), body


def _buy(draws: Draws) -> Made:
    volunteer = _rich(draws)
    offers = sorted(draws.chain.read_table(b"offer").items())
    key, offer = draws.choose(offers)
    body = BuyWithTime(volunteer, offer.merchant, Identifier(key), draws.choose((1, 1, 2)), _star_of(draws, volunteer))
    return (*_holder(draws, volunteer), name_of(offer.merchant.hex())), body
