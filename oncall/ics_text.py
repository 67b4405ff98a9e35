"""Pure: the text of a calendar that somebody else wrote, cut down to what decides about time and people.

It is a stranger's: what could take long, or mean nothing, is refused before any library sees it (on-call rules, "Calendar
feeds"). Zones are taken by their names; the definitions that a file brings along are not read, for they may hold rules of
their own without an end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

LARGEST = 5 * 1024 * 1024
"""Bytes of a calendar (on-call rules)."""
MOST_EVENTS = 5_000
"""Events that may matter; single ones outside of the days asked for are not counted."""
DEEPEST = 4
LONGEST_LINE = 20_000
MOST_LINES = 60_000
"""Lines of these events that are needed."""
MOST_PEOPLE = 20
"""Attendees of an event that are looked at."""
MOST_NAMED = 60
"""Characters of an event's name in a sentence about it."""
YEARS = range(1970, 2101)
MARGIN = timedelta(days=2)

TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID")
NEEDED = {*TIMES, "UID", "SUMMARY", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS", "TRANSP", "ATTENDEE", "SEQUENCE"}
REPEATS = {"RRULE", "RDATE", "RECURRENCE-ID"}
_PARAMETER = re.compile(r';(TZID|VALUE|RANGE)=("[^"]*"|[^";:,]*)', re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DAY = re.compile(r"\d{8}")


class CalendarRefused(ValueError):
    """This calendar is not read; the message is a sentence for whoever gave its address, and names the event."""


@dataclass
class RawEvent:
    """An event as it stands there: the lines that are needed, as (name, parameters, value)."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    people: int = 0

    def first(self, name: str) -> str:
        """The value of the first line of this name; empty without one."""
        return next((value for known, _parameters, value in self.lines if known == name), "")

    @property
    def name(self) -> str:
        """What a person would call it."""
        said = self.first("SUMMARY").replace("\\", "") or self.first("UID") or "an event without a name"
        return said if len(said) <= MOST_NAMED else f"{said[:MOST_NAMED]}…"

    @property
    def text(self) -> str:
        """It again, as a calendar's lines."""
        inner = "".join(f"{name}{parameters}:{value}\r\n" for name, parameters, value in self.lines)
        return f"BEGIN:VEVENT\r\n{inner}END:VEVENT\r\n"


def events_of(body: bytes, start: date, end: date) -> list[RawEvent]:
    """The events that may touch [start, end]. Raises CalendarRefused for what is no calendar, or more than is read."""
    if len(body) > LARGEST:
        raise CalendarRefused("It is larger than 5 MB, the most that is read.")
    text = _CONTROL.sub("", body.decode("utf-8-sig", errors="replace"))
    if not text.lstrip()[:15].upper().startswith("BEGIN:VCALENDAR"):
        raise CalendarRefused("It is no calendar: it does not begin with BEGIN:VCALENDAR.")
    found = [event for event in _events(_unfolded(text)) if _may_touch(event, start - MARGIN, end + MARGIN)]
    if len(found) > MOST_EVENTS:
        raise CalendarRefused(f"It holds {len(found):,} events; {MOST_EVENTS:,} are the most that are read.")
    lines = 0
    for event in found:
        lines += len(event.lines)
        if lines > MOST_LINES:
            raise CalendarRefused(f"“{event.name}” and those before it say more than is read.")
        _check(event)
    return found


@lru_cache(maxsize=1024)
def zone_of(said: str) -> str:
    """The IANA name of the zone that a calendar program calls `said` (Windows names too); empty: nobody knows it."""
    name = said.strip().strip('"')
    if name in _zones():
        return name
    if name.rpartition("/")[2].upper() in {"UTC", "GMT", "Z"}:
        return "UTC"
    parts = name.split("/")  # some write their own address in front: /freeassociation.sourceforge.net/Europe/London
    tails = ("/".join(parts[-count:]) for count in (3, 2) if len(parts) > count)
    return WINDOWS_TO_OLSON.get(name) or next((tail for tail in tails if tail in _zones()), "")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _unfolded(text: str) -> Iterator[str]:
    """Its lines; one that begins with a blank goes on with the line before it."""
    whole: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in {" ", "\t"}:
            whole.append(line[1:])
        else:
            yield "".join(whole)
            whole = [line]
    yield "".join(whole)


def _events(lines: Iterator[str]) -> Iterator[RawEvent]:
    """Everything between BEGIN:VEVENT and its end, without what is nested inside (alarms)."""
    open_now: list[str] = []
    event = RawEvent()
    for line in lines:
        head = line[:6].upper()
        if head == "BEGIN:":
            open_now.append(line[6:].strip().upper())
            if len(open_now) > DEEPEST:
                raise CalendarRefused(f"Its parts lie more than {DEEPEST} deep in each other.")
            if open_now[-1] == "VEVENT":
                event = RawEvent()
        elif head[:4] == "END:":
            if open_now and open_now.pop() == "VEVENT":
                yield event
        elif open_now and open_now[-1] == "VEVENT":
            _take(event, line)
    if open_now:
        raise CalendarRefused("It breaks off before its end.")


def _take(event: RawEvent, line: str) -> None:
    name = re.split("[;:]", line, maxsplit=1)[0].upper()
    if name not in NEEDED:
        return
    if len(line) > LONGEST_LINE:
        raise CalendarRefused(f"“{event.name}” has a line of {len(line):,} characters.")
    event.people += name == "ATTENDEE"
    if name == "ATTENDEE" and event.people > MOST_PEOPLE:
        return
    head, value = _divided(line[len(name) :])
    event.lines.append((name, head, value))


def _divided(rest: str) -> tuple[str, str]:
    """The parameters and the value; a colon inside quotes is no border."""
    quoted = False
    for place, letter in enumerate(rest):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return rest[:place], rest[place + 1 :]
    return "", rest


def _may_touch(event: RawEvent, start: date, end: date) -> bool:
    """Whether it repeats, or its days are none that are surely outside."""
    if any(name in REPEATS for name, *_rest in event.lines):
        return True
    begins, ends = event.first("DTSTART")[:8], event.first("DTEND")[:8]
    if not (_DAY.fullmatch(begins) and begins <= f"{end:%Y%m%d}"):
        return not _DAY.fullmatch(begins)  # nonsense is refused later, with its name
    return bool(event.first("DURATION")) or not ends or max(begins, ends) >= f"{start:%Y%m%d}"


def _check(event: RawEvent) -> None:
    """Refuse times that mean nothing, and leave of the parameters only what is understood, zones by their IANA names."""
    for place, (name, head, value) in enumerate(event.lines):
        known = {found[1].upper(): found[2] for found in _PARAMETER.finditer(head)}
        if name in TIMES and not _is_sane(value):
            raise CalendarRefused(f"“{event.name}” has no day from 1970 to 2100: {name} says {value[:20]}.")
        if "TZID" in known:
            zone = zone_of(known["TZID"])
            if not zone:
                said = known["TZID"].strip('"')[:MOST_NAMED]
                raise CalendarRefused(f"“{event.name}” is on the clock of “{said}”, a zone that is not known here.")
            known["TZID"] = zone
        if value.endswith("Z"):
            known.pop("TZID", None)
        event.lines[place] = name, "".join(f";{key}={said}" for key, said in known.items()), value
    if not event.first("DTSTART"):
        raise CalendarRefused(f"“{event.name}” does not say when it begins.")


def _is_sane(value: str) -> bool:
    try:
        return datetime.strptime(value[:8], "%Y%m%d").year in YEARS  # noqa: DTZ007  only its year is looked at
    except ValueError:
        return False
