"""What every page for signed-in people shows around itself, asked for only when a template draws it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from desk.live_pages import LivePage, live_pages
from desk.pagers import Held, Pager, chip_of, concerning, held, pagers_of
from foundation.health import dispatcher_silent_since
from oncall.models import Schedule
from teams.models import Organisation, User

MANY = 500


class Frame:
    """Who has the pager, whether paging runs, and what calls this person; a constant number of queries."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def at(self) -> datetime:
        """The instant for which the page is drawn."""
        return timezone.now()

    @cached_property
    def is_demo(self) -> bool:
        """Whether every page says that all of this is invented; one look at a table of one row."""
        return Organisation.the().is_demo

    @cached_property
    def schedules(self) -> list[Schedule]:
        """The schedules that concern this person; those who have none see the one there is, when it is the only one."""
        return concerning(self.user, self.at) or ([] if self._others[1:] else self._others)

    @cached_property
    def _others(self) -> list[Schedule]:
        """The schedules of an organisation, for a person of none; more than this nobody counts in a header."""
        return list(Schedule.objects.filter(archived_at=None).select_related("team")[:MANY])

    @cached_property
    def pagers(self) -> list[Pager]:
        """These schedules now."""
        return pagers_of(self.schedules, self.user, self.at) if self.schedules else []

    @property
    def pager(self) -> Pager | None:
        """Who has the pager, yours first; None while no schedule concerns this person."""
        return chip_of(self.pagers)

    @cached_property
    def held(self) -> Held | None:
        """How many have the pager, for those whom no single schedule concerns; None for the others."""
        return None if self.schedules or not self._others else held(self._others, self.at)

    @cached_property
    def paging_silent_since(self) -> datetime | None:
        """Since when no dispatcher has been heard; None while paging runs."""
        return dispatcher_silent_since(self.at)

    @cached_property
    def pages(self) -> list[LivePage]:
        """What calls this person now."""
        return live_pages(self.user, self.at)


def frame_of(request: HttpRequest, user: User) -> Frame:
    """The frame of this request, made once."""
    found: Frame | None = getattr(request, "_frame", None)
    if found is None or found.user != user:
        found = Frame(user)
        request._frame = found  # type: ignore[attr-defined]
    return found


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the frame of a signed-in person, nothing for machines and strangers."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or request.path.startswith("/api/"):
        return {}
    return {"frame": frame_of(request, user)}
