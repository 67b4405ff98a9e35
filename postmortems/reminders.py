"""Reminders of a running clock: planned for each person by the quiet rule, sent once, missed ones folded into the latest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from foundation.dispatch.registry import Key
from foundation.dispatch.wake import wake
from incidents.models import Incident
from postmortems import quiet, words
from postmortems.audience import Audience, audience_of
from postmortems.models import Clock, Postmortem, Reminder
from postmortems.steps import DAILY_TO, DAY, ON_WORKING_DAYS, STEPS
from teams.leads import lead_for
from teams.models import User

REMINDERS = "reminders"
SENT, COLLAPSED, DROPPED = "sent", "collapsed", "dropped"
POISONED = timedelta(minutes=5)


@dataclass(frozen=True)
class Planned:
    """One reminder that should be there: its key (step and person), and when it goes out."""

    step: str
    person: User
    due_at: datetime
    working: bool

    @property
    def key(self) -> str:
        """The step and the person's id: "18h.12"."""
        return f"{self.step}.{self.person.pk}"


def planned(clock: Clock, people: Audience, at: datetime) -> list[Planned]:
    """Every reminder of a clock, by person, and the next daily one after its deadline."""
    found: dict[str, Planned] = {}
    before: dict[int, datetime] = {}
    last: datetime | None = None
    for step in STEPS[clock.kind]:
        then = step.planned(clock.started_at, clock.due_at)
        if step.from_start and then >= clock.due_at:
            continue  # a short clock is over before it
        last, earlier = then, last or then
        for role in step.to:
            working = role in ON_WORKING_DAYS
            for person in people[role]:
                goes = quiet.moment(
                    then, person.timezone, after=max(earlier, before.get(person.pk, earlier)), working=working
                )
                one = Planned(step.key(clock.extensions), person, goes, working)
                if one.key not in found:
                    found[one.key] = one
                    before[person.pk] = max(goes, then)
    for role in DAILY_TO[clock.kind]:
        for person in people[role]:
            goes = quiet.next_daily(max(clock.due_at, at), person.timezone)
            one = Planned(f"{DAY}{goes:%m%d}", person, goes, working=True)
            found.setdefault(one.key, one)
    return list(found.values())


def lay_out(clock: Clock, at: datetime) -> None:
    """Plan the reminders of a clock that began, was moved, or whose people changed. What was sent stays as it is."""
    if clock.ended_at is not None:
        return
    # A clock that runs again reminds again of what is still ahead.
    Reminder.objects.filter(clock=clock, outcome=DROPPED, due_at__gt=at).delete()
    rows = {row.step: row for row in Reminder.objects.filter(clock=clock)}
    told = {step.partition(".")[0] for step, row in rows.items() if row.done_at}
    wanted = {one.key: one for one in planned(clock, audience_of(clock.postmortem), at)}
    persons = {one.person.pk for one in wanted.values()}
    for key, row in rows.items():
        gone = key not in wanted and (row.due_at > at or _person_of(key) not in persons)
        if row.done_at is None and gone:
            row.delete()
        elif row.done_at is None and key in wanted and (goes := wanted[key].due_at) != row.due_at and goes > at:
            row.due_at = goes
            row.save(update_fields=["due_at"])
    # A step that others heard of already is not said again to whoever comes later.
    new = [one for key, one in wanted.items() if key not in rows and not (one.step in told and one.due_at <= at)]
    Reminder.objects.bulk_create(
        [Reminder(clock=clock, step=one.key, due_at=one.due_at) for one in new], ignore_conflicts=True
    )
    wake(REMINDERS)


def lay_out_all(written: Postmortem, at: datetime) -> None:
    """Plan the reminders of every clock that runs: the people changed."""
    for clock in Clock.objects.filter(postmortem=written, ended_at=None).select_related("postmortem"):
        clock.postmortem = written
        lay_out(clock, at)


def drop(clock: Clock, at: datetime) -> None:
    """The clock is over: nobody is reminded any more."""
    Reminder.objects.filter(clock=clock, done_at=None).update(done_at=at, outcome=DROPPED)


def _person_of(key: str) -> int:
    return int(key.rpartition(".")[2])


