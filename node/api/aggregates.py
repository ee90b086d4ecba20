"""Sums for everybody, such as city dashboards and public displays: of no fewer people than the region says.

What is about fewer is withheld, so that nobody is found in a sum of one (DOMAIN 2, S5: aggregates above a k-anonymity floor,
never persons).
"""

from itertools import islice
from typing import Any, Final

from aiohttp import web

from contracts.activities.attendance import MARKS, Mark
from contracts.activities.published import ACTIVITIES
from contracts.governance import take_effect
from contracts.parameters import get_parameter
from contracts.records import get_region_sums
from ledger.codec import decode
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.state import MAX_VALUE_BYTES, Overlay
from ledger.types import Height, Identifier
from node.api.requests import get_service, read_identifier
from node.pinned import Pinned

MAX_PEOPLE: Final = 20_000
"""Volunteers of an activity that are looked at; with more the sums are said to be incomplete."""


def read_floor(pinned: Pinned) -> int:
    """Return the fewest people about whom a sum is shown, as the authorities may have set it for the next block."""
    in_force = Overlay(pinned.reader.state)
    take_effect(in_force, Height(pinned.reader.tip.height + 1))
    return get_parameter(in_force, "aggregate_floor")


async def show_region(request: web.Request) -> web.Response:
    """Tell how many people have served in the region, in how many records that count, and for how many minutes."""
    with get_service(request).reading() as pinned:
        sums, floor = get_region_sums(pinned.reader.state), read_floor(pinned)
        time_ms = pinned.reader.tip.header.time_ms
    shown = {"people": sums.people, "records": sums.records, "minutes": sums.minutes}
    return web.json_response({"time_ms": time_ms, **_withhold(sums.people, floor, shown)})


async def show_activity(request: web.Request) -> web.Response:
    """Tell how many people attended an activity, and on how many days all together."""
    activity = read_identifier(request)
    service = get_service(request)
    return web.json_response(await service.read(lambda view: sum_activity(view, activity)))


def sum_activity(pinned: Pinned, activity: Identifier) -> dict[str, Any]:
    """Return the sums of an activity, or raise `NOT_FOUND`."""
    reader = pinned.reader
    if not ACTIVITIES.has(reader.state, activity):
        raise HourledgerError(Reason.NOT_FOUND, "there is no such activity", activity.hex())
    values = list(islice(reader.iterate_values_under(MARKS.key(activity)), MAX_PEOPLE + 1))
    days = []
    for _volunteer, value in values[:MAX_PEOPLE]:
        marks = decode(MARKS.codec, value, max_bytes=MAX_VALUE_BYTES)
        days.append(sum(item.mark is Mark.ATTENDED for item in marks))
    people = sum(count > 0 for count in days)
    shown = {"people": people, "days": sum(days), "is_complete": len(values) <= MAX_PEOPLE}
    return _withhold(people, read_floor(pinned), shown)


def _withhold(people: int, floor: int, shown: dict[str, Any]) -> dict[str, Any]:
    """Return the sums with the floor, each of them null where they are about too few people."""
    is_withheld = people < floor
    return {"floor": floor, "is_withheld": is_withheld, **(dict.fromkeys(shown) if is_withheld else shown)}
