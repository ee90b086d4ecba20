"""References for rows that come without one.

Importing a file again must change nothing, so a row needs a name that does not depend on where it stands. It is made from what
was given: by whom, to which activity, when and how long. Rows that agree in all of that (two shifts without times) are numbered
in the order of the rest of their content: sorting the file another way changes no reference, and exact duplicates stay two.

What follows from that, and what a `record` column of the organisation's own avoids: a row whose minutes or date are corrected
in the file is a new row to the ledger. A mended place or description is not.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.crypto import sha256

PREFIX = "auto-"

_DOMAIN = b"hourledger/roster-row/v1"
_DIGITS = 24
"""96 bits: no two rows of any archive meet by chance."""


@dataclass(frozen=True, slots=True)
class RowContent:
    """A row as its reference sees it: `given` makes the reference, `rest` orders rows that agree in it."""

    given: tuple[str, ...]
    rest: tuple[str, ...]


def compute_references(contents: Sequence[RowContent]) -> tuple[str, ...]:
    """Return one reference for each row, in the order of the rows: `auto-`, 24 hexadecimal digits and an occurrence number."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, content in enumerate(contents):
        groups[content.given].append(index)
    references = [""] * len(contents)
    for given, members in groups.items():
        digest = sha256(_DOMAIN, json.dumps(given).encode("ascii")).hex()[:_DIGITS]
        for occurrence, index in enumerate(sorted(members, key=lambda member: contents[member].rest), start=1):
            references[index] = f"{PREFIX}{digest}-{occurrence}"
    return tuple(references)
