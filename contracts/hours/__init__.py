"""Hours: service as it is certified and corrected, and what its volunteers say to it."""

from typing import Final

from contracts import records
from contracts.hours import disputes, service
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

MODULE: Final = Module(
    kinds=(*service.KINDS, *disputes.KINDS),
    events=(*service.EVENTS, *disputes.EVENTS),
    tables=(*records.TABLES, *disputes.TABLES),
)
