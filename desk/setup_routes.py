"""Routes: which service an alert belongs to. The list in order; a new one, changed, moved, taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alerts import route_setup
from alerts.models import Route, Source
from alerts.replay import replay, rules_of
from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.matcher_rows import match_of, matchers, rows_of, shown
from desk.replay import seen_again
from desk.setup_fields import may_make, offer, own_teams
from desk.setup_rows import rearranged
from teams.models import Playbook, Service, Severity
from teams.people import Refused
from teams.permissions import MANAGING, Standing, may_edit_team_config


class RouteForm(forms.Form):
    """Which alerts, to which service, as what."""

    source = forms.ModelChoiceField(
        Source.objects.live(),
        label=gettext_lazy("Alerts of"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("every source"),
    )
    service = forms.ModelChoiceField(
        Service.objects.live(), label=gettext_lazy("Go to the service"), to_field_name="slug"
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Class"),
        choices=[("", gettext_lazy("as the source says")), *Severity.choices],
        required=False,
    )
    playbook = forms.ModelChoiceField(
        Playbook.objects.filter(archived_at=None).select_related("service"),
        label=gettext_lazy("Playbook"),
        required=False,
        empty_label=gettext_lazy("the one that fits"),
    )

    def __init__(self, data: QueryDict | None, *, route: Route, standing: Standing) -> None:
        super().__init__(data, initial=stored(route))
        mine = own_teams(standing)
        whole = may_edit_team_config(standing, None)
        offer(self.fields["service"], Service.objects.live().filter(team__in=mine), empty=_("choose"))
        sources = Source.objects.live() if whole else Source.objects.live().filter(service__team__in=mine)
        offer(self.fields["source"], sources, empty=_("every source") if whole else None)
        books = self.fields["playbook"].queryset.filter(service__team__in=mine)  # type: ignore[attr-defined]
        choices = [("", _("the one that fits")), *((book.pk, f"{book.service}: {book.title}") for book in books)]
        self.fields["playbook"].choices = choices  # type: ignore[attr-defined]
        words = _("All of these must hold; none at all: every alert. Patterns are RE2 and fit the whole value.")
        self.matchers = matchers(data, rows_of(route.match), help_text=words)
        self.groups = [self.matchers]

    def clean(self) -> dict[str, Any]:
        """A playbook is one of the service."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        book, service = data.get("playbook"), data.get("service")
        if book and service and book.service_id != service.pk:
            self.add_error("playbook", _("This playbook belongs to another service."))
        return data

    def is_valid(self) -> bool:
        """Fields and rows, each of them judged; a label stands once."""
        right = all([super().is_valid(), self.matchers.is_valid()])
        return right and self.matchers.refuse_twice("label", _("This label stands above already: use “is one of”."))

    def be_quiet(self) -> None:
        """Show what was typed without judging it yet."""
        self._errors = forms.utils.ErrorDict()
        self.matchers.be_quiet()

    def write(self, route: Route) -> None:
        """What was typed, into `route`."""
        for name in ("source", "service", "severity", "playbook"):
            setattr(route, name, self.cleaned_data[name])
        route.match = match_of(self.matchers)


def stored(route: Route) -> dict[str, Any]:
    """As the form says it; a new one for the source that it was made for."""
    return {
        "source": route.source.slug if route.source else "",
        "service": route.service.slug if route.service_id else "",
        "severity": route.severity,
        "playbook": route.playbook_id or "",
    }


@require_http_methods(["GET", "HEAD", "POST"])
def routes(request: HttpRequest) -> HttpResponse:
    """All of them in the order in which they are tried (`?source=`); POST `up` or `down` moves one that is theirs."""
    standing = who(request)
    require(standing.role in MANAGING)
    if request.method == "POST":
        return _moved(request, standing)
    slug = request.GET.get("source", "").replace("\x00", "")
    source = Source.objects.live().filter(slug=slug).first()
    found = Route.objects.select_related("source", "service", "playbook")
    hand = list(found.filter(from_file=False).values_list("pk", flat=True))
    rows = [
        {
            "number": number,
            "route": route,
            "rules": shown(route.match),
            "may": not route.from_file and _may(standing, route),
            "first": route.pk in hand[:1],
            "last": route.pk in hand[-1:],
        }
        for number, route in enumerate(found, 1)
        if source is None or route.source_id in (None, source.pk)
    ]
    context = {"at": timezone.now(), "rows": rows, "source": source, "can_make": may_make(standing)}
    return render(request, "desk/setup_routes.html", context)


