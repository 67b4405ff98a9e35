"""Pure: what became of the duty to learn from an incident: when it was filed, published, reviewed, and in time or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from postmortems.deadlines import INTERNAL, PUBLIC, Facts, owes_internal, owes_public
from provisioning.demo.happenings import Case

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RUNNING = {"begun", "hurry", "overdue", "very_overdue", "needs_update"}
"""Stories whose internal duty is not met yet."""
FILED = {"fresh", "public_running"}
"""Stories that nobody has reviewed yet."""
DUPLICATE, NOT_PUBLIC, EXTENDED, REVIEWED = 0.03, 0.16, 0.07, 0.94
"""Shares: waived as a duplicate, waived for the public, granted more time, reviewed."""
FIRST, LATEST = 0.55, 0.33
"""Share that is in time at the beginning of history, and how much it grows until now."""


@dataclass
class Duty:
    """One clock: when it began, was first due and is due, how it stands, and when it ended (None: not yet)."""

    kind: str
    start: datetime
    due: datetime
    round: int = 1
    state: str = "running"
    ended: datetime | None = None
    extended_to: datetime | None = None
    waiver: str = ""


@dataclass
class Fate:
    """The postmortem of an incident."""

    duties: list[Duty] = field(default_factory=list)
    filed: datetime | None = None
    reviewed: datetime | None = None
    published: datetime | None = None
    state: str = "draft"

    @property
    def settled(self) -> datetime | None:
        """When the last duty ended; None while one has not."""
        ends = [duty.ended for duty in self.duties]
        return None if None in ends else max(end for end in ends if end)


def fate_of(case: Case, target: float | None, rng: Random, at: datetime, progress: float) -> Fate | None:
    """What became of it by `at`; None when nothing was owed. `progress` in 0..1: the organisation gets better at it."""
    facts = Facts(
        case.severity,
        case.resolved,
        case.mitigated,
        customer_minutes=case.minutes,
        targets=(target,),
        acknowledged=not case.exhausted,
        drill=case.drill,
        cancelled=case.end != "resolved",
    )
    if not owes_internal(facts):
        return None
    fate = Fate()
    internal = Duty("internal", case.resolved, case.resolved + INTERNAL)
    public = Duty("public", case.mitigated, case.mitigated + PUBLIC) if owes_public(facts) else None
    fate.duties = [internal, *([public] if public else [])]
    if case.told:
        _told(case.told, fate, internal, public, at)
    else:
        _by_chance(fate, internal, public, rng, at, progress)
    _state(fate, case, at, rng)
    if case.first:
        _earlier(fate, case)
    return fate


def _earlier(fate: Fate, case: Case) -> None:
    """The round before it was reopened: its clock was cancelled, or met when the postmortem was filed already."""
    assert case.first  # noqa: S101
    _mitigated, resolved, back = case.first
    for duty in fate.duties:
        duty.round = 2
    before = Duty("internal", resolved, resolved + INTERNAL, state="cancelled", ended=back)
    if case.told == "needs_update":
        before.state, before.ended = "met", resolved + 16 * HOUR
        fate.filed, fate.state = before.ended, "needs_update"
    fate.duties.insert(0, before)


def _by_chance(fate: Fate, internal: Duty, public: Duty | None, rng: Random, at: datetime, progress: float) -> None:
    drawn, on_time = rng.random(), FIRST + LATEST * progress
    if drawn < DUPLICATE:
        _waive(internal, "duplicate", internal.start + rng.uniform(3, 20) * HOUR)
    else:
        _run(internal, rng.random(), on_time, DAY, rng, at)
        fate.filed = internal.ended
    if public is None:
        return
    if rng.random() < NOT_PUBLIC or fate.filed is None:
        _waive(public, rng.choice(("internal_only", "upstream_report", "contract")), public.start + 20 * HOUR)
    else:
        _run(public, rng.random(), on_time, 2 * DAY, rng, at)
        public.ended = max(public.ended or at, fate.filed + HOUR)
        if public.state == "met" and public.ended > public.due:
            public.state = "missed"
        fate.published = public.ended


def _run(duty: Duty, drawn: float, on_time: float, more: timedelta, rng: Random, at: datetime) -> None:
    """In time, in time with an extension, or late; never after the present."""
    length = duty.due - duty.start
    if drawn < on_time:
        duty.state, duty.ended = "met", duty.start + length * rng.uniform(0.15, 0.98)
    elif drawn < on_time + EXTENDED:
        duty.extended_to = duty.due + more
        duty.state, duty.ended = "met_extended", duty.due + more * rng.uniform(0.2, 0.95)
        duty.due = duty.extended_to
    else:
        duty.state, duty.ended = "missed", duty.due + HOUR * rng.expovariate(1 / 18)
    if duty.ended >= at:
        duty.state, duty.ended, duty.due = "met", duty.start + length / 2, duty.start + length
        duty.extended_to = None


def _waive(duty: Duty, code: str, at: datetime) -> None:
    duty.state, duty.waiver, duty.ended = "waived", code, at


def _told(story: str, fate: Fate, internal: Duty, public: Duty | None, at: datetime) -> None:
    """The stories of the last days."""
    if story in RUNNING:
        for duty in fate.duties:
            duty.state = "missed" if duty.due < at else "running"
        return
    if story == "met_extended":
        internal.due = internal.extended_to = internal.due + DAY
        internal.state, internal.ended = "met_extended", internal.start + 39 * HOUR
    else:
        internal.state, internal.ended = "met", internal.start + 19 * HOUR
    fate.filed = internal.ended
    if public is None:
        return
    if story == "waived":
        _waive(public, "upstream_report", public.start + 30 * HOUR)
    elif story == "extended":
        public.extended_to = public.due = public.due + 7 * DAY
    elif story == "public_overdue":
        public.state = "missed"
    elif story != "public_running":
        public.state, public.ended = "met", min(public.start + 66 * HOUR, at - 3 * HOUR)
        fate.published = public.ended


def _state(fate: Fate, case: Case, at: datetime, rng: Random) -> None:
    if fate.filed is None:
        return
    fate.state = "filed" if case.told in FILED or at - fate.filed < 2 * DAY else "in_review"
    reviewed = fate.filed + DAY * rng.uniform(0.8, 6)
    if case.told not in {"in_review", *FILED} and reviewed < at and rng.random() < REVIEWED:
        fate.state, fate.reviewed = "reviewed", reviewed
