"""Rosters as they are stored: everything that decides who has the pager, in one statement, and the people in another.

By hand, because it runs for every step of every page: one row per schedule, with its layers, turns and exceptions as JSON.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import connection

from oncall import rotation
from oncall.away import Span, clipped, without
from oncall.models import DutyRole, Schedule
from oncall.rotation import Count, Roster, Unit, Window
from oncall.wallclock import FAR, NEAR, first_instant, last_instant, parse_clock, utc, zone_named
from teams.here import away_of
from teams.models import User

logger = logging.getLogger(__name__)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MARGIN = timedelta(days=2)
"""More than any zone is away from UTC: exceptions are stored as wall clock and looked up by it."""

NEVER = ((NEAR, NEAR),)
"""The spans of a layer that speaks no more: none at all would mean always."""

Row = dict[str, Any]
Part = TypeVar("Part")

_LAYERS = """
  (SELECT json_agg(json_build_object(
      'id', l.id, 'name', l.name, 'every', l.every, 'unit', l.unit, 'starts', l.starts, 'timezone', l.timezone,
      'windows', l.windows, 'count', l.count, 'role', l.role, 'ends', l.ends,
      'turns', ARRAY(SELECT t.user_id FROM oncall_layermember t WHERE t.layer_id = l.id ORDER BY t.position)
    ) ORDER BY l.position, l.id)
   FROM oncall_layer l WHERE l.schedule_id = s.id)
"""

# What was taken back stands for the time until then: it decided who was paged.
_TOUCHES = "coalesce({0}.removed_at > %(start)s, true) AND {0}.starts <= %(latest)s AND {0}.ends >= %(earliest)s"

_ROSTERS = f"""
SELECT s.id, s.slug, coalesce(nullif(s.name, ''), s.slug), s.timezone, {_LAYERS},
  (SELECT json_agg(json_build_object('since', p.since, 'until', p.until, 'said', p.said) ORDER BY p.until)
   FROM oncall_pastlayers p WHERE p.schedule_id = s.id AND p.until > %(start)s),
  (SELECT json_agg(json_build_object('id', o.id, 'person', o.person_id, 'starts', o.starts, 'ends', o.ends,
      'zone', o.timezone, 'role', o.role, 'removed', o.removed_at, 'swap', o.swap_id IS NOT NULL)
      ORDER BY o.created_at, o.id)
   FROM oncall_override o WHERE o.schedule_id = s.id AND {_TOUCHES.format("o")}),
  (SELECT json_agg(json_build_object('id', c.id, 'person', c.person_id, 'covered', c.covered_id,
      'starts', c.starts, 'ends', c.ends, 'zone', c.timezone, 'role', c.role, 'removed', c.removed_at)
      ORDER BY c.created_at, c.id)
   FROM oncall_cover c WHERE c.schedule_id = s.id AND {_TOUCHES.format("c")}),
  (SELECT json_agg(json_build_object('id', e.id, 'person', e.person_id, 'start', e.start, 'end', e.end,
      'role', i.role, 'name', i.name) ORDER BY i.id, e.start, e.id)
   FROM oncall_importedcalendar i JOIN oncall_calendarentry e ON e.calendar_id = i.id
   WHERE i.schedule_id = s.id AND e.person_id IS NOT NULL AND e.start <= %(end)s AND e.end > %(start)s)
FROM oncall_schedule s WHERE s.id = ANY(%(ids)s) OR s.slug = ANY(%(slugs)s)
"""  # noqa: S608  put together from constants

_PEOPLE = f"""
SELECT u.*, (SELECT json_agg(json_build_object(
      'id', a.id, 'starts', a.starts, 'ends', a.ends, 'zone', a.timezone, 'removed', a.removed_at,
      'since', CASE WHEN a.from_file THEN NULL ELSE a.created_at END))
   FROM oncall_absence a WHERE a.person_id = u.id AND {_TOUCHES.format("a")}
  ) AS absences_said
