"""The proof of what the register says of a certificate, as a node gives it to everybody."""

import json

from cli.office.client import NodeClient
from contracts.certificates.registry import CERTIFICATES
from ledger.types import Identifier


def fetch_status(client: NodeClient, number: Identifier) -> bytes:
    """Return the bundle that shows the register's entry of a number, or that there is none."""
    request = {"entries": [], "keys": [CERTIFICATES.key(number).hex()]}
    return json.dumps(client.post_json("/v1/bundles", request)).encode()
