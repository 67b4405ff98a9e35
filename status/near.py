"""Which incidents the front of the page is about, and which a month is about. Queries only, each along an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery

from postmortems.models import Clock, Postmortem
from status import states
from status.models import PublicIncident

NEWEST = 50
"""Incidents, updates and promises that are always near."""
REPORTS = 5
RECENT = timedelta(days=15)
"""More than the days that the front page tells of."""
OWED = (Clock.State.RUNNING, Clock.State.MISSED)


def keys(at: datetime) -> set[int]:
    """The keys of incidents that the front page, the newest, the feed or a document may tell of at `at`."""
    shown = _shown()
    reports = Postmortem.objects.filter(published_at__isnull=False, incident__public__isnull=False)
    public = PublicIncident.objects.filter(incident=OuterRef("postmortem__incident")).values("pk")
    owed = Clock.objects.filter(kind=Clock.Kind.PUBLIC, state__in=OWED)
    owed = owed.alias(public=Subquery(public[:1])).filter(public__isnull=False)
    heard = states.standing_updates().order_by("-at")
    return {
        *PublicIncident.objects.filter(unresolved=True).values_list("incident", flat=True),
        *PublicIncident.objects.filter(created_at__gte=at - RECENT).values_list("incident", flat=True),
        *shown.order_by("-created_at", "-pk").values_list("incident", flat=True)[:NEWEST],
        *shown.order_by("created_at", "pk").values_list("incident", flat=True)[:1],  # how far back the page tells
        *heard.values_list("public__incident", flat=True)[:NEWEST],
        *reports.order_by("-published_at").values_list("incident", flat=True)[:REPORTS],
        *owed.order_by("-due_at").values_list("postmortem__incident", flat=True)[:NEWEST],
    }


def _shown() -> QuerySet[PublicIncident]:
    """Those that the public may see; each is asked by itself: EXISTS would read the updates of all years for fifty."""
    said = states.standing_updates().filter(public=OuterRef("pk")).order_by().values("pk")
    report = Postmortem.objects.filter(incident=OuterRef("incident"), published_at__isnull=False).values("pk")
    found = PublicIncident.objects.alias(said=Subquery(said[:1]), report=Subquery(report[:1]))
    return found.filter(Q(said__isnull=False) | Q(report__isnull=False))


def month_of(created_at: datetime) -> str:
    """ "2026-11": the month of UTC in which the public first heard of an incident. It never changes."""
    return f"{created_at.astimezone(UTC):%Y-%m}"


def of_month(name: str) -> QuerySet[PublicIncident]:
    """Every incident of a month, also what was withdrawn."""
    first = _first(name)
    after = (first + timedelta(days=31)).replace(day=1)
    return PublicIncident.objects.filter(created_at__gte=first, created_at__lt=after)


def codes(name: str) -> list[str]:
    """The public ids of every incident of a month, also of what was withdrawn."""
    return list(of_month(name).values_list("code", flat=True))


def month_before(name: str | None) -> str | None:
    """The last month before `name` with incidents, or the last of all; None when there is none."""
    rows = PublicIncident.objects.filter(created_at__lt=_first(name)) if name else PublicIncident.objects.all()
    found = rows.order_by("-created_at").values_list("created_at", flat=True).first()
    return month_of(found) if found else None


def months() -> Iterator[str]:
    """Every month with incidents, the last one first."""
    name = month_before(None)
    while name:
        yield name
        name = month_before(name)


def _first(name: str) -> datetime:
    year, number = map(int, name.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)
