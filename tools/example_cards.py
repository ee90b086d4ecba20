"""Cards and status lists of the documentation's example region, with salts that everybody knows."""

import json
from collections.abc import Callable
from typing import Any, Final

from certificates.base45 import parse_base45
from certificates.bitstring_list import Purpose, pack_bits
from certificates.card import CardContent, Showing, compute_open_audience, issue_card, parse_card, present_card
from certificates.cbor import encode_cbor
from certificates.cose import parse_cose
from certificates.counter_card import (
    PREFIX,
    CounterCard,
    DeskProfile,
    MerchantProfile,
    compute_thumbprint,
    issue_counter_card,
)
from certificates.jcs import JsonValue
from certificates.status_list import LIST_BYTES, Moment, make_status_list, parse_status_list
from certificates.status_uris import name_list
from ledger.crypto import sha256
from ledger.types import Height, TimeMs
from tools.example_region import CHAIN_ID, HOUR_MS, NOW_MS, ORGANISATION, VOLUNTEER, make_identifier, make_key

LOG_KEY: Final = make_key("log")
PHONE: Final = make_key("phone")
CARD_POSITION: Final = 83_121
SHOWN: Final = ("hours", "stars")
CLAIMS: Final[dict[str, JsonValue]] = {
    "account": VOLUNTEER.hex(),
    "organisation": ORGANISATION.hex(),
    "organisation_name": "Riverside Volunteers 河畔志愿服务队",
    "since": "2026-09-01",
    "minutes": 215,
    "hours": 3,
    "records": 2,
    "stars": 1,
    "training:first-aid": {"completed": "2026-09-05", "expires": "2028-09-04"},
}


def make_card() -> str:
    """Return the volunteer's card, as it is kept."""
    content = CardContent(CHAIN_ID, PHONE.public_key, CARD_POSITION, NOW_MS, CLAIMS)
    return issue_card(content, LOG_KEY, _make_draw())


def make_shown_card() -> str:
    """Return the card as it is shown for a nonce."""
    showing = Showing(compute_open_audience(CHAIN_ID), "kFd3-what-the-desk-asked-for", TimeMs(NOW_MS + HOUR_MS))
    return present_card(make_card(), SHOWN, PHONE, showing)


def make_merchant_card() -> str:
    """Return the code for a merchant."""
    hold, merchant, offer = (make_identifier(name) for name in ("hold", "merchant", "offer"))
    profile = MerchantProfile(hold, merchant, offer, 1, 20)
    return issue_counter_card(CounterCard(CHAIN_ID, NOW_MS, TimeMs(NOW_MS + HOUR_MS), profile), LOG_KEY)


def make_desk_card() -> str:
    """Return the code for a desk."""
    profile = DeskProfile(VOLUNTEER, 1, CARD_POSITION, compute_thumbprint(PHONE.public_key))
    return issue_counter_card(CounterCard(CHAIN_ID, NOW_MS, TimeMs(NOW_MS + 900_000), profile), LOG_KEY)


def make_card_files() -> dict[str, bytes]:
    """Return the example files by name. Compressed lists are not among them: compressors differ from machine to machine."""
    return {
        "card.txt": make_card().encode(),
        "card-shown.txt": make_shown_card().encode(),
        "counter-merchant.txt": make_merchant_card().encode(),
        "counter-desk.txt": make_desk_card().encode(),
    }


def make_card_blocks() -> dict[str, str]:
    """Return the fenced blocks of the pages by name."""
    kept, shown = parse_card(make_card().encode()), parse_card(make_shown_card().encode())
    binding = {} if shown.binding is None else shown.binding.payload
    lines = [f"{item.digest}  {item.name}\n    {item.text}\n" for item in shown.disclosures]
    moment = Moment(Height(3), NOW_MS)
    _listed, jws = parse_status_list(
        make_status_list(name_list(CHAIN_ID, CARD_POSITION), bytes(LIST_BYTES), moment, LOG_KEY).encode()
    )
    return {
        "card-header": _format(kept.jws.header),
        "card-payload": _format(kept.jws.payload),
        "card-disclosures": "".join(lines),
        "card-binding": _format(binding),
        "counter-merchant": _dump(make_merchant_card()),
        "status-list-header": _format(jws.header),
        "status-list-payload": _format({**jws.payload, "status_list": {"bits": 4, "lst": "..."}}),
        "status-list-bytes": _show_packing(),
    }


def _make_draw() -> Callable[[int], bytes]:
    drawn = 0

    def draw(length: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return sha256(f"documentation salt {drawn}".encode())[:length]

    return draw


def _format(document: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _dump(text: str) -> str:
    cose = parse_cose(parse_base45(text.removeprefix(PREFIX)))
    protected = encode_cbor({1: -8, 4: cose.key_id})
    parts = {"protected": protected, "payload": cose.payload, "signed": cose.signed, "signature": cose.signature}
    lines = [f"{name}\n" + "".join(f"  {line}\n" for line in _wrap(data.hex(), 96)) for name, data in parts.items()]
    return "".join([*lines, "text\n", *(f"  {line}\n" for line in _wrap(text, 96))])


def _wrap(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


def _show_packing() -> str:
    """Return eight values and the bytes that they begin a list with."""
    values = (0, 1, 2, 3, 11, 0, 0, 1)
    packed = bytes(low | high << 4 for low, high in zip(values[0::2], values[1::2], strict=True)) + bytes(LIST_BYTES - 4)
    lines = [
        f"{'values of the indexes 0 to 7':<30}{' '.join(map(str, values))}\n",
        f"{'Token Status List':<30}{packed[:4].hex(' ')}\n",
    ]
    return "".join([*lines, *(f"{purpose:<30}{pack_bits(packed, purpose)[:1].hex()}\n" for purpose in Purpose)])
