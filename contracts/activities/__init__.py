"""What is done, and who does it: activities, their places, and who signs up for them."""

from typing import Final

from contracts.activities import published, sign_ups
from contracts.activities.published import (
    ACTIVITIES,
    MAX_ACTIVITY_DAYS,
    Activity,
    ActivityClass,
    CloseActivity,
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
    "CloseActivity",
    "PublishActivity",
    "get_activity",
)

MODULE: Final = Module(
    kinds=(*published.KINDS, *sign_ups.KINDS),
    events=(*published.EVENTS, *sign_ups.EVENTS),
    tables=(ACTIVITIES, *sign_ups.TABLES),
)
