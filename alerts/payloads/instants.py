"""Times as machines write them. Pure."""

from datetime import UTC, datetime, timedelta

from alerts.payloads.alert import Mark

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Two days inside what Python can represent, so that showing it in any zone cannot overflow.
EARLIEST = datetime(1, 1, 3, tzinfo=UTC)
LATEST = datetime(9999, 12, 29, tzinfo=UTC)
LONGEST = 64
NOT_YET = "0001-01-01T00:00:00Z"
"""Go's zero time: the end of all that still fires."""
# An integer below the bound is seconds, milliseconds, microseconds or nanoseconds since 1970.
EPOCH_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))

Instant = tuple[datetime | None, Mark | None]


def read_instant(value: object) -> Instant:
    """`value` as an aware UTC instant with what was odd about it; never raises.

    Reads RFC 3339 with any number of digits (cut to microseconds), `+0000`, `Z`, Go's printed form, and seconds,
    milliseconds, microseconds or nanoseconds since 1970 as number or digits. A time without zone is taken as UTC.
    Nothing, 0 and Go's zero time (year 1) are None without a mark; what cannot be read is None with one.
    """
    if isinstance(value, str):
        return _from_text(value)
    if value is None or isinstance(value, bool):
        return None, None if value is None else Mark.TIME_UNREADABLE
    if isinstance(value, int | float):
        return _from_number(value)
    return None, Mark.TIME_UNREADABLE


def _from_text(text: str) -> Instant:
    if text == NOT_YET:
        return None, None
    try:  # what Alertmanager sends, and nearly everybody else
        at = datetime.fromisoformat(text)
    except ValueError:
        return _from_odd_text(text)
    if at.tzinfo is UTC and EARLIEST.year < at.year < LATEST.year:
        return at, None
    if text.isdigit():  # the basic format would take an epoch for a date
        return _from_odd_text(text)
    return _bounded(at)


def _from_odd_text(text: str) -> Instant:
    text = text[: LONGEST + 1].strip()
    if not text:
        return None, None
    if len(text) > LONGEST:
        return None, Mark.TIME_UNREADABLE
    try:
        if text.isascii() and text.replace(".", "", 1).isdigit():
            return _from_number(float(text) if "." in text else int(text))
        return _bounded(datetime.fromisoformat(_tidied(text)))
    except ValueError:
        return None, Mark.TIME_UNREADABLE


def _tidied(text: str) -> str:
    """Go's `2026-11-21 02:03:18.5 +0000 UTC`, a small `z`, a leap second: as the ISO form that Python reads."""
    text = text.upper().removesuffix(" UTC").removesuffix(" GMT")
    if text.endswith("Z"):
        text = text[:-1] + "+00:00"
    day, _, rest = text.replace("T", " ", 1).partition(" ")
    rest = rest.replace(" ", "")
    if rest[5:8] == ":60":  # a leap second; Python has none
        rest = rest[:5] + ":59" + rest[8:]
    return f"{day}T{rest}" if rest else day


def _from_number(number: float) -> Instant:
    if number == 0:
        return None, None
    for bound, per_second in EPOCH_UNITS:
        if 0 < number < bound:
            micros = number * 10**6 // per_second if isinstance(number, int) else round(number / per_second * 10**6)
            return _bounded(EPOCH + timedelta(microseconds=micros))
    return None, Mark.TIME_UNREADABLE


def _bounded(at: datetime) -> Instant:
    mark = None
    if at.tzinfo is None:
        at, mark = at.replace(tzinfo=UTC), Mark.TIME_WITHOUT_ZONE
    if at.year <= 1:  # Go's zero time: not set
        return None, None
    if at.tzinfo is not UTC:
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            return LATEST, Mark.TIME_CLAMPED
    if at > LATEST:
        return LATEST, Mark.TIME_CLAMPED
    return (EARLIEST, Mark.TIME_CLAMPED) if at < EARLIEST else (at, mark)
