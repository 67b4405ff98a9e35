"""The story of an incident: a page of its lines, newest first, and the people whom they name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from incidents.models import Incident, Kind, TimelineEntry
from teams.models import User

PAGE = 100
NOTES = (Kind.NOTE, Kind.ROLE, Kind.CLASS, Kind.STATE, Kind.EDITED, Kind.DECLARED)
PAGES = (
    Kind.PAGED,
    Kind.NOT_PAGED,
    Kind.SENT,
    Kind.NOT_SENT,
    Kind.EXHAUSTED,
    Kind.ACKNOWLEDGED,
    Kind.UNACKNOWLEDGED,
    Kind.ACK_EXPIRED,
    Kind.HANDED_OVER,
    Kind.ESCALATE,
    Kind.PULLED_IN,
    Kind.QUIET,
)
FILTERS: dict[str, tuple[Kind, ...]] = {"all": (), "notes": NOTES, "pages": PAGES}


@dataclass(frozen=True)
class Story:
    """One page of lines, newest first. `older` is the id before which the next page lies, None at the beginning."""

    lines: list[TimelineEntry]
    older: int | None

    @cached_property
    def people(self) -> dict[str, User]:
        """The people whose e-mails the lines name; one query, none when they name nobody."""
        named = {email for line in self.lines for email in _emails(line.data)}
        return {user.email: user for user in User.objects.filter(email__in=named)} if named else {}


def read_story(incident: Incident, chosen: str, before: int | None) -> Story:
    """The newest lines, or those before the line `before`; `chosen` is a name of `FILTERS`."""
    lines = incident.timeline.select_related("by").order_by("-pk")
    if kinds := FILTERS.get(chosen):
        lines = lines.filter(kind__in=kinds)
    if before:
        lines = lines.filter(pk__lt=before)
    found = list(lines[: PAGE + 1])
    return Story(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def quiet_by(incident: Incident) -> User | None:
    """Who made it quiet last by hand; None when a silence did."""
    line = incident.timeline.filter(kind=Kind.QUIET).select_related("by").order_by("-pk").first()
    return line.by if line else None


def _emails(data: Any) -> Iterator[str]:
    """Every e-mail in a line's data, however deep."""
    if isinstance(data, str):
        if "@" in data and len(data) < 255:  # noqa: PLR2004 - no e-mail is longer
            yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _emails(value)
