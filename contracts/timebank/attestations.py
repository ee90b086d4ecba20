"""Attestations: a registrar's word that a person is of the age to spend time, or is the relative of another.

Age, birth date and papers stay with the registrar; here is that the rule is met, and a commitment to what was seen, with a
secret salt. Of a relative no more is said than the region's rule asks: where all direct relatives count, nobody is named as
somebody's spouse.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from contracts.identity.departed import require_past_account
from contracts.identity.parties import get_organisation, get_volunteer, require_authority, require_officers
from contracts.kinds import Kind
from contracts.parameters import get_parameter
from contracts.timebank.offices import Office, require_office
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Hash, Identifier


class Kin(IntEnum):
    """Whom a region's rule names: the spouse (Beijing), or all direct relatives, the spouse among them (Nanjing)."""

    SPOUSE = 1
    RELATIVE = 2


@dataclass(frozen=True, slots=True)
class Relation:
    """Of whom the attested person is what the region's rule names."""

    volunteer: Identifier
    kin: Kin


@dataclass(frozen=True, slots=True)
class Attest:
    """Body and event: a person is of age, or, with a relation, the relative of a volunteer.

    `organisation` is the registrar, None for an authority. `proof` commits to what was seen.
    """

    organisation: Identifier | None
    person: Identifier
    relation: Relation | None
    proof: Hash


@dataclass(frozen=True, slots=True)
class WithdrawAttestation:
    """Body and event: what was attested holds no more; `volunteer` is whose relative, None for an age."""

    organisation: Identifier | None
    person: Identifier
    volunteer: Identifier | None


@dataclass(frozen=True, slots=True)
class Attestation:
    """Who attested it, None for an authority; which rule it meets, None for an age; the commitment."""

    registrar: Identifier | None
    kin: Kin | None
    proof: Hash


_kin = codec.member(Kin)
_organisation = codec.optional(codec.identifier)
_relation = codec.struct(Relation, codec.identifier, _kin)
_attest = codec.struct(Attest, _organisation, codec.identifier, codec.optional(_relation), codec.hash_)
_withdraw = codec.struct(WithdrawAttestation, _organisation, codec.identifier, codec.optional(codec.identifier))
ATTESTATIONS: Final[Table[Attestation]] = Table(
    b"time-attestation", codec.struct(Attestation, _organisation, codec.optional(_kin), codec.hash_)
)
"""Key: the person, then whose relative, or nothing for an age."""


def _present(*parties: Identifier | None) -> tuple[Identifier, ...]:
    return tuple(party for party in parties if party is not None)


ATTESTED: Final[EventType[Attest]] = EventType(
    "timebank.attested",
    _attest,
    lambda event: _present(event.person, None if event.relation is None else event.relation.volunteer, event.organisation),
)
ATTESTATION_WITHDRAWN: Final[EventType[WithdrawAttestation]] = EventType(
    "timebank.attestation_withdrawn",
    _withdraw,
    lambda event: _present(event.person, event.volunteer, event.organisation),
)


def is_of_age(view: View, person: Identifier) -> bool:
    """Whether a registrar has attested that the person is of the age to spend time."""
    return ATTESTATIONS.has(view, person)


def is_family(view: View, person: Identifier, volunteer: Identifier) -> bool:
    """Whether a person is attested to be what the region's rule, as it is now, names: a spouse is a relative as well."""
    found = ATTESTATIONS.get(view, person, volunteer)
    return found is not None and found.kin is not None and found.kin <= get_parameter(view, "time_family")


def forget_age(state: Overlay, person: Identifier) -> None:
    """Drop what is attested of the age of a person who is erased."""
    if ATTESTATIONS.has(state, person):
        ATTESTATIONS.delete(state, person)


def carry_age(state: Overlay, person: Identifier, remaining: Identifier) -> None:
    """Let the age that is attested of an account stand with the one that it goes over into. Relatives are attested anew."""
    found = ATTESTATIONS.get(state, person)
    if found is not None:
        ATTESTATIONS.delete(state, person)
        ATTESTATIONS.put(state, found, remaining)


def attest(state: Overlay, body: Attest, context: TransactionContext) -> Effects:
    """Attest an age or a relative (signed by an authority, or by officers of a registrar as its policy says)."""
    if body.organisation is not None:
        get_organisation(state, body.organisation)
    get_volunteer(state, body.person)
    other = None if body.relation is None else body.relation.volunteer
    if other is not None:
        get_volunteer(state, other)
    if body.organisation is None:
        require_authority(state, context)
    else:
        require_office(state, context, body.organisation, Office.REGISTRAR)
    if ATTESTATIONS.has(state, body.person, other or b""):
        raise Rejection(Reason.ALREADY_EXISTS, "that is attested already", body.person.hex())
    if other == body.person:
        raise Rejection(Reason.NO_CHANGE, "nobody is a relative of himself", body.person.hex())
    if body.relation is not None and body.relation.kin != get_parameter(state, "time_family"):
        detail = "the region's rule does not ask for such a relative"
        raise Rejection(Reason.TIME_NOT_OFFERED, detail, body.relation.kin.name.lower())
    kin = None if body.relation is None else body.relation.kin
    ATTESTATIONS.put(state, Attestation(body.organisation, kin, body.proof), body.person, other or b"")
    return Effects((ATTESTED.encode(body),))


def withdraw_attestation(state: Overlay, body: WithdrawAttestation, context: TransactionContext) -> Effects:
    """Withdraw what was attested (signed by an authority, or by one officer of the registrar that attested it)."""
    if body.organisation is not None:
        get_organisation(state, body.organisation)
    require_past_account(state, body.person)
    if body.organisation is None:
        require_authority(state, context)
    else:
        require_officers(state, context, body.organisation, count=1, may_be_suspended=True)
    key = body.person, body.volunteer or b""
    found = ATTESTATIONS.get(state, *key)
    if found is None or body.organisation not in {None, found.registrar}:
        raise Rejection(Reason.UNKNOWN_ATTESTATION, "the registrar has attested no such thing", body.person.hex())
    ATTESTATIONS.delete(state, *key)
    return Effects((ATTESTATION_WITHDRAWN.encode(body),))


KINDS: Final = (
    Kind("timebank.attest", _attest, attest),
    Kind("timebank.withdraw_attestation", _withdraw, withdraw_attestation),
)
EVENTS: Final = (ATTESTED, ATTESTATION_WITHDRAWN)
TABLES: Final = (ATTESTATIONS,)
