"""The number of a certificate: whose it is follows from it, so that nobody can take another organisation's number.

Whoever is shown a certificate knows its number before it is registered. If any organisation could enter any number, one that
wishes another ill could enter it first, and the certificate could never be registered or revoked.
"""

from ledger.crypto import sha256
from ledger.types import IDENTIFIER_BYTES, Hash, Identifier

_DOMAIN = b"hourledger/certificate-number/v1\x00"


def compute_number(organisation: Identifier, content: Hash) -> Identifier:
    """Return the number of an organisation's certificate, whose content has this hash: a UUID (RFC 9562, version 8)."""
    number = bytearray(sha256(_DOMAIN, organisation, content)[:IDENTIFIER_BYTES])
    number[6] = number[6] & 0x0F | 0x80
    number[8] = number[8] & 0x3F | 0x80
    return Identifier(bytes(number))
