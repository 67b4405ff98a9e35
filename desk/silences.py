"""Silences and maintenance windows as pages: those that are live, coming and past; a new one; one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts import silencing
from alerts.models import Alert, Silence
from alerts.quieted import kept_quiet
from alerts.silence_rules import wide
from desk.answers import SeeOther
from desk.guard import find_incident, person, require, row_number, visible, who
from desk.matcher_rows import rows_of, shown
from desk.setup_rows import rearranged
from desk.silence_forms import EndForm, Preview, SilenceForm, preview
from incidents.models import NotAllowed
from oncall.wallclock import to_local
from teams.models import Service
from teams.permissions import Standing, may_silence, may_write

PAGE = 50
TELLING = ("alertname", "service", "instance", "job")
"""Labels by which people know an alert; "like this" offers those that it has."""
NOT_YOURS = "This reaches services of teams that are not yours: ask one of them, or a director."


@require_safe
def silences(request: HttpRequest) -> HttpResponse:
    """Live, coming, and past ones, newest first (`?before=`)."""
    at, before = timezone.now(), row_number(request.GET.get("before", ""))
    past = _rows().filter(pk__in=Silence.objects.past(at)).order_by("-pk")
    found = list((past.filter(pk__lt=before) if before else past)[: PAGE + 1])
    context = {
        "at": at,
        "live": [
            (one, shown(one.match)) for one in _rows().filter(pk__in=Silence.objects.live(at)).order_by("ends_at")
        ],
        "coming": [
            (one, shown(one.match)) for one in _rows().filter(pk__in=Silence.objects.coming(at)).order_by("starts_at")
        ],
        "past": [(one, shown(one.match)) for one in found[:PAGE]],
        "next_url": f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None,
        "first_url": reverse("desk:silences") if before else None,
        "can_make": may_write(who(request)),
    }
    return render(request, "desk/silences.html", context)


def _rows() -> QuerySet[Silence]:
    return Silence.objects.select_related("by", "removed_by").prefetch_related("services__team")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form (`?kind=&service=&incident=`); POST shows what it would keep quiet, POST with act=save saves it."""
    standing, user, at = who(request), person(request), timezone.now()
    require(may_write(standing), _("Observers read; they keep nothing quiet."))
    asked = request.POST if request.method == "POST" else request.GET
    kind = Silence.Kind.MAINTENANCE if asked.get("kind") == Silence.Kind.MAINTENANCE else Silence.Kind.SILENCE
    made: dict[str, Any] = {"kind": kind.value, "user": user, "standing": standing}
    if request.method != "POST":
        return _show(request, SilenceForm(None, initial=_offered(request, at), **made), at)
    act = request.POST.get("act", "look")
    data = rearranged(request.POST, act)
    form = SilenceForm(data or request.POST, **made)
    if data is not None or act == "edit":
        form.be_quiet()
        return _show(request, form, at)
    if not form.is_valid():
        return _show(request, form, at, status=422)
    wish = form.wish(at)
    require(may_silence(standing, [service.team_id for service in wish.services]), _(NOT_YOURS))
    try:
        if act == "save":
            silence = silencing.make(wish, by=user, at=at)
            messages.success(request, _("Saved: %s.") % silence)
            return SeeOther(silence.path)
        return _show(request, form, at, seen=_preview(form, request, at), wide=_is_wide(form, at))
    except NotAllowed as refusal:
        if act == "save" and set(refusal.fields) == {"all_of_it"}:
            return _show(request, form, at, seen=_preview(form, request, at), wide=True, refused=True, status=422)
        _refuse(form, refusal)
        return _show(request, form, at, status=422)


def _is_wide(form: SilenceForm, at: datetime) -> bool:
    wish = form.wish(at)
    return not wish.is_maintenance and wide(wish.match)


def _preview(form: SilenceForm, request: HttpRequest, at: datetime) -> Preview:
    """What it would keep quiet, by the rules of the pager. Raises NotAllowed as making it does, but for too wide a match."""
    wish = replace(form.wish(at), all_of_it=True)
    silencing.check(wish, at)
    return preview(wish, person(request), at)


def _refuse(form: SilenceForm, refusal: NotAllowed) -> None:
    for name, sentences in refusal.fields.items():
        form.add_error(name if name in form.fields and name != "all_of_it" else None, list(sentences))


