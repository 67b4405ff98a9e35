"""Shifts as iCalendar (RFC 5545): times in UTC, an identity for each slot, and a stamp that moves only with changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from oncall.feeds import SINCE, FeedShift

ASK_AGAIN = timedelta(hours=1)


def calendar(name: str, shifts: Iterable[FeedShift], *, personal: bool) -> bytes:
    """A calendar of these shifts. `personal`: all are of the one who reads, so that a title need not say of whom."""
    found = Calendar()
    found.add("prodid", "-//Sharp End//On call//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    host = urlsplit(settings.SHARPEND_URL).hostname or "localhost"
    for shift in shifts:
        found.add_component(_event(shift, host, personal=personal))
    return bytes(found.to_ical())


def _event(shift: FeedShift, host: str, *, personal: bool) -> Event:
    event = Event()
    title = _("On call: %s") % shift.schedule if personal else f"{shift.person}: {shift.schedule}"
    words = {"name": shift.person, "email": shift.person.email, "schedule": shift.schedule}
    event.add("uid", f"{shift.uid}@{host}")
    event.add("summary", title)
    event.add("description", _("%(name)s (%(email)s) has the pager of %(schedule)s.") % words)
    event.add("dtstart", shift.start)
    event.add("dtend", shift.end)
    for stamp in ("dtstamp", "last-modified"):
        event.add(stamp, shift.changed)
    event.add("sequence", int((shift.changed - SINCE).total_seconds()))  # grows with each change, and fits 31 bits
    event.add("transp", "TRANSPARENT")
    event.add("url", settings.SHARPEND_URL + shift.schedule.path)
    event.add("x-sharpend-person", shift.person.email)
    return event
