"""What is done, and who does it: projects, activities, their places, who signs up for them and who came."""

from typing import Final

from contracts.activities import attendance, changes, cover, notices, projects, published, sign_ups
from contracts.activities.changes import CloseActivity
from contracts.activities.published import (
    ACTIVITIES,
    MAX_ACTIVITY_DAYS,
    Activity,
    ActivityClass,
    ActivityStatus,
    PublishActivity,
    get_activity,
)
from contracts.kinds import Module

__all__ = (
    "ACTIVITIES",
    "MAX_ACTIVITY_DAYS",
    "MODULE",
    "Activity",
    "ActivityClass",
    "ActivityStatus",
    "CloseActivity",
    "PublishActivity",
    "get_activity",
)

_PARTS: Final = (projects, sign_ups, attendance, notices, cover)

MODULE: Final = Module(
    kinds=(*published.KINDS, *changes.KINDS, *(kind for part in _PARTS for kind in part.KINDS)),
    events=(*published.EVENTS, *changes.EVENTS, *(event for part in _PARTS for event in part.EVENTS)),
    tables=(ACTIVITIES, *(table for part in _PARTS for table in part.TABLES)),
)
