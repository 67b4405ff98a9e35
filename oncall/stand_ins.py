"""Who stands in for somebody who will be away hears it when that is known, not at the handover (ADR 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.dispatch.wake import wake
from foundation.ui import times
from oncall import rosters
from oncall.differences import Difference, compare
from oncall.ics_in import AHEAD
from oncall.models import Schedule
from oncall.rosters import Shift
from teams.models import Notice, User

MOST = 20
"""Stretches of time named in one mail."""
MOST_NAMES = 200
"""Characters of the names in its subject."""
Plan = dict[Schedule, list[Shift]]


def plan_of(people: Collection[int], at: datetime) -> Plan:
    """The shifts ahead of the schedules in which these people (ids) take turns."""
    theirs = Schedule.objects.filter(archived_at=None, layers__turns__user__in=people).distinct() if people else []
    return rosters.shifts_of(theirs, at, at + AHEAD)


def tell(before: Plan, people: Collection[int], at: datetime) -> None:
    """One mail to each who has the pager now where, in `before`, one of these people had it."""
    after = rosters.shifts_of(before, at, at + AHEAD)
    theirs: dict[User, list[tuple[Schedule, Difference]]] = defaultdict(list)
    for schedule, shifts in before.items():
        for one in compare(shifts, after[schedule]):
            if one.after and one.before and one.before.pk in people:
                theirs[one.after].append((schedule, one))
    for colleague, rows in theirs.items():
        names = ", ".join(dict.fromkeys(str(one.before) for _schedule, one in rows))
        with timezone.override(ZoneInfo(colleague.timezone)):
            lines = [f"{schedule}: {_span(one, at)} ({one.before})" for schedule, one in rows[:MOST]]
        if len(rows) > MOST:
            lines.append(_("and %d more.") % (len(rows) - MOST))
        who = names if len(names) <= MOST_NAMES else _("colleagues")
        subject = _("You stand in for %s, who is away") % who
        said = {"subject": subject, "body": "\n".join(lines), "path": rows[0][0].path}
        Notice.objects.create(person=colleague, **said, created_at=at, due_at=at)
    if theirs:
        wake("notices")


def _span(one: Difference, at: datetime) -> str:
    return f"{times.full(one.start, now=at)} – {times.full(one.end, now=at)}"
