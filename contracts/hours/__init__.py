"""Hours: service as it is certified and corrected, and what its volunteers say to it."""

from typing import Final

from contracts import records
from contracts.hours import codes, cosigning, disputes, merits, missing, service, totals
from contracts.hours.disputes import DisputeRecord, Resolution, ResolveDispute
from contracts.hours.service import (
    HOURS_RECORDED,
    HOURS_VOIDED,
    AmendHours,
    Attendance,
    CertifyHours,
    Correction,
    Mode,
    RecordedHours,
    VoidedHours,
    VoidHours,
)
from contracts.kinds import Module

__all__ = (
    "HOURS_RECORDED",
    "HOURS_VOIDED",
    "MODULE",
    "AmendHours",
    "Attendance",
    "CertifyHours",
    "Correction",
    "DisputeRecord",
    "Mode",
    "RecordedHours",
    "Resolution",
    "ResolveDispute",
    "VoidHours",
    "VoidedHours",
)

_PARTS: Final = (service, disputes, cosigning, missing, codes, totals, merits)
MODULE: Final = Module(
    kinds=tuple(kind for part in _PARTS for kind in part.KINDS),
    events=tuple(event for part in _PARTS for event in part.EVENTS),
    tables=(*records.TABLES, *(table for part in _PARTS[1:] for table in part.TABLES)),
)
