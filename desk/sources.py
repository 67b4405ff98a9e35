"""Sources: where alerts come from, the keys that let them in, and what was made of every body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts import setup, watching
from alerts.flap_rules import WINDOW
from alerts.flapping import flapping_of
from alerts.kinds import reader_of
from alerts.models import Alert, Body, Reconciliation, RejectedDelivery, RejectedQuerySet, Source
from alerts.payloads import MAPPED
from alerts.sample import send_test_alert
from desk import keyed
from desk.answers import SeeOther, inside
from desk.guard import not_hidden, person, require, who
from desk.snippets import KEY, address_of, snippets
from paging.forecast import would_page
from teams.models import Role, User
from teams.people import Refused
from teams.permissions import MANAGING, Standing, may_edit_team_config

SHOWN = 20
LATELY = timedelta(days=7)
WATCHED = 100


@dataclass(frozen=True)
class Row:
    """A source in the list. `last` is when its last body came; `rejected` counts 7 days."""

    source: Source
    last: datetime | None
    rejected: int
    alerts_firing: int


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Every source, and what was turned away because its key is nobody's (administrators)."""
    at, user = timezone.now(), person(request)
    found = _with_figures(Source.objects.filter(archived_at=None).select_related("service"), at)
    rows = [Row(one, one.last, one.rejected_lately, one.alerts_firing) for one in found]  # type: ignore[attr-defined]
    unknown = RejectedDelivery.objects.filter(source=None).defer("content")[:SHOWN] if user.role == Role.ADMIN else []
    return render(
        request,
        "desk/sources.html",
        {"at": at, "rows": rows, "rejected": list(unknown), "can_edit": who(request).role in MANAGING},
    )


def _with_figures(found: QuerySet[Source], at: datetime) -> QuerySet[Source]:
    mine = {"source": OuterRef("pk")}
    rejected = RejectedDelivery.objects.filter(**mine, at__gt=at - LATELY)
    firing = Alert.objects.filter(**mine, firing=True)
    return found.annotate(
        last=Subquery(Body.objects.filter(**mine).order_by("-pk").values("received_at")[:1]),
        rejected_lately=_count(rejected),
        alerts_firing=_count(firing),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("source").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, slug: str) -> HttpResponse:
    """One source; POST `act` = new_key, revoke_key, test or start_paging, for those who run its team."""
    found = get_object_or_404(Source.objects.select_related("service__team"), slug=slug, archived_at=None)
    if request.method != "POST":
        return show(request, found)
    require(_may_edit(who(request), found))
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, _("This page knows no such act."))
        return show(request, found, status=422)
    return act(request, found)


def _may_edit(standing: Standing, source: Source) -> bool:
    return may_edit_team_config(standing, source.service.team_id if source.service else None)


def _new_key(request: HttpRequest, source: Source) -> HttpResponse:
    return keyed.make(request, partial(setup.new_key, source), partial(show, request, source))


def _revoke_key(request: HttpRequest, source: Source) -> HttpResponse:
    return keyed.refuse(request, source.keys, setup.revoke_key, reverse("desk:source", args=[source.slug]))


def _test(request: HttpRequest, source: Source) -> HttpResponse:
    received = send_test_alert(source, by=person(request), at=timezone.now())
    if source.watching:
        messages.success(
            request, _("The test alert was taken in. It pages nobody: what it would have done stands below.")
        )
        return SeeOther(reverse("desk:source", args=[source.slug]))
    numbers = list(received.incidents)
    if not numbers:
        messages.success(request, _("The test alert was taken in and opened nothing: look at the routes."))
        return SeeOther(reverse("desk:source", args=[source.slug]))
    messages.success(request, _("The test alert came in as %s. It pages as a real one does.") % ", ".join(numbers))
    return SeeOther(reverse("desk:incident", args=[numbers[0]]))


def _start_paging(request: HttpRequest, source: Source) -> HttpResponse:
    try:
        opened = watching.start_paging(source, by=person(request), at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return show(request, source, status=422)
    words = _("It pages from now on. Opened: %s.") % ", ".join(f"INC-{one.pk}" for one in opened)
    messages.success(request, words if opened else _("It pages from now on. Nothing fires at this moment."))
    return SeeOther(reverse("desk:source", args=[source.slug]))


ACTS: dict[str, Callable[[HttpRequest, Source], HttpResponse]] = {
    "new_key": _new_key,
    "revoke_key": _revoke_key,
    "test": _test,
    "start_paging": _start_paging,
}


def show(
    request: HttpRequest, source: Source, *, new_key: str | None = None, onward: str = "", status: int = 200
) -> HttpResponse:
    """The page of a source; with `new_key` that key is in it, once. `onward` is where a form wants to go back to."""
    at, user = timezone.now(), person(request)
    can_edit = _may_edit(who(request), source)
    rejected = RejectedQuerySet(RejectedDelivery).visible_to(user).filter(source=source).defer("content")
    context = {
        "at": at,
        "source": source,
        "keys": list(source.keys.order_by("revoked_at", "-created_at")) if can_edit else [],
        "routes": list(source.routes.select_related("service")),
        "new_key": new_key,
        "onward": inside(request, onward),
        "can_edit": can_edit,
        "can_map": can_edit and reader_of(source.kind) in MAPPED,
        "address": address_of(source.kind),
        "snippets": snippets(source.kind, new_key or KEY),
        "deliveries": list(source.bodies.defer("content")[:SHOWN]),
        "rejected": list(rejected[:SHOWN]),
        "first": _first(source, at),
        "watched": list(source.watched.filter(at__gt=at - LATELY).select_related("service")[:WATCHED]),
        "fires": list(source.watched.filter(over_at=None).select_related("service")) if source.watching else [],
        "flapping": _flapping(source, user, at),
        "asked": Reconciliation.objects.filter(source=source).first() if source.reconcile_urls else None,
    }
    response = render(request, "desk/source.html", context, status=status)
    if new_key:
        response.headers["Cache-Control"] = "no-store"
    return response


def _flapping(source: Source, user: User, at: datetime) -> list[tuple[Alert, int]]:
    """Its alerts that begin and end again and again, the worst first, and how often within the window."""
    lately = Alert.objects.filter(not_hidden(user, "incident"), source=source, last_seen_at__gt=at - WINDOW)
    changes = flapping_of(lately, at)
    found = Alert.objects.filter(pk__in=changes).select_related("incident")
    return sorted(((one, changes[one.pk]) for one in found), key=lambda pair: (-pair[1], pair[0].pk))[:SHOWN]


def _first(source: Source, at: datetime) -> dict[str, Any] | None:
    """When the first alert came, and whom one would page now."""
    first = source.bodies.filter(accepted__gt=0).order_by("pk").values_list("received_at", flat=True).first()
    if first is None:
        return None
    forecast = would_page(source.service, at)
    return {"at": first, "who": forecast.first.who if forecast.first else forecast.catch_all}
