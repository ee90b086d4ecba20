"""Messages on a stream, and certificates: any bytes lead to a value or the one typed error."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto import SigningKey
from ledger.errors import CodecError, HourledgerError
from ledger.reasons import Reason
from node.p2p.framing import LENGTH_BYTES, read_frame, write_frame
from node.p2p.tls import _make_identity, get_peer_key

LIMIT = 64


async def read_all(data: bytes) -> list[bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    frames: list[bytes] = []
    with suppress(CodecError, ConnectionError):
        while True:
            frames.append(await read_frame(reader, LIMIT))
    return frames


class Recorder:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def frame(data: bytes) -> bytes:
    recorder = Recorder()
    write_frame(recorder, data)  # type: ignore[arg-type]
    return recorder.data


@given(st.lists(st.binary(max_size=LIMIT), max_size=5), st.binary(max_size=LENGTH_BYTES - 1))
def test_messages_come_out_as_they_went_in(messages: list[bytes], rest: bytes) -> None:
    assert asyncio.run(read_all(b"".join(map(frame, messages)) + rest)) == messages


@given(st.binary(max_size=300))
def test_any_bytes_are_messages_or_an_error(data: bytes) -> None:
    frames = asyncio.run(read_all(data))
    assert all(len(item) <= LIMIT for item in frames)
    assert data.startswith(b"".join(map(frame, frames)))


@pytest.mark.parametrize("length", [LIMIT + 1, 2**31, 2**32 - 1])
def test_too_long_a_message_is_refused_before_it_is_read(length: int) -> None:
    reader = asyncio.StreamReader

    async def read() -> None:
        stream = reader()
        stream.feed_data(length.to_bytes(LENGTH_BYTES, "big"))
        await read_frame(stream, LIMIT)  # the stream has not ended: it would wait for ever

    with pytest.raises(CodecError) as caught:
        asyncio.run(asyncio.wait_for(read(), 20))
    assert caught.value.reason is Reason.TOO_LARGE


class Connection:
    """What TLS says of the other side."""

    def __init__(self, certificate: bytes | None) -> None:
        self._certificate = certificate

    def getpeercert(self, *, binary_form: bool) -> bytes | None:
        assert binary_form
        return self._certificate


def find_key(certificate: bytes | None) -> bytes:
    return get_peer_key(Connection(certificate))  # type: ignore[arg-type]


KEY = SigningKey(b"k" * 32)
DER = x509.load_pem_x509_certificate(_make_identity(KEY)).public_bytes(Encoding.DER)


def make_elliptic_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    time = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, time, time)
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "certificate",
    [
        None,
        b"",
        b"garbage",
        DER[:-1],
        DER.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1),  # of a version that there is not
        DER.replace(b"\x06\x03\x2b\x65\x70", b"\x06\x03\x2b\x65\x7f"),  # with a key of a kind that nobody knows
        make_elliptic_certificate(),
    ],
)
def test_a_certificate_that_is_none_of_ours_is_refused(certificate: bytes | None) -> None:
    assert certificate != DER
    with pytest.raises(HourledgerError) as caught:
        find_key(certificate)
    assert caught.value.reason is Reason.NOT_AUTHENTICATED


@pytest.mark.filterwarnings("ignore")  # of what else is odd about such a certificate
@given(st.data())
def test_a_damaged_certificate_has_another_key_or_none(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(DER) - 1))
    damaged = DER[:place] + bytes([DER[place] ^ data.draw(st.integers(1, 255))]) + DER[place + 1 :]
    try:
        assert len(find_key(damaged)) == len(KEY.public_key)
    except HourledgerError as error:
        assert error.reason is Reason.NOT_AUTHENTICATED
    assert find_key(DER) == KEY.public_key
