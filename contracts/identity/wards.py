"""Wards: volunteers for whom a guardian speaks, such as a child under 14 (Personal Information Protection Law, 31).

That there is a guardian is all that the ledger knows: no age, and no birth date.
"""

from typing import Final

from contracts.identity.departed import Volunteer
from ledger import codec
from ledger.state import Table, View
from ledger.types import Identifier, PublicKey

GUARDIANS: Final[Table[PublicKey]] = Table(b"guardian", codec.public_key)
TABLES: Final = (GUARDIANS,)


def get_voice(view: View, identifier: Identifier, volunteer: Volunteer) -> PublicKey | None:
    """Return the key that speaks for a volunteer: the guardian's where there is one, and else the volunteer's own."""
    return GUARDIANS.get(view, identifier) or volunteer.key
