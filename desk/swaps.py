"""Swapping shifts: whom, which one, for which in return; and the answer of who was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from desk.answers import SeeOther
from desk.guard import person, require, who
from desk.schedule import read_instant
from foundation.ui import times
from oncall.models import DutyRole, Schedule, Swap
from oncall.swaps import (
    Span,
    accept_swap,
    approve_swap,
    ask_swap,
    decline_swap,
    mates,
    refuse_swap,
    shifts_ahead,
    withdraw_swap,
)
from paging import notices
from teams.leads import lead_for
from teams.models import User
from teams.permissions import Standing, may_edit_team_config, may_write

ANSWERS: dict[str, Callable[..., Swap]] = {"accept": accept_swap, "decline": decline_swap, "withdraw": withdraw_swap}
DECISIONS: dict[str, Callable[..., Swap]] = {"approve": approve_swap, "refuse": refuse_swap}
"""What is said for the team, by those who set it up."""
MOST_NOTE = 300


@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: HttpRequest, slug: str) -> HttpResponse:
    """First which of my shifts, and whom (`?mine=&with=`); then for which of theirs in return. POST asks."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), slug=slug, archived_at=None)
    require(may_write(who(request)), _("Observers have no shifts."))
    user, at = person(request), timezone.now()
    asked = request.POST if request.method == "POST" else request.GET
    ahead = shifts_ahead(schedule, user, at)
    mine = _named(ahead, asked.get("mine", ""))
    others = mates(schedule, user)
    other = next((one for one in others if one.email == asked.get("with", "")), None)
    theirs = [one for one in shifts_ahead(schedule, other, at) if one.role == mine.role] if other and mine else []
    context = {
        "at": at,
        "schedule": schedule,
        "ahead": ahead,
        "mates": others,
        "mine": mine,
        "other": other,
        "theirs": theirs,
    }
    if request.method != "POST":
        return render(request, "desk/swap.html", context)
    back = _named(theirs, asked.get("back", ""))
    if mine is None or other is None or (asked.get("back") and back is None):
        refused = _("That shift or person is not offered any more: choose again.")
        return render(request, "desk/swap.html", context | {"refused": refused, "mine": None}, status=422)
    try:
        made = ask_swap(schedule, by=user, asked=other, shift=mine, back=back, at=at, note=asked.get("note", ""))
    except ValidationError as refusal:
        return render(request, "desk/swap.html", context | {"refused": " ".join(refusal.messages)}, status=422)
    tell_asked(made, at)
    messages.success(request, _("%s is asked, by mail and on their page Now.") % other)
    return SeeOther(f"{schedule.path}#swaps")


@require_POST
def answer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """`answer`: accept, decline, withdraw, approve or refuse; 303 to the schedule with the sentence of what is true now."""
    found = get_object_or_404(Swap.objects.select_related("schedule"), pk=number, schedule__slug=slug)
    user, at = person(request), timezone.now()
    act = act_of(found, request.POST.get("answer", ""), who(request))
    if act is None:
        raise Http404
    try:
        made = act(found, by=user, at=at)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return SeeOther(f"{found.schedule.path}#swaps")
    tell_answered(made, at)
    messages.success(request, _("It is %s.") % made.get_state_display())
    return SeeOther(f"{found.schedule.path}#swaps")


def _named(spans: list[Span], text: str) -> Span | None:
    """The shift that begins at this instant; one of another role than the primary is called "1795302000-secondary"."""
    stamp, _sep, role = text.rpartition("-")
    start = read_instant(stamp if role in DutyRole.values else text)
    role = role if role in DutyRole.values else DutyRole.PRIMARY.value
    return next((span for span in spans if (span.start, span.role) == (start, role)), None) if start else None


def tell_asked(made: Swap, at: datetime) -> None:
    """Who is asked hears it."""
    _tell(made, made.asked, _("%(who)s asks you to take a shift of %(schedule)s"), at)


def act_of(found: Swap, answer: str, standing: Standing) -> Callable[..., Swap] | None:
    """What `answer` does, when this person may give it: the two themselves, and for the team those who set it up."""
    if not may_write(standing):
        return None
    if answer in DECISIONS and may_edit_team_config(standing, found.schedule.team_id):
        return DECISIONS[answer]
    return ANSWERS.get(answer) if standing.user_id in {found.asked_id, found.asked_by_id} else None


def tell_answered(made: Swap, at: datetime) -> None:
    """Who asked hears the answer; who manages the team hears that one waits for them; both hear what was decided."""
    words = {
        Swap.State.ACCEPTED: _("%(other)s takes your shift of %(schedule)s"),
        Swap.State.DECLINED: _("%(other)s cannot take your shift of %(schedule)s"),
        Swap.State.AGREED: _("%(other)s would take your shift of %(schedule)s; a manager has to say yes"),
    }
    if made.state in words:
        _tell(made, made.asked_by, words[Swap.State(made.state)], at)
    manager = made.schedule.team.manager or lead_for(made.schedule.team)
    if made.state == Swap.State.AGREED and manager:
        _tell(made, manager, _("%(who)s and %(other)s want to swap a shift of %(schedule)s: say yes or no"), at)
    if made.decided_by_id:
        yes = _("You have a shift of %(schedule)s that was %(who)s's: the swap was approved")
        no = _("Your swap with %(who)s in %(schedule)s was not approved")
        _tell(made, made.asked, yes if made.state == Swap.State.ACCEPTED else no, at)


def _tell(made: Swap, to: User, subject: str, at: datetime) -> None:
    """By mail, with the times on the clock of who reads it."""
    words = {"who": made.asked_by, "other": made.asked, "schedule": made.schedule}
    with timezone.override(ZoneInfo(to.timezone)):
        lines = [f"{times.full(made.start, now=at)} – {times.full(made.end, now=at)}"]
        if made.back_start and made.back_end:
            back = f"{times.full(made.back_start, now=at)} – {times.full(made.back_end, now=at)}"
            lines.append(_("In return: %s") % back)
    if made.note:
        lines += ["", made.note]
    path = f"{made.schedule.path}#swaps"
    notices.tell(to, subject=subject % words, body="\n".join(lines), path=path, at=at)
