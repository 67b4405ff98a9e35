"""One request of a sender: what was read, where each alert went and why, whom it paged, and the body itself."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alerts.models import Body, Route
from desk.guard import person, visible, who
from incidents.models import Incident
from paging.models import Page
from teams.models import Service
from teams.permissions import MANAGING, may_read_bodies

SHOWN = 20_000
"""Characters of a body on the page."""


@dataclass(frozen=True)
class Way:
    """One alert: what it is called, what was decided, and by which rules."""

    title: str
    decision: str
    route: Route | None
    service: Service | None
    """None too when it is called otherwise by now."""
    said: dict[str, Any]
    silenced: str
    marks: list[str]
    incident: Incident | None
    page: Page | None
    later: timedelta | None
    """How long after the request the first page of its incident since was made."""

    @property
    def class_by(self) -> str:
        """What gave it its class, in words."""
        words = {
            "route": _("by the route"),
            "label": _("by its label"),
            "source": _("the source's usual one"),
            "service": _("the service's usual one"),
        }
        return words.get(self.said.get("class_by", ""), "")


@require_safe
def delivery(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The way of each alert of the request; its words only for the people of the source's team."""
    rows = Body.objects.select_related("source__service").filter(source__slug=slug, source__archived_at=None)
    found = get_object_or_404(rows, pk=number)
    service = found.source.service
    may_read = may_read_bodies(who(request), service.team_id if service else None)
    context = {
        "at": timezone.now(),
        "body": found,
        "source": found.source,
        "ways": _ways(request, found),
        "text": _text(bytes(found.content)) if may_read else "",
        "may_read": may_read,
        "may_route": who(request).role in MANAGING,
        "shown": SHOWN,
    }
    return render(request, "desk/delivery.html", context)


def _ways(request: HttpRequest, body: Body) -> list[Way]:
    outcome = body.outcome
    ways: dict[str, dict[str, Any]] = outcome.get("ways", {})
    routes = Route.objects.select_related("service").in_bulk({one["route"] for one in ways.values() if "route" in one})
    numbers = {int(one["incident"].removeprefix("INC-")) for one in ways.values() if "incident" in one}
    named = {one["service"] for one in ways.values() if "service" in one}
    services = {one.slug: one for one in Service.objects.live().filter(slug__in=named)} if named else {}
    incidents = visible(person(request)).in_bulk(numbers)
    since = Page.objects.filter(incident__in=incidents, created_at__gte=body.received_at)
    first = since.order_by("incident_id", "created_at", "pk").distinct("incident_id").select_related("person")
    pages = {page.incident_id: page for page in first}
    found = []
    for fingerprint, said in outcome.get("alerts", {}).items():
        way = ways.get(fingerprint, {})
        pk = int(way.get("incident", "INC-0").removeprefix("INC-"))
        page = pages.get(pk)
        found.append(
            Way(
                way.get("title") or fingerprint,
                said,
                routes.get(way.get("route", 0)),
                services.get(way.get("service", "")),
                way,
                outcome.get("silenced", {}).get(fingerprint, ""),
                outcome.get("alert_marks", {}).get(fingerprint, []),
                incidents.get(pk),
                page,
                page.created_at - body.received_at if page else None,
            )
        )
    return found


def _text(content: bytes) -> str:
    """The body as people read it: JSON with its levels, else as it came."""
    text = content.decode("utf-8", "replace").replace("\x00", "")
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text[:SHOWN]
