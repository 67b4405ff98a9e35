"""Screen 3 of the first five minutes: break something, and see the page come."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alerts.kinds import reader_of
from alerts.models import Source
from alerts.sample import PRACTICE, send_test_alert
from desk.answers import SeeOther
from desk.first_form import first_key
from desk.first_trace import Trace, trace_of
from desk.guard import person, require, who
from desk.snippets import KEY, Snippet, snippets
from incidents import lifecycle
from incidents.models import NotAllowed
from paging.forecast import would_page
from teams.models import User
from teams.permissions import Standing, may_edit_team_config

READERS = ("generic", "alertmanager")
ONE_PRESS = timedelta(seconds=2)


@require_http_methods(["GET", "HEAD", "POST"])
def try_it(request: HttpRequest) -> HttpResponse:
    """What to paste, or one button; below it how far the alert has come. POST fires the test alert anew."""
    user, at = person(request), timezone.now()
    sources = _sources(who(request))
    if request.method == "POST":
        require(bool(sources), _("Who runs a team with a source fires its test alert."))
        fire(sources[0], user, at)
        if not request.htmx:  # type: ignore[attr-defined]
            return SeeOther(reverse("desk:first_try"))
        return _part(request, sources, user)
    return _part(request, sources, user) if request.htmx else _whole(request, sources, user, at)  # type: ignore[attr-defined]


def fire(source: Source, user: User, at: datetime) -> None:
    """Send the test alert of `source` through the intake; an earlier test ends before, so that this one pages again.

    Pressed twice at once it is sent once.
    """
    before = trace_of([source], user, at)
    if before and before.began > at - ONE_PRESS:
        return
    if before and before.incident.is_open and before.incident.drill:
        send_test_alert(source, by=user, at=at, resolved=True)
        with suppress(NotAllowed):  # its alert ended it a moment ago
            lifecycle.resolve(before.incident, by=user, at=at)
    send_test_alert(source, by=user, at=at)


def _sources(standing: Standing) -> list[Source]:
    """The first source of each kind that this person may set up: one for scripts, one for Alertmanager."""
    live = Source.objects.filter(archived_at=None).exclude(slug=PRACTICE).select_related("service").order_by("pk")
    mine = [one for one in live if may_edit_team_config(standing, one.service.team_id if one.service else None)]
    firsts = (next((one for one in mine if reader_of(one.kind) == reader), None) for reader in READERS)
    return [one for one in firsts if one]


def _part(request: HttpRequest, sources: list[Source], user: User) -> HttpResponse:
    at = timezone.now()
    trace = trace_of(sources, user, at)
    context = {"trace": trace, "forecast": would_page(sources[0].service, at) if sources else None}
    return at_once(render(request, "desk/_first_fired.html", context), trace)


def at_once(response: HttpResponse, trace: Trace | None) -> HttpResponse:
    """Let the red bar be asked for now instead of with its next round, while the alert calls the person."""
    if trace and trace.asks:
        response.headers["HX-Trigger"] = "paged"
    return response


def _whole(request: HttpRequest, sources: list[Source], user: User, at: datetime) -> HttpResponse:
    context = {
        "at": at,
        "sources": sources,
        "pasted": [one for source in sources for one in _pasted(source, user, at)],
        "shown_once": any(first_key(user, source, at) for source in sources),
        "forecast": would_page(sources[0].service, at) if sources else None,
        "trace": trace_of(sources, user, at),
    }
    return render(request, "desk/first_try.html", context)


def _pasted(source: Source, user: User, at: datetime) -> list[Snippet]:
    """For scripts how to open and to resolve; for Alertmanager its receiver."""
    return snippets(source.kind, first_key(user, source, at) or KEY)[
        : 1 if reader_of(source.kind) == READERS[1] else None
    ]
