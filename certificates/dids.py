"""Names of issuers and of their keys: did:key, and did:web for an organisation with a site.

Sources: the did:key method; the did:web method; W3C Controlled Identifiers 1.0, 2.2.2 Multikey. A key of a site is named
`did:web:HOST#KEY`, with the key itself as fragment, so that it is known without looking at the site; whether it may speak for
the issuer is never the site's word here, but the ledger's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from certificates.jcs import JsonObject
from certificates.multibase import format_did_key, format_multikey, parse_multikey, parse_verification_method
from ledger.errors import CodecError
from ledger.reasons import Reason
from ledger.types import PublicKey

DID_WEB_PREFIX: Final = "did:web:"
MAX_HOST_CHARACTERS: Final = 253
DID_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Method:
    """A key and under which name it signs: that of a site, or with None that of the key itself."""

    key: PublicKey
    host: str | None = None

    @property
    def did(self) -> str:
        """Who signs."""
        return format_did_key(self.key) if self.host is None else f"{DID_WEB_PREFIX}{self.host}"


def format_method(method: Method) -> str:
    """Write `did:key:KEY#KEY` or `did:web:HOST#KEY`."""
    return f"{method.did}#{format_multikey(method.key)}"


@lru_cache(maxsize=256)
def parse_method(text: str) -> Method:
    """Inverse of `format_method`; raise `CodecError` for anything else."""
    if not text.startswith(DID_WEB_PREFIX):
        return Method(parse_verification_method(text))
    host, _, fragment = text.removeprefix(DID_WEB_PREFIX).partition("#")
    return Method(parse_multikey(fragment), parse_host(host))


def parse_host(text: str) -> str:
    """Return the name of a host, in small letters, without port and path; raise `CodecError` for anything else."""
    if len(text) > MAX_HOST_CHARACTERS or not _HOST.fullmatch(text):
        raise CodecError("a site is named by its host alone, in small letters: volunteers.example", Reason.MALFORMED)
    return text


def build_did_document(host: str, keys: Sequence[PublicKey]) -> JsonObject:
    """Return what a site publishes at /.well-known/did.json so that others find the keys."""
    did = f"{DID_WEB_PREFIX}{host}"
    names = [format_method(Method(key, host)) for key in keys]
    return {
        "@context": list(DID_CONTEXTS),
        "id": did,
        "verificationMethod": [
            {"id": name, "type": "Multikey", "controller": did, "publicKeyMultibase": format_multikey(key)}
            for name, key in zip(names, keys, strict=True)
        ],
        "assertionMethod": list(names),
    }
