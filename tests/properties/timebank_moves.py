"""What must hold of every step about saved time: nobody's changes but by those who may move it, and only as the region says."""

from collections.abc import Callable
from typing import Any

from contracts.parameters import PARAMETERS
from tests.contracts.chain import Chain, Result
from tests.properties.operations import Operation

CORRECTIONS = {"hours.amend", "hours.void", "hours.resolve"}


def check_time_moves(before: Chain, after: Chain, operation: Operation, result: Result) -> None:
    """Raise `AssertionError` where saved time changes by another step than its own, or by other minutes than it says."""
    old, new = read_minutes(before), read_minutes(after)
    changed = {who: new.get(who, 0) - old.get(who, 0) for who in {*old, *new} if new.get(who, 0) != old.get(who, 0)}
    if not result.outcome.is_accepted:
        assert not changed
        return
    check = _CHECKS.get(operation.kind)
    if check is not None:
        check(before, operation.body, changed)
    elif operation.kind == "identity.erase_volunteer":
        left = changed.pop(operation.body.volunteer, 0)
        assert changed == ({b"issuer": -left} if left else {})
    elif operation.kind == "identity.merge_volunteers":
        moved = changed.pop(operation.body.volunteer, 0)
        assert changed == ({operation.body.remaining: -moved} if moved else {})
    elif operation.kind in CORRECTIONS:
        assert sum(changed.values()) == 0
        assert changed.get(b"pool", 0) == 0
    else:
        assert not changed
    check_cap(after)


def read_minutes(chain: Chain) -> dict[bytes, int]:
    """Saved minutes of everybody, of the pool and of the issuer."""
    minutes: dict[bytes, int] = {
        key: sum(lot.minutes for lot in account.lots) for key, account in chain.read_table(b"time-account").items()
    }
    minutes.update(chain.read_table(b"merchant-time"))
    minutes[b"pool"] = chain.read_table(b"time-pool").get(b"", 0)
    minutes[b"issuer"] = chain.read_table(b"time-issuer").get(b"", 0)
    return minutes


def read_number(chain: Chain, name: str) -> int:
    """A number of the region."""
    value: int = chain.read_table(b"parameter").get(name.encode(), PARAMETERS[name].default)
    return value


def check_cap(chain: Chain) -> None:
    """Nobody has more minutes to spend than the region lets one person save."""
    cap = 60 * read_number(chain, "time_cap_hours")
    for account in chain.read_table(b"time-account").values():
        spendable = sum(lot.minutes for lot in account.lots if not lot.is_gift_only)
        assert cap == 0 or spendable <= cap


def is_attested(chain: Chain, person: bytes, volunteer: bytes = b"") -> bool:
    """Whether a registrar has said so."""
    return person + volunteer in chain.read_table(b"time-attestation")


def check_deposit(before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """A record's time comes from the issuer, never more than the record has."""
    minutes = changed.pop(body.volunteer)
    assert changed == {b"issuer": -minutes}
    months = before.read_table(b"calendar").items()
    records = [record for key, month in months if key[:16] == body.volunteer for record in month]
    assert 0 < minutes <= max(record.minutes for record in records if record.record == body.record)
    assert minutes % read_number(before, "time_unit_minutes") == 0


def check_give(before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """What one loses the other gets, and they are related where the region asks for it."""
    assert changed == {body.volunteer: -body.minutes, body.recipient: body.minutes}
    assert read_number(before, "time_gifts") == 2 or is_attested(before, body.recipient, body.volunteer)
    assert read_number(before, "time_gifts") > 0


def check_donate(_before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """What one loses the pool gets."""
    assert changed == {body.volunteer: -body.minutes, b"pool": body.minutes}


def check_issue(before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """What one gets the pool loses."""
    assert changed == {body.volunteer: body.minutes, b"pool": -body.minutes}
    grants = read_number(before, "time_pool_grants")
    asks_age = grants == 1 and read_number(before, "time_age_needed")
    assert grants > 0
    assert not asks_age or is_attested(before, body.volunteer)


def check_redeem(before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """What is spent goes back to the issuer, for oneself or an attested relative, of the age that the region asks for."""
    assert changed == {body.volunteer: -body.minutes, b"issuer": body.minutes}
    assert body.beneficiary == body.volunteer or is_attested(before, body.beneficiary, body.volunteer)
    assert not read_number(before, "time_age_needed") or is_attested(before, body.beneficiary)
    lots = before.read_table(b"time-account")[body.volunteer].lots
    assert body.minutes <= sum(lot.minutes for lot in lots if not lot.is_gift_only)
    check_stars(before, body.volunteer)


def check_buy(before: Chain, body: Any, changed: dict[bytes, int]) -> None:
    """An hour for a point, where the region lets saved time buy goods."""
    minutes = 60 * body.quantity * before.read_table(b"offer")[body.offer].points
    assert changed == {body.volunteer: -minutes, body.merchant: minutes}
    assert read_number(before, "time_buys_goods") == 1
    check_stars(before, body.volunteer)


def check_stars(chain: Chain, volunteer: bytes) -> None:
    """Whoever spends has as many stars as the region asks for."""
    needed = read_number(chain, "time_stars_needed")
    awarded = [star.stars for star in chain.read_table(b"star").values() if star.volunteer == volunteer and star.status == 2]
    assert needed == 0 or max(awarded) >= needed


_CHECKS: dict[str, Callable[[Chain, Any, dict[bytes, int]], None]] = {
    "timebank.deposit": check_deposit,
    "timebank.give": check_give,
    "timebank.donate": check_donate,
    "timebank.issue": check_issue,
    "timebank.redeem": check_redeem,
    "timebank.buy": check_buy,
}
