"""Rosters as they are stored: everything that decides who has the pager, in one statement, and the people in another.

By hand, because it runs for every step of every page: one row per schedule, with its layers, turns and exceptions as JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection

from oncall import rotation
from oncall.away import Span
from oncall.models import Schedule
from oncall.rotation import Count, Roster, Unit, Window
from oncall.wallclock import NEAR, first_instant, last_instant, parse_clock, utc, zone_named
from teams.models import User

logger = logging.getLogger(__name__)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MARGIN = timedelta(days=2)
"""More than any zone is away from UTC: exceptions are stored as wall clock and looked up by it."""

Row = dict[str, Any]
Part = TypeVar("Part")

_ROSTERS = """
SELECT s.id, s.slug, coalesce(nullif(s.name, ''), s.slug), s.timezone,
  (SELECT json_agg(json_build_object(
      'id', l.id, 'name', l.name, 'every', l.every, 'unit', l.unit, 'starts', l.starts, 'timezone', l.timezone,
      'windows', l.windows, 'count', l.count,
      'turns', ARRAY(SELECT t.user_id FROM oncall_layermember t WHERE t.layer_id = l.id ORDER BY t.position)
    ) ORDER BY l.position, l.id)
   FROM oncall_layer l WHERE l.schedule_id = s.id),
  (SELECT json_agg(json_build_object('id', o.id, 'person', o.person_id, 'starts', o.starts, 'ends', o.ends,
      'swap', o.swap_id IS NOT NULL)
      ORDER BY o.created_at, o.id)
   FROM oncall_override o
   WHERE o.schedule_id = s.id AND o.removed_at IS NULL AND o.starts <= %(latest)s AND o.ends >= %(earliest)s),
  (SELECT json_agg(json_build_object(
      'id', c.id, 'person', c.person_id, 'covered', c.covered_id, 'starts', c.starts, 'ends', c.ends
    ) ORDER BY c.created_at, c.id)
   FROM oncall_cover c
   WHERE c.schedule_id = s.id AND c.removed_at IS NULL AND c.starts <= %(latest)s AND c.ends >= %(earliest)s)
FROM oncall_schedule s WHERE s.id = ANY(%(ids)s) OR s.slug = ANY(%(slugs)s)
"""

_PEOPLE = """
SELECT u.*, (SELECT json_agg(json_build_object('id', a.id, 'starts', a.starts, 'ends', a.ends, 'zone', a.timezone))
   FROM oncall_absence a
   WHERE a.person_id = u.id AND a.removed_at IS NULL AND a.starts <= %(latest)s AND a.ends >= %(earliest)s
  ) AS absences_said
FROM teams_user u WHERE u.id = ANY(%(ids)s)
"""


@dataclass(frozen=True)
class Stored:
    """A schedule's roster, whose people are primary keys, and the people."""

    pk: int
    slug: str
    name: str
    roster: Roster
    people: dict[int, User]

    def person(self, key: rotation.Person | None) -> User | None:
        """The person behind a key of the roster."""
        return self.people[key] if isinstance(key, int) else None


def load(schedules: Iterable[Schedule], start: datetime, end: datetime) -> dict[int, Stored]:
    """The rosters of `schedules` by primary key, with the exceptions that touch [start, end], in two statements."""
    return {row.pk: row for row in _load([schedule.pk for schedule in schedules], [], start, end)}


def load_named(slugs: Sequence[str], at: datetime) -> dict[str, Stored]:
    """The rosters of these schedules by slug as they decide at `at`, in two statements."""
    return {row.slug: row for row in _load([], slugs, at, at)}


def _load(ids: Sequence[int], slugs: Sequence[str], start: datetime, end: datetime) -> list[Stored]:
    wanted: dict[str, Any] = {
        "ids": list(ids),
        "slugs": list(slugs),
        "latest": (utc(end) + MARGIN).replace(tzinfo=None),
        "earliest": (utc(start) - MARGIN).replace(tzinfo=None),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROSTERS, wanted)
        rows = cursor.fetchall()
    people = _people({pk for row in rows for pk in _ids(*row[4:])}, wanted["earliest"], wanted["latest"])
    return [_stored(*row, people=people) for row in rows]


