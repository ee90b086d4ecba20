"""Words that stay off the chain: what goes onto it is their salted commitment, which whoever keeps salt and words can open."""

from typing import Any

from certificates.details import Opening, compute_explanation_commitment
from cli.office.builders import new_salt
from ledger.types import Hash


def commit_to(words: str) -> tuple[Hash, dict[str, Any]]:
    """Return the commitment to a text, and what to keep, as a command answers it."""
    opening = Opening(new_salt(), {"explanation": words})
    return compute_explanation_commitment(opening), {"details": opening.details, "salt": opening.salt.hex()}
