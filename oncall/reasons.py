"""The trace of "why is X on call" in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from oncall.models import DutyRole, Schedule
from oncall.rosters import Reason, why
from oncall.trace import Step
from oncall.wallclock import to_local

SENTENCES = {
    Step.NOT_STARTED: gettext_noop("%(layer)s: starts only on %(start)s"),
    Step.NO_MEMBERS: gettext_noop("%(layer)s: has no members"),
    Step.CLOSED: gettext_noop("%(layer)s: outside its hours"),
    Step.ALL_LEFT: gettext_noop("%(layer)s: all its members have been deactivated or are away"),
    Step.LAYER: gettext_noop("%(layer)s: the last layer that has somebody now"),
    Step.WINDOW: gettext_noop("%(layer)s: its hours are %(start)s to %(end)s"),
    Step.TURN: gettext_noop("%(layer)s: turn %(turn)s is %(person)s's, %(start)s to %(end)s"),
    Step.SKIPPED: gettext_noop("%(person)s has been deactivated and is skipped"),
    Step.TAKEN: gettext_noop("%(person)s is next in %(layer)s"),
    Step.CALENDAR: gettext_noop("Calendar %(layer)s: %(person)s, %(start)s to %(end)s"),
    Step.OVERRIDE: gettext_noop("Override: %(person)s, %(start)s to %(end)s"),
    Step.COVER: gettext_noop("%(person)s covers %(for_person)s, %(start)s to %(end)s"),
    Step.NOBODY: gettext_noop("Nobody is on call"),
}

AWAY = gettext_noop("%(person)s is away until %(end)s and is skipped")


def sentence(reason: Reason, zone: str, style: str = "%Y-%m-%d %H:%M") -> str:
    """One line of the trace, with times on the clock of `zone`, written in `style` (strftime)."""
    facts: dict[str, Any] = {
        "layer": reason.layer,
        "person": reason.person,
        "for_person": reason.for_person,
        "start": _shown(reason.start, zone, style),
        "end": _shown(reason.end, zone, style),
        "turn": None if reason.turn is None else reason.turn + 1,
    }
    away = reason.step is Step.SKIPPED and reason.end is not None
    return _(AWAY if away else SENTENCES[reason.step]) % facts


def sentences(schedule: Schedule, at: datetime, *, role: str = DutyRole.PRIMARY) -> list[str]:
    """The whole trace at `at` in the schedule's zone."""
    return [sentence(reason, schedule.timezone) for reason in why(schedule, at, role=role)]


def _shown(instant: datetime | None, zone: str, style: str) -> str:
    return to_local(instant, zone).strftime(style) if instant else _("further notice")