def _people(ids: set[int], earliest: datetime, latest: datetime) -> dict[int, User]:
    """These people with their absences that touch the span of wall clocks, as `absences_said`, in one statement."""
    wanted = {"ids": list(ids), "earliest": earliest, "latest": latest}
    return {user.pk: user for user in User.objects.raw(_PEOPLE, wanted)} if ids else {}


def _ids(layers: list[Row] | None, overrides: list[Row] | None, covers: list[Row] | None) -> Iterator[int]:
    for layer in layers or ():
        yield from layer["turns"]
    for override in overrides or ():
        yield override["person"]
    for cover in covers or ():
        yield from (cover["person"], cover["covered"])


def _stored(
    pk: int,
    slug: str,
    name: str,
    zone: str,
    layers: list[Row] | None,
    overrides: list[Row] | None,
    covers: list[Row] | None,
    *,
    people: dict[int, User],
) -> Stored:
    own = {person: people[person] for person in _ids(layers, overrides, covers)}
    roster = Roster(
        tuple(_read("layer", slug, layers, lambda _order, row: _layer(row, zone))),
        tuple(_read("override", slug, overrides, lambda order, row: _override(row, zone, order))),
        tuple(_read("cover", slug, covers, lambda order, row: _cover(row, zone, order))),
        zone,
        # There is no record of when somebody was deactivated, so the skip holds for every instant that is asked about.
        {person: NEAR for person, user in own.items() if not user.is_active},
        {person: spans for person, user in own.items() if (spans := _absent(slug, user))},
    )
    return Stored(pk, slug, name, roster, own)


def _read(kind: str, slug: str, rows: list[Row] | None, read: Callable[[int, Row], Part]) -> Iterator[Part]:
    """What can be read of `rows`. A row with nonsense in it is told and left out: the others must still wake somebody."""
    for order, row in enumerate(rows or ()):
        try:
            yield read(order, row)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            logger.exception("unreadable %s %s of schedule %s", kind, row["id"], slug)


def read_windows(rows: Iterable[Row]) -> tuple[Window, ...]:
    """Windows from their stored form `{"days": ["mon"], "from": "08:30", "to": "17:30"}`.

    A window without days is open on all of them. Raises `ValueError` or `KeyError` for what is none.
    """
    return tuple(
        Window(
            frozenset(DAYS.index(day) for day in row.get("days") or DAYS),
            parse_clock(row["from"]),
            parse_clock(row["to"]),
        )
        for row in rows
    )


def _layer(row: Row, zone: str) -> rotation.Layer:
    return rotation.Layer(
        name=row["name"],
        members=tuple(row["turns"]),
        every=row["every"],
        unit=Unit(row["unit"]),
        starts=datetime.fromisoformat(row["starts"]),
        zone=zone_named(row["timezone"] or zone).key,
        windows=read_windows(row["windows"]),
        count=Count(row["count"]),
        key=row["id"],
    )


def _span(row: Row, zone: str) -> tuple[datetime, datetime]:
    starts, ends = datetime.fromisoformat(row["starts"]), datetime.fromisoformat(row["ends"])
    return first_instant(starts, zone), last_instant(ends, zone)


def _absent(slug: str, user: User) -> tuple[Span, ...]:
    said: list[Row] | None = getattr(user, "absences_said", None)
    return tuple(_read("absence", slug, said, lambda _order, row: _span(row, row["zone"])))


def _override(row: Row, zone: str, order: int) -> rotation.Override:
    source = rotation.Source.SWAP if row["swap"] else rotation.Source.OVERRIDE
    return rotation.Override(row["person"], *_span(row, zone), order, row["id"], source)


def _cover(row: Row, zone: str, order: int) -> rotation.Cover:
    return rotation.Cover(row["person"], row["covered"], *_span(row, zone), order, row["id"])
