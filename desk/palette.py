"""One field that finds and acts: `/find/?q=`. A page for everybody, a fragment for the script that opens it by `/`.

GET changes nothing: what can be done is a form to the act's own address.
"""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk import palette_finds as finds
from desk import palette_incidents as found
from desk.frame import frame_of
from desk.guard import person, who
from desk.live_pages import LivePage
from desk.palette_acts import acts, declare_row, page_me_row
from desk.palette_places import main_pages, places
from desk.palette_rows import Group, Press, Row
from desk.palette_spoken import LONGEST, Spoken, has_trigram, read
from teams.models import User
from teams.permissions import Standing, may_declare, may_write

PLACES = 5


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """What `q` finds and what it asks to do; without `q` what can be done now. A constant number of queries."""
    user, standing, at = person(request), who(request), timezone.now()
    spoken = read(request.GET.get("q", ""))
    groups = _now(request, user, standing) if not spoken.text else _asked(spoken, user, standing, at)
    groups = [group for group in groups if group.rows]
    context = {
        "at": at,
        "q": spoken.text,
        "longest": LONGEST,
        "groups": groups,
        "count": sum(len(group.rows) for group in groups),
        "writes": may_write(standing),
        "declare": declare_row(spoken.text) if may_declare(standing) else None,
        "looked": bool(spoken.words),
        "short": not has_trigram(spoken.words),
        "newest": found.NEWEST,
        "learned": finds.LEARNED,
    }
    part = bool(request.htmx)  # type: ignore[attr-defined]
    response = render(request, "desk/_palette_found.html" if part else "desk/palette.html", context)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _now(request: HttpRequest, user: User, standing: Standing) -> list[Group]:
    """Nothing was typed: what calls me, what I have, what anybody can do, and where one can go."""
    calling = [_calling(live) for live in frame_of(request, user).pages]
    doing = [declare_row("")] if may_declare(standing) else []
    return [
        Group(_("You are paged"), calling),
        Group(_("You have it"), [found.row(one) for one in found.held(user)]),
        Group(_("Do"), [*doing, page_me_row(user)]),
        Group(_("Go to"), main_pages()),
    ]


def _calling(live: LivePage) -> Row:
    """A page that asks me now, with its answer."""
    incident = live.incident
    if incident is None:
        heard = Press(_("It rang"), reverse("desk:page_me"), (("seen", str(live.page.pk)),), "red")
        return Row("bell-ring", _("Test page to yourself"), "", _("Did it ring?"), heard)
    take = Press(_("Acknowledge"), found.address(incident, "acknowledge"), kind="red")
    return Row("bell-ring", incident.title, incident.path, live.because, take, incident)


def _asked(spoken: Spoken, user: User, standing: Standing, at: datetime) -> list[Group]:
    """What was typed: as an act first, then whatever has these words."""
    done = acts(spoken, user, standing, at)
    groups = [Group(_("Do"), done)]
    words = spoken.words
    if not words:
        return groups
    known = {row.url for row in done if row.url}
    named = [row for row in places(words, standing) if row.url not in known]
    mine = found.held(user) if may_write(standing) else []
    return [
        *groups,
        Group(_("Go to"), named[:PLACES]),
        *found.group(user, standing, spoken),
        *finds.on_call(words, user, standing, mine, at),
        finds.services(words),
        finds.teams(words, standing),
        finds.sources(words),
        *finds.learned(words, user),
    ]
