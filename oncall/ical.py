"""Shifts as iCalendar (RFC 5545): times in UTC, an identity for each slot, and a stamp that moves only with changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vDatetime, vInt, vText, vUri

from oncall.feeds import SINCE, FeedShift

ASK_AGAIN = timedelta(hours=1)
OPAQUE_TO_NOBODY = vText("TRANSPARENT")
"""Having the pager does not make anybody busy."""


def calendar(name: str, shifts: Iterable[FeedShift], *, personal: bool) -> bytes:
    """A calendar of these shifts. `personal`: all are of the one who reads, so that a title need not say of whom."""
    found = Calendar()
    found.add("prodid", "-//Sharp End//On call//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    host = urlsplit(settings.SHARPEND_URL).hostname or "localhost"
    same: dict[int, _Same] = {}
    for shift in shifts:
        known = same.get(shift.schedule.pk) or same.setdefault(shift.schedule.pk, _same(shift))
        found.add_component(_event(shift, known, host, personal=personal))
    return bytes(found.to_ical())


@dataclass(frozen=True)
class _Same:
    """What the events of one schedule have in common, put into the format's words once: there may be thousands."""

    stamp: vDatetime
    sequence: vInt
    url: vUri


def _same(shift: FeedShift) -> _Same:
    sequence = int((shift.changed - SINCE).total_seconds())  # grows with each change, and fits 31 bits
    return _Same(vDatetime(shift.changed), vInt(sequence), vUri(settings.SHARPEND_URL + shift.schedule.path))


def _event(shift: FeedShift, same: _Same, host: str, *, personal: bool) -> Event:
    title = _("On call: %s") % shift.schedule if personal else f"{shift.person}: {shift.schedule}"
    words = {"name": shift.person, "email": shift.person.email}
    event = Event()
    event["uid"] = vText(f"{shift.uid}@{host}")
    event["summary"] = vText(title)
    event["description"] = vText(_("%(name)s, %(email)s") % words)
    event["dtstart"], event["dtend"] = vDatetime(shift.start), vDatetime(shift.end)
    event["dtstamp"] = event["last-modified"] = same.stamp
    event["sequence"], event["transp"], event["url"] = same.sequence, OPAQUE_TO_NOBODY, same.url
    event["x-sharpend-person"] = vText(shift.person.email)
    return event
