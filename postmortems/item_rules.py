"""Remediation items: which act leads from where to where, when they are due, and who is reminded when.

Pure (incident rules, section 4). Days are dates; instants are aware.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from oncall.wallclock import is_working_day

OPEN = ("proposed", "accepted", "in_progress", "blocked")
"""Something is still to be decided or done."""
RUNNING = ("accepted", "in_progress", "blocked")
"""Somebody promised it, so a date runs."""
ENDS = ("declined", "risk_accepted", "superseded")
FROM: dict[str, tuple[str, ...]] = {
    "accept": ("proposed",),
    "start": ("accepted", "blocked"),
    "block": ("accepted", "in_progress"),
    "answer": ("blocked",),
    "done": RUNNING,
    "verify": ("done",),
    "decline": OPEN,
    "accept_risk": OPEN,
    "supersede": OPEN,
    "move_date": RUNNING,
}
"""The states in which each act is possible."""
LEADS_TO = {
    "accept": "accepted",
    "start": "in_progress",
    "block": "blocked",
    "done": "done",
    "verify": "verified",
    "decline": "declined",
    "accept_risk": "risk_accepted",
    "supersede": "superseded",
}

DAYS = {"P0": 7, "P1": 15, "P2": 30, "P3": 56}
"""Days from the acceptance to the date that is due."""
URGENT = ("P0", "P1")
MOST_URGENT = 5
"""So many P0 and P1 may one incident have: more would mean that none is."""
RISK_DAYS = 90
SILENT_DAYS = 30
"""A fingerprint that was silent for so long proves an item without a "done when"."""
ANSWER_DAYS = 3
"""Working days in which the manager answers; then the director is told."""
ASK_AFTER_DAYS = 7
"""Days overdue after which an item that nobody called blocked is asked what is in its way."""
STEPS = (-3, 0, 3, 7)
"""Days from the due date on which the owner is reminded."""
OPENS, CLOSES = time(9), time(17)
BUCKETS = (("0-7", 0, 7), ("8-30", 8, 30), ("31-90", 31, 90), ("over-90", 91, None))
"""Ages in days, by the day on which the item was proposed."""
VAGUE = re.compile(r"(investigate|improve|ensure|consider|look into|think about)\b", re.IGNORECASE)
NO_VERB = re.compile(
    r"(the|a|an|our|we|it|this|that|better|more|less|new|no|some|need|needs|maybe|please)\b|\w+(ing|tion|ment|ness)\b",
    re.IGNORECASE,
)


def may(act: str, state: str) -> bool:
    """Whether this act is possible in this state."""
    return state in FROM[act]


def due_on(priority: str, accepted: date) -> date:
    """The day that is due when an item of this priority was accepted on `accepted`."""
    return accepted + timedelta(days=DAYS[priority])


def days_over(state: str, due: date | None, today: date) -> int:
    """Days since the due date of what somebody still owes; 0 when it is not overdue."""
    return max(0, (today - due).days) if due and state in RUNNING else 0


def asks_what_blocks(state: str, due: date | None, today: date) -> bool:
    """Overdue for seven days, and nobody has said what is in its way."""
    return state != "blocked" and days_over(state, due, today) >= ASK_AFTER_DAYS


def bucket(age: int) -> str:
    """The ageing bucket of an item that is `age` days old."""
    return next(name for name, _first, last in BUCKETS if last is None or age <= last)


def title_hints(title: str, done_when: str) -> list[str]:
    """What could be better about a title: "no_verb", "vague". Hints, never refusals."""
    hints = []
    if NO_VERB.match(title.strip()):
        hints.append("no_verb")
    if VAGUE.match(title.strip()) and not done_when.strip():
        hints.append("vague")
    return hints


def working_day_from(day: date) -> date:
    """`day`, or the next working day."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_day_until(day: date) -> date:
    """`day`, or the last working day before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def add_working_days(at: datetime, days: int, zone: tzinfo) -> datetime:
    """The instant so many working days later on the clock of `zone`, always within working hours.

    What is asked outside working hours counts from the next morning: Friday 18:00 and three days are Thursday 09:00.
    """
    local = at.astimezone(zone)
    day, clock = local.date(), max(local.time(), OPENS)
    if clock > CLOSES or not is_working_day(day):
        day, clock = working_day_from(day + timedelta(days=1)), OPENS
    for _day in range(days):
        day = working_day_from(day + timedelta(days=1))
    return datetime.combine(day, clock, zone).astimezone(UTC)


def morning(day: date, zone: tzinfo) -> datetime:
    """When work begins on `day`, on the clock of `zone`."""
    return datetime.combine(day, OPENS, zone).astimezone(UTC)


def reminders(due: date, zone: tzinfo) -> list[tuple[int, datetime]]:
    """(step, instant) of all reminders, on working mornings: at or before the due date early, after it late."""
    days = [(step, due + timedelta(days=step)) for step in STEPS]
    return [(step, morning(working_day_until(day) if step <= 0 else working_day_from(day), zone)) for step, day in days]


def next_reminder(due: date, zone: tzinfo, after: datetime) -> datetime | None:
    """The first reminder later than `after`; None when all have gone."""
    return next((instant for _step, instant in reminders(due, zone) if instant > after), None)


def reminder_now(due: date, zone: tzinfo, at: datetime) -> int | None:
    """The step that speaks at `at`: those missed collapse into the latest. None before the first."""
    return next((step for step, instant in reversed(reminders(due, zone)) if instant <= at), None)


def risk_over(until: date, zone: tzinfo) -> datetime:
    """When an accepted risk returns: the morning after its last day."""
    return morning(until + timedelta(days=1), zone)
