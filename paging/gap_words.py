"""Gaps ahead are announced to who can fill them: 14, 7, 2 and 1 days before, each once; the last two to the manager too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.ui import times
from oncall import coverage, rosters
from oncall.models import GapTold, Schedule
from oncall.rosters import Shift
from paging import notices
from teams.leads import lead_for
from teams.models import User

logger = logging.getLogger(__name__)
EVERY = timedelta(hours=1)
AHEAD = timedelta(days=coverage.ANNOUNCED[0]) + coverage.MARGIN
"""Beyond the first mark: a gap that is cut at the edge looks like no other."""
URGENT = 2
"""Days before a gap from which the manager hears it as well."""
KEPT = timedelta(days=30)
MOST = 20
"""Gaps named in one mail."""


def tell(at: datetime) -> int:
    """Announce what stands at a mark and was not said there; returns the number of schedules told of."""
    schedules = list(Schedule.objects.filter(archived_at=None).select_related("team__area__lead", "team__manager"))
    found = rosters.gaps_of(schedules, at - coverage.MARGIN, at + AHEAD)
    GapTold.objects.filter(starts__lt=at - KEPT).delete()
    return sum(_told(schedule, gaps, at) for schedule, gaps in found.items())


def _told(schedule: Schedule, gaps: Sequence[Shift], at: datetime) -> bool:
    """One schedule that fails does not stop the others; it is tried again in an hour."""
    try:
        return _tell(schedule, coverage.unusual(gaps, schedule.timezone), at)
    except Exception:
        logger.exception("the gaps of %s were not told", schedule.slug)
        return False


@transaction.atomic
def _tell(schedule: Schedule, gaps: Sequence[Shift], at: datetime) -> bool:
    marked = [(gap, mark) for gap in gaps if (mark := coverage.mark_at(gap.start, at)) is not None]
    said = set(GapTold.objects.filter(schedule=schedule).values_list("starts", "days")) if marked else set()
    news = [(gap, mark) for gap, mark in marked if (gap.start, mark) not in said]
    if not news:
        return False
    GapTold.objects.bulk_create(
        [GapTold(schedule=schedule, starts=gap.start, days=mark) for gap, mark in news], ignore_conflicts=True
    )
    urgent = any(mark <= URGENT for _gap, mark in news)
    for person in _listening(schedule, urgent=urgent):
        with timezone.override(ZoneInfo(person.timezone)):
            lines = [_line(gap, at) for gap, _mark in news[:MOST]]
        if len(news) > MOST:
            lines.append(_("and %d more.") % (len(news) - MOST))
        subject = _("Nobody has the pager of %(schedule)s from %(start)s") % {
            "schedule": schedule,
            "start": lines[0].partition(" – ")[0],
        }
        body = "\n".join([*lines, "", _("Give it to somebody on the page of the schedule.")])
        notices.tell(person, subject=subject, body=body, path=schedule.path, at=at)
    return True


def _line(gap: Shift, at: datetime) -> str:
    return f"{times.full(gap.start, now=at)} – {times.full(gap.end, now=at)}"


def _listening(schedule: Schedule, *, urgent: bool) -> list[User]:
    manager = schedule.team.manager if urgent else None
    named = [lead_for(schedule.team), manager if manager and manager.is_active else None]
    return list({person.pk: person for person in named if person}.values())
