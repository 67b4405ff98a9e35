"""The doors through which exceptions to a schedule are made and taken back. Who may do it is asked before, in the view."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from oncall.models import Absence, Cover, DutyRole, HandoverNote, Override, Schedule, Swap
from oncall.wallclock import LocalTimeError, check_typed, to_local
from teams.models import User

FIRST_YEAR, LAST_YEAR = 1970, 2100


@transaction.atomic
def add_override(
    schedule: Schedule,
    *,
    person: User,
    starts: datetime,
    ends: datetime,
    by: User | None,
    at: datetime,
    reason: str = "",
    from_file: bool = False,
    swap: Swap | None = None,
    role: str = DutyRole.PRIMARY,
) -> Override:
    """`person` takes `role` of `schedule` from `starts` to `ends`; the same order given twice is one override.

    Naive times are on the schedule's wall clock; aware ones are instants and are turned into it. `at` is when it was
    created: the latest wins. Raises `ValidationError` by field when the person is not active, the end is not after the
    start, or a time does not exist or happens twice there.
    """
    starts, ends = _span(schedule.timezone, starts, ends)
    _check_active(person, "person")
    said = {"schedule": schedule, "role": role, "person": person, "starts": starts, "ends": ends}
    row = Override(**said, reason=reason, from_file=from_file, swap=swap, created_at=at, created_by=by)
    row.clean_fields(exclude=["schedule", "person", "created_by", "swap"])
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    live = schedule.overrides.filter(removed_at=None, role=role, timezone="", starts__lt=ends, ends__gt=starts)
    latest = live.order_by("created_at", "pk").last()
    if latest and (latest.person_id, latest.starts, latest.ends) == (person.pk, starts, ends):
        return latest
    row.save()
    return row


def remove_override(override: Override, *, at: datetime) -> Override:
    """Take an override back from `at` on, one of a swap with the other one; it stays in the history. Twice is once."""
    same = Q(swap=override.swap_id) if override.swap_id else Q(pk=override.pk)
    Override.objects.filter(same, removed_at=None).update(removed_at=at)
    override.refresh_from_db(fields=["removed_at"])
    return override


def add_cover(
    schedule: Schedule,
    *,
    person: User,
    covered: User,
    starts: datetime,
    ends: datetime,
    by: User | None,
    at: datetime,
    reason: str = "",
    from_file: bool = False,
    role: str = DutyRole.PRIMARY,
) -> Cover:
    """`person` stands in for `covered` wherever they are on duty between `starts` and `ends`; times as in `add_override`.

    Raises `ValidationError` by field, also when both are the same person.
    """
    starts, ends = _span(schedule.timezone, starts, ends)
    _check_active(person, "person")
    if person == covered:
        raise ValidationError({"person": _("Nobody can cover themselves.")})
    return Cover.objects.create(
        schedule=schedule,
        role=role,
        person=person,
        covered=covered,
        starts=starts,
        ends=ends,
        reason=reason,
        from_file=from_file,
        created_at=at,
        created_by=by,
    )


def remove_cover(cover: Cover, *, at: datetime) -> Cover:
    """Take a cover back from `at` on; it stays in the history. Twice is once."""
    Cover.objects.filter(pk=cover.pk, removed_at=None).update(removed_at=at)
    cover.refresh_from_db(fields=["removed_at"])
    return cover


@transaction.atomic
def add_absence(
    person: User, *, starts: datetime, ends: datetime, by: User | None, at: datetime, reason: str = ""
) -> Absence:
    """`person` has no pager between `starts` and `ends`; the same one twice is one. Naive times are on their own clock.

    Raises `ValidationError` by field: not active, the end not after the start, a time that does not exist or happens twice.
    """
    starts, ends = _span(person.timezone, starts, ends)
    _check_active(person, "person")
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    said = {"person": person, "starts": starts, "ends": ends, "timezone": person.timezone}
    if there := Absence.objects.filter(**said, removed_at=None).first():
        return there
    row = Absence(**said, reason=reason.strip(), created_at=at, created_by=by)
    row.clean_fields(exclude=["person", "created_by"])
    row.save()
    return row


def remove_absence(absence: Absence, *, at: datetime) -> Absence:
    """They are there after all, from `at` on; it stays in the history. Twice is once."""
    Absence.objects.filter(pk=absence.pk, removed_at=None).update(removed_at=at)
    absence.refresh_from_db(fields=["removed_at"])
    return absence


def leave_note(schedule: Schedule, *, by: User, text: str, at: datetime) -> HandoverNote:
    """A word for whoever has the pager next. Raises `ValidationError` for an empty or too long one."""
    note = HandoverNote(schedule=schedule, author=by, text=text.strip(), created_at=at)
    note.clean_fields(exclude=["schedule", "author"])
    note.save()
    return note


def _check_active(person: User, field: str) -> None:
    if not person.is_active:
        raise ValidationError({field: _("%s is not active and cannot hold the pager.") % person})


def _span(zone: str, starts: datetime, ends: datetime) -> tuple[datetime, datetime]:
    """Both times on the wall clock of `zone`, each naming one instant, in order."""
    starts = _wall_clock("starts", starts, zone)
    ends = _wall_clock("ends", ends, zone)
    if ends <= starts:
        raise ValidationError({"ends": _("It must end after it starts.")})
    return starts, ends


def _wall_clock(field: str, typed: datetime, zone: str) -> datetime:
    if not FIRST_YEAR <= typed.year <= LAST_YEAR:
        raise ValidationError({field: _("Choose a year from 1970 to 2100.")})
    local = typed if typed.tzinfo is None else to_local(typed, zone)
    try:
        check_typed(local, zone)
    except LocalTimeError as error:
        raise ValidationError({field: str(error)}) from error
    return local
