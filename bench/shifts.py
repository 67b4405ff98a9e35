"""Rosters at their largest, timed inside one process: a year, the whole organisation now, and a feed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from oncall import feeds, rosters
from oncall.models import Layer, LayerMember, Override, Schedule
from teams.models import Team, User

SCHEDULES, OVERRIDES = 200, 200
STARTS = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a wall clock
NIGHTS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "06:00"}]
LAYERS: tuple[dict[str, Any], ...] = (
    {"name": "weekly", "unit": "week"},
    {"name": "daily", "unit": "day", "timezone": "America/New_York"},
    {"name": "nights", "unit": "day", "windows": NIGHTS},
)


def shifts() -> dict[str, float]:
    """Seconds of each kind of question, and the statements that "now" needs for few and for many schedules."""
    at = timezone.now()
    if not Schedule.objects.filter(slug="large").exists():
        _build(at)
    large, every = Schedule.objects.get(slug="large"), list(Schedule.objects.filter(slug__startswith="many-"))
    feed = feeds.open_feed(User.objects.get(email="roster-0@example.com"), schedule=large, at=at)
    path = "/ical/" + feeds.address_of(feed).rpartition("/")[2]
    client = Client(headers={"host": urlsplit(settings.SHARPEND_URL).netloc})
    etag = {"If-None-Match": client.get(path).headers["ETag"]}
    return {
        "year": _timed(lambda: rosters.shifts(large, at, at + timedelta(days=365))),
        "now": _timed(lambda: rosters.on_call_now(every, at)),
        "feed": _timed(lambda: client.get(path)),
        "unchanged": _timed(lambda: client.get(path, headers=etag)),
        "statements_for_1": _statements(every[:1], at),
        "statements_for_all": _statements(every, at),
    }


def _timed(ask: Callable[[], object], tries: int = 5) -> float:
    """The best of some: the others met somebody else's work."""
    ask()
    taken = []
    for _try in range(tries):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def _statements(schedules: Iterable[Schedule], at: datetime) -> int:
    with CaptureQueriesContext(connection) as asked:
        rosters.on_call_now(schedules, at)
    return len(asked)


def _build(at: datetime) -> None:
    team = Team.objects.create(slug="rosters", name="Rosters")
    people = [
        User.objects.create_user(f"roster-{n}@example.com", None, name=f"Roster {n}", timezone="Europe/London")
        for n in range(8)
    ]
    _schedule("large", team, people)
    large = Schedule.objects.get(slug="large")
    local = at.replace(tzinfo=None, minute=0, second=0, microsecond=0)
    Override.objects.bulk_create(
        Override(
            schedule=large,
            person=people[n % len(people)],
            starts=local + timedelta(days=n * 1.7),
            ends=local + timedelta(days=n * 1.7, hours=30),
            created_at=at,
        )
        for n in range(OVERRIDES)
    )
    for number in range(SCHEDULES):
        _schedule(f"many-{number}", team, people)


def _schedule(slug: str, team: Team, people: list[User]) -> None:
    schedule = Schedule.objects.create(slug=slug, team=team, timezone="Europe/London")
    for position, said in enumerate(LAYERS):
        layer = Layer.objects.create(schedule=schedule, position=position, starts=STARTS, **said)
        for turn, person in enumerate(people[position:] + people[:position]):
            LayerMember.objects.create(layer=layer, position=turn, user=person)
