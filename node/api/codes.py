"""A certificate's one code, made for whoever knows its number: that is in the certificate and nowhere else."""

from bisect import bisect_left
from typing import Final

from aiohttp import web

from certificates.handover import build_chain_trust
from certificates.one_code import ProvenEntry, build_one_code, format_one_code
from contracts.certificates.registry import CERTIFICATE_REGISTERED, CERTIFICATES, HOLDERS, CertificateStatus
from contracts.identity.parties import get_authorities
from ledger.checkpoint import parse_signed_checkpoint
from ledger.errors import HourledgerError
from ledger.events import find_type
from ledger.reasons import Reason
from ledger.types import Day, EntryIndex, Height, Identifier
from node.api.about import GENESIS
from node.api.requests import get_service, read_identifier
from node.chain import ChainReader
from node.pinned import Pinned

_MS_PER_DAY: Final = 86_400_000
_NO_QUORUM: Final = frozenset({Reason.QUORUM_MISSING, Reason.UNTRUSTED_LOG})


async def show_code(request: web.Request) -> web.Response:
    """Give the code of a certificate that stands, under the newest checkpoint."""
    number, chain_id = read_identifier(request), request.app[GENESIS].chain_id
    text = await get_service(request).read(lambda pinned: make_code(pinned, chain_id, number))
    return web.Response(text=text)


def make_code(pinned: Pinned, chain_id: str, number: Identifier) -> str:
    """Return the text of a certificate's code; raise `HourledgerError`: NOT_FOUND, CERTIFICATE_CLOSED, NOT_FINAL."""
    reader = pinned.reader
    found, holder = CERTIFICATES.get(reader.state, number), HOLDERS.get(reader.state, number)
    if found is None:
        raise HourledgerError(Reason.NOT_FOUND, "no certificate is registered under that number", number.hex())
    if found.status is not CertificateStatus.VALID or holder is None:
        detail = f"the certificate is {found.status.name.lower()}, so no code is made for it"
        raise HourledgerError(Reason.CERTIFICATE_CLOSED, detail, number.hex())
    index = _find_registration(reader, number, holder, found.issued_day)
    proven = ProvenEntry(index, reader.read_entry(index), reader.prove_entry(index))
    policy = build_chain_trust(chain_id, get_authorities(reader.state, reader.tip.height))
    try:
        return format_one_code(build_one_code(parse_signed_checkpoint(pinned.note), proven, policy))
    except HourledgerError as error:
        if error.reason not in _NO_QUORUM:
            raise
        raise HourledgerError(Reason.NOT_FINAL, "no quorum has cosigned the newest checkpoint yet") from error


def _find_registration(reader: ChainReader, number: Identifier, holder: Identifier, day: Day) -> EntryIndex:
    """Return where a certificate was registered, from the first block on that its day may have."""
    for index in reader.iterate_subject(holder, _find_first_entry(reader, day)):
        entry = reader.read_entry(index)
        if find_type(entry) == CERTIFICATE_REGISTERED.name and CERTIFICATE_REGISTERED.decode(entry).number == number:
            return index
    raise HourledgerError(Reason.NOT_FOUND, "the log of this node has no registration of the certificate", number.hex())


def _find_first_entry(reader: ChainReader, day: Day) -> EntryIndex:
    """Return an entry before all of a day on any region's clock, which is less than a day ahead of UTC."""
    heights = range(1, reader.tip.height + 1)
    start_ms = (day - 1) * _MS_PER_DAY
    first = bisect_left(heights, start_ms, key=lambda height: reader.read_header(Height(height)).time_ms)
    return reader.find_header_entry(Height(first)) if first else EntryIndex(0)
