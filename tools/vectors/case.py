"""One case of the test vectors: an input, what it is judged by, and the right answer with the reason for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from certificates.datetimes import format_datetime
from ledger.types import TimeMs


@dataclass(frozen=True, slots=True)
class Padding:
    """Bytes before those of the file, which would not be worth keeping: one byte, so many times."""

    byte: int
    count: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `check` is the first check that fails, and `refusal` its reason; None where all hold."""

    name: str
    title: str
    reason: str
    kind: str
    file: str
    data: bytes
    trust: Mapping[str, bytes]
    at_time_ms: TimeMs
    verdict: str = "valid"
    check: str | None = None
    refusal: str | None = None
    padding: Padding | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further members of case.json, such as `max_age_days`, and what they say is beside the file, in `files`."""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def format(self) -> dict[str, bytes]:
        """Return the files of the case's folder."""
        document: dict[str, Any] = {
            "title": self.title,
            "reason": self.reason,
            "kind": self.kind,
            "input": self.file,
            "trust": sorted(self.trust),
            "at_time": format_datetime(self.at_time_ms),
            **self.more,
            "verdict": self.verdict,
            "check": self.check,
            "refusal": self.refusal,
        }
        if self.padding is not None:
            document["padding"] = {"byte": self.padding.byte, "count": self.padding.count}
        written = f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()
        return {"case.json": written, self.file: self.data, **self.trust, **self.files}
