"""Now: what needs me, before any figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alerts.models import Silence
from desk.answers import SeeOther
from desk.duties import Duty, duties_of
from desk.first_form import is_first
from desk.first_later import next_cards
from desk.first_practice import card_of
from desk.first_steps import missing
from desk.frame import Frame, frame_of
from desk.guard import person, visible, who
from desk.pagers import gaps_ahead, next_shift
from incidents.models import Incident
from incidents.severity import rank
from oncall.models import Schedule, Swap
from oncall.swaps import open_swaps
from paging.handovers import notes_told
from paging.models import Page
from teams.models import Service, User
from teams.permissions import MANAGING, Standing

OPEN_SHOWN = 200
HAPPENING = 5
QUIET = 10
HANDED_ON = timedelta(hours=48)
"""How long the notes of whoever had the pager before stand here."""
WARNED = timedelta(hours=48)
"""How long before a gap its team is asked to fill it."""


@dataclass(frozen=True)
class Incidents:
    """The open incidents, by what they are to one person; of what merely happens, that stands first which nobody has."""

    unheld: list[Incident]
    mine: list[Incident]
    happening: list[Incident]


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What needs the person who looks; the number of queries does not depend on how much burns."""
    user, standing = person(request), who(request)
    frame = frame_of(request, user)
    at = frame.at
    if not frame.schedules and is_first(user):
        return SeeOther(reverse("desk:first_run"))
    found = sort_out(_open(user), standing, {live.incident for live in frame.pages if live.incident})
    setup = missing(user, at, manages=standing.role in MANAGING)
    mine = [pager for pager in frame.pagers if pager.mine]
    needs = sorted(
        [*_gaps(standing, frame.schedules, at), *_swaps(user, at), *duties_of(user, standing, at)], key=_runs_out
    )
    context = {
        "at": at,
        "practice": card_of(user, at) if frame.is_demo else None,
        "my_pagers": mine,
        "handed_on": notes_told([pager.schedule for pager in mine], at - HANDED_ON) if mine else [],
        "unheld": found.unheld,
        "mine": found.mine,
        "needs": needs,
        "needs_count": len(needs) + len(found.mine),
        "quiet": list(_quiet(standing, at)),
        "setup": [
            {"text": s.title, "detail": s.text, "url": s.url or reverse("desk:first_run"), "act": s.act} for s in setup
        ],
        "happening": found.happening[:HAPPENING],
        "calm": all(incident.is_held for incident in found.happening),
        "happening_more": max(0, len(found.happening) - HAPPENING),
        "open_count": len(found.unheld) + len(found.mine) + len(found.happening),
        "in_setup": bool(setup),
        "later": [] if setup else next_cards(user),
        **_next(user, frame, at),
    }
    return render(request, "desk/home.html", context)


def _open(user: User) -> list[Incident]:
    return list(visible(user).open().select_related("service", "held_by").order_by("-pk")[:OPEN_SHOWN])


def sort_out(found: list[Incident], standing: Standing, calling: set[Incident]) -> Incidents:
    """Who needs what: mine; without anybody, of my teams or of none; the rest. What calls already stands above."""
    unheld, mine, happening = [], [], []
    for incident in sorted(found, key=lambda one: (rank(one.severity), one.pk)):
        team = incident.service.team_id if incident.service else None
        if incident.held_by_id == standing.user_id:
            mine.append(incident)
        elif not incident.is_held and incident not in calling and (team is None or team in standing.own_teams):
            unheld.append(incident)
        elif incident not in calling:
            happening.append(incident)
    return Incidents(unheld, mine, sorted(happening, key=lambda one: one.is_held))


def _quiet(standing: Standing, at: datetime) -> QuerySet[Silence]:
    """Silences and maintenance windows on services of one's own teams: whoever is not paged knows why."""
    mine = Service.objects.live().filter(team__in=standing.own_teams)
    return Silence.objects.live(at).touching(mine).select_related("by").order_by("ends_at")[:QUIET]


def _runs_out(duty: Duty) -> datetime:
    """What runs out first stands first; what has no end last."""
    return duty.due or datetime.max.replace(tzinfo=UTC)


def _swaps(user: User, at: datetime) -> list[Duty]:
    """What colleagues ask this person to take."""
    return [
        Duty(
            _("%(who)s asks you to take a shift of %(schedule)s") % {"who": swap.asked_by, "schedule": swap.schedule},
            f"{swap.schedule.path}#swaps",
            _("Answer"),
            due=swap.start,
        )
        for swap in open_swaps(at).filter(asked=user, state=Swap.State.ASKED)
    ]


def _gaps(standing: Standing, schedules: list[Schedule], at: datetime) -> list[Duty]:
    """Who leads or runs a team fills the gaps of its schedules."""
    answering = standing.leads | standing.manages
    theirs = [schedule for schedule in schedules if schedule.team_id in answering]
    return [
        Duty(
            _("Nobody has the pager of %s") % gap.schedule,
            reverse("desk:override", args=[gap.schedule.slug]),
            _("Somebody takes it"),
            due=max(gap.start, at),
            urgent=gap.start <= at,
        )
        for gap in (gaps_ahead(theirs, at, at + WARNED) if theirs else [])
    ]


def _next(user: User, frame: Frame, at: datetime) -> dict[str, Any]:
    pages = Page.objects.filter(person=user).aggregate(
        last_test=Max("seen_at", filter=Q(reason=Page.Reason.TEST)),
        last_page=Max("created_at", filter=~Q(reason=Page.Reason.TEST)),
    )
    return {**pages, "next_shift": next_shift(user, frame.schedules, at) if frame.schedules else None}
