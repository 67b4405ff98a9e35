"""The months of the table of bodies: made ahead, dropped whole.

A row whose month was never made stands in the default part, so intake works whether this ran or not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

AHEAD = 2
"""Months that are made before they begin."""
OTHER = "alerts_body_other"
_NAMES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'alerts_body'::regclass"
_PATIENCE = "SET LOCAL lock_timeout = '2s'"
"""Senders wait for this lock: better tried again in an hour."""


def month_of(at: datetime) -> datetime:
    """The first instant (UTC) of the month in which `at` lies."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def after(month: datetime) -> datetime:
    """The month after."""
    return month_of(month + timedelta(days=31))


def name_of(month: datetime) -> str:
    """The table that holds a month."""
    return f"alerts_body_{month:%Y_%m}"


def make_months(at: datetime) -> list[str]:
    """Make the month of `at` and those ahead; what stands in the default part of them moves over. The names made, in order."""
    made, there = [], names()
    month = month_of(at)
    for _number in range(AHEAD + 1):
        if name_of(month) not in there:
            _make(month)
            made.append(name_of(month))
        month = after(month)
    return made


def drop_months(before: datetime) -> int:
    """Drop every month that was over at `before`, but for the last body of a source: how many bodies went."""
    gone = 0
    for name in sorted(names() - {OTHER}):
        year, _, number = name.removeprefix("alerts_body_").partition("_")
        month = datetime(int(year), int(number), 1, tzinfo=UTC)
        if after(month) <= before:
            gone += _drop(name)
    return gone


def trim_other(before: datetime) -> int:
    """Delete what is older than `before` from the default part, the last body of a source excepted; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {OTHER} old WHERE received_at < %s AND EXISTS "  # noqa: S608
            "(SELECT 1 FROM alerts_body new WHERE new.source_id = old.source_id AND new.id > old.id)",
            [before],
        )
        return int(cursor.rowcount)


def names() -> set[str]:
    """The tables that hold the bodies."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES)
        return {name for (name,) in cursor.fetchall()}


@transaction.atomic
def _make(month: datetime) -> None:
    name = name_of(month)
    with connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(f"CREATE TABLE {name} (LIKE alerts_body INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        span = [month, after(month)]
        # Held until the end: a body that comes meanwhile would else be put where its month no longer lies.
        cursor.execute(f"LOCK TABLE {OTHER} IN EXCLUSIVE MODE")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {OTHER} WHERE received_at >= %s AND received_at < %s RETURNING *) "  # noqa: S608
            f"INSERT INTO {name} SELECT * FROM moved",
            span,
        )
        cursor.execute(f"ALTER TABLE alerts_body ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", span)


@transaction.atomic
def _drop(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
        cursor.execute(f"ALTER TABLE alerts_body DETACH PARTITION {name}")
        kept = _keep_last(cursor, name)
        cursor.execute(f"SELECT count(*) FROM {name}")  # noqa: S608
        (count,) = cursor.fetchone()
        cursor.execute(f"DROP TABLE {name}")
        return int(count) - kept


def _keep_last(cursor: CursorWrapper, name: str) -> int:
    """The last body of a source from which nothing came since goes over to the default part: one sees when that was."""
    cursor.execute(
        f"INSERT INTO alerts_body SELECT DISTINCT ON (old.source_id) old.* FROM {name} old "  # noqa: S608
        "WHERE NOT EXISTS (SELECT 1 FROM alerts_body new WHERE new.source_id = old.source_id AND new.id > old.id) "
        "ORDER BY old.source_id, old.id DESC"
    )
    return int(cursor.rowcount)
