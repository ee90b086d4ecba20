"""What the tables of ledgers say about business cards and status positions."""

from typing import Any

from contracts.card_table import AboutCard
from contracts.cards.registered import RegisterCard
from contracts.statuses import get_chunk, read_status
from tests.contracts.chain import Chain, identifier_of, key_of


def parse_card(words: list[str], _rows: list[str]) -> tuple[str, Any] | None:
    """Kind and body of what a row says, None where it is about something else."""
    match words:
        case ["card", "of", volunteer, "at", position, "with", key]:
            return "cards.register", RegisterCard(identifier_of(volunteer), key_of(key).public_key, int(position))
        case [("suspend" | "reinstate" | "revoke") as step, "card", "of", volunteer, "at", position]:
            return f"cards.{step}", AboutCard(identifier_of(volunteer), int(position))
    return None


def describe_status(chain: Chain, words: list[str]) -> str | None:
    """Answer `? status 7`, None for another question."""
    match words:
        case ["status", position]:
            status = read_status(get_chunk(chain, int(position)), int(position))
            return "nobody's" if status is None else status.name.lower()
    return None
