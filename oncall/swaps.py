"""Swaps: one person asks another to take a shift, perhaps for one in return; agreed, it is an exception like others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from oncall import rosters
from oncall.models import CalendarEntry, DutyRole, Schedule, Swap
from oncall.writers import add_override
from teams.models import Role, User

AHEAD = timedelta(days=120)
"""How far ahead shifts are offered."""
BACK = timedelta(days=60)
"""How far back the beginning of a running shift is looked for."""
SHOWN = 12


class Span(NamedTuple):
    """A shift [start, end) in a role."""

    start: datetime
    end: datetime
    role: str = DutyRole.PRIMARY.value

    @property
    def label(self) -> str:
        """What the role is called; empty for the primary."""
        return "" if self.role == DutyRole.PRIMARY else str(DutyRole(self.role).label)


def shifts_ahead(schedule: Schedule, person: User, at: datetime) -> list[Span]:
    """The next shifts of `person` that are not over at `at`, whole: also one that runs; neighbours are one.

    One that goes on beyond the horizon is left out: nobody knows its end.
    """
    horizon = at + AHEAD
    found = [
        span
        for role, shifts in rosters.role_shifts(schedule, at - BACK, horizon).items()
        for span in _joined([one for one in shifts if one.person == person], role)
    ]
    return sorted(span for span in found if at < span.end < horizon)[:SHOWN]


def _joined(shifts: list[rosters.Shift], role: str) -> list[Span]:
    found: list[Span] = []
    for one in shifts:
        start = found.pop().start if found and found[-1].end == one.start else one.start
        found.append(Span(start, one.end, role))
    return found


def mates(schedule: Schedule, person: User) -> list[User]:
    """Who else takes turns in `schedule`, or has shifts by a calendar of others."""
    named = CalendarEntry.objects.filter(calendar__schedule=schedule, person__isnull=False)
    turns = Q(pk__in=schedule.layers.values("turns__user")) | Q(pk__in=named.values("person"))
    found = User.objects.active().filter(turns).exclude(pk=person.pk)
    return list(found.order_by("name", "email"))


@transaction.atomic
def ask_swap(
    schedule: Schedule, *, by: User, asked: User, shift: Span, back: Span | None, at: datetime, note: str = ""
) -> Swap:
    """`by` asks `asked` to take `shift`; the same question twice is one.

    Raises ValidationError when one of the two does not have those shifts, is not active, or a shift is over.
    """
    Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    _check(schedule, by, asked, shift, back, at)
    said = {"asked_by": by, "asked": asked, "start": shift.start, "end": shift.end, "role": shift.role}
    if there := schedule.swaps.filter(**said, state=Swap.State.ASKED).first():
        return there
    there = Swap(schedule=schedule, **said, note=note.strip(), created_at=at)
    if back:
        there.back_start, there.back_end = back.start, back.end
    there.clean_fields(exclude=["schedule", "asked_by", "asked"])
    there.save()
    return there


@transaction.atomic
def accept_swap(swap: Swap, *, by: User, at: datetime) -> Swap:
    """`by`, who was asked, takes the shift; where the schedule wants a manager's yes, it is agreed and waits for that.

    Raises ValidationError when it was answered, is over, or things have changed.
    """
    swap = _open(swap, at)
    _only(by, swap.asked)
    if swap.schedule.swaps_need_approval:
        _check_again(swap, at)
        return _answered(swap, Swap.State.AGREED, at)
    return _done(swap, by, at)


@transaction.atomic
def approve_swap(swap: Swap, *, by: User, at: datetime) -> Swap:
    """`by` says yes for the team; whether they may is asked before. Raises ValidationError as `accept_swap` does."""
    swap = _open(swap, at, Swap.State.AGREED)
    swap.decided_by = by
    return _done(swap, by, at)


@transaction.atomic
def refuse_swap(swap: Swap, *, by: User, at: datetime) -> Swap:
    """`by` says no for the team; everybody keeps their shift."""
    swap = _open(swap, at, Swap.State.AGREED)
    swap.decided_by = by
    return _answered(swap, Swap.State.DECLINED, at)


def _check_again(swap: Swap, at: datetime) -> tuple[Span, Span | None]:
    """The shifts, which both must still have."""
    back = Span(swap.back_start, swap.back_end, swap.role) if swap.back_start and swap.back_end else None
    shift = Span(swap.start, swap.end, swap.role)
    _check(swap.schedule, swap.asked_by, swap.asked, shift, back, at)
    return shift, back


def _done(swap: Swap, by: User, at: datetime) -> Swap:
    shift, back = _check_again(swap, at)
    _give(swap, swap.asked, shift, by, at)
    if back:
        _give(swap, swap.asked_by, back, by, at)
    return _answered(swap, Swap.State.ACCEPTED, at)


@transaction.atomic
def decline_swap(swap: Swap, *, by: User, at: datetime) -> Swap:
    """`by`, who was asked, does not. Raises ValidationError when it was answered or is over."""
    swap = _open(swap, at)
    _only(by, swap.asked)
    return _answered(swap, Swap.State.DECLINED, at)


@transaction.atomic
def withdraw_swap(swap: Swap, *, by: User, at: datetime) -> Swap:
    """`by`, who asked, asks no more. Raises ValidationError when it was answered or is over."""
    swap = _open(swap, at, Swap.State.ASKED, Swap.State.AGREED)
    _only(by, swap.asked_by)
    return _answered(swap, Swap.State.WITHDRAWN, at)


def open_swaps(at: datetime) -> QuerySet[Swap]:
    """Those that wait for an answer or for a manager's yes, and whose shift is not over."""
    return Swap.objects.filter(state__in=[Swap.State.ASKED, Swap.State.AGREED], end__gt=at).select_related(
        "schedule", "asked_by", "asked"
    )


