"""The demo's "Page yourself": a real alert, a real incident and a real page to whoever presses; and what else to try."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts.models import Source
from alerts.sample import PRACTICE
from desk.answers import SeeOther
from desk.first_trace import Trace, trace_of
from desk.first_try import at_once, fire
from desk.frame import frame_of
from desk.guard import person, require, visible
from incidents.models import Incident
from oncall import writers
from oncall.models import Schedule
from teams.models import Role, Severity, User

HELD_FOR = timedelta(minutes=15)
"""How long whoever practises has the pager of the practice."""


@dataclass(frozen=True)
class Card:
    """The card on Now. `trace` is None until it was pressed."""

    trace: Trace | None


def card_of(user: User, at: datetime) -> Card | None:
    """The card for somebody who may be paged; None where there is nothing to practise with."""
    source = _source() if user.role != Role.OBSERVER else None
    return Card(trace_of([source], user, at)) if source else None


def _source() -> Source | None:
    return Source.objects.filter(slug=PRACTICE, archived_at=None).select_related("service").first()


@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: HttpRequest) -> HttpResponse:
    """POST pages whoever presses, anew each time; GET is the chain alone, asked for by the open page."""
    user, at = person(request), timezone.now()
    _in_the_demo(request, user)
    source, schedule = _source(), Schedule.objects.filter(slug=PRACTICE, archived_at=None).first()
    if source is None or schedule is None:
        raise Http404(_("There is nothing to practise with here."))
    if request.method == "POST":
        require(user.role != Role.OBSERVER, _("Observers are not paged."))
        _take_the_pager(request, schedule, user, at)
        fire(source, user, at)
    if not request.htmx:  # type: ignore[attr-defined]
        return SeeOther(reverse("desk:home"))
    trace = trace_of([source], user, timezone.now())
    return at_once(render(request, "desk/_practice.html", {"practice": Card(trace)}), trace)


def _take_the_pager(request: HttpRequest, schedule: Schedule, user: User, at: datetime) -> None:
    """So that the pager finds this person by itself, as it would find anybody."""
    starts = at.replace(second=0, microsecond=0)
    try:
        writers.add_override(
            schedule, person=user, starts=starts, ends=starts + HELD_FOR, reason=_("Practice"), by=user, at=at
        )
    except ValidationError as error:  # within the hour that a clock change repeats
        messages.error(request, " ".join(error.messages))


@require_safe
def tour(request: HttpRequest) -> HttpResponse:
    """What to try in the demo, with the addresses of things that are there now."""
    user = person(request)
    _in_the_demo(request, user)
    burning = visible(user).open().filter(severity=Severity.CRITICAL, held_by=None, drill=False).order_by("-pk").first()
    return render(request, "desk/first_tour.html", {"at": timezone.now(), "burning": burning, "over": _over(user)})


def _over(user: User) -> Incident | None:
    """The last incident that is over and has a story."""
    return visible(user).filter(resolved_at__isnull=False, drill=False).order_by("-resolved_at").first()


def _in_the_demo(request: HttpRequest, user: User) -> None:
    if not frame_of(request, user).is_demo:
        raise Http404(_("This is not the demo."))