FROM teams_user u WHERE u.id = ANY(%(ids)s)
"""  # noqa: S608


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


def load(
    schedules: Iterable[Schedule], start: datetime, end: datetime, *, role: str = DutyRole.PRIMARY
) -> dict[int, Stored]:
    """The rosters of `schedules` for one role by primary key, with the exceptions that touch [start, end], in two statements."""
    found = _load([schedule.pk for schedule in schedules], [], start, end)
    return {row.pk: row.stored(role) for row in found}


def load_roles(schedule: Schedule, start: datetime, end: datetime) -> dict[str, Stored]:
    """The roster of each role that the schedule knows, in the order of the roles; the primary one always."""
    found = _load([schedule.pk], [], start, end)[0]
    known = found.roles | {DutyRole.PRIMARY.value}
    return {role: found.stored(role) for role in DutyRole.values if role in known}


def load_named(named: Iterable[tuple[str, str]], at: datetime) -> dict[tuple[str, str], Stored]:
    """The rosters of these (slug, role) as they decide at `at`, in two statements; those that do not exist are missing."""
    named = list(named)
    found = {row.slug: row for row in _load([], [slug for slug, _ in named], at, at)}
    return {(slug, role): found[slug].stored(role) for slug, role in named if slug in found}


def layers_said(schedule: Schedule) -> list[Row]:
    """What the layers of `schedule` say now, as `PastLayers.said` keeps it: each with a zone, the schedule's may change."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT s.timezone, {_LAYERS} FROM oncall_schedule s WHERE s.id = %s", [schedule.pk])  # noqa: S608
        zone, rows = cursor.fetchone() or ("", None)
    return [row | {"timezone": row["timezone"] or zone} for row in rows or []]


def _load(ids: Sequence[int], slugs: Sequence[str], start: datetime, end: datetime) -> list[Rows]:
    wanted: dict[str, Any] = {
        "ids": list(ids),
        "slugs": list(slugs),
        "start": utc(start),
        "end": utc(end),
        "latest": (utc(end) + MARGIN).replace(tzinfo=None),
        "earliest": (utc(start) - MARGIN).replace(tzinfo=None),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROSTERS, wanted)
        rows = [Rows(*row[:4], *(part or [] for part in row[4:])) for row in cursor.fetchall()]
    people = _people({pk for row in rows for pk in row.ids()}, wanted)
    for row in rows:
        row.forget_strangers(people)
        row.people = {pk: people[pk] for pk in row.ids()}
    return rows


def _people(ids: set[int], wanted: dict[str, Any]) -> dict[int, User]:
    """These people with their absences that touch the span, as `absences_said`, in one statement."""
    return {user.pk: user for user in User.objects.raw(_PEOPLE, wanted | {"ids": list(ids)})} if ids else {}


