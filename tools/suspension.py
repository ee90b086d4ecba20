"""Write docs/suspension.md, what suspension and blocks stop, kind by kind: `python -m tools.suspension`.

Read out of the rules as the reference of kinds is, so that the page says what the code does.
"""

import inspect
from pathlib import Path
from typing import Any, Final

from contracts.kinds import Kind
from contracts.rulebook import KINDS
from ledger.reasons import Reason
from tools.kinds import find_answers, iterate_called

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "suspension.md"
REFUSED: Final = "refused"
GOES_ON: Final = "goes on"
NOT_CONCERNED: Final = "-"

HEAD: Final = """# What suspension and blocks stop

An authority suspends an organisation or a merchant; two people block a volunteer from signing up ([kinds.md](kinds.md)). Made
from the rules by `make fix`; do not edit.

- A suspended organisation, or a group whose guide is suspended, does nothing new. It still takes back and answers: it makes
  records and certificates void, answers disputes and claims, lifts a sanction. Nobody waits for their right because of it.
- What an authority does to an organisation, or a person to their own account, does not depend on it. Nobody signs up with one
  that is suspended.
- A suspended merchant takes no more points: no hold, no capture, no offer. It still refunds, delivers and acknowledges what it
  settles. An open hold ends by itself and goes back.
- A volunteer who is blocked cannot sign up, be signed up, or move up from a waiting list, and cannot leave the block behind in
  a second account. Nothing else stops: a place that was taken, hours, points, disputes, certificates and the appeal are the
  volunteer's. A block is about the days to come, and never takes what somebody has given.

*Refused*: not while it lasts. *Goes on*: the same party signs, and it is no matter. A dash: the kind does not ask for that.

| kind | officers of a suspended organisation | a suspended merchant | about a blocked volunteer |
|---|---|---|---|
"""


def describe_suspension(kind: Kind[Any]) -> tuple[str, str, str]:
    """Return what becomes of a kind under a suspended organisation, a suspended merchant and for a blocked volunteer."""
    called = {function.__name__ for function in iterate_called(kind.rule)}
    stays = GOES_ON if "may_be_suspended=True" in inspect.getsource(kind.rule) else REFUSED
    of_organisation = stays if "require_officers" in called or "require_own_officers" in called else NOT_CONCERNED
    asks_merchant = "require_merchant" in called or "the merchant is suspended" in inspect.getsource(kind.rule)
    of_merchant = stays if asks_merchant else NOT_CONCERNED
    answers = find_answers(kind)
    is_blocked = Reason.VOLUNTEER_BLOCKED in answers.whole | answers.row
    return of_organisation, of_merchant, REFUSED if is_blocked else NOT_CONCERNED


def format_suspension() -> str:
    """Return the page."""
    rows = (f"| `{name}` | {' | '.join(describe_suspension(kind))} |\n" for name, kind in KINDS.items())
    return HEAD + "".join(rows)


if __name__ == "__main__":
    DOCUMENT.write_text(format_suspension(), encoding="utf-8")
