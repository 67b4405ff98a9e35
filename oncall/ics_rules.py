"""Pure: whether the rules by which an event repeats can be followed in a moment; asked before anything is expanded.

`FREQ=SECONDLY` in a file of three lines means millions of occurrences, and a rule that never comes true (the 30th of
February) is looked for until the year 9999. Both are refused by what they say, not by how long they take.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import prod

from dateutil.rrule import rrulestr

from oncall.ics_text import CalendarRefused, RawEvent

MOST_STEPS = 100_000
"""Turns of all rules of a calendar together, from where they begin to the end of the days asked for."""
LONGEST_RULE = 500
LATE = 9_600
"""The calendar is the same after 400 years. A rule that begins this late is given up after 400 years, not after 8,000."""

LENGTHS = {
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
    "MONTHLY": timedelta(days=28),
    "YEARLY": timedelta(days=365),
}
DAYS = {"WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
DAYS_BY = {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH"}
"""With these a rule may mean every day of its period."""
OFTEN = {"SECONDLY": "every second", "MINUTELY": "every minute"}
_RULE = re.compile(r"[A-Z]+=[A-Z0-9+,:-]+(;[A-Z]+=[A-Z0-9+,:-]+)*")


class Budget:
    """How many turns the rules of one calendar may take until `end` (naive: a day more or less does not matter)."""

    def __init__(self, end: datetime) -> None:
        self.end, self.left = end, MOST_STEPS

    def check(self, event: RawEvent) -> None:
        """Take the turns of its rules from what is left. Raises CalendarRefused, with the event's name."""
        begins = datetime.strptime(event.first("DTSTART")[:8], "%Y%m%d")  # noqa: DTZ007
        for name, _head, value in event.lines:
            if name == "RRULE":
                self.left -= _steps(event.name, value.strip().rstrip(";").upper(), begins, self.end)
            elif name in {"RDATE", "EXDATE"}:
                self.left -= value.count(",") + 1
            if self.left < 0:
                raise CalendarRefused(f"“{event.name}” repeats so often that following it would take too long.")


def _steps(name: str, rule: str, begins: datetime, end: datetime) -> int:
    """How many turns `rule` takes until `end`."""
    if len(rule) > LONGEST_RULE or not _RULE.fullmatch(rule):
        raise CalendarRefused(f"“{name}” repeats by a rule that cannot be read: {rule[:60]}")
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    often = parts.get("FREQ", "")
    length = LENGTHS.get(often)
    parts_by = {part for part in parts if part.startswith("BY")}
    if often in OFTEN or (often == "HOURLY" and parts_by):
        raise CalendarRefused(f"“{name}” repeats {OFTEN.get(often, 'within hours')}: that is not read.")
    interval = parts.get("INTERVAL", "1")
    if length is None or not (interval.isdigit() and 0 < int(interval) < MOST_STEPS):
        raise CalendarRefused(f"“{name}” repeats by a rule that cannot be read: {rule[:60]}")
    length *= int(interval)
    often_a_day = prod(parts.get(part, "").count(",") + 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    reach = max(end - begins, timedelta(0)) + 2 * (_wait(name, parts, begins) if parts_by else timedelta(0))
    days = DAYS.get(often, 1) if often_a_day > 1 and parts_by & DAYS_BY else 1
    return (reach // length + 1) * often_a_day * days


def _wait(name: str, parts: dict[str, str], begins: datetime) -> timedelta:
    """How long the first occurrence is waited for."""
    endless = ";".join(f"{key}={value}" for key, value in parts.items() if key not in {"UNTIL", "COUNT"})
    late = begins.replace(year=begins.year + (LATE - begins.year) // 400 * 400)
    try:
        first: datetime | None = next(iter(rrulestr(endless, dtstart=late)), None)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError) as error:
        raise CalendarRefused(f"“{name}” repeats by a rule that cannot be read: {endless[:60]}") from error
    if first is None:
        raise CalendarRefused(f"“{name}” repeats by a rule that never comes true: {endless[:60]}")
    return first - late
