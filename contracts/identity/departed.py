"""Accounts that are no more: what is left of an erased or merged one, and the questions whether an account is there.

A tombstone tells for ever that an account was there, so that its identifier is never given to another, a certificate of it
shows as erased, and nothing more is recorded for it. It says nothing of the person.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from ledger import codec
from ledger.codec import Codec
from ledger.errors import Rejection, RowOutcome
from ledger.reasons import Reason
from ledger.state import Overlay, Table, View
from ledger.types import Day, Hash, Identifier, PublicKey

MAX_TAGS: Final = 8


class Volunteer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A person's account. `key` is None for one who has no device; `enrolled_by` is an organisation.

    `tags` are the registrar's tags of the person: several where several accounts became one.
    """

    key: PublicKey | None
    enrolled_by: Identifier
    tags: tuple[Hash, ...]


_tags: Codec[tuple[Hash, ...]] = codec.sequence(codec.hash_, 1, MAX_TAGS)
VOLUNTEERS: Final[Table[Volunteer]] = Table(
    b"volunteer", codec.struct(Volunteer, codec.optional(codec.public_key), codec.identifier, _tags)
)
ENROLLED: Final[Table[Day]] = Table(b"enrolled", codec.day)
"""Since when a person has an account, the earlier of two that became one."""
ERASED: Final[Table[Day]] = Table(b"erased", codec.day, is_public=True)
"""The tombstone of an erased account: the day. Public, so that whoever is shown a certificate can have it proven."""
MERGED: Final[Table[Identifier]] = Table(b"merged", codec.identifier)
"""The account into which this one went over."""
TABLES: Final = (VOLUNTEERS, ENROLLED, ERASED, MERGED)


def carry_enrolled_day(state: Overlay, volunteer: Identifier, remaining: Identifier | None) -> None:
    """Let an account that ends take its day with it, or leave it to the one that remains where it is the earlier."""
    days = [day for item in (volunteer, remaining) if item is not None and (day := ENROLLED.get(state, item)) is not None]
    ENROLLED.delete(state, volunteer)
    if remaining is not None:
        ENROLLED.put(state, min(days), remaining)


def find_absence(view: View, volunteer: Identifier) -> RowOutcome | None:
    """Return why nothing can be done for an account in a row of a batch, None for one that is there."""
    if VOLUNTEERS.has(view, volunteer):
        return None
    if ERASED.has(view, volunteer):
        return RowOutcome(Reason.VOLUNTEER_ERASED, volunteer.hex())
    if MERGED.has(view, volunteer):
        return RowOutcome(Reason.VOLUNTEER_MERGED, resolve_account(view, volunteer).hex())
    return RowOutcome(Reason.UNKNOWN_VOLUNTEER, volunteer.hex())


def find_absences(view: View, volunteers: Iterable[Identifier]) -> dict[Identifier, RowOutcome]:
    """Return what `find_absence` has against each of the accounts in the rows of a batch; one that is there is left out."""
    accounts = list(dict.fromkeys(volunteers))
    are_there = VOLUNTEERS.has_each(view, accounts)
    if all(are_there):
        return {}
    missing = [account for account, is_there in zip(accounts, are_there, strict=True) if not is_there]
    return {account: absence for account in missing if (absence := find_absence(view, account)) is not None}


def make_absence(view: View, volunteer: Identifier) -> Rejection:
    """Return the refusal of whatever is about an account that is not there."""
    if ERASED.has(view, volunteer):
        return Rejection(Reason.VOLUNTEER_ERASED, "the volunteer's account was erased", volunteer.hex())
    if MERGED.has(view, volunteer):
        remaining = resolve_account(view, volunteer).hex()
        return Rejection(Reason.VOLUNTEER_MERGED, "the volunteer's account went over into another", remaining)
    return Rejection(Reason.UNKNOWN_VOLUNTEER, "there is no such volunteer", volunteer.hex())


def require_account(view: View, volunteer: Identifier) -> None:
    """Raise `Rejection` unless the account is there."""
    if not VOLUNTEERS.has(view, volunteer):
        raise make_absence(view, volunteer)


def require_past_account(view: View, volunteer: Identifier) -> None:
    """Raise `Rejection` unless the account is there or was: what ends something is possible for one that is no more."""
    if not was_enrolled(view, volunteer):
        raise Rejection(Reason.UNKNOWN_VOLUNTEER, "there is no such volunteer", volunteer.hex())


def was_enrolled(view: View, volunteer: Identifier) -> bool:
    """Whether there is an account of this identifier, or was."""
    return any(table.has(view, volunteer) for table in (VOLUNTEERS, ERASED, MERGED))


def resolve_account(view: View, volunteer: Identifier) -> Identifier:
    """Return the account that remains of a merged one, and any other as it is. A person's tags bound how often it goes on."""
    while (remaining := MERGED.get(view, volunteer)) is not None:
        volunteer = remaining
    return volunteer
