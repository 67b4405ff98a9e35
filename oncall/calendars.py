"""Calendars that somebody else keeps: the doors through which one is added, read again and removed.

What is over stays as it was, whatever the calendar says later: people are paid for it. Nothing is held during a fetch, and
a copy is stored whole or not at all. Who may do it is asked before, in the view.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from oncall import stand_ins
from oncall.calendar_fetch import NotFetched, fetch, host_of
from oncall.ics_in import BEFORE, MOST_TEXT, Entry, read
from oncall.ics_names import Known, People, whom
from oncall.ics_text import CalendarRefused
from oncall.models import Absence, CalendarEntry, ImportedCalendar, Schedule
from oncall.models.imported import ImportedQuerySet
from oncall.team_clock import zone_of
from oncall.wallclock import first_instant, last_instant, to_local, utc
from teams.models import Role, User

logger = logging.getLogger(__name__)
EVERY = timedelta(minutes=15)
WHOLE = timedelta(days=1)
"""After so long it is read anew although nothing changed: what repeats reaches further every day."""
AT_ONCE, LIMIT = 3, timedelta(seconds=10)
"""So many are asked in so long, which is what one may take at most."""
MOST = 20
"""Calendars of one schedule, person or team."""
Kind = ImportedCalendar.Kind


@dataclass(frozen=True)
class Copy:
    """What a calendar said, and the marks by which it can be asked whether it still says so."""

    entries: Sequence[Entry]
    etag: str = ""
    modified: str = ""


def clock_of(calendar: ImportedCalendar) -> str:
    """The zone in which its days as a whole and its times without a zone are meant."""
    if calendar.schedule:
        return calendar.schedule.timezone
    return calendar.person.timezone if calendar.person else zone_of(calendar.team_id)


def ask(calendar: ImportedCalendar, at: datetime, *, whole: bool = False) -> Copy | None:
    """Fetch and read it, for at most ten seconds; None: it is still what is kept, which is not asked when `whole`.

    Raises NotFetched or CalendarRefused, with a sentence for people. Must not be called inside a transaction.
    """
    fresh = calendar.read_at is not None and at - calendar.read_at < WHOLE and not whole
    marks = {"etag": calendar.etag, "modified": calendar.modified} if fresh else {}
    found = fetch(calendar.address, **marks)
    if found.body is None:
        if not marks:
            raise NotFetched(_("The other side says that nothing changed, to somebody who has nothing."))
        return None
    return Copy(read(found.body, zone=clock_of(calendar), at=at), found.etag, found.modified)


@transaction.atomic
def add_calendar(calendar: ImportedCalendar, copy: Copy, *, by: User | None, at: datetime) -> ImportedCalendar:
    """Keep it from now on, beginning with this copy; the same address twice is once. Raises ValidationError by field."""
    calendar.name = calendar.name.strip() or host_of(calendar.address)
    calendar.created_at, calendar.created_by, calendar.due_at = at, by, at + EVERY
    calendar.clean_fields(exclude=["schedule", "person", "team", "created_by"])
    if calendar.subject is None:
        raise ValidationError(_("Say whose calendar it is."))
    type(calendar.subject)._default_manager.select_for_update(no_key=True).get(pk=calendar.subject.pk)
    whose = {"schedule": calendar.schedule, "person": calendar.person, "team": calendar.team}
    beside = ImportedCalendar.objects.filter(**whose, removed_at=None)
    said = {"kind": calendar.kind, "address": calendar.address, "role": calendar.role}
    if there := beside.filter(**said).first():
        return there
    if beside.count() >= MOST:
        raise ValidationError({"address": _("There are %d calendars already: remove one first.") % MOST})
    calendar.save()
    _keep(calendar, copy, at)
    return calendar


def look(key: int | str, at: datetime) -> bool:
    """Fetch one that is due. It is due again later before it is asked: who dies meanwhile has lost nothing but a turn."""
    claimed = ImportedCalendar.objects.filter(pk=key, removed_at=None, due_at__lte=at).update(due_at=at + EVERY)
    return bool(claimed) and refresh(ImportedCalendar.objects.get(pk=key), at=at)


def refresh(calendar: ImportedCalendar, *, at: datetime, whole: bool = False) -> bool:
    """Fetch it now and keep what came; when that fails, what is kept stays and says why. Returns whether it went well."""
    try:
        copy = ask(calendar, at, whole=whole)
    except (NotFetched, CalendarRefused) as refusal:
        _failed(calendar, str(refusal), at)
        return False
    try:
        return _kept(calendar, copy, at)
    except Exception:  # whatever it is, it is told after a day like any other failure
        logger.exception("the calendar %s was not kept", calendar.pk)
        _failed(calendar, _("What it says could not be kept."), at)
        return False


@transaction.atomic
def _kept(calendar: ImportedCalendar, copy: Copy | None, at: datetime) -> bool:
    there = ImportedCalendar.objects.select_for_update(no_key=True).filter(pk=calendar.pk, removed_at=None).first()
    if there is None or (there.good_at and there.good_at > at):  # removed, or somebody was faster
        return False
    if copy is not None:
        _keep(there, copy, at)
    else:
        _good(there, at)
    return True


@transaction.atomic
def remove_calendar(calendar: ImportedCalendar, *, at: datetime) -> None:
    """From `at` on it says nothing; what is over stays, and its address is forgotten. Twice is once."""
    there = ImportedCalendar.objects.select_for_update(no_key=True).get(pk=calendar.pk)
    if there.removed_at is None:
        _replace(there, [], floor=at, at=at)
        there.removed_at, there.address, there.etag, there.modified = at, "", "", ""
        there.save(update_fields=["removed_at", "address", "etag", "modified"])


def known_people(calendar: ImportedCalendar) -> tuple[list[Known], list[Known]]:
    """Whom its entries may mean: those of its team, who are asked first, and everybody who may have a pager."""
    team = calendar.schedule.team_id if calendar.schedule else calendar.team_id
    people = User.objects.active().exclude(role=Role.OBSERVER).order_by("pk")
    near = [Known(*row) for row in people.filter(memberships__team=team).values_list("pk", "email", "name")]
    if calendar.kind == Kind.ABSENCES:  # who is away is said for people of the team only
        return near, near
    return near, [Known(*row) for row in people.values_list("pk", "email", "name")]


def _keep(calendar: ImportedCalendar, copy: Copy, at: datetime) -> None:
    floor = at - BEFORE if calendar.kind == Kind.HOLIDAYS else at
    _replace(calendar, _rows(calendar, copy.entries, floor), floor=floor, at=at)
    calendar.etag, calendar.modified, calendar.read_at = copy.etag, copy.modified, at
    calendar.save(update_fields=["etag", "modified", "read_at"])
    _good(calendar, at)


def _good(calendar: ImportedCalendar, at: datetime) -> None:
    calendar.good_at, calendar.failing_since, calendar.told_at, calendar.error = at, None, None, ""
    calendar.save(update_fields=["good_at", "failing_since", "told_at", "error"])


def _failed(calendar: ImportedCalendar, sentence: str, at: datetime) -> None:
    rows = ImportedCalendar.objects.filter(pk=calendar.pk, removed_at=None)
    rows.update(error=sentence[:500])
    rows.filter(failing_since=None).update(failing_since=at)


def _rows(calendar: ImportedCalendar, entries: Iterable[Entry], floor: datetime) -> list[CalendarEntry]:
    """The copy as rows, from `floor` on; what leaves people free is no absence."""
    named = calendar.person_id is None and calendar.kind != Kind.HOLIDAYS
    near, everybody = map(People, known_people(calendar) if named else ([], []))
    found = []
    for one in entries:
        if one.end <= floor or (calendar.kind == Kind.ABSENCES and not one.busy):
            continue
        person = whom(one, near, everybody) if named else calendar.person_id
        start = max(one.start, floor)
        words = {
            "uid": one.uid[:300],
            "summary": _called(one, known=person is not None or not named),
            "person_id": person,
        }
        found.append(CalendarEntry(calendar=calendar, start=start, end=one.end, **words))
    return found


def _called(entry: Entry, *, known: bool) -> str:
    """What it is called; with who is invited where that is nobody here: exports name people by nothing else."""
    invited = "" if known or not entry.emails else f" ({', '.join(entry.emails)})"
    return f"{entry.summary}{invited}".strip()[:MOST_TEXT]


def _replace(calendar: ImportedCalendar, wanted: Iterable[CalendarEntry], *, floor: datetime, at: datetime) -> None:
    """Make what lies after `floor` exactly `wanted`. What began before it and goes on is kept; what does not ends there."""

    def same(row: CalendarEntry) -> tuple[object, ...]:
        return row.uid, row.summary, row.person_id, max(row.start, floor), row.end

    there = {same(row): row for row in calendar.entries.filter(end__gt=floor)}
    new = {same(row): row for row in wanted}
    gone = [row for key, row in there.items() if key not in new]
    made = [row for key, row in new.items() if key not in there]
    people = {row.person_id for row in made if row.person_id} if calendar.kind == Kind.ABSENCES else set()
    before = stand_ins.plan_of(people, at)
    absences = [row.absence_id for row in gone if row.absence_id]
    Absence.objects.filter(pk__in=absences, removed_at=None).update(removed_at=at)
    rows = CalendarEntry.objects.filter(pk__in=[row.pk for row in gone])
    rows.filter(start__gte=floor).delete()
    rows.filter(start__lt=floor).update(end=floor)
    if calendar.kind == Kind.ABSENCES:
        _absences(calendar, made, at)
    CalendarEntry.objects.bulk_create(made)
    stand_ins.tell(before, people, at)
    if calendar.schedule_id and (gone or made):
        Schedule.objects.filter(pk=calendar.schedule_id).update(layers_changed_at=at)


def _absences(calendar: ImportedCalendar, entries: Iterable[CalendarEntry], at: datetime) -> None:
    """An absence like a typed one for each entry with a person, on their own clock."""
    mine = [(entry, entry.person_id) for entry in entries if entry.person_id]
    zones = dict(User.objects.filter(pk__in={person for _entry, person in mine}).values_list("pk", "timezone"))
    words = {"reason": calendar.name, "created_at": at, "created_by_id": calendar.created_by_id}
    for entry, person in mine:
        starts, ends, zone = _on_the_wall(entry.start, entry.end, zones[person])
        entry.absence = Absence(person_id=person, starts=starts, ends=ends, timezone=zone, **words)
    Absence.objects.bulk_create([entry.absence for entry, _person in mine if entry.absence])


def _on_the_wall(start: datetime, end: datetime, zone: str) -> tuple[datetime, datetime, str]:
    """Both instants as the clock of `zone` shows them or, where it shows one of them twice, the clock of UTC."""
    starts, ends = to_local(start, zone), to_local(end, zone)
    if (first_instant(starts, zone), last_instant(ends, zone)) == (start, end):
        return starts, ends, zone
    return utc(start).replace(tzinfo=None), utc(end).replace(tzinfo=None), "UTC"


def due(at: datetime, limit: int) -> list[int | str]:
    """Those to be fetched now, the longest overdue first; few at once, so that slow ones never stand before pages."""
    asked = ImportedQuerySet(ImportedCalendar).live().filter(due_at__gt=at + EVERY - LIMIT).count()
    limit = max(0, min(limit, AT_ONCE - asked))
    rows = ImportedQuerySet(ImportedCalendar).live().filter(due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])