def _open(swap: Swap, at: datetime, *states: str) -> Swap:
    Schedule.objects.select_for_update(no_key=True).get(pk=swap.schedule_id)
    found = Swap.objects.select_for_update(of=("self",)).select_related("schedule", "asked_by", "asked").get(pk=swap.pk)
    if found.state not in (states or (Swap.State.ASKED,)):
        raise ValidationError(_("This was answered already: it is %s.") % found.get_state_display())
    if found.end <= at:
        raise ValidationError(_("That shift is over."))
    return found


def _only(by: User, person: User) -> None:
    if by.pk != person.pk:
        raise ValidationError(_("Only %s can answer this.") % person)


def _answered(swap: Swap, state: str, at: datetime) -> Swap:
    swap.state, swap.answered_at = state, at
    swap.save(update_fields=["state", "answered_at", "decided_by"])
    return swap


def _check(schedule: Schedule, by: User, asked: User, shift: Span, back: Span | None, at: datetime) -> None:
    if by.pk == asked.pk:
        raise ValidationError(_("Ask somebody else."))
    for person in (by, asked):
        if not person.is_active:
            raise ValidationError(_("%s is not active here any more.") % person)
        if person.role == Role.OBSERVER:
            raise ValidationError(_("%s only reads here and has no pager.") % person)
    _check_has(schedule, by, shift, at)
    if back and back.role != shift.role:
        raise ValidationError(_("Both shifts must be of one role."))
    if back:
        _check_has(schedule, asked, back, at)


def _check_has(schedule: Schedule, person: User, span: Span, at: datetime) -> None:
    """What is left of `span` must all be `person`'s."""
    start = max(span.start, at)
    if start >= span.end:
        raise ValidationError(_("That shift is over."))
    if any(shift.person != person for shift in rosters.shifts(schedule, start, span.end, role=span.role)):
        raise ValidationError(_("%s does not have that shift any more: look at the schedule, and ask anew.") % person)


def _give(swap: Swap, person: User, span: Span, by: User, at: datetime) -> None:
    """What is left of `span` goes to `person`."""
    starts = max(span.start, at.replace(second=0, microsecond=0))
    words = _("swap of %(one)s and %(other)s") % {"one": swap.asked_by, "other": swap.asked}
    said: dict[str, Any] = {"starts": starts, "ends": span.end, "role": span.role, "reason": words, "swap": swap}
    add_override(swap.schedule, person=person, by=by, at=at, **said)
