"""What the tables of ledgers say about accounts that end, and organisations that act for others."""

from datetime import date
from typing import Any

from contracts.accounts.carrying import CarryMonth, CarryPlaces
from contracts.accounts.erasing import EraseVolunteer
from contracts.accounts.merging import MergeVolunteers
from contracts.identity.groups import RegisterGroup
from contracts.identity.guardians import EndGuardianship, SetGuardian
from contracts.identity.succession import SucceedOrganisation
from ledger.genesis import to_date, to_day
from tests.contracts.chain import Chain, hash_of, identifier_of, key_of, name_of, number_of


def parse_account(words: list[str], _rows: list[str]) -> tuple[str, Any] | None:  # noqa: PLR0911 - a table of words
    """Kind and body of what a row says, None where it is about something else."""
    match words:
        case ["erase", volunteer, *named]:
            # `erase mia leaving Shore Reading certificates c1 c2`
            places = tuple(map(identifier_of, _take_after(named, "leaving")))
            numbers = tuple(map(number_of, _take_after(named, "certificates")))
            return "identity.erase_volunteer", EraseVolunteer(identifier_of(volunteer), places, numbers)
        case ["succeed", former, "by", successor]:
            return "identity.succeed_organisation", SucceedOrganisation(identifier_of(former), identifier_of(successor))
        case ["group", group, "under", guide, "officers", *officers, "approvals", approvals]:
            keys = tuple(key_of(officer).public_key for officer in officers)
            ids = identifier_of(group), identifier_of(guide)
            return "identity.register_group", RegisterGroup(*ids, group, keys, int(approvals))
        case ["guardian", key, "for", volunteer]:
            return "identity.set_guardian", SetGuardian(identifier_of(volunteer), key_of(key).public_key)
        case ["end", "guardianship", "of", volunteer]:
            return "identity.end_guardianship", EndGuardianship(identifier_of(volunteer))
        case ["merge", volunteer, "into", remaining]:
            return "identity.merge_volunteers", MergeVolunteers(identifier_of(volunteer), identifier_of(remaining))
        case ["carry", "month", month, "of", volunteer]:
            day = to_day(date.fromisoformat(f"{month}-01"))
            return "identity.carry_month", CarryMonth(identifier_of(volunteer), day)
        case ["carry", volunteer, *named]:
            # `carry mia2 places Shore sources Old-System`
            places = tuple(map(identifier_of, _take_after(named, "places")))
            sources = tuple(map(hash_of, _take_after(named, "sources")))
            return "identity.carry_places", CarryPlaces(identifier_of(volunteer), places, sources)
    return None


def _take_after(words: list[str], title: str) -> list[str]:
    """Words from a title to the next one."""
    if title not in words:
        return []
    rest = words[words.index(title) + 1 :]
    ends = [number for number, word in enumerate(rest) if word in {"leaving", "certificates", "places", "sources"}]
    return rest[: ends[0]] if ends else rest


def describe_account(chain: Chain, words: list[str]) -> str | None:
    """Answer a question of a table about an account; None where it is about something else."""
    match words:
        case ["account", name]:
            if identifier_of(name) in chain.read_table(b"volunteer"):
                return "there"
            remaining = chain.read_table(b"merged").get(identifier_of(name))
            if remaining is not None:
                return f"merged into {name_of(remaining.hex())}"
            return f"erased {to_date(chain.read_table(b'erased')[identifier_of(name)])}"
    return None
