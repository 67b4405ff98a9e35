"""What rules said before: every version, what another would make of the last seven days, and going back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from alerts.models import Route, RuleVersion, Source
from alerts.replay import replay, rules_of
from alerts.versions import Rules, go_back, routes_as, said_now, source_as
from desk.answers import SeeOther
from desk.guard import person, require, row_number, who
from desk.replay import seen_again
from desk.rule_words import Words, differences, touched
from teams.people import Refused
from teams.permissions import MANAGING, Standing, may_edit_team_config

SHOWN = 20


@dataclass(frozen=True)
class Entry:
    """A version, and what it changed of the one before."""

    version: RuleVersion
    changed: list[tuple[str, str]]


@require_safe
def versions(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """All of them, newest first (`?before=` a number); those of the routes, or of a source."""
    source = _of(request, slug)
    before = row_number(request.GET.get("before", ""))
    found = RuleVersion.objects.filter(source=source).select_related("by").order_by("-number")
    page = list(found.filter(number__lt=before)[: SHOWN + 1] if before else found[: SHOWN + 1])
    words = Words.of(one.rules for one in page)
    lines = [words.lines(one.rules) for one in page]
    entries = [
        Entry(version, differences(older, newer) if version.number > 1 else [])
        for version, (newer, older) in zip(page[:SHOWN], pairwise([*lines, []]), strict=False)
    ]
    more = f"{request.path}?before={page[SHOWN - 1].number}" if len(page) > SHOWN else None
    context = {
        **_place(source),
        "entries": entries,
        "now": said_now(source),
        "next_url": more,
        "first_url": request.path if before else None,
    }
    return render(request, "desk/rule_versions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def version(request: HttpRequest, number: int, slug: str | None = None) -> HttpResponse:
    """One version and what would be different with it; POST goes back to it."""
    source = _of(request, slug)
    found = get_object_or_404(RuleVersion.objects.select_related("by", "source"), source=source, number=number)
    now, at = said_now(source), timezone.now()
    words = Words.of([now, found.rules])
    allowed = _may(who(request), source, touched(now, found.rules), words)
    if request.method == "POST":
        require(allowed, _("Some of these routes belong to a team that is not yours to set up."))
        try:
            go_back(found, by=person(request), at=at)
        except Refused as refusal:
            return _show(request, found, now, words, refusal=str(refusal), status=422)
        messages.success(request, _("The rules of version %d hold again.") % number)
        return SeeOther(_place(source)["home"])
    try:
        seen = None if found.rules == now else _foreseen(source, found, at)
    except Refused as refusal:
        return _show(request, found, now, words, refusal=str(refusal))
    return _show(request, found, now, words, preview=seen, allowed=allowed)


def _of(request: HttpRequest, slug: str | None) -> Source | None:
    """The source that is asked about, for those who set it up; the routes are for all who set something up."""
    standing = who(request)
    if slug is None:
        require(standing.role in MANAGING)
        return None
    source = get_object_or_404(Source.objects.select_related("service"), slug=slug, archived_at=None)
    require(may_edit_team_config(standing, source.service.team_id if source.service else None))
    return source


def _may(standing: Standing, source: Source | None, rules: Rules, words: Words) -> bool:
    """Everything that would change is of teams whose settings are theirs; what is of no team, for the whole's."""
    teams: set[int | None] = set()
    for said in rules:
        service = words.services.get(said["service_id"] or 0)
        teams.add(service.team_id if service else None)
        if source is None:
            sender = words.sources.get(said["source_id"] or 0)
            teams.add(sender.service.team_id if sender and sender.service else None)
    return all(may_edit_team_config(standing, team) for team in teams)


def _foreseen(source: Source | None, version: RuleVersion, at: datetime) -> dict[str, Any]:
    """What the deliveries that the rules are about would have become."""
    if source is not None:
        return seen_again(replay(rules_of([source], {source.pk: source_as(source, version)}, None, at), at))
    filed = list(Route.objects.filter(from_file=True).select_related("service", "playbook"))
    everything = Source.objects.live().select_related("service")
    return seen_again(replay(rules_of(everything, {}, [*filed, *routes_as(version)], at), at))


def _show(
    request: HttpRequest,
    version: RuleVersion,
    now: Rules,
    words: Words,
    *,
    preview: dict[str, Any] | None = None,
    allowed: bool = False,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        **_place(version.source),
        "version": version,
        "lines": words.lines(version.rules),
        "changed": differences(words.lines(now), words.lines(version.rules)),
        "holds": version.rules == now,
        "preview": preview,
        "allowed": allowed,
        "refusal": refusal,
    }
    return render(request, "desk/rule_version.html", context, status=status)


def _place(source: Source | None) -> dict[str, Any]:
    """Where the pages stand."""
    if source is None:
        return {"source": None, "home": reverse("desk:setup_routes"), "list": reverse("desk:route_versions")}
    home, listed = reverse("desk:source", args=[source.slug]), reverse("desk:source_versions", args=[source.slug])
    return {"source": source, "home": home, "list": listed}
