"""What the pseudo-random ledger draws about saved time."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from contracts.timebank.attestations import Attest, Kin, Relation, WithdrawAttestation
from contracts.timebank.deposits import DeclareGroup, DepositTime
from contracts.timebank.giving import DonateTime, GiveTime, IssueTime
from contracts.timebank.offices import Appoint, Office
from contracts.timebank.spending import BuyWithTime, RedeemTime
from ledger.crypto import SigningKey, sha256
from ledger.types import Day, Identifier, Minutes, TimeMs

Drawn = tuple[Any, tuple[SigningKey, ...]]


class Drawing(Protocol):
    """What these need of the script that draws them."""

    random: Random

    def draw_record(self, time_ms: TimeMs) -> tuple[Identifier, Identifier, Identifier, Day, tuple[SigningKey, ...]]:
        """Return an organisation, a volunteer, a record and a day that fit together, mostly, and an officer."""

    def draw_people(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return two volunteers and the first one's key."""

    def find_keys(self, volunteer: Identifier) -> tuple[SigningKey, ...]:
        """Return a volunteer's key."""

    def draw_office(self) -> tuple[Identifier, tuple[SigningKey, ...], tuple[SigningKey, ...]]:
        """Return an organisation, its officers, and an authority."""

    def draw_own_activity(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return an activity, its organisation and an officer."""

    def draw_own_offer(self) -> tuple[Identifier, Identifier, tuple[SigningKey, ...]]:
        """Return an offer, its merchant and the merchant's key."""


def draw_time_bank(script: Drawing, kind: str, time_ms: TimeMs) -> Drawn | None:
    """Return a body of a kind and who signs it, None for a kind of others."""
    return _MAKERS[kind](script, time_ms) if kind in _MAKERS else None


def _minutes(script: Drawing) -> Minutes:
    return Minutes(script.random.choice((0, 10, 30, 60, 60, 120)))


def _appoint(script: Drawing, _time_ms: TimeMs) -> Drawn:
    organisation, _, authority = script.draw_office()
    return Appoint(organisation, script.random.choice(tuple(Office)), script.random.random() < 0.8), authority


def _attest(script: Drawing, _time_ms: TimeMs) -> Drawn:
    person, volunteer, _ = script.draw_people()
    organisation, officers, authority = script.draw_office()
    by_office = script.random.random() < 0.5
    relation = script.random.choice((None, Relation(volunteer, script.random.choice(tuple(Kin)))))
    body = Attest(organisation if by_office else None, person, relation, sha256(b"papers"))
    return body, officers if by_office else authority


def _withdraw(script: Drawing, _time_ms: TimeMs) -> Drawn:
    person, volunteer, _ = script.draw_people()
    return WithdrawAttestation(None, person, script.random.choice((None, volunteer))), script.draw_office()[2]


def _declare(script: Drawing, _time_ms: TimeMs) -> Drawn:
    activity, organisation, officers = script.draw_own_activity()
    return DeclareGroup(activity, organisation), officers


def _deposit(script: Drawing, time_ms: TimeMs) -> Drawn:
    organisation, volunteer, record, day, officers = script.draw_record(time_ms)
    return DepositTime(organisation, volunteer, record, day), (*script.find_keys(volunteer), *officers)


def _give(script: Drawing, _time_ms: TimeMs) -> Drawn:
    volunteer, recipient, keys = script.draw_people()
    return GiveTime(volunteer, recipient, _minutes(script)), keys


def _donate(script: Drawing, _time_ms: TimeMs) -> Drawn:
    volunteer, _, keys = script.draw_people()
    return DonateTime(volunteer, _minutes(script)), keys


def _issue(script: Drawing, _time_ms: TimeMs) -> Drawn:
    organisation, officers, authority = script.draw_office()
    return IssueTime(organisation, script.draw_people()[0], _minutes(script), sha256(b"need")), (*officers, *authority)


def _redeem(script: Drawing, time_ms: TimeMs) -> Drawn:
    organisation, server, record, day, officers = script.draw_record(time_ms)
    volunteer, relative, keys = script.draw_people()
    people = volunteer, script.random.choice((volunteer, relative))
    body = RedeemTime(organisation, server, record, day, *people, _minutes(script), None)
    return body, (*keys, *officers)


def _buy(script: Drawing, _time_ms: TimeMs) -> Drawn:
    volunteer, _, keys = script.draw_people()
    offer, merchant, merchant_keys = script.draw_own_offer()
    return BuyWithTime(volunteer, merchant, offer, 1, None), (*keys, *merchant_keys)


_MAKERS: dict[str, Callable[[Drawing, TimeMs], Drawn]] = {
    "timebank.appoint": _appoint,
    "timebank.attest": _attest,
    "timebank.withdraw_attestation": _withdraw,
    "timebank.declare_group": _declare,
    "timebank.deposit": _deposit,
    "timebank.give": _give,
    "timebank.donate": _donate,
    "timebank.issue": _issue,
    "timebank.redeem": _redeem,
    "timebank.buy": _buy,
}
