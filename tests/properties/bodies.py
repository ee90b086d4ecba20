"""Random values of any structure that the codecs write, derived from its annotations.

Annotations say what a field is, not which whole numbers it takes: those bounds are here once more, on purpose.
"""

from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from ledger.codec import MAX_DAY, MAX_POINTS, MAX_TIME_MS, list_fields
from ledger.types import Day, EntryIndex, Hash, Height, Identifier, Minutes, Points, PublicKey, Round, Signature, TimeMs

_UNIONS = (Union, UnionType)
_texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)
_SCALARS: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    bytes: st.binary(min_size=1, max_size=40),
    str: _texts,
    Day: st.integers(0, MAX_DAY),
    EntryIndex: st.integers(0, 2**63 - 1),
    Hash: st.binary(min_size=32, max_size=32),
    Height: st.integers(0, 2**63 - 1),
    Identifier: st.binary(min_size=16, max_size=16),
    Minutes: st.integers(-(2**31), 2**31 - 1),
    Points: st.integers(0, MAX_POINTS),
    PublicKey: st.binary(min_size=32, max_size=32),
    Round: st.integers(0, 2**31 - 1),
    Signature: st.binary(min_size=64, max_size=64),
    TimeMs: st.integers(0, MAX_TIME_MS),
}
_positions = st.integers(0, 2**31 - 1)
_RATED = ("RateOrder", "OrderRated", "RateService", "RateByOfficer", "ServiceRated")
_SETTLEMENTS = ("CloseSettlement", "SettlementClosed", "AcknowledgeSettlement")
_FIELDS: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("RegisterOrganisation", "approvals"): st.integers(0, 2**16),
    ("SetPreparers", "preparers"): st.lists(st.binary(min_size=32, max_size=32), max_size=4).map(tuple),
    ("RegisterGroup", "approvals"): st.integers(0, 2**16),
    ("SetPolicy", "approvals"): st.integers(0, 2**16),
    ("Attendance", "start"): st.none() | st.integers(0, 1_439),
    ("RecordedHours", "start"): st.none() | st.integers(0, 1_439),
    ("RecordedHours", "revision"): st.integers(1, 254),
    ("RecordedHours", "row"): st.integers(0, 999),
    ("VoidedHours", "row"): st.integers(0, 999),
    ("PublicizeStar", "stars"): st.integers(1, 5),
    ("StarChanged", "stars"): st.integers(1, 5),
    ("RecordTraining", "training"): st.text("abc-é", min_size=1, max_size=16),
    ("DropTraining", "training"): st.text("abc-é", min_size=1, max_size=16),
    **{(name, "position"): st.none() | _positions for name in ("RegisterCertificate", "CertificateRegistered")},
    **{(name, "position"): _positions for name in ("RegisterCard", "AboutCard")},
    ("PublishActivity", "coefficient"): st.integers(1, 1_000),
    ("EvaluateProject", "grade"): st.integers(1, 5),
    ("Terms", "capacity"): st.integers(0, 100_000),
    ("Terms", "waiting"): st.integers(0, 200),
    **{(name, "score"): st.integers(1, 5) for name in _RATED},
    ("CertifyOrder", "start"): st.none() | st.integers(0, 1_439),
    ("DisputedHours", "row"): st.integers(0, 999),
    ("MonthCarried", "records"): st.integers(1, 2_048),
    ("CosignedHours", "row"): st.integers(0, 999),
    ("CosignedHours", "revision"): st.integers(1, 254),
    ("ReservedHours", "start"): st.none() | st.integers(0, 1_439),
    ("ResolvedDispute", "row"): st.integers(0, 999),
    ("AdjustPoints", "change"): st.integers(-1_000_000_000, 1_000_000_000),
    ("PublishOffer", "stock"): st.none() | st.integers(0, 1_000_000_000),
    ("ChangeOffer", "stock"): st.none() | st.integers(0, 1_000_000_000),
    **{(name, "year"): st.integers(1970, 9_999) for name in _SETTLEMENTS},
    **{(name, "month"): st.integers(1, 12) for name in _SETTLEMENTS},
    ("PublishOffer", "points"): st.integers(1, 1_000_000_000),
    ("HoldPoints", "quantity"): st.integers(1, 1_000),
    ("TimeDeposited", "row"): st.integers(0, 999),
    ("TimeReturned", "row"): st.integers(0, 999),
    ("TimeRefunded", "row"): st.integers(0, 999),
    ("BuyWithTime", "quantity"): st.integers(1, 1_000),
    ("BoughtWithTime", "quantity"): st.integers(1, 1_000),
    ("ChangeApproved", "approvals"): st.integers(1, 64),
    ("ChangeApproved", "quorum"): st.integers(1, 64),
    ("ProposalApproved", "approvals"): st.integers(1, 64),
    ("ProposalApproved", "quorum"): st.integers(1, 64),
    ("SetRuleBook", "version"): st.integers(1, 2**16 - 1),
    ("TrustRegion", "trust"): st.binary(max_size=40),
    ("Value", "value"): st.integers(-(2**53), 2**53),
    ("Outcome", "event_count"): st.integers(0, 1_000_000),
    ("Outcome", "value"): st.text("abc0", max_size=32),
    ("RowOutcome", "value"): st.text("abc0", max_size=32),
    ("Header", "version"): st.just(1),
    ("Header", "rule_book_version"): st.integers(1, 2**16),
}


@cache
def strategy_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type."""
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, msgspec.Struct)):
        hints = getattr(annotation, "__written__", None) or get_type_hints(annotation)
        names = list_fields(annotation)
        places = [(annotation.__name__, name) for name in names]
        members = [_FIELDS[place] if place in _FIELDS else strategy_of(hints[place[1]]) for place in places]
        return st.tuples(*members).map(lambda values: annotation(*values))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(list(annotation))
    if get_origin(annotation) is tuple:
        item, _ellipsis = get_args(annotation)
        least = 0 if get_origin(item) in _UNIONS else 1
        return st.lists(strategy_of(item), min_size=least, max_size=4).map(tuple)
    if get_origin(annotation) in _UNIONS:
        return st.one_of(*[st.none() if item is NoneType else strategy_of(item) for item in get_args(annotation)])
    raise LookupError(f"no strategy for {annotation}")


wires: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=33)
    | st.binary(min_size=16, max_size=16)
    | st.dictionaries(st.integers(0, 3), st.none(), max_size=1),
    lambda inner: st.lists(inner, max_size=7),
    max_leaves=20,
)
"""Anything that MessagePack carries."""
