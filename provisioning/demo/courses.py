"""Pure: what became of a remediation item, from the proposal to wherever it is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from postmortems.item_rules import due_on

DAY = timedelta(days=1)
FORCED: dict[str, tuple[str, ...]] = {
    "in_review": ("overdue", "risk_accepted", "done"),
    "published": ("blocked_late", "in_progress", "proposed"),
    "waived": ("declined", "verified", "accepted"),
    "extended": ("blocked", "in_progress", "superseded"),
    "public_overdue": ("unblocked", "accepted", "blocked_other"),
    "met_extended": ("blocked", "accepted", "in_progress"),
    "fresh": ("accepted", "proposed", "proposed"),
}
"""What became of the items of the stories told by hand."""
ENDS = {"declined": 5.0, "superseded": 2.0}
OLD = timedelta(days=75)
LEFT_OPEN, LEFT_OPEN_OLD, ON_TIME = 0.2, 0.004, 0.72
STUCK, BEGUN, MOVED, FREED = 0.22, 0.7, 0.3, 0.4
"""Of what is left open: cannot go on, or was begun; and how often its date was moved, or a manager had answered."""
PATIENCE = 24
"""Days after which even the slowest manager has answered."""


@dataclass
class Course:
    """The way of one item. Instants are aware, `due` is a day."""

    state: str
    proposed: datetime
    accepted: datetime | None = None
    due: date | None = None
    first_due: date | None = None
    started: datetime | None = None
    done: datetime | None = None
    verified: datetime | None = None
    ended: datetime | None = None
    blocked: datetime | None = None
    answered: datetime | None = None


def course_of(priority: str, proposed: datetime, wanted: str, rng: Random, at: datetime, *, kept: bool) -> Course:
    """By chance, or `wanted` (a word of `FORCED`); `kept` is never declined. Nothing happens after `at`."""
    course = Course("proposed", proposed, due=due_on(priority, proposed.date()))
    accepted = proposed + DAY * (0.4 if wanted else rng.uniform(0.2, 4))
    if wanted == "proposed" or accepted >= at:
        return course
    course.accepted, course.state = accepted, "accepted"
    course.due = course.first_due = due_on(priority, accepted.date())
    if wanted:
        _as_told(course, wanted, at)
    else:
        _by_chance(course, rng, at, kept=kept)
    return course


def _by_chance(course: Course, rng: Random, at: datetime, *, kept: bool) -> None:
    assert course.accepted  # noqa: S101
    assert course.due  # noqa: S101
    old = at - course.accepted > OLD
    if rng.random() < (LEFT_OPEN_OLD if old else LEFT_OPEN):
        _left_open(course, rng, at)
        return
    if rng.random() < sum(ENDS.values()) / 100 and not kept:
        course.state = rng.choices(list(ENDS), list(ENDS.values()))[0]
        course.ended = min(course.accepted + DAY * rng.uniform(2, 30), at - DAY / 24)
        return
    due = datetime.combine(course.due, datetime.min.time(), UTC)
    length = max(due - course.accepted, DAY)
    late = rng.random() > ON_TIME
    done = due + DAY * rng.uniform(1, 40) if late else course.accepted + length * rng.uniform(0.25, 1.0)
    course.started = course.accepted + (done - course.accepted) * 0.5
    _finish(course, done, done + DAY * rng.uniform(2, 24), at)


def _finish(course: Course, done: datetime, verified: datetime, at: datetime) -> None:
    if course.started and course.started < at:
        course.state = "in_progress"
    else:
        course.started = None
    if done < at:
        course.state, course.done = "done", done
    if verified < at:
        course.state, course.verified = "verified", verified


def _left_open(course: Course, rng: Random, at: datetime) -> None:
    """Promised, and not done yet; some of these cannot go on."""
    assert course.accepted  # noqa: S101
    drawn = rng.random()
    since = course.accepted + (at - course.accepted) * rng.uniform(0.3, 0.95)
    if drawn < STUCK:
        course.state, course.blocked = "blocked", max(since, at - DAY * rng.uniform(1, PATIENCE))
        if rng.random() < FREED:
            course.answered = course.blocked + (at - course.blocked) * rng.uniform(0.2, 0.7)
            course.state, course.started = "in_progress", course.answered
    elif drawn < BEGUN:
        course.state, course.started = "in_progress", since
        if course.due and rng.random() < MOVED:
            course.due += 14 * DAY


def _as_told(course: Course, wanted: str, at: datetime) -> None:
    assert course.accepted  # noqa: S101
    since = course.accepted
    if wanted == "overdue":
        course.due = course.first_due = at.date() - timedelta(days=9)
    elif wanted in {"blocked", "blocked_other"}:
        course.state, course.blocked = "blocked", max(since + DAY / 4, at - DAY * 1.1)
    elif wanted == "blocked_late":
        course.state, course.blocked = "blocked", since + DAY / 6
    elif wanted == "unblocked":
        course.blocked, course.answered = since + DAY / 4, since + DAY * 1.5
        course.started, course.state = course.answered, "in_progress"
    elif wanted == "in_progress":
        course.state, course.started = "in_progress", since + DAY / 3
    elif wanted in {"declined", "superseded", "risk_accepted"}:
        course.state, course.ended = wanted, since + DAY / 2
    elif wanted in {"done", "verified"}:
        course.started = since + DAY / 4
        _finish(course, since + DAY, since + 2 * DAY if wanted == "verified" else at + DAY, at)
