"""The one answer to "who is on call", from what is stored. The rules are in `rotation`; here rows become a roster.

Every question costs four statements, however many schedules, layers and people it is about. Instants are aware; answers
are in UTC. A person who is not active is skipped, and the next one in the layer stands in.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from django.db.models import Prefetch

from oncall import models, rotation, trace
from oncall.duty import change_since, duty_at
from oncall.rotation import Count, Roster, Source, Unit, Window
from oncall.wallclock import NEAR, first_instant, last_instant, parse_clock, utc, zone_named
from teams.models import User

logger = logging.getLogger(__name__)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON = timedelta(days=400)
"""How far "until" looks ahead; an exception further away than that is not asked for."""
MARGIN = timedelta(days=2)
"""More than any zone is away from UTC: exceptions are stored as wall clock and looked up by it."""

Row = TypeVar("Row", models.Layer, models.Override, models.Cover)
Part = TypeVar("Part")


class Shift(NamedTuple):
    """`person` (None: nobody) is on call in [start, end); `layer` is the deciding layer's name, None for overrides."""

    person: User | None
    start: datetime
    end: datetime
    layer: str | None
    source: Source


class OnCall(NamedTuple):
    """Who has the pager (None: nobody), since and until when without a break, and who then.

    `since` and `until` are None when they are more than 400 days away: one person alone, or nobody ever.
    """

    person: User | None
    since: datetime | None
    until: datetime | None
    following: User | None
    layer: str | None
    source: Source


class Change(NamedTuple):
    """At `at` the pager went from `before` to `after` (None: nobody)."""

    at: datetime
    before: User | None
    after: User | None


@dataclass(frozen=True)
class Reason:
    """One line of the trace, with people; `oncall.reasons.sentence` puts it into words."""

    step: trace.Step
    layer: str | None
    person: User | None
    for_person: User | None
    start: datetime | None
    end: datetime | None
    turn: int | None


@dataclass(frozen=True)
class Loaded:
    """A schedule's roster, whose people are primary keys, and the people."""

    roster: Roster
    people: dict[int, User]

    def person(self, key: rotation.Person | None) -> User | None:
        """The person behind a key of the roster."""
        return self.people[key] if isinstance(key, int) else None

    def shifts(self, blocks: Iterable[rotation.Block]) -> list[Shift]:
        """Blocks with people."""
        return [Shift(self.person(b.person), b.start, b.end, b.layer, b.source) for b in blocks]

    def holder_at(self, at: datetime) -> User | None:
        """Who has the pager at an instant; None is a gap."""
        return self.person(rotation.holder_at(self.roster, at))

    def on_call(self, at: datetime) -> OnCall:
        """The duty at an instant with people."""
        duty = duty_at(self.roster, at, horizon=HORIZON)
        return OnCall(
            self.person(duty.person), duty.since, duty.until, self.person(duty.following), duty.layer, duty.source
        )


def who_is_on_call(schedule: models.Schedule, at: datetime) -> User | None:
    """Whom a page to `schedule` goes to at `at`; None is a gap."""
    return _one(schedule, at, at).holder_at(at)


def on_call(schedule: models.Schedule, at: datetime) -> OnCall:
    """Who has the pager at `at`, until when, and who then."""
    return _one(schedule, at - HORIZON, at + HORIZON).on_call(at)


def on_call_now(schedules: Iterable[models.Schedule], at: datetime) -> list[tuple[models.Schedule, OnCall]]:
    """The same for many schedules at once, in their order, in a constant number of statements."""
    schedules = list(schedules)
    loaded = load(schedules, at - HORIZON, at + HORIZON)
    return [(schedule, loaded[schedule.pk].on_call(at)) for schedule in schedules]


def shifts(schedule: models.Schedule, start: datetime, end: datetime) -> list[Shift]:
    """Who is on call over [start, end): joined, in order, gaps listed, exact at the edges.

    Raises `ValueError` when `end` is before `start`.
    """
    loaded = _one(schedule, start, end)
    return loaded.shifts(rotation.expand(loaded.roster, start, end))


def layer_shifts(schedule: models.Schedule, start: datetime, end: datetime) -> list[tuple[str, list[Shift]]]:
    """The rows of the calendar over [start, end): each layer alone by its name, the one that wins last."""
    loaded = _one(schedule, start, end)
    return [
        (layer.name, loaded.shifts(rotation.expand_layer(loaded.roster, layer, start, end)))
        for layer in loaded.roster.layers
    ]


def gaps(schedule: models.Schedule, start: datetime, end: datetime) -> list[Shift]:
    """When nobody is on call in [start, end)."""
    return [shift for shift in shifts(schedule, start, end) if shift.person is None]


