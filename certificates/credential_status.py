"""The position of a certificate in the status lists of its chain, as the certificate says it.

Source: Bitstring Status List 1.0, 2.1. There is one list for each purpose and each 131,072 positions; from position and chain
follows everything that `credentialStatus` says, and from `credentialStatus` the position.
"""

import re
from typing import Final

from certificates.jcs import JsonObject, JsonValue
from ledger.errors import CodecError

LIST_POSITIONS: Final = 131_072
"""Positions of one list, the fewest that Bitstring Status List allows."""
MAX_POSITION: Final = 2**31 - 1
PURPOSES: Final = ("revocation", "suspension", "refresh")

_LIST: Final = re.compile(rf"https://.+/v1/status-lists/(0|[1-9][0-9]{{0,4}})/{PURPOSES[0]}", re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")


def build_credential_status(chain_id: str, position: int) -> list[JsonValue]:
    """Return the entries of a position, one for each purpose."""
    if not 0 <= position <= MAX_POSITION:
        raise CodecError(f"a position in the status lists is a number from 0 to {MAX_POSITION}")
    number, index = divmod(position, LIST_POSITIONS)
    return [_build_entry(f"https://{chain_id}/v1/status-lists/{number}/{purpose}", purpose, index) for purpose in PURPOSES]


def _build_entry(status_list: str, purpose: str, index: int) -> JsonObject:
    return {
        "id": f"{status_list}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": status_list,
    }


def read_position(document: JsonObject) -> int | None:
    """Return the position that a certificate names, None where it names none; raise `CodecError` for another form.

    That every entry says the same is for whoever makes them again and compares.
    """
    if "credentialStatus" not in document:
        return None
    match document["credentialStatus"]:
        case [{"statusListCredential": str(status_list), "statusListIndex": str(index)}, *_others]:
            number = _LIST.fullmatch(status_list)
            if number is not None and _INDEX.fullmatch(index) and int(index) < LIST_POSITIONS:
                position = int(number[1]) * LIST_POSITIONS + int(index)
                if position <= MAX_POSITION:
                    return position
    raise CodecError("the certificate names no position in the status lists of this ledger")
