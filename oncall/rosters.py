"""The one answer to "who is on call", from what is stored. The rules are in `rotation`; here rows become a roster.

Every question costs two statements, however many schedules, layers and people it is about. Instants are aware; answers
are in UTC. A person who is not active is skipped, and the next one in the layer stands in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall import rotation, trace
from oncall.duty import change_since, duty_at
from oncall.models import DutyRole, Schedule
from oncall.rotation import Source
from oncall.stored import Stored, load, load_named, load_roles
from teams.models import User

HORIZON = timedelta(days=400)
"""How far "until" looks ahead; an exception further away than that is not asked for."""


class Shift(NamedTuple):
    """`person` (None: nobody) is on call in [start, end); `layer` is the deciding layer's name, None for overrides."""

    person: User | None
    start: datetime
    end: datetime
    layer: str | None
    source: Source


class OnCall(NamedTuple):
    """Who has the pager (None: nobody), since and until when without a break, and who then.

    `since` and `until` are None when they are more than 400 days away: one person alone, or nobody ever.
    """

    person: User | None
    since: datetime | None
    until: datetime | None
    following: User | None
    layer: str | None
    source: Source


class Change(NamedTuple):
    """At `at` the pager went from `before` to `after` (None: nobody)."""

    at: datetime
    before: User | None
    after: User | None


@dataclass(frozen=True)
class Reason:
    """One line of the trace, with people; `oncall.reasons.sentence` puts it into words."""

    step: trace.Step
    layer: str | None
    person: User | None
    for_person: User | None
    start: datetime | None
    end: datetime | None
    turn: int | None


def who_is_on_call(schedule: Schedule, at: datetime, *, role: str = DutyRole.PRIMARY) -> User | None:
    """Whom a page to `schedule` goes to at `at`; None is a gap."""
    return _holder_at(_one(schedule, at, at, role), at)


def holders(named: Iterable[str], at: datetime) -> dict[str, tuple[str, User | None]]:
    """For each of these schedules its name and who has it at `at`; those that do not exist are missing.

    A name is a slug, which means its primary, or a slug with a role: "payments/secondary".
    """
    asked = {name: role_of(name) for name in named}
    found = load_named(asked.values(), at)
    return {name: (found[key].name, _holder_at(found[key], at)) for name, key in asked.items() if key in found}


def role_of(name: str) -> tuple[str, str]:
    """The slug and the role of "payments/secondary"; without a role it is the primary."""
    slug, _sep, role = name.partition("/")
    return slug, role or DutyRole.PRIMARY.value


def on_call(schedule: Schedule, at: datetime, *, role: str = DutyRole.PRIMARY) -> OnCall:
    """Who has the pager at `at`, until when, and who then."""
    return _on_call(_one(schedule, at - HORIZON, at + HORIZON, role), at)


def others_on_call(schedule: Schedule, at: datetime) -> list[tuple[str, OnCall]]:
    """The same for every other role that the schedule knows, in their order."""
    loaded = load_roles(schedule, at - HORIZON, at + HORIZON)
    return [(role, _on_call(stored, at)) for role, stored in loaded.items() if role != DutyRole.PRIMARY]


def on_call_now(
    schedules: Iterable[Schedule], at: datetime, *, role: str = DutyRole.PRIMARY
) -> list[tuple[Schedule, OnCall]]:
    """The same for many schedules at once, in their order, in a constant number of statements."""
    schedules = list(schedules)
    loaded = load(schedules, at - HORIZON, at + HORIZON, role=role)
    return [(schedule, _on_call(loaded[schedule.pk], at)) for schedule in schedules]


def shifts(schedule: Schedule, start: datetime, end: datetime, *, role: str = DutyRole.PRIMARY) -> list[Shift]:
    """Who is on call over [start, end): joined, in order, gaps listed, exact at the edges.

    Raises `ValueError` when `end` is before `start`.
    """
    return shifts_of([schedule], start, end, role=role)[schedule]


def shifts_of(
    schedules: Iterable[Schedule], start: datetime, end: datetime, *, role: str = DutyRole.PRIMARY
) -> dict[Schedule, list[Shift]]:
    """The same for many schedules, in two statements."""
    schedules = list(schedules)
    loaded = load(schedules, start, end, role=role)
    return {one: _shifts(loaded[one.pk], rotation.expand(loaded[one.pk].roster, start, end)) for one in schedules}


