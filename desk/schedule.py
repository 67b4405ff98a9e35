"""The calendar of one schedule: layers, the final row, gaps, exceptions, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from desk.calendar_rows import YEARS, Span, agenda, blocks, days_of, headings, links, month_of, rows_of
from desk.gaps import Gaps
from desk.guard import person, who
from desk.next_asked import asked_instead
from desk.oncall import row
from desk.pagers import pagers_of, reachable_by
from oncall import rosters
from oncall.models import Absence, DutyRole, EscalationPolicy, Schedule
from oncall.reasons import sentence
from oncall.rosters import Shift
from oncall.skills import missing
from oncall.swaps import open_swaps
from oncall.wallclock import last_instant, to_local
from paging.handovers import notes_of
from teams.models import User
from teams.permissions import may_edit_team_config, may_write


@require_safe
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """`?from=YYYY-MM-DD&weeks=2` or `&view=month`, in the viewer's zone or with `?zone=schedule` in the schedule's.

    `?why=` an instant (`&role=secondary`) tells above it why somebody has it then.
    """
    return _show(request, slug, read_instant(request.GET.get("why", "")))


@require_safe
def why(request: HttpRequest, slug: str) -> HttpResponse:
    """Why somebody has the pager at `?at=` (an instant; now without one): the trace above the calendar."""
    return _show(request, slug, read_instant(request.GET.get("at", "")) or timezone.now())


def _show(request: HttpRequest, slug: str, why_at: datetime | None) -> HttpResponse:
    found = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    user, at = person(request), timezone.now()
    own = request.GET.get("zone") == "schedule"
    span = Span.asked(request, found.timezone if own else user.timezone, at)
    days = days_of(found, span)
    final = days[0].final
    role = request.GET.get("role", DutyRole.PRIMARY.value)
    context = {
        "at": at,
        "schedule": found,
        "zone": span.zone,
        "zone_is_schedule": own,
        "now": _now(found, user, at),
        "others": [(DutyRole.word(role), duty) for role, duty in rosters.others_on_call(found, at)]
        if len(days) > 1
        else [],
        "month": span.month,
        "days": headings(span, at),
        "rows": [] if span.month else rows_of(found, days, span, user),
        "month_weeks": month_of(days, span, at, user) if span.month else [],
        "agendas": [(one, agenda(blocks(one.final, user, final=True, role=one.role), span, at)) for one in days],
        "gaps": _gaps(found, final, at),
        "why_at": why_at,
        "why": _why(found, span, why_at, role) if why_at else [],
        "notes": notes_of([found]),
        "missing": missing(found, [shift for one in days if one.role != DutyRole.SHADOW for shift in one.final], at),
        "swaps": list(open_swaps(at).filter(schedule=found)),
        "failing": list(found.calendars.filter(removed_at=None, failing_since__isnull=False)),
        "can_override": may_write(who(request)),
        "can_edit": may_edit_team_config(who(request), found.team_id),
        **links(span, own=own, today=to_local(at, span.zone).date()),
        **_exceptions(found, at),
    }
    return render(request, "desk/schedule.html", context)


def _gaps(found: Schedule, final: list[Shift], at: datetime) -> Gaps | None:
    """What of the days shown nobody has, from now on; None when somebody has all of it."""
    ahead = [shift for shift in final if shift.person is None and shift.end > at]
    return Gaps(found, list(ahead), at) if ahead else None


def _why(found: Schedule, span: Span, at: datetime, role: str) -> list[str]:
    return [sentence(reason, span.zone, "%a %d %b %Y %H:%M") for reason in rosters.why(found, at, role=role)]


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
