"""The calendar of one schedule: layers, the final row, gaps, exceptions, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.gaps import Gaps
from desk.guard import person, who
from desk.next_asked import asked_instead
from desk.oncall import row
from desk.pagers import pagers_of, reachable_by
from foundation.ui.calendar import Segment, cells, segments
from oncall import rosters
from oncall.models import Absence, EscalationPolicy, Layer, Schedule
from oncall.reasons import sentence
from oncall.rosters import Shift
from oncall.rotation import Source
from oncall.skills import missing
from oncall.swaps import open_swaps
from oncall.wallclock import day_bounds, last_instant, to_local
from paging.handovers import notes_of
from teams.models import User
from teams.permissions import may_edit_team_config, may_write

WEEKS = range(1, 5)
YEARS = range(1971, 2100)
WEEK_DAYS = 7
SATURDAY = 5


@dataclass(frozen=True)
class Block:
    """A stretch of one row; `source` is "none" where a layer says nothing."""

    person: User | None
    start: datetime
    end: datetime
    source: str
    mine: bool


@dataclass(frozen=True)
class Span:
    """The days shown: local days of `zone`, and their first instants with the end of the last."""

    zone: str
    first: date
    weeks: int

    @property
    def days(self) -> list[date]:
        """The local days."""
        return [self.first + timedelta(days=n) for n in range(self.weeks * WEEK_DAYS)]

    @property
    def edges(self) -> list[datetime]:
        """The first instant of each day and, last, the end of the last one."""
        starts = [day_bounds(day, self.zone) for day in self.days]
        return [start for start, _end in starts] + [starts[-1][1]]


@require_safe
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """`?from=YYYY-MM-DD&weeks=2`, in the viewer's zone or with `?zone=schedule` in the schedule's; `?why=` an instant."""
    return _show(request, slug, read_instant(request.GET.get("why", "")))


@require_safe
def why(request: HttpRequest, slug: str) -> HttpResponse:
    """Why somebody has the pager at `?at=` (an instant; now without one): the trace above the calendar."""
    return _show(request, slug, read_instant(request.GET.get("at", "")) or timezone.now())


def _show(request: HttpRequest, slug: str, why_at: datetime | None) -> HttpResponse:
    found = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    user, at = person(request), timezone.now()
    own = request.GET.get("zone") == "schedule"
    span = _span(request, found.timezone if own else user.timezone, at)
    start, end = span.edges[0], span.edges[-1]
    final = rosters.shifts(found, start, end)
    context = {
        "at": at,
        "schedule": found,
        "zone": span.zone,
        "zone_is_schedule": own,
        "now": _now(found, user, at),
        "days": _days(span, at),
        "rows": _rows(found, final, span, user),
        "agenda": _agenda(_blocks(final, user, final=True), span, at),
        "gaps": _gaps(found, final, at),
        "why_at": why_at,
        "why": [sentence(reason, span.zone, "%a %d %b %Y %H:%M") for reason in rosters.why(found, why_at)]
        if why_at
        else [],
        "notes": notes_of([found]),
        "missing": missing(found, final, at),
        "swaps": list(open_swaps(at).filter(schedule=found)),
        "can_override": may_write(who(request)),
        "can_edit": may_edit_team_config(who(request), found.team_id),
        **_links(span, own=own, today=to_local(at, span.zone).date()),
        **_exceptions(found, at),
    }
    return render(request, "desk/schedule.html", context)


def _gaps(found: Schedule, final: list[Shift], at: datetime) -> Gaps | None:
    """What of the days shown nobody has, from now on; None when somebody has all of it."""
    ahead = [shift for shift in final if shift.person is None and shift.end > at]
    return Gaps(found, list(ahead), at) if ahead else None


def _span(request: HttpRequest, zone: str, at: datetime) -> Span:
    """The days asked for; today and two weeks where the address says nothing that can be read."""
    try:
        first = parse_date(request.GET.get("from", ""))
    except ValueError:
        first = None
    weeks = request.GET.get("weeks", "")
    number = int(weeks) if weeks in {str(n) for n in WEEKS} else 2
    shown = first if first and first.year in YEARS else to_local(at, zone).date()
    return Span(zone, shown, number)


def read_instant(text: str) -> datetime | None:
    """An instant from seconds since 1970 or RFC 3339 with an offset; None for anything else or beyond 1971 to 2099."""
    try:
        found = datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdigit() else parse_datetime(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found and found.tzinfo and found.year in YEARS else None


def _now(found: Schedule, user: User, at: datetime) -> dict[str, Any]:
    pager = pagers_of([found], user, at)[0]
    target = f"schedule:{found.slug}"
    asking = EscalationPolicy.objects.filter(archived_at=None, steps__notify__contains=[target])
    asking = asking.distinct().prefetch_related("steps")
    instead = asked_instead(asking, {found.slug}, at) if pager.person is None else {}
    return row(pager, reachable_by([pager.person]), instead)


def _days(span: Span, at: datetime) -> list[dict[str, Any]]:
    today = to_local(at, span.zone).date()
    return [
        {"date": day, "start": start, "today": day == today, "rest": day.weekday() >= SATURDAY}
        for day, start in zip(span.days, span.edges, strict=False)
    ]


def _rows(found: Schedule, final: list[Shift], span: Span, user: User) -> list[dict[str, Any]]:
    rules = {layer.name: rule_of(layer) for layer in found.layers.all()}
    rows = [
        {**_named(name, rules.get(name, "")), "final": False, "cells": cells(_blocks(shifts, user), span.edges)}
        for name, shifts in rosters.layer_shifts(found, span.edges[0], span.edges[-1])
    ]
    final_cells = cells(_blocks(final, user, final=True), span.edges)
    return [*rows, {"name": _("Final"), "rule": "", "final": True, "cells": final_cells}]


def _named(name: str, rule: str) -> dict[str, str]:
    """Name and rule of a layer; a name that its rule says anyway ("weekly") is not said twice."""
    return {"name": rule, "rule": ""} if name.lower() in rule.lower() else {"name": name, "rule": rule}


def _blocks(shifts: list[Shift], user: User, *, final: bool = False) -> list[Block]:
    """Shifts as blocks, neighbours of one person joined whatever layer they come from.

    An empty stretch of a layer says nothing, one of the final row is a gap.
    """
    found: list[Block] = []
    for shift in shifts:
        source = str(shift.source) if final or shift.source != Source.GAP else "none"
        last = found[-1] if found else None
        if last and (last.person, last.source) == (shift.person, source):
            found[-1] = replace(last, end=shift.end)
        else:
            found.append(Block(shift.person, shift.start, shift.end, source, shift.person == user))
    return found


def _agenda(blocks: list[Block], span: Span, at: datetime) -> list[dict[str, Any]]:
    """The final row by day. Days that belong to one person alone are one line, up to `last`; today stands for itself."""
    found: list[dict[str, Any]] = []
    for start, end in zip(span.edges, span.edges[1:], strict=False):
        parts, today = segments(blocks, start, end), start <= at < end
        before = found[-1] if found else None
        if before and not today and not before["today"] and _goes_on(before["segments"], parts):
            before["last"] = start
        else:
            found.append({"day": start, "last": None, "today": today, "segments": parts})
    return found


def _goes_on(before: tuple[Segment[Block], ...], parts: tuple[Segment[Block], ...]) -> bool:
    """Whether one block fills both days."""
    both = (*before, *parts)
    return len(before) == len(parts) == 1 and both[0].block is both[1].block and both[0].whole and both[1].whole


def _links(span: Span, *, own: bool, today: date) -> dict[str, str]:
    def address(first: date) -> str:
        asked = {"from": first.isoformat(), "weeks": span.weeks, **({"zone": "schedule"} if own else {})}
        return "?" + urlencode(asked)

    step = timedelta(weeks=span.weeks)
    return {
        "prev_url": address(max(span.first - step, date(YEARS.start, 1, 1))),
        "next_url": address(min(span.first + step, date(YEARS.stop - 1, 12, 1))),
        "today_url": address(today),
    }


def _exceptions(found: Schedule, at: datetime) -> dict[str, Any]:
    """Running and coming overrides, covers and absences of those who take turns."""
    local = to_local(at, found.timezone)
    live = {"removed_at": None, "ends__gt": local}
    turns = found.layers.values("turns__user")
    away = Absence.objects.filter(person__in=turns, removed_at=None, ends__gt=local - timedelta(days=1))
    return {
        "away": [one for one in away.select_related("person").order_by("starts", "pk") if _ends(one) > at],
        "overrides": list(found.overrides.filter(**live).select_related("person").order_by("starts", "pk")),
        "covers": list(found.covers.filter(**live).select_related("person", "covered").order_by("starts", "pk")),
    }


def _ends(absence: Absence) -> datetime:
    return last_instant(absence.ends, absence.timezone)


def rule_of(layer: Layer) -> str:
    """How a layer rotates: "every 2 weeks, Mon 09:00"."""
    once = {"hour": _("hourly"), "day": _("daily"), "week": _("weekly"), "month": _("monthly")}
    often = _("every %(n)d %(unit)s") % {"n": layer.every, "unit": layer.get_unit_display()}
    shown = "%H:%M" if layer.unit in {"hour", "day"} else "%a %H:%M"
    return f"{once[layer.unit] if layer.every == 1 else often}, {layer.starts:{shown}}"