def role_shifts(schedule: Schedule, start: datetime, end: datetime) -> dict[str, list[Shift]]:
    """The same for every role that the schedule knows, the primary first."""
    loaded = load_roles(schedule, start, end)
    return {role: _shifts(stored, rotation.expand(stored.roster, start, end)) for role, stored in loaded.items()}


def layer_shifts(
    schedule: Schedule, start: datetime, end: datetime, *, role: str = DutyRole.PRIMARY
) -> list[tuple[str, list[Shift]]]:
    """The rows of the calendar over [start, end): each layer alone by its name, the one that wins last.

    What a layer was before a change is in its row, not in one of its own. Imported calendars follow the layers.
    """
    loaded = _one(schedule, start, end, role)
    rows: dict[object, list[rotation.Layer]] = {}
    for layer in loaded.roster.layers:
        rows.setdefault(layer.key, []).append(layer)
    found = [(row[-1].name, rotation.expand_layers(loaded.roster, row, start, end)) for row in rows.values()]
    for name in dict.fromkeys(one.name for one in loaded.roster.fixed):
        said = tuple(one for one in loaded.roster.fixed if one.name == name)
        alone = replace(loaded.roster, layers=(), overrides=(), covers=(), fixed=said)
        found.append((name, rotation.expand(alone, start, end)))
    return [(name, _shifts(loaded, blocks)) for name, blocks in found]


def gaps(schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """When nobody is on call in [start, end)."""
    return [shift for shift in shifts(schedule, start, end) if shift.person is None]


def gaps_of(schedules: Iterable[Schedule], start: datetime, end: datetime) -> dict[Schedule, list[Shift]]:
    """The same for many schedules, in two statements; those without a gap are left out."""
    found = shifts_of(schedules, start, end)
    holes = {schedule: [shift for shift in row if shift.person is None] for schedule, row in found.items()}
    return {schedule: row for schedule, row in holes.items() if row}


def why(schedule: Schedule, at: datetime, *, role: str = DutyRole.PRIMARY) -> list[Reason]:
    """How it comes about that somebody, or nobody, is on call at `at`: layer, turn, window, override, cover."""
    loaded = _one(schedule, at, at, role)
    return [
        Reason(r.step, r.layer, loaded.person(r.person), loaded.person(r.for_person), r.start, r.end, r.turn)
        for r in trace.why(loaded.roster, at)
    ]


def handover_since(schedule: Schedule, since: datetime, at: datetime) -> Change | None:
    """The one handover to tell at `at` when the last look was at `since`, however many were missed between."""
    return _change(_one(schedule, since, at), since, at)


def handovers_to_tell(schedules: Iterable[Schedule], at: datetime) -> list[tuple[Schedule, Change]]:
    """For each schedule the one handover since it was looked at last (`handovers_told_until`); those without are left out.

    Two statements for all of them. A schedule that was never looked at has none: it begins now.
    """
    known = [(one, one.handovers_told_until) for one in schedules]
    since = {one: told for one, told in known if told is not None and told < at}
    if not since:
        return []
    loaded = load(since, min(since.values()), at)
    found = [(schedule, _change(loaded[schedule.pk], told, at)) for schedule, told in since.items()]
    return [(schedule, change) for schedule, change in found if change]


def _one(schedule: Schedule, start: datetime, end: datetime, role: str = DutyRole.PRIMARY) -> Stored:
    return load([schedule], start, end, role=role)[schedule.pk]


def _change(stored: Stored, since: datetime, at: datetime) -> Change | None:
    change = change_since(stored.roster, since, at)
    return change and Change(change.at, stored.person(change.before), stored.person(change.after))


def _holder_at(stored: Stored, at: datetime) -> User | None:
    return stored.person(rotation.holder_at(stored.roster, at))


def _shifts(stored: Stored, blocks: Iterable[rotation.Block]) -> list[Shift]:
    return [Shift(stored.person(b.person), b.start, b.end, b.layer, b.source) for b in blocks]


def _on_call(stored: Stored, at: datetime) -> OnCall:
    duty = duty_at(stored.roster, at, horizon=HORIZON)
    person, following = stored.person(duty.person), stored.person(duty.following)
    return OnCall(person, duty.since, duty.until, following, duty.layer, duty.source)
