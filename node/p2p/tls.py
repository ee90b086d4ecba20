"""TLS 1.3 with keys pinned by the chain's registry. Certificates are mere envelopes for keys: self-signed, without expiry."""

import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from ledger.crypto import SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import PublicKey

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280, 4.1.2.5: no well-defined expiration date."""


def make_server_context(key: SigningKey) -> ssl.SSLContext:
    """Return the context of a node that others connect to, as the holder of `key`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with tempfile.TemporaryDirectory(prefix="hourledger-tls-") as folder:
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_bytes(_make_identity(key))
        context.load_cert_chain(path)
    return context


def make_client_context() -> ssl.SSLContext:
    """Return the context of a node that connects to others. It trusts no certificate by itself: see `get_peer_key`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def get_peer_key(connection: ssl.SSLObject | ssl.SSLSocket) -> PublicKey:
    """Return the key that the other side has proven to hold; raise `NOT_AUTHENTICATED` where it is no Ed25519 key."""
    refusal = HourledgerError(Reason.NOT_AUTHENTICATED, "the peer has no Ed25519 certificate")
    certificate = connection.getpeercert(binary_form=True)
    if certificate is None:
        raise refusal
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise refusal from error
    if not isinstance(key, Ed25519PublicKey):
        raise refusal
    return PublicKey(key.public_bytes(Encoding.Raw, PublicFormat.Raw))


def _make_identity(key: SigningKey) -> bytes:
    """Return key and self-signed certificate as PEM."""
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hourledger node")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(_BEGINNING)
        .not_valid_after(_END)
        .sign(private, None)
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + certificate.public_bytes(Encoding.PEM)
