"""Everything that is set up, with its way to be changed, for those who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from desk.guard import require, who
from desk.setup_page import Thing
from desk.setup_policy import POLICY
from desk.setup_schedule import SCHEDULE
from desk.setup_service import SERVICE
from desk.setup_source import SOURCE
from desk.setup_teams import AREA, TEAM
from teams.models import Organisation
from teams.permissions import MANAGING, may_admin

SHOWN = 200
THINGS: list[tuple[str, Thing, str | Promise, tuple[str, ...]]] = [
    ("team", TEAM, gettext_lazy("Teams"), ()),
    ("area", AREA, gettext_lazy("Areas"), ()),
    ("schedule", SCHEDULE, gettext_lazy("Schedules"), ("team",)),
    ("policy", POLICY, gettext_lazy("Escalation policies"), ("team",)),
    ("service", SERVICE, gettext_lazy("Services"), ("team",)),
    ("source", SOURCE, gettext_lazy("Sources"), ("service__team",)),
]


@dataclass(frozen=True)
class Shelf:
    """Things of one kind: `rows` holds (row, address of its form or "")."""

    title: str | Promise
    fresh: str | Promise
    make: str
    rows: list[tuple[Any, str]]
    archived: list[tuple[Any, str]]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is in use, and what is archived; a constant number of queries."""
    standing = who(request)
    require(standing.role in MANAGING)
    shelves = [_shelf(request, *one) for one in THINGS]
    context = {"shelves": shelves, "organisation": Organisation.the(), "may_organise": may_admin(standing)}
    return render(request, "desk/setup.html", context)


def _shelf(request: HttpRequest, name: str, thing: Thing, title: str | Promise, related: tuple[str, ...]) -> Shelf:
    found: QuerySet[Any] = thing.model.objects.select_related(*related) if related else thing.model.objects.all()
    rows, gone = found.filter(archived_at=None)[:SHOWN], found.exclude(archived_at=None)[:SHOWN]

    def linked(row: Any) -> tuple[Any, str]:  # noqa: ANN401
        return row, reverse(f"desk:setup_{name}", args=[row.slug]) if thing.may(who(request), row) else ""

    may_make = thing.may(who(request), thing.model())
    make = reverse(f"desk:setup_new_{name}") if may_make else ""
    return Shelf(title, thing.fresh, make, [linked(row) for row in rows], [linked(row) for row in gone])
