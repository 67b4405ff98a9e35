"""What two weeks hold, in a constant number of queries, as the plain facts that figures are counted from.

What of a query is the same for every week is put together once, when this module is read: Django takes longer to write
such a query than PostgreSQL to answer it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Least

from alerts.models import Key, Route
from incidents.metrics import Impact, Pause, Stamps
from incidents.models import ImpactInterval, Incident, Kind, State, TimelineEntry
from oncall.interruptions import Call, Hours
from oncall.models import Schedule
from paging.models import Escalation, Page
from review.facts import Case, Facts, Felt, Kept, Period, Rung
from review.learning import deadlines_of, items_of, obstacles_of
from review.names import Names, told_of
from review.rotations import rotation_of
from review.week import Week
from teams.models import Service, User

COUNTED = Q(drill=False) & ~Q(state__in=[State.CANCELLED, State.MERGED])
"""Left out of every figure: drills, cancelled incidents, and those merged into another."""
MOMENTS = Stamps._fields[:-1]  # the last are the pauses
CHAIN = timedelta(days=1)
"""How far before the first week pages are read, for an interruption that had begun already."""


ALL = frozenset({"cases", "felt", "services", "deadlines", "items", "obstacles", "rung", "rotations"})


@dataclass(frozen=True)
class Span:
    """Both weeks: [`start`, `end`), as instants."""

    start: datetime
    end: datetime


def collect(week: Week, *, zone: str, at: datetime, reader: User, only: Set[str] = ALL) -> Facts:
    """The facts of `week` and the one before, in the organisation's `zone`; `reader` says which incidents have names.

    With `only` no more than these are looked for.
    """
    this, last = Period.of(week, zone, at), Period.of(week.before, zone, at)
    span = Span(last.window.start, this.window.end)
    names = Names.of(reader)
    ways: dict[str, Callable[[], Any]] = {
        "cases": lambda: _cases(span, names),
        "felt": lambda: _felt(span, names),
        "services": _services,
        "deadlines": lambda: deadlines_of(span.start, span.end, names),
        "items": lambda: items_of(last.moment, this.moment, names),
        "obstacles": lambda: obstacles_of(span.start, span.end, names),
    }
    found = {name: way() for name, way in ways.items() if name in only}
    if "rung" in only:
        schedules = list(Schedule.objects.order_by("slug").values_list("slug", "name", "archived_at"))
        called = {slug: name or slug for slug, name, _archived in schedules}
        found["rung"] = _rung(span, names, called)
        found["rotations"] = tuple((slug, called[slug]) for slug, _name, archived in schedules if archived is None)
    return Facts(zone, at, this, last, hours=Hours(*settings.ONCALL_HOURS), **found)


CASES = (
    Incident.objects.filter(COUNTED)
    .order_by("pk")
    .annotate(resolver=KeyTextTransform("resolved_at", "stamp_sources"))
    .values_list(*told_of(), *MOMENTS, "reopened", "silenced_until", "resolver", "service__name")
)


def _cases(span: Span, names: Names) -> tuple[Case, ...]:
    detected = Q(detected_at__gte=span.start, detected_at__lt=span.end)
    resolved = Q(resolved_at__gte=span.start, resolved_at__lt=span.end)
    rows = list(CASES.filter(detected | resolved))
    pauses = _pauses([row[0] for row in rows if row[4 + len(MOMENTS)]])  # few were reopened
    return tuple(_case(row, pauses, names) for row in rows)


def _case(row: tuple[Any, ...], pauses: Mapping[int, list[Pause]], names: Names) -> Case:
    ref, moments = names.ref(*row[:4]), row[4 : 4 + len(MOMENTS)]
    reopened, quiet, resolver, service = row[4 + len(MOMENTS) :]
    stamps = Stamps(*(*moments, tuple(pauses.get(row[0], ()))))
    by_itself = resolver != "human"
    held = quiet and (stamps.first_page_at is None or stamps.first_page_at >= quiet)  # one left before: it was not
    return Case(
        ref,
        ref.severity,
        "" if ref.hidden else service or "",
        stamps,
        self_resolved=stamps.acked_at is None and stamps.resolved_at is not None and by_itself,
        held_until=quiet if held else None,
        reopened=reopened,
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


FELT = (
    ImpactInterval.objects.filter(incident__in=Incident.objects.filter(COUNTED))
    .order_by("start", "pk")
    .values_list(*told_of("incident__"), "service", "start", "end", "kind", "share", "estimated")
)


def _felt(span: Span, names: Names) -> tuple[Felt, ...]:
    rows = FELT.filter(Q(end=None) | Q(end__gt=span.start), start__lt=span.end)
    return tuple(Felt(names.ref(*row[:4]), row[4], Impact(*row[5:])) for row in rows)


def _watched() -> QuerySet[Any, Any]:
    here = OuterRef("pk")
    keys = Key.objects.filter(source__archived_at=None).order_by("created_at").values("created_at")
    anywhere = Route.objects.filter(service=OuterRef(OuterRef("pk")), source=None)
    services = Service.objects.filter(archived_at=None).annotate(
        since=Least(
            Subquery(keys.filter(source__service=here)[:1]),
            Subquery(keys.filter(source__routes__service=here)[:1]),
            Subquery(keys.filter(Exists(anywhere))[:1]),
            Subquery(ImpactInterval.objects.filter(service=here).order_by("start").values("start")[:1]),
        )
    )
    return services.order_by("slug").values_list("pk", "slug", "name", "target", "since")


SERVICES = _watched()


def _services() -> tuple[Kept, ...]:
    """Services in use, with the first key of a source that speaks of them, or the first impact that anybody noted."""
    return tuple(
        Kept(pk, slug, name, float(target) if target is not None else None, since)
        for pk, slug, name, target, since in SERVICES.all()
    )


PAGES = (
    Page.objects.exclude(reason=Page.Reason.TEST)
    .filter(incident__drill=False)
    .order_by("created_at", "pk")
    .values_list(
        *told_of("incident__"),
        *("pk", "person", "created_at", "person__timezone", "person__region"),
        *("escalation", "round", "step", "because", "reason"),
    )
)
POLICIES = Escalation.objects.values_list("policy").annotate(of=ArrayAgg("pk"))
"""The policies as they were, each with the escalations that ran it: few differ, so they are not read page by page."""


def _rung(span: Span, names: Names, called: dict[str, str]) -> tuple[Rung, ...]:
    """Pages that were about an incident; tests to oneself and drills are none. A false alarm wakes people too."""
    sent = {"created_at__gte": span.start - CHAIN, "created_at__lt": span.end}
    pages = list(PAGES.filter(**sent))
    words = {str(value): str(label) for value, label in Page.Reason.choices}
    rotation = rotations_of(Page.objects.filter(**sent), called)

    def rang(row: tuple[Any, ...]) -> Rung:
        page, person, at, zone, region, run, round_, step, because, reason = row[4:]
        call = Call(page, person, at, zone, rotation(run, round_, step, because), region)
        return Rung(names.ref(*row[:4]), call, words[reason])

    return tuple(map(rang, pages))


def rotations_of(pages: QuerySet[Page], called: Mapping[str, str]) -> Callable[[int | None, int, int, str], str]:
    """From the escalation, round, step and reason of one of `pages` to the slug of its schedule, or ""; one statement.

    `called` maps slugs to the names of schedules.
    """
    policies: list[dict[str, Any] | None] = [None]
    ran: dict[int | None, int] = {}  # the place of each escalation's policy among them
    for policy, escalations in POLICIES.filter(pk__in=pages.order_by().values("escalation")):
        ran.update(dict.fromkeys(escalations, len(policies)))
        policies.append(policy)

    @cache
    def rotation(policy: int, round_: int, step: int, because: str) -> str:
        return rotation_of(policies[policy], round_, step, because, called)

    return lambda run, round_, step, because: rotation(ran.get(run, 0), round_, step, because)
