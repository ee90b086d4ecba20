"""Signed requests: RFC 9421 HTTP Message Signatures with Ed25519, so that a node knows who asks.

Covered are the method, the path, the query and, where there is a body, its digest (RFC 9530). The signature is good for a few
minutes around `created_s`; a request is signed anew each time it is sent.
"""

import base64
import hashlib
from typing import Final

from ledger.crypto import Context, SigningKey

LABEL: Final = "sig1"


def compute_signature_headers(
    key: SigningKey, method: str, path: str, query: str, body: bytes | None, created_s: int
) -> dict[str, str]:
    """Return the headers that sign a request; `path` and `query` are as they stand in its target."""
    headers: dict[str, str] = {}
    components = [("@method", method), ("@path", path), ("@query", f"?{query}")]
    if body is not None:
        headers["Content-Digest"] = f"sha-256=:{_encode(hashlib.sha256(body).digest())}:"
        components.append(("content-digest", headers["Content-Digest"]))
    names = " ".join(f'"{name}"' for name, _value in components)
    parameters = f'({names});created={created_s};keyid="{key.public_key.hex()}";alg="ed25519"'
    lines = [f'"{name}": {value}' for name, value in components]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = key.sign(Context.PLAIN, base.encode("ascii"))
    return {**headers, "Signature-Input": f"{LABEL}={parameters}", "Signature": f"{LABEL}=:{_encode(signature)}:"}


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
