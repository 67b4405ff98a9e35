"""How well the pager did, measured by itself: over the last day and the last seven, in three statements whatever the size.

Every statement begins at the pages of the window, which have an index by date (`page_created`). Only pages of incidents
count: tests to oneself and the machine's own heartbeat do not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
FIRST_WITHIN = 5.0
"""Seconds from a page to the first attempt at its person."""
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper edges of the histogram of that time, in seconds."""
SENT, FAILED, UNKNOWN = ("sent", "delivered", "read"), ("failed",), ("unknown",)

# A page whose every way was taken back before an attempt was answered first: it is neither early nor late.
_CALLED = """
WITH called AS (
    SELECT p.id, p.created_at, min(a.started_at) AS tried_at,
        bool_and(d.state = 'cancelled') AS taken_back, bool_and(d.state = 'failed') AS all_failed, count(d.id) = 0 AS no_way,
        bool_or(p.acked_at IS NOT NULL OR i.acked_at IS NOT NULL OR coalesce(i.reacted_at >= p.created_at, false)) AS answered
    FROM paging_page p
    JOIN incidents_incident i ON i.id = p.incident_id
    LEFT JOIN paging_delivery d ON d.page_id = p.id
    LEFT JOIN paging_deliveryattempt a ON a.delivery_id = d.id
    WHERE p.created_at >= %(since)s AND p.created_at <= %(at)s
    GROUP BY p.id
), judged AS (
    SELECT created_at, all_failed AND NOT answered AS lost, no_way,
        tried_at - created_at <= %(within)s AS early,
        NOT no_way AND (tried_at IS NOT NULL OR NOT taken_back AND created_at < %(at)s - %(within)s) AS counts,
        extract(epoch FROM tried_at - created_at)::float AS took
    FROM called
)
"""
_WINDOW = (
    "count(*) FILTER (WHERE created_at >= {0}), count(*) FILTER (WHERE counts AND created_at >= {0}),"
    " count(*) FILTER (WHERE counts AND early AND created_at >= {0}), count(*) FILTER (WHERE lost AND created_at >= {0}),"
    " count(*) FILTER (WHERE no_way AND created_at >= {0})"
)
_REACHED = f"{_CALLED} SELECT {_WINDOW.format('%(day)s')}, {_WINDOW.format('%(since)s')} FROM judged"  # noqa: S608
_HISTOGRAM = f"""{_CALLED}
SELECT width_bucket(took, %(buckets)s::float[]), count(*), sum(took) FROM judged WHERE took IS NOT NULL GROUP BY 1
"""  # noqa: S608
_TOOK = (
    "count(*) FILTER (WHERE declared_at >= {0}),"
    " percentile_cont(0.5) WITHIN GROUP (ORDER BY took) FILTER (WHERE declared_at >= {0}),"
    " max(took) FILTER (WHERE declared_at >= {0})"
)
_ACCEPTED = f"""
SELECT {_TOOK.format("%(day)s")}, {_TOOK.format("%(since)s")} FROM (
    SELECT i.declared_at, extract(epoch FROM min(p.created_at) - i.declared_at)::float AS took
    FROM paging_page p JOIN incidents_incident i ON i.id = p.incident_id
    WHERE p.created_at >= %(since)s AND p.created_at <= %(at)s AND p.reason = 'first' AND p.fence = 1
        AND i.declared_at >= %(since)s AND i.silenced_until IS NULL
        AND NOT EXISTS (SELECT FROM incidents_timelineentry t
            WHERE t.incident_id = i.id AND t.kind = 'not_paged' AND t.data ->> 'why' = 'held')
    GROUP BY i.id
) AS first_pages
"""  # noqa: S608
_BY_MEDIUM = """
SELECT d.kind, d.state, count(*) FILTER (WHERE p.created_at >= %(day)s), count(*)
FROM paging_page p JOIN paging_delivery d ON d.page_id = p.id
WHERE p.created_at >= %(since)s AND p.created_at <= %(at)s AND p.incident_id IS NOT NULL
GROUP BY d.kind, d.state ORDER BY d.kind, d.state
"""


@dataclass(frozen=True)
class Window:
    """One stretch of time that ends now.

    `pages` were written; `tried` of them had to be tried by now, `early` of those within `FIRST_WITHIN`; `lost` failed on
    every way and nobody answered; `no_way` had none that could ring. `accepted` incidents got their first page `half`
    seconds (median) and at most `longest` seconds after they were taken in; None for none.
    """

    pages: int
    tried: int
    early: int
    lost: int
    no_way: int
    accepted: int
    half: float | None
    longest: float | None

    @property
    def share(self) -> float | None:
        """Per cent of first attempts that were early; None when nothing had to be tried."""
        return 100 * self.early / self.tried if self.tried else None


@dataclass
class Medium:
    """Deliveries on one medium: [last day, last seven days] of each outcome."""

    kind: str
    states: dict[str, tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))

    def of(self, *names: str) -> tuple[int, int]:
        """How many have one of these states."""
        found = [self.states[name] for name in names if name in self.states]
        return sum(day for day, _week in found), sum(week for _day, week in found)


def windows(at: datetime) -> tuple[Window, Window]:
    """The last day and the last seven; two statements."""
    (reached,), (took,) = _rows(_REACHED, at), _rows(_ACCEPTED, at)
    return Window(*reached[:5], *took[:3]), Window(*reached[5:], *took[3:])


def media(at: datetime) -> list[Medium]:
    """What became of deliveries on each medium that had any; one statement."""
    found: dict[str, Medium] = {}
    for kind, state, day, week in _rows(_BY_MEDIUM, at):
        found.setdefault(kind, Medium(kind)).states[state] = (day, week)
    return list(found.values())


def first_attempts(at: datetime) -> tuple[list[int], float]:
    """How many first attempts of the last day took up to each of `BUCKETS`, and longer; and their sum in seconds."""
    counts, total = [0] * (len(BUCKETS) + 1), 0.0
    for bucket, count, seconds in _rows(_HISTOGRAM, at, since=at - DAY, buckets=list(BUCKETS)):
        counts[bucket] += count
        total += seconds
    return counts, total


def _rows(sql: str, at: datetime, **more: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401  (whatever SQL takes)
    values = {"at": at, "day": at - DAY, "since": at - WEEK, "within": timedelta(seconds=FIRST_WITHIN), **more}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
