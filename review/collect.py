"""What two weeks hold, in a constant number of queries, as the plain facts that figures are counted from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Least

from alerts.models import Key, Route
from incidents.metrics import Impact, Pause, Stamps
from incidents.models import ImpactInterval, Incident, Kind, State, TimelineEntry
from oncall.models import Schedule
from paging.models import Page
from review.facts import Case, Facts, Felt, Kept, Period, Rung
from review.interruptions import Call
from review.learning import deadlines_of, items_of, obstacles_of
from review.names import Names
from review.rotations import rotation_of
from review.week import Week
from teams.models import Service, User

COUNTED = Q(drill=False) & ~Q(state__in=[State.CANCELLED, State.MERGED])
"""Left out of every figure: drills, cancelled incidents, and those merged into another."""
CHAIN = timedelta(days=1)
"""How far before the first week pages are read, for an interruption that had begun already."""


@dataclass(frozen=True)
class Span:
    """Both weeks: [`start`, `end`), as instants."""

    start: datetime
    end: datetime


def collect(week: Week, *, zone: str, at: datetime, reader: User) -> Facts:
    """The facts of `week` and the one before, in the organisation's `zone`; `reader` says which incidents have names."""
    this, last = Period.of(week, zone, at), Period.of(week.before, zone, at)
    span = Span(last.window.start, this.window.end)
    names = Names.of(reader)
    schedules = list(Schedule.objects.order_by("slug").values_list("slug", "name", "archived_at"))
    called = {slug: name or slug for slug, name, _archived in schedules}
    return Facts(
        zone,
        at,
        this,
        last,
        cases=_cases(span, names),
        felt=_felt(span, names),
        services=_services(),
        deadlines=deadlines_of(span.start, span.end, names),
        items=items_of(span.start, span.end, names),
        obstacles=obstacles_of(span.start, span.end, names),
        rung=_rung(span, names, called),
        rotations=tuple((slug, called[slug]) for slug, _name, archived in schedules if archived is None),
    )


def _cases(span: Span, names: Names) -> tuple[Case, ...]:
    detected = Q(detected_at__gte=span.start, detected_at__lt=span.end)
    resolved = Q(resolved_at__gte=span.start, resolved_at__lt=span.end)
    rows = list(Incident.objects.filter(COUNTED, detected | resolved).select_related("service").order_by("pk"))
    pauses = _pauses([row.pk for row in rows])
    return tuple(
        Case(
            names.ref(row),
            row.severity,
            "" if names.hides(row) or row.service is None else row.service.name,
            _stamps(row, tuple(pauses[row.pk])),
            self_resolved=row.acked_at is None and row.resolved_at is not None and _by_itself(row),
            held_until=_held_until(row),
            reopened=row.reopened,
        )
        for row in rows
    )


def _held_until(row: Incident) -> datetime | None:
    """Until when its first page was held; None when one left before."""
    quiet, left = row.silenced_until, row.first_page_at
    return quiet if quiet and (left is None or left >= quiet) else None


def _by_itself(row: Incident) -> bool:
    return bool(row.stamp_sources.get("resolved_at") != "human")


def _stamps(row: Incident, pauses: tuple[Pause, ...]) -> Stamps:
    return Stamps(
        detected_at=row.detected_at,
        impact_started_at=row.impact_started_at,
        first_page_at=row.first_page_at,
        acked_at=row.acked_at,
        reacted_at=row.reacted_at,
        mitigated_at=row.mitigated_at,
        resolved_at=row.resolved_at,
        pauses=pauses,
    )


def _pauses(incidents: list[int]) -> dict[int, list[Pause]]:
    """When each was over before it was reopened, as its story tells."""
    found: dict[int, list[Pause]] = defaultdict(list)
    told = TimelineEntry.objects.filter(incident__in=incidents, kind=Kind.REOPENED).order_by("pk")
    for incident, at, data in told.values_list("incident", "at", "data"):
        was = data.get("was", {})
        found[incident].append(Pause(_instant(was, "mitigated_at"), _instant(was, "resolved_at"), at))
    return found


def _instant(was: dict[str, Any], name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(str(was.get(name)))
    except ValueError:  # "None": it had no such stamp
        return None


def _felt(span: Span, names: Names) -> tuple[Felt, ...]:
    rows = (
        ImpactInterval.objects.filter(Q(end=None) | Q(end__gt=span.start), start__lt=span.end)
        .filter(incident__in=Incident.objects.filter(COUNTED))
        .select_related("incident")
        .order_by("start", "pk")
    )
    return tuple(
        Felt(
            names.ref(row.incident),
            row.service_id,
            Impact(row.start, row.end, str(row.kind), row.share, row.estimated),
        )
        for row in rows
    )


def _services() -> tuple[Kept, ...]:
    """Services in use, with the first key of a source that speaks of them, or the first impact that anybody noted."""
    here = OuterRef("pk")
    keys = Key.objects.filter(source__archived_at=None).order_by("created_at").values("created_at")
    anywhere = Route.objects.filter(service=OuterRef(OuterRef("pk")), source=None)
    rows = Service.objects.filter(archived_at=None).annotate(
        since=Least(
            Subquery(keys.filter(source__service=here)[:1]),
            Subquery(keys.filter(source__routes__service=here)[:1]),
            Subquery(keys.filter(Exists(anywhere))[:1]),
            Subquery(ImpactInterval.objects.filter(service=here).order_by("start").values("start")[:1]),
        )
    )
    return tuple(
        Kept(pk, slug, name, float(target) if target is not None else None, since)
        for pk, slug, name, target, since in rows.order_by("slug").values_list("pk", "slug", "name", "target", "since")
    )


def _rung(span: Span, names: Names, called: dict[str, str]) -> tuple[Rung, ...]:
    """Pages that were about an incident; tests to oneself and drills are none. A false alarm wakes people too."""
    pages = (
        Page.objects.filter(created_at__gte=span.start - CHAIN, created_at__lt=span.end)
        .exclude(reason=Page.Reason.TEST)
        .filter(incident__drill=False)
        .select_related("incident", "escalation", "person")
        .order_by("created_at", "pk")
    )
    return tuple(
        Rung(
            names.ref(page.incident),
            Call(page.pk, page.person_id, page.created_at, page.person.timezone, rotation_of(page, called)),
            page.get_reason_display(),
        )
        for page in pages
        if page.incident
    )