def due(at: datetime, limit: int) -> list[Key]:
    """Clocks that have a reminder to send, and agree with their incidents."""
    settled = {"clock__postmortem__incident__clocks_due_at": None}
    rows = Reminder.objects.filter(done_at=None, due_at__lte=at, **settled).order_by("due_at")
    return list(dict.fromkeys(rows.values_list("clock", flat=True)[:limit]))


@transaction.atomic
def remind(key: Key, at: datetime) -> bool:
    """Send what is due of one clock: to each person the latest step only. False when somebody else is at it."""
    rows = Incident.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    if rows.filter(postmortem__clocks=int(key), clocks_due_at=None).first() is None:
        return False
    related = "postmortem__incident__service__team__area", "postmortem__owner"
    clock = Clock.objects.select_related(*related).get(pk=key)
    if clock.ended_at is None:
        _keep_owned(clock.postmortem, at)
    waiting: dict[int, list[Reminder]] = defaultdict(list)
    for row in Reminder.objects.filter(clock=clock, done_at=None, due_at__lte=at).order_by("due_at", "pk"):
        waiting[_person_of(row.step)].append(row)
    if clock.ended_at is not None:
        drop(clock, at)
        return bool(waiting)
    people = {person.pk: person for person in User.objects.active().filter(pk__in=waiting)}
    for pk, late in waiting.items():
        _send_latest(clock, people.get(pk), late, at)
    lay_out(clock, at)
    return bool(waiting)


def _send_latest(clock: Clock, person: User | None, rows: list[Reminder], at: datetime) -> None:
    *earlier, latest = rows
    for row in earlier:
        _done(row, COLLAPSED, at)
    if person is None:
        _done(latest, DROPPED, at)
        return
    working = _speaks_as_manager(clock, latest, person)
    if not quiet.is_allowed(at, person.timezone, working=working, late=quiet.LATE):
        latest.due_at = quiet.first_after(at, person.timezone, working=working)
        latest.save(update_fields=["due_at"])
        return
    words.remind(clock, latest.step.partition(".")[0], person, at)
    _done(latest, SENT, at)


def _speaks_as_manager(clock: Clock, row: Reminder, person: User) -> bool:
    """Whether this step reaches the person as a manager, so that it waits for a working day."""
    if row.step.startswith(DAY):
        return True
    name = row.step.partition(".")[0].partition("+")[0]
    people = audience_of(clock.postmortem)
    roles = next((step.to for step in STEPS[clock.kind] if step.name == name), ())
    mine = [role for role in roles if any(one.pk == person.pk for one in people[role])]
    return bool(mine) and set(mine) <= ON_WORKING_DAYS


def _done(row: Reminder, outcome: str, at: datetime) -> None:
    row.done_at, row.outcome = at, outcome
    row.save(update_fields=["done_at", "outcome"])


def _keep_owned(written: Postmortem, at: datetime) -> None:
    """C16: without an owner who is still here, whoever answers for the team owns it."""
    if written.owner and written.owner.is_active:
        return
    service = written.incident.service
    lead = lead_for(service.team if service else None)
    if lead and lead.pk != written.owner_id:
        written.owner = lead
        written.version += 1
        written.save(update_fields=["owner", "version"])
        words.handed_over(written, None, at)
        lay_out_all(written, at)


def put_aside(key: Key, at: datetime, error: Exception) -> None:
    """Reminders that cannot be sent do not keep the others waiting: they are tried again later."""
    Reminder.objects.filter(clock=int(key), done_at=None, due_at__lte=at).update(due_at=at + POISONED)


def handed_over(written: Postmortem, by: User, at: datetime) -> None:
    """The new owner hears of it, and of every step that is left."""
    words.handed_over(written, by, at)
    lay_out_all(written, at)


def extension_asked(clock: Clock, by: User, at: datetime) -> None:
    """Whoever may grant it hears that more time is asked for."""
    service = clock.postmortem.incident.service
    team = service.team if service else None
    granting = {person.pk: person for person in (lead_for(team), team.manager if team else None) if person}
    for person in granting.values():
        if person.pk != by.pk and person.is_active:
            words.extension_asked(clock, person, by, at)
