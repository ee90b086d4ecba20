"""Which column of a roster means what.

A roster keeps the titles that its organisation uses. They are matched after NFKC and case folding, without blanks, hyphens and
underscores: `Activity Name` is `activity_name`, and full-width brackets are brackets. A title that does not say its unit
(服务时长, `duration`) or is no lasting reference (序号, a row's place in the list) is left unmatched on purpose:
`--column minutes=TITLE` says what it means.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from cli.office.limits import shorten
from ledger.errors import HourledgerError
from ledger.reasons import Reason


class Column(StrEnum):
    """What a column can mean. The values are the names to use with `--column` and the titles of the sample roster."""

    RECORD = "record"
    """The organisation's own reference of the row, which makes a later import of the same row recognisable."""
    ACTIVITY = "activity"
    ACTIVITY_NAME = "activity_name"
    CATEGORY = "category"
    DATE = "date"
    PLACE = "place"
    VOLUNTEER = "volunteer"
    NAME = "name"
    MINUTES = "minutes"
    HOURS = "hours"
    START = "start"
    END = "end"
    CONTENT = "content"
    PERSON_IN_CHARGE = "person_in_charge"


SYNONYMS: Mapping[Column, tuple[str, ...]] = MappingProxyType(
    {
        Column.RECORD: (
            "record",
            "record id",
            "record number",
            "reference",
            "ref",
            "编号",
            "记录编号",
            "记录号",
            "服务记录编号",
        ),
        Column.ACTIVITY: ("activity", "activity id", "activity number", "event id", "活动编号", "活动ID", "项目编号"),
        Column.ACTIVITY_NAME: (
            "activity name",
            "activity title",
            "event",
            "event name",
            "活动名称",
            "活动",
            "项目名称",
            "服务项目",
        ),
        Column.CATEGORY: (
            "category",
            "class",
            "activity type",
            "event type",
            "类别",
            "活动类别",
            "活动类型",
            "服务类别",
            "服务类型",
        ),
        Column.DATE: ("date", "service date", "day", "日期", "服务日期", "活动日期"),
        Column.PLACE: ("place", "location", "venue", "address", "postcode", "地点", "服务地点", "活动地点", "地址"),
        Column.VOLUNTEER: ("volunteer", "volunteer id", "volunteer number", "志愿者编号", "志愿者号", "志愿者ID", "志愿者"),
        Column.NAME: ("name", "volunteer name", "full name", "姓名", "志愿者姓名"),
        Column.MINUTES: (
            *("minutes", "mins", "min", "minutes served", "duration (minutes)", "duration (min)"),
            *("分钟", "分钟数", "服务分钟", "服务分钟数", "时长(分钟)", "服务时长(分钟)", "服务时间(分钟)"),
        ),
        Column.HOURS: (
            *("hours", "hrs", "hours served", "volunteer hours", "duration (hours)", "duration (h)"),
            *("小时", "小时数", "服务小时", "服务小时数", "时长(小时)", "服务时长(小时)", "服务时间(小时)"),
        ),
        Column.START: ("start", "start time", "from", "check-in", "开始", "开始时间", "服务开始时间", "签到时间"),
        Column.END: ("end", "end time", "to", "until", "check-out", "结束", "结束时间", "服务结束时间", "签退时间"),
        Column.CONTENT: ("content", "service content", "description", "task", "内容", "服务内容", "工作内容"),
        Column.PERSON_IN_CHARGE: ("person in charge", "supervisor", "coordinator", "contact person", "负责人", "活动负责人"),
    }
)

NEEDED = "volunteer, date, activity (or activity_name), and minutes (or hours, or start and end)"


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where the columns of one roster are."""

    header: tuple[str, ...]
    positions: Mapping[Column, int] = field(hash=False)
    """Index into the header and the rows, from 0."""

    def find_title(self, column: Column) -> str:
        """Return the column's title in this roster, or its own name when the roster has no such column."""
        position = self.positions.get(column)
        return column.value if position is None else shorten(self.header[position])

    def find_ignored(self) -> tuple[str, ...]:
        """Return the titles of which nothing is read, for a preview."""
        used = set(self.positions.values())
        return tuple(shorten(title) for index, title in enumerate(self.header) if index not in used and title.strip())


def map_columns(header: Sequence[str], overrides: Mapping[str, str] | None = None) -> ColumnMap:
    """Find every known column in `header`; `overrides` gives titles for columns by name, such as {"minutes": "Zeit"}.

    A title that an override takes means that and nothing else. Raises `HourledgerError` with USAGE, listing the columns found
    and needed, when a needed column is missing, two titles have one meaning, or an override names what is not there.
    """
    titles = [normalise_title(title) for title in header]
    positions: dict[Column, int] = {}
    for name, title in (overrides or {}).items():
        column = _find_column(name)
        positions[column] = _find_override(titles, column, title, header, positions)
    taken = set(positions.values())
    for column, synonyms in SYNONYMS.items():
        if column in positions:
            continue
        known = {normalise_title(synonym) for synonym in synonyms}
        matches = [index for index, title in enumerate(titles) if title in known and index not in taken]
        if len(matches) > 1:
            both = " and ".join(f"'{shorten(header[index])}'" for index in matches)
            raise _unusable(
                f"the columns {both} both mean {column}, so one must be chosen with --column {column}=TITLE", header
            )
        if matches:
            positions[column] = matches[0]
    _validate_needed(positions, header)
    return ColumnMap(tuple(header), MappingProxyType(positions))


def normalise_title(title: str) -> str:
    """Return what two titles must have in common to be the same."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    kept = (c for c in folded if not c.isspace() and c not in "_-*:" and unicodedata.category(c) not in {"Cc", "Cf"})
    return unicodedata.normalize("NFKC", "".join(kept))


def _find_column(name: str) -> Column:
    wanted = normalise_title(name)
    for column in Column:
        if normalise_title(column) == wanted:
            return column
    raise HourledgerError(Reason.USAGE, f"there is no column '{shorten(name)}' to give a title for, only {', '.join(Column)}")


def _find_override(
    titles: Sequence[str], column: Column, title: str, header: Sequence[str], positions: Mapping[Column, int]
) -> int:
    matches = [index for index, found in enumerate(titles) if found == normalise_title(title)]
    if not matches:
        raise _unusable(f"there is no column '{shorten(title)}' to read as {column}", header)
    if len(matches) > 1:
        raise _unusable(f"there are {len(matches)} columns '{shorten(title)}', so none can be read as {column}", header)
    for other, position in positions.items():
        if position == matches[0]:
            raise _unusable(f"the column '{shorten(title)}' cannot be read as {other} and as {column}", header)
    return matches[0]


def _validate_needed(positions: Mapping[Column, int], header: Sequence[str]) -> None:
    missing = [column.value for column in (Column.VOLUNTEER, Column.DATE) if column not in positions]
    if Column.ACTIVITY not in positions and Column.ACTIVITY_NAME not in positions:
        missing.append("activity")
    timed = Column.START in positions and Column.END in positions
    if not timed and Column.MINUTES not in positions and Column.HOURS not in positions:
        missing.append("minutes")
    if missing:
        detail = f"no column is known to be {' or '.join(missing)}, so name it with --column {missing[0]}=TITLE"
        raise _unusable(detail, header)


def _unusable(detail: str, header: Sequence[str]) -> HourledgerError:
    found = ", ".join(shorten(title, 30) for title in header if title.strip())
    return HourledgerError(Reason.USAGE, f"{detail}; found are {found or 'none'}; needed are {NEEDED}")
