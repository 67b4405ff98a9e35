"""Pure: a calendar that somebody else wrote (RFC 5545), as stretches of time with names.

Repetitions, single ones that were moved or left out, days as a whole, times without a zone and zones by their Windows names
are read as calendar programs show them. A time that a clock shows twice is the first one, one that it jumps over is the
first instant after it, as everywhere here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar
from recurring_ical_events import of

from oncall.ics_rules import Budget
from oncall.ics_text import MARGIN, CalendarRefused, RawEvent, events_of
from oncall.wallclock import first_instant, utc

BEFORE, AHEAD = timedelta(days=30), timedelta(days=180)
"""The days that are read, around now."""
MOST = 5_000
"""Occurrences of a calendar in those days."""
MOST_TEXT = 300
_BROKEN = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, ArithmeticError)


class Entry(NamedTuple):
    """One occurrence: [start, end) in UTC, what it is called, who is invited, and whether it keeps them busy."""

    start: datetime
    end: datetime
    summary: str
    emails: tuple[str, ...] = ()
    uid: str = ""
    busy: bool = True


def read(body: bytes, *, zone: str, at: datetime) -> list[Entry]:
    """What the calendar says of 30 days before `at` to 180 days after, in order; what was cancelled is left out.

    Days as a whole and times without a zone are on the clock of `zone`. Raises CalendarRefused with a sentence.
    """
    start, end = utc(at) - BEFORE, utc(at) + AHEAD
    events = events_of(body, start.date(), end.date())
    budget = Budget((end + MARGIN).replace(tzinfo=None))
    for event in events:
        budget.check(event)
    found = [one for one in _entries(events, zone, start - MARGIN, end + MARGIN) if one.end > start and one.start < end]
    return sorted(set(found))


def _entries(events: list[RawEvent], zone: str, start: datetime, end: datetime) -> Iterator[Entry]:
    text = "".join(["BEGIN:VCALENDAR\r\n", *(event.text for event in events), "END:VCALENDAR\r\n"])
    try:
        calendar = Calendar.from_ical(text)
        for component in calendar.walk("VEVENT"):
            if component.errors:
                raise CalendarRefused(f"“{_words(component, 'SUMMARY')}” cannot be read: {component.errors[0][1]}")
        for count, occurrence in enumerate(of(calendar).between(start, end)):
            if count >= MOST:
                raise CalendarRefused(f"It has more than {MOST:,} occurrences in seven months.")
            if entry := _entry(occurrence, zone):
                yield entry
    except CalendarRefused:
        raise
    except _BROKEN as error:
        raise CalendarRefused(f"It cannot be read: {str(error)[:200] or type(error).__name__}") from error


def _entry(occurrence: Any, zone: str) -> Entry | None:  # noqa: ANN401 - a component of the library
    """None for what was cancelled, and for what takes no time."""
    if _words(occurrence, "STATUS").upper() == "CANCELLED":
        return None
    begins, ends = occurrence["DTSTART"].dt, occurrence["DTEND"].dt
    if not isinstance(begins, datetime) and ends <= begins:
        ends = begins + timedelta(days=1)
    start, end = _instant(begins, zone), _instant(ends, zone)
    if end <= start:
        return None
    busy = _words(occurrence, "TRANSP").upper() != "TRANSPARENT"
    return Entry(start, end, _words(occurrence, "SUMMARY"), tuple(_emails(occurrence)), _words(occurrence, "UID"), busy)


def _instant(said: date | datetime, zone: str) -> datetime:
    if not isinstance(said, datetime):
        return first_instant(datetime.combine(said, time()), zone)
    if said.tzinfo is None:
        return first_instant(said, zone)
    named = getattr(said.tzinfo, "key", "")
    return first_instant(said.replace(tzinfo=None), named) if named else utc(said)


def _words(component: Any, name: str) -> str:  # noqa: ANN401
    """The text of a property on one line; of several the first."""
    said = component.get(name, "")
    return " ".join(str(said[0] if isinstance(said, list) else said).split())[:MOST_TEXT]


def _emails(component: Any) -> Iterator[str]:  # noqa: ANN401
    said = component.get("ATTENDEE", [])
    for one in said if isinstance(said, list) else [said]:
        address = str(one).strip()
        yield address[len("mailto:") :].lower() if address.lower().startswith("mailto:") else address.lower()
