"""The days of a schedule as they are drawn: layers and what comes of them for each role, by weeks, as a month, by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from foundation.ui.calendar import Segment, cells, segments
from oncall import rosters
from oncall.models import DutyRole, Layer, Schedule
from oncall.rosters import Shift
from oncall.rotation import Source
from oncall.wallclock import day_bounds, to_local
from teams.models import User

WEEKS = range(1, 5)
YEARS = range(1971, 2100)
WEEK_DAYS = 7
SATURDAY = 5
LONG_MONTH = timedelta(days=31)


@dataclass(frozen=True)
class Block:
    """A stretch of one row; `source` is "none" where a layer says nothing. `role` is empty for the primary."""

    person: User | None
    start: datetime
    end: datetime
    source: str
    mine: bool
    role: str = ""


@dataclass(frozen=True)
class Span:
    """The days shown: local days of `zone`. `month` is the first day of the month that they show, None: so many weeks."""

    zone: str
    first: date
    weeks: int
    month: date | None = None

    @classmethod
    def asked(cls, request: HttpRequest, zone: str, at: datetime) -> Span:
        """`?from=YYYY-MM-DD&weeks=2` or `?view=month&from=`; today and two weeks where the address says nothing legible."""
        try:
            first = parse_date(request.GET.get("from", ""))
        except ValueError:
            first = None
        shown = first if first and first.year in YEARS else to_local(at, zone).date()
        if request.GET.get("view") == "month":
            month = shown.replace(day=1)
            monday = month - timedelta(days=month.weekday())
            last = (month + LONG_MONTH).replace(day=1) - timedelta(days=1)
            return cls(zone, monday, (last - monday).days // WEEK_DAYS + 1, month)
        weeks = request.GET.get("weeks", "")
        return cls(zone, shown, int(weeks) if weeks in {str(n) for n in WEEKS} else 2)

    @property
    def days(self) -> list[date]:
        """The local days."""
        return [self.first + timedelta(days=n) for n in range(self.weeks * WEEK_DAYS)]

    @property
    def edges(self) -> list[datetime]:
        """The first instant of each day and, last, the end of the last one."""
        starts = [day_bounds(day, self.zone) for day in self.days]
        return [start for start, _end in starts] + [starts[-1][1]]


@dataclass(frozen=True)
class Days:
    """What a role's rows are drawn from: its layers, and what comes of them."""

    role: str
    layers: list[tuple[str, list[Shift]]]
    final: list[Shift]

    @property
    def label(self) -> str:
        """What the role is called."""
        return DutyRole.word(self.role)


def days_of(schedule: Schedule, span: Span) -> list[Days]:
    """Each role that the schedule knows, the primary first."""
    start, end = span.edges[0], span.edges[-1]
    final = rosters.role_shifts(schedule, start, end)
    return [Days(role, rosters.layer_shifts(schedule, start, end, role=role), shifts) for role, shifts in final.items()]


def headings(span: Span, at: datetime) -> list[dict[str, Any]]:
    """The days with what is said about them."""
    today = to_local(at, span.zone).date()
    return [
        {
            "date": day,
            "start": start,
            "today": day == today,
            "rest": day.weekday() >= SATURDAY,
            "beside": span.month is not None and day.month != span.month.month,
        }
        for day, start in zip(span.days, span.edges, strict=False)
    ]


def rows_of(schedule: Schedule, found: list[Days], span: Span, user: User) -> list[dict[str, Any]]:
    """The layers of each role in their order and, after them, who it is in the end."""
    rules = {layer.name: rule_of(layer) for layer in schedule.layers.all()}
    rows: list[dict[str, Any]] = []
    for one in found:
        rows += (
            {**_named(name, rules.get(name, "")), "final": False, "cells": cells(blocks(shifts, user), span.edges)}
            for name, shifts in one.layers
        )
        final = cells(blocks(one.final, user, final=True, role=one.role), span.edges)
        name = _("Final") if len(found) == 1 else one.label.capitalize()
        rows.append({"name": name, "rule": "", "final": True, "cells": final})
    return rows


