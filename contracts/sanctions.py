"""Sanctions: two people block a volunteer from signing up, for a reason and until a day, with an appeal (DOMAIN 4, rule 9).

An organisation proposes, another person confirms: an officer of it who did not sign the proposal, or an authority. No machine
decides (Personal Information Protection Law, 24): the counter of unexcused absences only says that a proposal is possible, and
a person has to make it. Nobody reads what became of it but the volunteer and the organisation.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from contracts.activities.attendance import get_year_of_marks
from contracts.blocks import BLOCKS, Block, is_blocked
from contracts.identity.departed import require_account, require_past_account
from contracts.identity.parties import (
    get_acting,
    get_authorities,
    get_organisation,
    require_authority,
    require_officers,
    require_own_officers,
    require_volunteer,
)
from contracts.kinds import Kind, Module
from contracts.parameters import compute_today, get_parameter
from ledger import codec
from ledger.errors import Rejection
from ledger.events import EventType
from ledger.execution import Effects, TransactionContext
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, PublicKey


class SanctionReason(IntEnum):
    """Why somebody is to be blocked. A code, because free text about a person does not belong on the chain."""

    ABSENCES = 1
    BAD_FAITH = 2
    MISCONDUCT = 3
    FALSE_RECORDS = 4


class SanctionStatus(IntEnum):
    """How far a sanction is."""

    PROPOSED = 1
    CONFIRMED = 2
    APPEALED = 3
    LIFTED = 4


@dataclass(frozen=True, slots=True)
class Sanction:
    """A block of one volunteer until `last_day`, included. `proposers` cannot confirm it."""

    organisation: Identifier
    volunteer: Identifier
    reason: SanctionReason
    last_day: Day
    status: SanctionStatus
    proposers: tuple[PublicKey, ...]


@dataclass(frozen=True, slots=True)
class ProposeSanction:
    """Body: an organisation proposes to block a volunteer until a day; `grounds` is the hash of what happened."""

    sanction: Identifier
    organisation: Identifier
    volunteer: Identifier
    reason: SanctionReason
    last_day: Day
    grounds: Hash


@dataclass(frozen=True, slots=True)
class AboutSanction:
    """Body: one step of a sanction. `grounds` is the hash of why."""

    sanction: Identifier
    organisation: Identifier
    volunteer: Identifier
    grounds: Hash


@dataclass(frozen=True, slots=True)
class SanctionChanged:
    """Event: where a sanction stands now, and the hash of the grounds for the step."""

    sanction: Identifier
    organisation: Identifier
    volunteer: Identifier
    reason: SanctionReason
    last_day: Day
    status: SanctionStatus
    grounds: Hash


_MAX_PROPOSERS: Final = 16
_reason = codec.member(SanctionReason)
_status = codec.member(SanctionStatus)
_propose = codec.struct(ProposeSanction, codec.identifier, codec.identifier, codec.identifier, _reason, codec.day, codec.hash_)
_about = codec.struct(AboutSanction, codec.identifier, codec.identifier, codec.identifier, codec.hash_)

SANCTIONS: Final[Table[Sanction]] = Table(
    b"sanction",
    codec.struct(
        Sanction,
        codec.identifier,
        codec.identifier,
        _reason,
        codec.day,
        _status,
        codec.sequence(codec.public_key, 1, _MAX_PROPOSERS),
    ),
)
SANCTION_CHANGED: Final[EventType[SanctionChanged]] = EventType(
    "sanctions.changed",
    codec.struct(
        SanctionChanged, codec.identifier, codec.identifier, codec.identifier, _reason, codec.day, _status, codec.hash_
    ),
    lambda event: (event.volunteer, event.organisation),
)


def may_propose_for_absences(view: View, volunteer: Identifier, today: Day) -> bool:
    """Whether a volunteer's unexcused absences of the calendar year are as many as the region asks for."""
    day = Day(max(0, min(today, codec.MAX_DAY)))
    return get_year_of_marks(view, volunteer, day).absent >= get_parameter(view, "absences_for_sanction")


def propose_sanction(state: Overlay, body: ProposeSanction, context: TransactionContext) -> Effects:
    """Propose to block a volunteer (signed by one officer). Nobody is blocked by that."""
    _require_known(state, body.organisation, body.volunteer)
    organisation = require_own_officers(state, context, body.organisation, count=1)
    if SANCTIONS.has(state, body.sanction):
        raise Rejection(Reason.ALREADY_EXISTS, "the sanction's identifier is taken", body.sanction.hex())
    today = compute_today(state, context.block.time_ms)
    longest = get_parameter(state, "max_sanction_days")
    if not 0 < body.last_day - today <= longest:
        raise Rejection(Reason.INVALID_PERIOD, f"a sanction ends after today and within {longest} days", str(body.last_day))
    if body.reason is SanctionReason.ABSENCES and not may_propose_for_absences(state, body.volunteer, today):
        raise Rejection(Reason.TOO_FEW_ABSENCES, "the volunteer was not absent that often this year", body.volunteer.hex())
    proposers = tuple(key for key in organisation.officers if key in context.signers)
    content = body.organisation, body.volunteer, body.reason, body.last_day
    return _put(state, body.sanction, Sanction(*content, SanctionStatus.PROPOSED, proposers), body.grounds)


