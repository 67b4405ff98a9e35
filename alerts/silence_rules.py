"""How long something may be quiet, and what is too wide to be quiet without a second word. Pure.

A silence is forgotten after a week at the latest: what is quiet for longer wants to be tuned or deleted. A maintenance
window is one stretch of work: a day, then somebody decides anew (intake rules, "forced expiry").
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.matching import compile_match

LONGEST_SILENCE, LONGEST_MAINTENANCE = timedelta(days=7), timedelta(days=1)
FARTHEST = timedelta(days=90)
"""How far ahead one may be planned."""
LATE = timedelta(minutes=5)
"""A beginning so long ago means now: a form takes time to fill in."""


def longest(*, maintenance: bool) -> timedelta:
    """The longest stretch that one decision may keep quiet."""
    return LONGEST_MAINTENANCE if maintenance else LONGEST_SILENCE


def wide(match: Mapping[str, object]) -> bool:
    """Whether `match` fits alerts that have none of its labels: nearly everything. Raises ValueError as the matcher does."""
    return compile_match(match)({})


def refusals(*, starts_at: datetime, ends_at: datetime, at: datetime, maintenance: bool) -> dict[str, str]:
    """What is wrong with a stretch that is decided at `at`: field -> which of `past`, `far`, `backwards`, `over`, `long`."""
    wrong: dict[str, str] = {}
    if starts_at < at - LATE:
        wrong["starts"] = "past"
    elif starts_at > at + FARTHEST:
        wrong["starts"] = "far"
    if ends_at <= starts_at:
        wrong["ends"] = "backwards"
    elif ends_at <= at:
        wrong["ends"] = "over"
    elif ends_at > max(starts_at, at) + longest(maintenance=maintenance):
        wrong["ends"] = "long"
    return wrong