def why(schedule: models.Schedule, at: datetime) -> list[Reason]:
    """How it comes about that somebody, or nobody, is on call at `at`: layer, turn, window, override, cover."""
    loaded = _one(schedule, at, at)
    return [
        Reason(r.step, r.layer, loaded.person(r.person), loaded.person(r.for_person), r.start, r.end, r.turn)
        for r in trace.why(loaded.roster, at)
    ]


def handover_since(schedule: models.Schedule, since: datetime, at: datetime) -> Change | None:
    """The one handover to tell at `at` when the last look was at `since`, however many were missed between."""
    loaded = _one(schedule, since, at)
    change = change_since(loaded.roster, since, at)
    return change and Change(change.at, loaded.person(change.before), loaded.person(change.after))


def load(schedules: Iterable[models.Schedule], start: datetime, end: datetime) -> dict[int, Loaded]:
    """The rosters of `schedules` by primary key, with the exceptions that touch [start, end], in four statements."""
    by_key = {schedule.pk: schedule for schedule in schedules}
    layers: dict[int, list[models.Layer]] = defaultdict(list)
    overrides: dict[int, list[models.Override]] = defaultdict(list)
    covers: dict[int, list[models.Cover]] = defaultdict(list)
    in_order = models.Layer.objects.filter(schedule__in=by_key).order_by("position", "pk")
    turns = Prefetch("turns", models.LayerMember.objects.select_related("user").order_by("position"))
    for layer in in_order.prefetch_related(turns):
        layers[layer.schedule_id].append(layer)
    touching: dict[str, Any] = {
        "schedule__in": by_key,
        "removed_at": None,
        "starts__lte": (utc(end) + MARGIN).replace(tzinfo=None),
        "ends__gte": (utc(start) - MARGIN).replace(tzinfo=None),
    }
    by_creation = ("created_at", "pk")
    for override in models.Override.objects.filter(**touching).select_related("person").order_by(*by_creation):
        overrides[override.schedule_id].append(override)
    for cover in models.Cover.objects.filter(**touching).select_related("person", "covered").order_by(*by_creation):
        covers[cover.schedule_id].append(cover)
    return {key: _loaded(row, layers[key], overrides[key], covers[key]) for key, row in by_key.items()}


def read_windows(rows: Iterable[dict[str, Any]]) -> tuple[Window, ...]:
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


def _one(schedule: models.Schedule, start: datetime, end: datetime) -> Loaded:
    return load([schedule], start, end)[schedule.pk]


def _loaded(
    schedule: models.Schedule, layers: list[models.Layer], overrides: list[models.Override], covers: list[models.Cover]
) -> Loaded:
    users = [turn.user for layer in layers for turn in layer.turns.all()]
    users += [override.person for override in overrides]
    users += [person for cover in covers for person in (cover.person, cover.covered)]
    people = {user.pk: user for user in users}
    zone = schedule.timezone
    roster = Roster(
        tuple(_read(layers, lambda _order, row: _layer(row, zone))),
        tuple(_read(overrides, lambda order, row: _override(row, zone, order))),
        tuple(_read(covers, lambda order, row: _cover(row, zone, order))),
        zone,
        # There is no record of when somebody was deactivated, so the skip holds for every instant that is asked about.
        {user.pk: NEAR for user in people.values() if not user.is_active},
    )
    return Loaded(roster, people)


def _read(rows: list[Row], read: Callable[[int, Row], Part]) -> Iterator[Part]:
    """What can be read of `rows`. A row with nonsense in it is told and left out: the others must still wake somebody."""
    for order, row in enumerate(rows):
        try:
            yield read(order, row)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
            logger.exception("unreadable %s %s of schedule %s", row._meta.verbose_name, row.pk, row.schedule_id)


def _layer(layer: models.Layer, zone: str) -> rotation.Layer:
    return rotation.Layer(
        name=layer.name,
        members=tuple(turn.user_id for turn in layer.turns.all()),
        every=layer.every,
        unit=Unit(layer.unit),
        starts=layer.starts,
        zone=zone_named(layer.timezone or zone).key,
        windows=read_windows(layer.windows),
        count=Count(layer.count),
        key=layer.pk,
    )


def _override(row: models.Override, zone: str, order: int) -> rotation.Override:
    start, end = first_instant(row.starts, zone), last_instant(row.ends, zone)
    return rotation.Override(row.person_id, start, end, order, row.pk)


def _cover(row: models.Cover, zone: str, order: int) -> rotation.Cover:
    start, end = first_instant(row.starts, zone), last_instant(row.ends, zone)
    return rotation.Cover(row.person_id, row.covered_id, start, end, order, row.pk)
