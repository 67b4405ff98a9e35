"""Heartbeats: what is expected to be heard, when it was, and what its last runs said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts import heartbeat_setup
from alerts import heartbeats as beating
from alerts.beats import State
from alerts.models import Heartbeat
from desk import keyed
from desk.answers import SeeOther
from desk.guard import require, who
from desk.heartbeat_snippets import KEY, address_of, snippets
from teams.permissions import MANAGING, Standing, may_edit_team_config

SHOWN = 30
WORST_FIRST = (State.DOWN, State.LATE, State.NEW, State.UP, State.PAUSED)


@require_safe
def heartbeats(request: HttpRequest) -> HttpResponse:
    """Every heartbeat, what is down first."""
    order = Case(
        *(When(state=state, then=Value(n)) for n, state in enumerate(WORST_FIRST)), output_field=IntegerField()
    )
    rows = Heartbeat.objects.filter(archived_at=None).select_related("service", "source__service")
    context = {"at": timezone.now(), "rows": rows.order_by(order, "slug"), "can_edit": who(request).role in MANAGING}
    return render(request, "desk/heartbeats.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def heartbeat(request: HttpRequest, slug: str) -> HttpResponse:
    """One heartbeat; POST `act` = pause, resume, new_key or revoke_key, for those who run its team."""
    rows = Heartbeat.objects.select_related("service__team", "source__service")
    found = get_object_or_404(rows, slug=slug, archived_at=None)
    if request.method != "POST":
        return show(request, found)
    require(may_edit(who(request), found))
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("This page knows no such act."))
        return show(request, found, status=422)
    return act(request, found)


def may_edit(standing: Standing, heartbeat: Heartbeat) -> bool:
    """Whether this person may change it: whoever runs the team of its service."""
    return may_edit_team_config(standing, heartbeat.owner.team_id if heartbeat.owner else None)


def _pause(request: HttpRequest, heartbeat: Heartbeat) -> HttpResponse:
    beating.pause(heartbeat, at=timezone.now())
    messages.success(request, _("Paused: nobody waits for it until its next ping."))
    return SeeOther(reverse("desk:heartbeat", args=[heartbeat.slug]))


def _resume(request: HttpRequest, heartbeat: Heartbeat) -> HttpResponse:
    beating.resume(heartbeat)
    messages.success(request, _("It waits for its first ping; from then on it is expected."))
    return SeeOther(reverse("desk:heartbeat", args=[heartbeat.slug]))


def _new_key(request: HttpRequest, heartbeat: Heartbeat) -> HttpResponse:
    return keyed.make(request, partial(heartbeat_setup.new_key, heartbeat), partial(show, request, heartbeat))


def _revoke_key(request: HttpRequest, heartbeat: Heartbeat) -> HttpResponse:
    return keyed.refuse(
        request, heartbeat.keys, heartbeat_setup.revoke_key, reverse("desk:heartbeat", args=[heartbeat.slug])
    )


ACTS: dict[str, Callable[[HttpRequest, Heartbeat], HttpResponse]] = {
    "pause": _pause,
    "resume": _resume,
    "new_key": _new_key,
    "revoke_key": _revoke_key,
}


def show(request: HttpRequest, heartbeat: Heartbeat, *, new_key: str | None = None, status: int = 200) -> HttpResponse:
    """The page of a heartbeat; with `new_key` that key is in it, once."""
    can_edit = may_edit(who(request), heartbeat)
    pings = list(heartbeat.pings.all()[:SHOWN])
    longest = max((one.took for one in pings if one.took), default=timedelta(0))
    context = {
        "at": timezone.now(),
        "heartbeat": heartbeat,
        "keys": list(heartbeat.keys.order_by("revoked_at", "-created_at")) if can_edit else [],
        "new_key": new_key,
        "can_edit": can_edit,
        "address": address_of(new_key or KEY),
        "snippets": snippets(heartbeat, new_key or KEY),
        "pings": [(one, bytes(one.content).decode(errors="replace") if can_edit else "") for one in pings],
        "longest": longest,
    }
    response = render(request, "desk/heartbeat.html", context, status=status)
    if new_key:
        response.headers["Cache-Control"] = "no-store"
    return response