def _offered(request: HttpRequest, at: datetime) -> dict[str, Any]:
    """Two hours from now; the service and the labels of the incident or service that the address names."""
    local = to_local(at + timedelta(hours=2), person(request).timezone).replace(second=0, microsecond=0)
    offered: dict[str, Any] = {"ends": local}
    service = Service.objects.live().filter(slug=request.GET.get("service", "").replace("\x00", "")).first()
    if number := request.GET.get("incident", ""):
        incident = find_incident(person(request), number, related=("service",))
        service = incident.service
        offered["matchers"] = rows_of(
            _labels_like(list(Alert.objects.filter(incident=incident).order_by("-firing", "pk")[:200]))
        )
    if service:
        offered["services"] = [{"service": service.slug}]
    return offered


def _labels_like(alerts: list[Alert]) -> dict[str, str]:
    """The labels that say which alerts these are, where all of them say the same."""
    shared = dict(alerts[0].labels) if alerts else {}
    for alert in alerts[1:]:
        shared = {name: value for name, value in shared.items() if alert.labels.get(name) == value}
    return {name: shared[name] for name in TELLING if shared.get(name)} or shared


def _show(
    request: HttpRequest,
    form: SilenceForm,
    at: datetime,
    *,
    seen: Preview | None = None,
    wide: bool = False,
    refused: bool = False,
    status: int = 200,
) -> HttpResponse:
    sent = request.POST.lists() if seen is not None else ()
    wish = form.wish(at) if seen is not None else None
    context = {
        "at": at,
        "form": form,
        "maintenance": form.kind == Silence.Kind.MAINTENANCE,
        "seen": seen,
        "wish": wish,
        "rules": shown(wish.match) if wish else [],
        "wide": wide,
        "refused": refused,
        "typed": [(name, value) for name, values in sent for value in values if name not in NOT_REPEATED],
    }
    return render(request, "desk/silence_form.html", context, status=status)


NOT_REPEATED = {"csrfmiddlewaretoken", "act", "all_of_it"}


@require_http_methods(["GET", "HEAD", "POST"])
def silence(request: HttpRequest, number: int) -> HttpResponse:
    """One of them; POST act=end ends it now, act=move gives it another end."""
    found, at = get_object_or_404(_rows(), pk=number), timezone.now()
    may, may_move = may_change(who(request), found), may_extend(who(request), found)
    form = EndForm(zone=person(request).timezone, initial={"ends": to_local(found.ends_at, person(request).timezone)})
    if request.method != "POST":
        return _one(request, found, form, at, may=may, may_move=may_move)
    require(may if request.POST.get("act") == "end" else may_move, _(NOT_YOURS))
    try:
        if request.POST.get("act") == "end":
            silencing.end(found, by=person(request), at=at)
            messages.success(request, _("It is over: what still fires pages again."))
            return SeeOther(found.path)
        form = EndForm(request.POST, zone=person(request).timezone)
        if form.is_valid():
            silencing.move_end(found, ends_at=form.cleaned_data["ends"], at=at)
            messages.success(request, _("It ends at the new time."))
            return SeeOther(found.path)
    except NotAllowed as refusal:
        if refusal.lost_race:
            messages.error(request, str(refusal))
            return _one(
                request, get_object_or_404(_rows(), pk=number), form, at, may=may, may_move=may_move, status=409
            )
        form.add_error("ends", str(refusal))
    return _one(request, found, form, at, may=may, may_move=may_move, status=422)


def may_change(standing: Standing, silence: Silence) -> bool:
    """Whether this person may end it: whoever might make it, and who made it, whatever became of their role since."""
    return may_extend(standing, silence) or (may_write(standing) and silence.by_id == standing.user_id)


def may_extend(standing: Standing, silence: Silence) -> bool:
    """Whether this person may give it another end, which may be a later one: whoever might make it today."""
    return may_silence(standing, [service.team_id for service in silence.services.all()])


def _one(
    request: HttpRequest, found: Silence, form: EndForm, at: datetime, *, may: bool, may_move: bool, status: int = 200
) -> HttpResponse:
    is_over = found.removed_at is not None or found.ends_at <= at
    kept = kept_quiet(at, found).filter(pk__in=visible(person(request))).select_related("service").order_by("pk")
    context = {
        "at": at,
        "silence": found,
        "rules": shown(found.match),
        "is_over": is_over,
        "may": may and not is_over,
        "may_move": may_move and not is_over,
        "incidents": list(kept[:PAGE]),
        "form": form,
    }
    return render(request, "desk/silence.html", context, status=status)
