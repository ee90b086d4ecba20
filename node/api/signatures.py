"""Signed requests: HTTP Message Signatures (RFC 9421) with Ed25519, both sides.

One signature, labelled `sig1`, over method, path and query, and over the body's digest (RFC 9530) where there is a body. Its
time must be near the other side's clock, so that a request that was overheard is soon worthless. `keyid` is the public key in
hex.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.crypto import Context, SigningKey, is_signature, sha256
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import PublicKey, Signature, TimeMs

TOLERANCE_S: Final = 300
_BARE: Final = ("@method", "@path", "@query")
_WITH_BODY: Final = (*_BARE, "content-digest")
_INPUT: Final = re.compile(r'sig1=(\(([^()]*)\);created=([0-9]{1,12});keyid="([0-9a-f]{64})";alg="ed25519")')
_SIGNATURE: Final = re.compile(r"sig1=:([A-Za-z0-9+/]{86}==):")


@dataclass(frozen=True, slots=True)
class RequestParts:
    """What a signature covers. `path` and `query` are as sent; `query` is without its question mark."""

    method: str
    path: str
    query: str
    body: bytes


def compute_digest(body: bytes) -> str:
    """Return the Content-Digest header's value (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(sha256(body)).decode()}:"


def compute_signature_base(components: Sequence[tuple[str, str]], parameters: str) -> bytes:
    """Return the bytes that are signed (RFC 9421, 2.5): a line for each component, then the parameters."""
    lines = [f'"{name}": {value}' for name, value in components]
    # A path or query may hold bytes that are no UTF-8: the server hands them over as surrogates.
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode(errors="surrogateescape")


def _components(parts: RequestParts) -> tuple[tuple[str, str], ...]:
    values = {
        "@method": parts.method,
        "@path": parts.path,
        "@query": f"?{parts.query}",
        "content-digest": compute_digest(parts.body),
    }
    return tuple((name, values[name]) for name in (_WITH_BODY if parts.body else _BARE))


def sign_request(parts: RequestParts, key: SigningKey, time_ms: TimeMs) -> dict[str, str]:
    """Return the headers that sign a request at `time_ms`."""
    components = _components(parts)
    names = " ".join(f'"{name}"' for name, _value in components)
    parameters = f'({names});created={time_ms // 1_000};keyid="{key.public_key.hex()}";alg="ed25519"'
    signature = key.sign(Context.PLAIN, compute_signature_base(components, parameters))
    headers = {"Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{base64.b64encode(signature).decode()}:"}
    return {**headers, "Content-Digest": compute_digest(parts.body)} if parts.body else headers


def verify_request(parts: RequestParts, headers: Mapping[str, str], time_ms: TimeMs) -> PublicKey:
    """Return the key that signed a request; raise `HourledgerError` (`NOT_AUTHENTICATED`)."""
    found = _INPUT.fullmatch(headers.get("Signature-Input", ""))
    encoded = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    if found is None or encoded is None:
        raise _refuse("the request is not signed as described (RFC 9421)")
    parameters, names, created, key_text = found.groups()
    components = _components(parts)
    if names != " ".join(f'"{name}"' for name, _value in components):
        raise _refuse("the request's signature does not cover method, path, query and body")
    if parts.body and headers.get("Content-Digest") != compute_digest(parts.body):
        raise _refuse("the request's digest is not that of its body")
    if abs(int(created) - time_ms // 1_000) > TOLERANCE_S:
        raise _refuse("the request was signed too long ago, or the clocks differ")
    key = PublicKey(bytes.fromhex(key_text))
    signature = Signature(base64.b64decode(encoded.group(1)))
    if not is_signature(key, Context.PLAIN, compute_signature_base(components, parameters), signature):
        raise _refuse("the request's signature does not verify")
    return key


def _refuse(detail: str) -> HourledgerError:
    return HourledgerError(Reason.NOT_AUTHENTICATED, detail)
