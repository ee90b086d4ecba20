"""What the authorities decide by vote besides who they are: the region's numbers and its calendar."""

from typing import Any

from aiohttp import web

from contracts.governance import find_next_version, find_version, take_effect
from contracts.governance.settings import NEXT_PARAMETERS, NEXT_WORKDAYS, SetCalendar, SetParameters
from contracts.governance.versions import SetRuleBook
from contracts.governance.voting import Subject, find_approvals, get_ballot
from contracts.identity.parties import get_authorities
from contracts.parameters import PARAMETERS, get_parameter
from contracts.rulebook import RULE_BOOKS
from contracts.workdays import get_workdays
from ledger.authorities import compute_quorum
from ledger.genesis import to_date
from ledger.state import Overlay, View
from ledger.types import Day, Height
from node.api.requests import get_service


async def show_governance(request: web.Request) -> web.Response:
    """Tell the numbers and the calendar in force for the next block, what is to change, and what each has approved."""
    with get_service(request).reading() as pinned:
        height = Height(pinned.reader.tip.height + 1)
        state = Overlay(pinned.reader.state)
        take_effect(state, height)
        return web.json_response(_describe(state, height))


def _describe(state: View, height: Height) -> dict[str, Any]:
    workdays = get_workdays(state)
    parameters, calendar = NEXT_PARAMETERS.get(state), NEXT_WORKDAYS.get(state)
    rule_book = find_next_version(state, height)
    return {
        "height": height,
        "quorum": compute_quorum(len(get_authorities(state, height))),
        "parameters": {name: get_parameter(state, name) for name in PARAMETERS},
        "calendar": _describe_days(workdays.holidays, workdays.working_weekends),
        "rule_book": find_version(state, height),
        "known_rule_books": sorted(RULE_BOOKS.versions),
        "next_parameters": None if parameters is None else _describe_parameters(parameters),
        "next_calendar": None if calendar is None else _describe_calendar(calendar),
        "next_rule_book": None if rule_book is None else _describe_rule_book(rule_book),
        "approvals": _describe_approvals(state, height),
    }


def _describe_days(holidays: tuple[Day, ...], working_weekends: tuple[Day, ...]) -> dict[str, Any]:
    days = {"holidays": holidays, "working_weekends": working_weekends}
    return {name: [to_date(day).isoformat() for day in found] for name, found in days.items()}


def _describe_parameters(body: SetParameters) -> dict[str, Any]:
    return {"effective_height": body.effective_height, "parameters": {item.name: item.value for item in body.values}}


def _describe_calendar(body: SetCalendar) -> dict[str, Any]:
    return {"effective_height": body.effective_height, **_describe_days(body.holidays, body.working_weekends)}


def _describe_rule_book(body: SetRuleBook) -> dict[str, Any]:
    return {"effective_height": body.effective_height, "version": body.version}


def _describe_approvals(state: View, height: Height) -> list[dict[str, Any]]:
    """Every approval that counts now."""
    found = [
        (subject, item, get_ballot(state, subject, item)) for subject in Subject for item in get_authorities(state, height)
    ]
    return [
        {"authority": item.name, "subject": subject.name.lower(), "proposal_hash": ballot.proposal_hash.hex()}
        for subject, item, ballot in found
        if ballot is not None and item in find_approvals(state, subject, ballot.proposal_hash, height)
    ]
