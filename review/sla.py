"""Pure: what was promised for each class, and whether it was kept (review rules, "Formulas")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from incidents.severity import CRITICAL, MAJOR, STANDARD
from oncall.wallclock import first_instant, is_working_day, zone_named

DAY_BEGINS, DAY_ENDS = time(8), time(18)
AT_RISK = 0.75
"""The part of the time after which something that still runs is at risk."""


class Verdict(StrEnum):
    """How a promise stands."""

    MET = "met"
    MISSED = "missed"
    AT_RISK = "at_risk"
    RUNNING = "running"


def within(span: timedelta) -> Callable[[datetime, str], datetime]:
    """So long after the start, day and night."""
    return lambda start, zone: start + span


def one_working_day(start: datetime, zone: str) -> datetime:
    """Ten working hours after `start`, counted Monday to Friday from 08:00 to 18:00 on the wall of `zone`.

    A working day has just these, so it ends at the same time of the next one; for a start outside of them at the end of
    the first whole one.
    """
    local = start.astimezone(zone_named(zone))
    day, clock = local.date(), local.time()
    if is_working_day(day) and clock <= DAY_BEGINS:
        return _day_ends(day, zone)
    if is_working_day(day) and clock < DAY_ENDS:
        return first_instant(datetime.combine(_next_working_day(day), clock), zone)
    return _day_ends(_next_working_day(day), zone)


def end_of_next_working_day(start: datetime, zone: str) -> datetime:
    """18:00 of the next working day after that of `start`, on the wall of `zone`."""
    return _day_ends(_next_working_day(start.astimezone(zone_named(zone)).date()), zone)


def _next_working_day(day: date) -> date:
    day += timedelta(1)
    while not is_working_day(day):
        day += timedelta(1)
    return day


@lru_cache(maxsize=1024)
def _day_ends(day: date, zone: str) -> datetime:
    return first_instant(datetime.combine(day, DAY_ENDS), zone)


@dataclass(frozen=True)
class Promise:
    """One act that is promised for a class; `words` say by when."""

    act: str
    words: str
    due: Callable[[datetime, str], datetime]


PROMISES: dict[str, tuple[Promise, ...]] = {
    CRITICAL: (
        Promise("react", "5 min", within(timedelta(minutes=5))),
        Promise("mitigate", "1 h", within(timedelta(hours=1))),
        Promise("resolve", "4 h", within(timedelta(hours=4))),
    ),
    MAJOR: (
        Promise("react", "15 min", within(timedelta(minutes=15))),
        Promise("resolve", "next working day 18:00", end_of_next_working_day),
    ),
    STANDARD: (
        Promise("react", "1 working day", one_working_day),
        Promise("resolve", "30 d", within(timedelta(days=30))),
    ),
}


def verdict(start: datetime, due: datetime, done: datetime | None, at: datetime) -> Verdict:
    """Done exactly at `due` is met. What still runs past it is missed, and at risk from three quarters on."""
    if done is not None:
        return Verdict.MET if done <= due else Verdict.MISSED
    if at > due:
        return Verdict.MISSED
    return Verdict.AT_RISK if at - start >= (due - start) * AT_RISK else Verdict.RUNNING
