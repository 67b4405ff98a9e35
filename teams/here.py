"""When a person can have a pager at all: between their first and their last day, while their account is on.

A change speaks from when it was made; what was until then is kept, for shifts that are over stay as they were.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from teams.models import User

Span = tuple[datetime, datetime]

EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def away_of(user: User) -> list[Span]:
    """The spans in which `user` is not here, each [start, end); one that ends at `NEVER` goes on."""
    since = user.here_since or EVER
    spans = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in user.away_before]
    if user.first_day:
        spans.append((since, _midnight(user.first_day, user.timezone)))
    ends = []
    if user.last_day and user.last_day < date.max:
        ends.append(_midnight(user.last_day + timedelta(days=1), user.timezone))
    if not user.is_active:
        ends.append(user.left_at or EVER)
    if ends:
        spans.append((max(since, min(ends)), NEVER))
    return [(start, end) for start, end in spans if start < end]


def remember(user: User, *, at: datetime) -> None:
    """Keep when `user` was away until `at`, before their days or their account change. The caller saves `KEPT`."""
    before = [(start, min(end, at)) for start, end in away_of(user) if start < at]
    user.away_before = [[start.isoformat(), end.isoformat()] for start, end in before]
    user.here_since = at


KEPT = ("away_before", "here_since")
"""The fields that `remember` writes."""


def _midnight(day: date, zone: str) -> datetime:
    """When `day` begins there: where it has no midnight, the instant at which the clocks go forward.

    On UTC's clock where theirs cannot be read: somebody must still be woken.
    """
    try:
        clock: ZoneInfo | None = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        clock = None
    try:
        return datetime.combine(day, time(), clock or UTC).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)
