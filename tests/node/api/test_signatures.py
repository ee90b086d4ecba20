"""Signed requests: the specification's example, and every way in which a request can be another than the one signed."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import Context, SigningKey
from ledger.errors import HourledgerError
from ledger.reasons import Reason
from ledger.types import TimeMs
from node.api.signatures import (
    TOLERANCE_S,
    RequestParts,
    compute_digest,
    compute_signature_base,
    sign_request,
    verify_request,
)

KEY = SigningKey(b"k" * 32)
OTHER_KEY = SigningKey(b"o" * 32)
NOW_MS = TimeMs(1_793_000_000_000)
READ = RequestParts("GET", "/v1/volunteers/ab/entries", "from=1&limit=2", b"")
WRITE = RequestParts("POST", "/v1/bundles", "", b'{"entries": [1], "keys": []}')

# RFC 9421, B.1.4: the key "test-key-ed25519". It is published, so it protects nothing.
EXAMPLE_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
EXAMPLE_COMPONENTS = (
    ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
    ("@method", "POST"),
    ("@path", "/foo"),
    ("@authority", "example.com"),
    ("content-type", "application/json"),
    ("content-length", "18"),
)
EXAMPLE_PARAMETERS = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
)
EXAMPLE_BASE = b"""\
"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")\
;created=1618884473;keyid="test-key-ed25519\""""
EXAMPLE_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="


def test_signature_base_and_signature_of_the_specification() -> None:
    base = compute_signature_base(EXAMPLE_COMPONENTS, EXAMPLE_PARAMETERS)
    assert base == EXAMPLE_BASE
    private_key = load_pem_private_key(EXAMPLE_KEY, None)
    assert isinstance(private_key, Ed25519PrivateKey)
    key = SigningKey(private_key.private_bytes_raw())
    assert base64.b64encode(key.sign(Context.PLAIN, base)).decode() == EXAMPLE_SIGNATURE


def test_digest_is_that_of_rfc_9530() -> None:
    # RFC 9530, appendix D: the SHA-256 of {"hello": "world"} and a newline.
    assert compute_digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


@pytest.mark.parametrize("parts", [READ, WRITE, replace(READ, query="")])
def test_what_is_signed_verifies(parts: RequestParts) -> None:
    assert verify_request(parts, sign_request(parts, KEY, NOW_MS), NOW_MS) == KEY.public_key


def refuse(parts: RequestParts, headers: dict[str, str], time_ms: int = NOW_MS) -> str:
    with pytest.raises(HourledgerError) as caught:
        verify_request(parts, headers, TimeMs(time_ms))
    assert caught.value.reason is Reason.NOT_AUTHENTICATED
    return caught.value.detail


@pytest.mark.parametrize(
    "other",
    [
        replace(READ, method="POST"),
        replace(READ, path="/v1/volunteers/ac/entries"),
        replace(READ, query="from=1&limit=3"),
        replace(READ, query=""),
        replace(READ, body=b"x"),
    ],
)
def test_another_request_does_not_verify(other: RequestParts) -> None:
    refuse(other, sign_request(READ, KEY, NOW_MS))


def test_another_body_does_not_verify() -> None:
    headers = sign_request(WRITE, KEY, NOW_MS)
    other = replace(WRITE, body=WRITE.body + b" ")
    assert "digest" in refuse(other, headers)
    refuse(other, {**headers, "Content-Digest": compute_digest(other.body)})
    refuse(replace(WRITE, body=b""), headers)


def test_missing_digest_does_not_verify() -> None:
    headers = sign_request(WRITE, KEY, NOW_MS)
    del headers["Content-Digest"]
    assert "digest" in refuse(WRITE, headers)


@pytest.mark.parametrize("offset_s", [-TOLERANCE_S, 0, TOLERANCE_S])
def test_clocks_may_differ(offset_s: int) -> None:
    verify_request(READ, sign_request(READ, KEY, NOW_MS), TimeMs(NOW_MS + offset_s * 1000))


@pytest.mark.parametrize("offset_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1])
def test_old_and_future_requests_do_not_verify(offset_s: int) -> None:
    assert "clocks" in refuse(READ, sign_request(READ, KEY, NOW_MS), NOW_MS + offset_s * 1000)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (KEY.public_key.hex(), OTHER_KEY.public_key.hex()),
        (KEY.public_key.hex(), KEY.public_key.hex().upper()),
        ("created=1793000000", "created=1793000001"),
        ("created=1793000000", "created=01793000000"),
        ("created=1793000000", "created=\u0661793000000"),
        (';alg="ed25519"', ""),
        ('alg="ed25519"', 'alg="hmac-sha256"'),
        ('"@query"', ""),
        (' "@query"', ""),
        ('"@method" "@path"', '"@path" "@method"'),
        ("sig1=", "sig2="),
        ('alg="ed25519"', 'alg="ed25519";nonce="x"'),
    ],
)
def test_changed_parameters_do_not_verify(old: str, new: str) -> None:
    headers = sign_request(READ, KEY, NOW_MS)
    changed = headers["Signature-Input"].replace(old, new)
    assert changed != headers["Signature-Input"]
    refuse(READ, {**headers, "Signature-Input": changed})


def test_each_changed_bit_of_the_signature_is_noticed() -> None:
    headers = sign_request(READ, KEY, NOW_MS)
    signature = base64.b64decode(headers["Signature"].removeprefix("sig1=:").removesuffix(":"))
    for bit in range(len(signature) * 8):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        refuse(READ, {**headers, "Signature": f"sig1=:{base64.b64encode(changed).decode()}:"})


def test_signature_of_one_of_two_is_not_enough() -> None:
    headers = sign_request(READ, KEY, NOW_MS)
    for name in headers:
        refuse(READ, {name: headers[name]})


@given(st.text(), st.text(), st.text())
def test_any_headers_are_refused(signature_input: str, signature: str, digest: str) -> None:
    refuse(WRITE, {"Signature-Input": signature_input, "Signature": signature, "Content-Digest": digest})


@given(
    st.builds(RequestParts, st.sampled_from(["GET", "POST"]), st.text("/ab%20"), st.text("a=&?é\udc80"), st.binary(max_size=9))
)
def test_any_request_can_be_signed(parts: RequestParts) -> None:
    assert verify_request(parts, sign_request(parts, KEY, NOW_MS), NOW_MS) == KEY.public_key
