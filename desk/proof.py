"""Page proof: the ledger of an incident's paging, oldest first; each decision with its reason, each call with its result."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.forecast import next_page
from desk.guard import find_incident, person, row_number
from desk.story import PAGES, Story
from incidents.models import Incident, Kind, TimelineEntry
from paging.models import Page

DECISIONS = (
    *PAGES,
    Kind.OPENED,
    Kind.DECLARED,
    Kind.CLASS,
    Kind.RESOLVED,
    Kind.REOPENED,
    Kind.CANCELLED,
    Kind.MERGED,
)
"""Lines of the story that begin, end or change paging."""
SHOWN = 100


@dataclass(frozen=True)
class Decision:
    """One line of the ledger, and the pages that it wrote."""

    entry: TimelineEntry
    pages: list[Page]


@require_safe
def proof(request: HttpRequest, number: str) -> HttpResponse:
    """Who was paged, when, by what, why, with what result, and who was not and why; a constant number of queries."""
    incident = find_incident(person(request), number)
    found = _lines(incident, row_number(request.GET.get("after", "")))
    lines, more, at = found[:SHOWN], len(found) > SHOWN, timezone.now()
    coming = next_page(incident) if incident.is_open and not incident.is_held and not more else None
    context = {
        "at": at,
        "incident": incident,
        "decisions": _decisions(incident, lines),
        "people": Story(lines, None).people,
        "after": lines[-1].pk if more else None,
        "next_page": coming,
        "late": coming is not None and coming.is_late(at),
    }
    return render(request, "desk/proof.html", context)


def _lines(incident: Incident, after: int | None) -> list[TimelineEntry]:
    rows = incident.timeline.filter(kind__in=[str(kind) for kind in DECISIONS]).select_related("by").order_by("pk")
    return list((rows.filter(pk__gt=after) if after else rows)[: SHOWN + 1])


def _decisions(incident: Incident, lines: list[TimelineEntry]) -> list[Decision]:
    """The lines with their pages: a page and the line that tells of it were written together, at the same instant."""
    told = [line for line in lines if line.kind == Kind.PAGED]
    rows = incident.pages.filter(created_at__in={line.at for line in told}).select_related("person")
    written: dict[tuple[datetime, str], list[Page]] = defaultdict(list)
    for page in rows.prefetch_related("deliveries__attempts").order_by("pk") if told else ():
        written[page.created_at, page.person.email].append(page)
    return [Decision(line, _written_by(line, written)) for line in lines]


def _written_by(line: TimelineEntry, written: dict[tuple[datetime, str], list[Page]]) -> list[Page]:
    if line.kind != Kind.PAGED:
        return []
    named = [one.get("person", "") for one in line.data.get("people", [])]
    return [page for email in named for page in written.pop((line.at, email), [])]