def confirm_sanction(state: Overlay, body: AboutSanction, context: TransactionContext) -> Effects:
    """Block the volunteer (signed by one officer who did not propose it, or by an authority)."""
    _require_known(state, body.organisation, body.volunteer)
    _require_second_person(state, body, context)
    sanction = _require_own(state, body)
    if sanction.status is not SanctionStatus.PROPOSED:
        raise Rejection(Reason.SANCTION_CLOSED, f"the sanction is {sanction.status.name.lower()}", body.sanction.hex())
    today = compute_today(state, context.block.time_ms)
    if today > sanction.last_day or is_blocked(state, body.volunteer, today):
        raise Rejection(Reason.SANCTION_CLOSED, "the sanction is over, or another one is in force", body.sanction.hex())
    BLOCKS.put(state, Block(body.sanction, sanction.last_day), body.volunteer)
    return _put(state, body.sanction, replace(sanction, status=SanctionStatus.CONFIRMED), body.grounds)


def appeal_sanction(state: Overlay, body: AboutSanction, context: TransactionContext) -> Effects:
    """Appeal against a sanction that was confirmed, once (signed by the volunteer)."""
    get_organisation(state, body.organisation)
    require_volunteer(state, context, body.volunteer)
    sanction = _require_own(state, body)
    if sanction.status is not SanctionStatus.CONFIRMED:
        raise Rejection(Reason.SANCTION_CLOSED, f"the sanction is {sanction.status.name.lower()}", body.sanction.hex())
    return _put(state, body.sanction, replace(sanction, status=SanctionStatus.APPEALED), body.grounds)


def lift_sanction(state: Overlay, body: AboutSanction, context: TransactionContext) -> Effects:
    """Drop a proposal or end a block (signed by one officer, or, where the volunteer has appealed, by an authority)."""
    get_organisation(state, body.organisation)
    require_past_account(state, body.volunteer)
    found = SANCTIONS.get(state, body.sanction)
    if found is not None and found.status is SanctionStatus.APPEALED:
        require_authority(state, context)
    else:
        require_officers(state, context, body.organisation, count=1, may_be_suspended=True)
    sanction = _require_own(state, body)
    if sanction.status is SanctionStatus.LIFTED:
        raise Rejection(Reason.SANCTION_CLOSED, "the sanction is lifted", body.sanction.hex())
    block = BLOCKS.get(state, body.volunteer)
    if block is not None and block.sanction == body.sanction:
        BLOCKS.delete(state, body.volunteer)
    return _put(state, body.sanction, replace(sanction, status=SanctionStatus.LIFTED), body.grounds)


def _require_known(state: View, organisation: Identifier, volunteer: Identifier) -> None:
    get_organisation(state, organisation)
    require_account(state, volunteer)


def _require_second_person(state: View, body: AboutSanction, context: TransactionContext) -> None:
    """Raise `Rejection` unless an authority signed, or an officer who is not among the proposers."""
    if any(item.key in context.signers for item in get_authorities(state, context.block.height)):
        return
    sanction = SANCTIONS.get(state, body.sanction)
    signed = set(get_acting(state, body.organisation).officers) & set(context.signers)
    if sanction is not None and signed and signed <= set(sanction.proposers):
        raise Rejection(Reason.NOT_PERMITTED, "who proposed it cannot confirm it", context.signers[0].hex())
    require_officers(state, context, body.organisation, count=1)


def _require_own(state: View, body: AboutSanction) -> Sanction:
    sanction = SANCTIONS.get(state, body.sanction)
    if sanction is None or (sanction.organisation, sanction.volunteer) != (body.organisation, body.volunteer):
        raise Rejection(Reason.UNKNOWN_SANCTION, "there is no such sanction of the volunteer", body.sanction.hex())
    return sanction


def _put(state: Overlay, identifier: Identifier, sanction: Sanction, grounds: Hash) -> Effects:
    SANCTIONS.put(state, sanction, identifier)
    content = sanction.organisation, sanction.volunteer, sanction.reason, sanction.last_day, sanction.status
    return Effects((SANCTION_CHANGED.encode(SanctionChanged(identifier, *content, grounds)),))


MODULE: Final = Module(
    kinds=(
        Kind("sanctions.propose", _propose, propose_sanction),
        Kind("sanctions.confirm", _about, confirm_sanction),
        Kind("sanctions.appeal", _about, appeal_sanction),
        Kind("sanctions.lift", _about, lift_sanction),
    ),
    events=(SANCTION_CHANGED,),
    tables=(SANCTIONS,),
)