@dataclass
class Rows:
    """What the database holds of one schedule: layers, what they were (`past`), exceptions, for every role."""

    pk: int
    slug: str
    name: str
    zone: str
    layers: list[Row]
    past: list[Row]
    overrides: list[Row]
    covers: list[Row]
    fixed: list[Row]
    people: dict[int, User] = field(default_factory=dict)

    @property
    def roles(self) -> set[str]:
        """The roles for which there are layers or exceptions."""
        return {row.get("role", "primary") for row in (*self._all_layers(), *self.overrides, *self.covers, *self.fixed)}

    def ids(self) -> Iterator[int]:
        """Everybody whom it names."""
        for layer in self._all_layers():
            yield from layer.get("turns", ())
        for row in (*self.overrides, *self.fixed):
            yield row["person"]
        for cover in self.covers:
            yield from (cover["person"], cover["covered"])

    def forget_strangers(self, people: Mapping[int, User]) -> None:
        """What was kept of the past holds people by number only: one who is nobody must not cost the others their answer."""
        for version in self.past:
            for layer in version["said"]:
                layer["turns"] = [pk for pk in layer.get("turns", ()) if pk in people]

    def stored(self, role: str) -> Stored:
        """The roster of one role."""
        roster = Roster(
            tuple(self._layers_of(role)),
            tuple(self._read("override", role, self.overrides, lambda order, row: _override(row, self.zone, order))),
            tuple(self._read("cover", role, self.covers, lambda order, row: _cover(row, self.zone, order))),
            self.zone,
            {person: since for person, user in self.people.items() if (since := gone(user))},
            {person: spans for person, user in self.people.items() if (spans := _absent(self.slug, user))},
            tuple(self._read("calendar entry", role, self.fixed, _fixed)),
        )
        return Stored(self.pk, self.slug, self.name, roster, self.people)

    def _layers_of(self, role: str) -> Iterator[rotation.Layer]:
        """Those of the past for their time, then those of today for every other."""
        now = [(NEAR, FAR)]
        for version in self.past:
            span = _instant(version["since"]) or NEAR, _instant(version["until"]) or FAR
            now = without(now, span)
            yield from self._read("layer", role, version["said"], partial(_layer, zone=self.zone, spans=(span,)))
        spans = (tuple(now) or NEVER) if self.past else ()
        yield from self._read("layer", role, self.layers, partial(_layer, zone=self.zone, spans=spans))

    def _read(self, kind: str, role: str, rows: list[Row], read: Callable[[int, Row], Part]) -> Iterator[Part]:
        return _read(kind, self.slug, [row for row in rows if row.get("role", "primary") == role], read)

    def _all_layers(self) -> Iterator[Row]:
        yield from self.layers
        for version in self.past:
            yield from version["said"]


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


def _layer(_order: int, row: Row, *, zone: str, spans: tuple[Span, ...]) -> rotation.Layer:
    zone = zone_named(row["timezone"] or zone).key
    if row.get("ends"):
        ends = last_instant(datetime.fromisoformat(row["ends"]), zone)
        spans = tuple(clipped(spans or ((NEAR, FAR),), ends)) or NEVER
    return rotation.Layer(
        name=row["name"],
        members=tuple(row["turns"]),
        every=row["every"],
        unit=Unit(row["unit"]),
        starts=datetime.fromisoformat(row["starts"]),
        zone=zone,
        windows=read_windows(row["windows"]),
        count=Count(row["count"]),
        key=row["id"],
        spans=spans,
    )


def _instant(text: str | None) -> datetime | None:
    return utc(datetime.fromisoformat(text)) if text else None


def _span(row: Row, zone: str) -> Span:
    """From when to when an exception holds, in its own zone, else in `zone`; one that was taken back meanwhile, until then.

    An absence speaks from when it was entered: until then they were paged, and are paid for it.
    """
    zone = row["zone"] or zone
    starts, ends = datetime.fromisoformat(row["starts"]), datetime.fromisoformat(row["ends"])
    start, end = first_instant(starts, zone), last_instant(ends, zone)
    start = max(start, _instant(row.get("since")) or NEAR)
    return start, max(start, min(end, _instant(row["removed"]) or FAR))


def gone(user: User) -> datetime | None:
    """From when on `user` has no pager any more: after their last day, or since they were switched off; None: they have."""
    return next((start for start, end in away_of(user) if end == FAR), None)


def _absent(slug: str, user: User) -> tuple[Span, ...]:
    """When `user` is away for a while: what they said, and while they were not here."""
    said: list[Row] | None = getattr(user, "absences_said", None)
    spans = tuple(_read("absence", slug, said, lambda _order, row: _span(row, user.timezone)))
    return (*spans, *(span for span in away_of(user) if span[1] != FAR))


def _override(row: Row, zone: str, order: int) -> rotation.Override:
    source = rotation.Source.SWAP if row["swap"] else rotation.Source.OVERRIDE
    return rotation.Override(row["person"], *_span(row, zone), order, row["id"], source)


def _fixed(_order: int, row: Row) -> rotation.Fixed:
    start, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
    return rotation.Fixed(row["person"], start, end, row["name"])


def _cover(row: Row, zone: str, order: int) -> rotation.Cover:
    return rotation.Cover(row["person"], row["covered"], *_span(row, zone), order, row["id"])
