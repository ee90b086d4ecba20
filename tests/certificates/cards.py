"""Cards and status lists of the small region in memory, for the tests of what verifies them."""

from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from typing import Any

from certificates.card import CardContent, Showing, compute_open_audience, issue_card, present_card
from certificates.checks import Times
from certificates.reports import Question
from certificates.status_list import LIST_BYTES, Moment, make_status_list
from certificates.status_uris import name_list
from contracts.statuses import LIST_POSITIONS, PositionStatus
from ledger.errors import HourledgerError
from ledger.trust import TrustPolicy
from ledger.types import Height, TimeMs
from tests.certificates.conftest import CHAIN_ID, NOW, ORGANISATION, VOLUNTEER, make_key

LOG_KEY, PHONE = make_key("a1 log"), make_key("phone")
POSITION = LIST_POSITIONS + 77_003
NONCE = "what the desk asked for"
CLAIMS: Mapping[str, Any] = {
    "account": VOLUNTEER.hex(),
    "organisation": ORGANISATION.hex(),
    "organisation_name": "河畔志愿服务队",
    "since": "2024-05-01",
    "minutes": 4_321,
    "hours": 72,
    "records": 31,
    "stars": 3,
    "training:first-aid": {"completed": "2025-01-01", "expires": "2027-01-01"},
}


_DRAWS = count()


def draw_bytes(length: int) -> bytes:
    """Bytes that are new each time and the same in each run."""
    return sha256(b"draw %d" % next(_DRAWS)).digest()[:length]


def make_card(claims: Mapping[str, Any] = CLAIMS, log: str = "a1 log", chain_id: str = CHAIN_ID) -> str:
    """A card as the holder keeps it."""
    content = CardContent(chain_id, PHONE.public_key, POSITION, NOW, claims)
    return issue_card(content, make_key(log), draw_bytes)


def show_card(*names: str, nonce: str = NONCE, time_ms: int = NOW, card: str | None = None) -> str:
    """A card as it is shown."""
    showing = Showing(compute_open_audience(CHAIN_ID), nonce, TimeMs(time_ms))
    return present_card(card or make_card(), names, PHONE, showing)


def make_list(
    status: PositionStatus | int = PositionStatus.VALID, *, position: int = POSITION, time_ms: int = NOW, log: str = "a1 log"
) -> bytes:
    """A status list in which all other positions are revoked."""
    packed = bytearray(b"\x11" * LIST_BYTES)
    index = position % LIST_POSITIONS
    packed[index // 2] = 0x10 | status if index % 2 == 0 else 0x01 | status << 4
    moment = Moment(Height(9), TimeMs(time_ms))
    return make_status_list(name_list(CHAIN_ID, position), bytes(packed), moment, make_key(log)).encode()


def ask(
    trust: TrustPolicy,
    status: bytes | HourledgerError | None,
    at_time_ms: int = NOW,
    max_age_ms: int | None = None,
    **asked: Any,
) -> Question:
    """What a verifier asks; by default for its nonce."""
    return Question((trust,), Times(TimeMs(at_time_ms), max_age_ms), status, **{"nonce": NONCE, **asked})