def _moved(request: HttpRequest, standing: Standing) -> HttpResponse:
    """At once where no alert of the last seven days would have gone elsewhere; else it asks first (`sure`)."""
    up, at = "up" in request.POST, timezone.now()
    route = _found(row_number(request.POST.get("up" if up else "down", "")) or 0)
    require(_may(standing, route))
    try:
        if asks := _asks(request, route, route_setup.moved(route, up=up), at):
            return asks
        route_setup.move(route, up=up, by=person(request), at=at)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return SeeOther(f"{reverse('desk:setup_routes')}#route-{route.pk}")


def _asks(request: HttpRequest, route: Route, hand: list[Route], at: datetime) -> HttpResponse | None:
    """The page that says what `hand` instead of the routes by hand would change; None when that is nothing, or was read."""
    if "sure" in request.POST:
        return None
    filed = Route.objects.filter(from_file=True).select_related("service", "playbook")
    seen = replay(rules_of(_tried_for({route.source_id}), {}, [*filed, *hand], at), at)
    if not seen.differences:
        return None
    words = {"up": _("Move it earlier"), "down": _("Move it later"), "act": _("Take it out")}
    name = next(one for one in words if one in request.POST)
    asked = {"name": name, "value": request.POST[name], "words": words[name]}
    context = {"route": route, "rules": shown(route.match), "asked": asked, "preview": seen_again(seen)}
    return render(request, "desk/setup_route_sure.html", context)


def _found(pk: int) -> Route:
    return get_object_or_404(Route.objects.select_related("source__service", "service", "playbook"), pk=pk)


def _may(standing: Standing, route: Route) -> bool:
    """Those who set up both its service and its source; without a source or its service, directors and administrators."""
    from_team = route.source.service.team_id if route.source and route.source.service else None
    return may_edit_team_config(standing, from_team) and may_edit_team_config(standing, route.service.team_id)


@require_http_methods(["GET", "HEAD", "POST"])
def route(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """One route, or a new one (`?source=`). POST act=save, remove, look (writes nothing), or an act on its rows."""
    standing = who(request)
    found = _fresh(request) if number is None else _found(number)
    require(may_make(standing) if number is None else _may(standing, found))
    form = RouteForm(None, route=found, standing=standing)
    if request.method != "POST":
        return _show(request, found, form)
    act, at = request.POST.get("act", "save"), timezone.now()
    try:
        if act == "remove" and number is not None:
            return _removed(request, found, at)
        data = rearranged(request.POST, act)
        form = RouteForm(data or request.POST, route=found, standing=standing)
        if data is not None:
            form.be_quiet()
            return _show(request, found, form)
        if not form.is_valid():
            return _show(request, found, form, status=422)
        form.write(found)
        require(_may(standing, found), _("This belongs to a team that is not yours to set up."))
        if act == "look":
            return _show(request, found, form, preview=_foreseen(found, at))
        route_setup.save_route(found, by=person(request), at=at)
    except Refused as refusal:
        form.add_error(None, str(refusal)) if form.is_bound else messages.error(request, str(refusal))
        return _show(request, found, form, status=422)
    messages.success(request, _("Saved. Ask where an alert would go, to try it."))
    return SeeOther(reverse("desk:setup_routes"))


def _foreseen(route: Route, at: datetime) -> dict[str, Any]:
    """What the deliveries of the sources for which it is tried, now or then, would have become."""
    stored = list(Route.objects.select_related("service", "playbook"))
    planned = [route if one.pk == route.pk else one for one in stored] + ([] if route.pk else [route])
    touched = {route.source_id, *(one.source_id for one in stored if one.pk == route.pk)}
    return seen_again(replay(rules_of(_tried_for(touched), {}, planned, at), at))


def _tried_for(touched: set[int | None]) -> QuerySet[Source]:
    """The sources whose alerts try routes of these sources; None stands for all."""
    sources = Source.objects.live().select_related("service")
    return sources if None in touched else sources.filter(pk__in=[pk for pk in touched if pk])


def _removed(request: HttpRequest, route: Route, at: datetime) -> HttpResponse:
    hand = [one for one in Route.objects.filter(from_file=False).select_related("service", "playbook") if one != route]
    if asks := _asks(request, route, hand, at):
        return asks
    route_setup.remove(route, by=person(request), at=at)
    messages.success(request, _("The route is taken out. Its version can bring it back."))
    return SeeOther(reverse("desk:setup_routes"))


def _fresh(request: HttpRequest) -> Route:
    slug = request.GET.get("source", "").replace("\x00", "")
    return Route(source=Source.objects.live().filter(slug=slug).first())


def _show(
    request: HttpRequest, route: Route, form: RouteForm, *, preview: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    saved = _found(route.pk) if route.pk else None
    context = {"at": timezone.now(), "form": form, "saved": saved, "preview": preview}
    return render(request, "desk/setup_route.html", context, status=status)
