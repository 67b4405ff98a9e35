"""Instants and durations in words. Pure but for the active time zone, which is the viewer's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds
LONG = 10 * DAY
"""Seconds from which on hours say nothing any more."""
DAYS_KEPT = 4096


def zone_name(at: datetime) -> str:
    """The name of the zone of `at` as people say it: "CET", or "UTC+05:45" where the zone has no name of its own."""
    name = at.tzname() or ""
    if name[:1] in "+-":
        return f"UTC{name[:3]}:{name[3:]}" if len(name) > 3 else f"UTC{name}"  # noqa: PLR2004  (sign and hours)
    return name


def day(at: datetime, *, now: datetime) -> str:
    """The day of `at` in its own zone, "Sat 21 Nov", with the year when it is not this one."""
    shown = "D j M" if at.year == now.astimezone(at.tzinfo).year else "D j M Y"
    return _written(at.date(), shown, get_language())


@lru_cache(DAYS_KEPT)
def _written(on: date, shown: str, language: str | None) -> str:
    """The words of a day in the active `language`: a page says few days, and says them hundreds of times."""
    return date_format(on, shown)


def _hands(local: datetime) -> str:
    """A wall clock: "03:04"."""
    return f"{local.hour:02}:{local.minute:02}"


def full(at: datetime, *, now: datetime) -> str:
    """Day, time and zone of the viewer: "Sat 21 Nov 03:04 CET"."""
    local = localtime(at)
    return f"{day(local, now=now)} {_hands(local)} {zone_name(local)}"


def short(at: datetime, *, now: datetime) -> str:
    """As `full`, without the day when it is the viewer's today: "03:04 CET"."""
    local = localtime(at)
    if local.date() != localtime(now).date():
        return full(at, now=now)
    return f"{_hands(local)} {zone_name(local)}"


def clock(at: datetime) -> str:
    """The viewer's wall clock alone, "03:04": only under a heading that names the day and the zone."""
    return _hands(localtime(at))


def utc(at: datetime, *, now: datetime) -> str:
    """The same instant for people elsewhere: "02:04 UTC", with the day where it differs from the viewer's."""
    there, here = at.astimezone(UTC), localtime(at)
    time = _hands(there) + " UTC"
    return time if there.date() == here.date() else f"{day(there, now=now)} {time}"


def says_utc(at: datetime) -> bool:
    """Whether the viewer's own zone already reads as UTC at `at`: London's winter does, Lisbon's "WET" does not."""
    return zone_name(localtime(at)) in ("UTC", "GMT")


def duration(span: timedelta | float | None) -> str:
    """A length of time (seconds or timedelta) as people say it: "45 s", "6 min", "2 h 5 min", "3 d 4 h", "41 d"; None is "-"."""
    if span is None:
        return "-"
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 0:
        return "−" + duration(-seconds)
    if seconds < MINUTE:
        return _("%d s") % seconds
    if seconds < HOUR:
        return _("%d min") % (seconds // MINUTE)
    if seconds < DAY:
        told = {"hours": seconds // HOUR, "minutes": seconds % HOUR // MINUTE}
        return (_("%(hours)d h %(minutes)d min") if told["minutes"] else _("%(hours)d h")) % told
    if seconds >= LONG:
        return _("%d d") % (seconds // DAY)
    told = {"days": seconds // DAY, "hours": seconds % DAY // HOUR}
    return (_("%(days)d d %(hours)d h") if told["hours"] else _("%(days)d d")) % told


def every(span: timedelta) -> str:
    """How often something comes: "every day", "every week", "every 5 min"."""
    words = {MINUTE: _("every minute"), HOUR: _("every hour"), DAY: _("every day"), 7 * DAY: _("every week")}
    return words.get(int(span.total_seconds()), "") or _("every %s") % duration(span)


def relative(at: datetime, *, now: datetime) -> str:
    """How far `at` is from `now`: "6 min ago", "in 2 h 5 min". Never alone in a record."""
    seconds = int((now - at).total_seconds())
    if abs(seconds) < MINUTE:
        return _("just now") if seconds >= 0 else _("in a moment")
    if seconds > 0:
        return _("%s ago") % duration(seconds)
    return _("in %s") % duration(-seconds)
