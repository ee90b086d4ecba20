"""Distinct scalar types. Ranges are checked where bytes become values: see `ledger.codec`.

Units are in the names. Days are counted from 1970-01-01 in the chain's own time zone, times are UTC milliseconds.
"""

from typing import NewType

Hash = NewType("Hash", bytes)
"""32 bytes, SHA-256."""
PublicKey = NewType("PublicKey", bytes)
"""32 bytes, Ed25519 (RFC 8032)."""
Signature = NewType("Signature", bytes)
"""64 bytes, Ed25519 (RFC 8032)."""
Identifier = NewType("Identifier", bytes)
"""16 bytes that name an organisation, volunteer, merchant, activity, record, offer or hold."""
Height = NewType("Height", int)
Round = NewType("Round", int)
EntryIndex = NewType("EntryIndex", int)
"""Position of an entry in the log, from 0."""
TimeMs = NewType("TimeMs", int)
"""Milliseconds since 1970-01-01T00:00:00Z."""
Day = NewType("Day", int)
"""Days since 1970-01-01."""
Minutes = NewType("Minutes", int)
Points = NewType("Points", int)

HASH_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
IDENTIFIER_BYTES = 16
ZERO_HASH = Hash(bytes(HASH_BYTES))
