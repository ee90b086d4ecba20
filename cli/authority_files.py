"""Authorities in files: what a new node's operator gives to the others, and what a node says of those that decide."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cli.office.client import NodeClient
from cli.reading import read_bounded
from ledger.authorities import Authority
from ledger.errors import CodecError, HourledgerError
from ledger.genesis import describe_authority, read_authority
from ledger.reasons import Reason

MAX_AUTHORITY_BYTES: Final = 1 << 16


def load_authorities(file: Path) -> tuple[Authority, ...]:
    """Return the authorities in a JSON file, one object or a list of them; raise `HourledgerError` that names the file."""
    try:
        document = json.loads(read_bounded(file, MAX_AUTHORITY_BYTES, "the file of an authority"))
        return tuple(read_authority(item) for item in (document if isinstance(document, list) else [document]))
    except (ValueError, RecursionError) as error:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{file.name} is not JSON", str(file)) from error
    except CodecError as error:
        detail = f"{file.name} does not name an authority with name, key, cosigner_key and log_key"
        raise HourledgerError(Reason.UNREADABLE_FILE, detail, str(file)) from error


def load_authority(file: Path) -> Authority:
    """Return the one authority in a file."""
    found = load_authorities(file)
    if len(found) != 1:
        raise HourledgerError(Reason.UNREADABLE_FILE, f"{file.name} names {len(found)} authorities, not one", str(file))
    return found[0]


def format_authorities(authorities: Sequence[Authority]) -> bytes:
    """Return the file of one authority, or of several."""
    described: list[dict[str, Any]] = [describe_authority(item) for item in authorities]
    return (json.dumps(described[0] if len(described) == 1 else described, indent=2, ensure_ascii=False) + "\n").encode()


def fetch_authorities(client: NodeClient) -> tuple[Authority, ...]:
    """Return those that decide on a node's next block."""
    document = client.get_json("/v1/authorities")
    try:
        return tuple(read_authority(item) for item in document["authorities"])
    except (CodecError, KeyError, TypeError) as error:
        raise HourledgerError(Reason.NODE_UNREACHABLE, f"what answers at {client.url} is not a node of hourledger") from error
