"""Everything that is set up, with its way to be changed, for those who may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from desk.guard import require, who
from desk.setup_cells import KINDS, Cell
from desk.setup_page import Thing
from desk.setup_policy import POLICY
from desk.setup_schedule import SCHEDULE
from desk.setup_service import SERVICE
from desk.setup_source import SOURCE
from desk.setup_teams import AREA, TEAM
from teams.models import Organisation
from teams.permissions import MANAGING, may_admin

FIRST = 8
"""Rows of each kind while all kinds stand on the page."""
SHOWN = 200
LONGEST = 80  # characters of a search
THINGS: dict[str, tuple[Thing, str | Promise]] = {
    "team": (TEAM, gettext_lazy("Teams")),
    "area": (AREA, gettext_lazy("Areas")),
    "schedule": (SCHEDULE, gettext_lazy("Schedules")),
    "policy": (POLICY, gettext_lazy("Escalation policies")),
    "service": (SERVICE, gettext_lazy("Services")),
    "source": (SOURCE, gettext_lazy("Sources")),
}
NONE_YET = {
    "team": gettext_lazy("None yet. A team is the people who share a pager and own services."),
    "area": gettext_lazy("None yet. An area joins teams in the review; an organisation of a few teams needs none."),
    "schedule": gettext_lazy("None yet. A schedule says who has the pager, and when."),
    "policy": gettext_lazy("None yet. A policy says who is paged first, and who when nobody answers."),
    "service": gettext_lazy("None yet. A service is what people rely on: its alerts page the team that owns it."),
    "source": gettext_lazy("None yet. A source is a sender with a key, such as an Alertmanager."),
}


@dataclass(frozen=True)
class Entry:
    """A row, the address of its form or "", and what stands beside its name."""

    row: Any
    address: str
    cells: list[Cell]

    @property
    def slug(self) -> str:
        """What scripts call it, where its name does not say that already."""
        return self.row.slug if self.row.slug != slugify(str(self.row)) else ""


@dataclass(frozen=True)
class Shelf:
    """Things of one kind: those of the page, and how many there are in all."""

    name: str
    title: str | Promise
    heads: tuple[str | Promise, ...]
    fresh: str | Promise
    make: str
    entries: list[Entry]
    total: int
    archived: list[Entry]

    @property
    def none_yet(self) -> str | Promise:
        """What would stand here."""
        return NONE_YET[self.name]

    @property
    def is_cut(self) -> bool:
        """Whether there are more than stand here."""
        return self.total > len(self.entries)


@dataclass(frozen=True)
class Asked:
    """What the address asks for: words of a name, and one kind alone."""

    q: str
    only: str

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        """Nonsense asks for nothing."""
        only = request.GET.get("only", "")
        words = request.GET.get("q", "").replace("\x00", "")[:LONGEST].strip()
        return cls(words, only if only in THINGS else "")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is in use, and what is archived; `q` finds by name, `only` shows one kind. A constant number of queries."""
    standing = who(request)
    require(standing.role in MANAGING)
    asked, at = Asked.of(request), timezone.now()
    shelves = [_shelf(request, name, asked, at) for name in THINGS]
    context = {
        "at": at,
        "shelves": shelves,
        "shown": [one for one in shelves if asked.only in ("", one.name) and (one.total or not asked.q)],
        "asked": asked,
        "organisation": Organisation.the(),
        "may_admin": may_admin(standing),
    }
    return render(request, "desk/setup.html", context)


def _shelf(request: HttpRequest, name: str, asked: Asked, at: datetime) -> Shelf:
    thing, title = THINGS[name]
    kind, standing = KINDS[name], who(request)
    found = kind.found()
    if asked.q:
        found = found.filter(reduce(or_, (Q(**{f"{field}__icontains": asked.q}) for field in kind.searched))).distinct()

    def entries(rows: list[Any], cells: list[list[Cell]]) -> list[Entry]:
        ways = [reverse(f"desk:setup_{name}", args=[row.slug]) if thing.may(standing, row) else "" for row in rows]
        return [Entry(*one) for one in zip(rows, ways, cells, strict=True)]

    live, gone = found.filter(archived_at=None), list(found.exclude(archived_at=None)[:SHOWN])
    most = SHOWN if asked.q or asked.only else FIRST
    rows = list(live[:most]) if asked.only in ("", name) else []
    total = len(rows) if 0 < len(rows) < most else live.count()
    make = reverse(f"desk:setup_new_{name}") if thing.may(standing, thing.model()) else ""
    shown = entries(rows, kind.cells(rows, at) if rows else [])
    return Shelf(name, title, kind.heads, thing.fresh, make, shown, total, entries(gone, [[] for _ in gone]))