def month_of(found: list[Days], span: Span, at: datetime, user: User) -> list[list[dict[str, Any]]]:
    """The weeks of a month, each of seven days with what every role comes to; a day of another month is `beside`."""
    rows = [
        ("" if one.role == DutyRole.PRIMARY else one.label, blocks(one.final, user, final=True, role=one.role))
        for one in found
    ]
    days = [
        heading | {"parts": [(label, segments(row, start, end)) for label, row in rows]}
        for heading, start, end in zip(headings(span, at), span.edges, span.edges[1:], strict=False)
    ]
    return [days[n : n + WEEK_DAYS] for n in range(0, len(days), WEEK_DAYS)]


def blocks(shifts: list[Shift], user: User, *, final: bool = False, role: str = DutyRole.PRIMARY) -> list[Block]:
    """Shifts as blocks, neighbours of one person joined whatever layer they come from.

    An empty stretch of a layer says nothing, one of the final row is a gap; nobody as second or beside is none.
    """
    found: list[Block] = []
    gap = final and role == DutyRole.PRIMARY
    beside = "" if role == DutyRole.PRIMARY else str(role)
    for shift in shifts:
        source = str(shift.source) if gap or shift.source != Source.GAP else "none"
        last = found[-1] if found else None
        if last and (last.person, last.source) == (shift.person, source):
            found[-1] = replace(last, end=shift.end)
        else:
            found.append(Block(shift.person, shift.start, shift.end, source, shift.person == user, beside))
    return found


def agenda(row: list[Block], span: Span, at: datetime) -> list[dict[str, Any]]:
    """The final row by day. Days that belong to one person alone are one line, up to `last`; today stands for itself."""
    found: list[dict[str, Any]] = []
    for start, end in zip(span.edges, span.edges[1:], strict=False):
        parts, today = segments(row, start, end), start <= at < end
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


def _named(name: str, rule: str) -> dict[str, str]:
    """Name and rule of a layer; a name that its rule says anyway ("weekly") is not said twice."""
    return {"name": rule, "rule": ""} if name.lower() in rule.lower() else {"name": name, "rule": rule}


def links(span: Span, *, own: bool, today: date) -> dict[str, str]:
    """Earlier, later, today, and the other way to look at it."""
    zone = {"zone": "schedule"} if own else {}

    def address(first: date, *, month: bool) -> str:
        first = min(max(first, date(YEARS.start, 1, 1)), date(YEARS.stop - 1, 12, 1))
        said: Mapping[str, Any] = {"view": "month"} if month else {"weeks": span.weeks if not span.month else 2}
        return "?" + urlencode({"from": first.isoformat(), **said, **zone})

    month = span.month is not None
    if span.month:
        before, after = (span.month - timedelta(days=1)).replace(day=1), (span.month + LONG_MONTH).replace(day=1)
    else:
        before, after = (span.first + timedelta(weeks=weeks) for weeks in (-span.weeks, span.weeks))
    here = today if span.month and (today.year, today.month) == (span.month.year, span.month.month) else span.month
    return {
        "prev_url": address(before, month=month),
        "next_url": address(after, month=month),
        "today_url": address(today, month=month),
        "weeks_url": address(here or span.first, month=False),
        "month_url": address(span.first, month=True),
    }


def rule_of(layer: Layer) -> str:
    """How a layer rotates: "every 2 weeks, Mon 09:00"; a temporary one says its end."""
    once = {"hour": _("hourly"), "day": _("daily"), "week": _("weekly"), "month": _("monthly")}
    often = _("every %(n)d %(unit)s") % {"n": layer.every, "unit": layer.get_unit_display()}
    shown = "%H:%M" if layer.unit in {"hour", "day"} else "%a %H:%M"
    rule = f"{once[layer.unit] if layer.every == 1 else often}, {layer.starts:{shown}}"
    return f"{rule}, {_('until')} {layer.ends:%d %b}" if layer.ends else rule
