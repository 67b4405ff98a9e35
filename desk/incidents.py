"""The list of incidents: newest first, by key and never by offset or count."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from desk.acknowledge_many import takeable
from desk.guard import person, visible, who
from incidents.models import NUMBER, OPEN_Q, IncidentQuerySet, State
from teams.models import Service, Severity

PAGE = 50
WORDS = 8
STATES: dict[str, Q] = {
    "open": OPEN_Q,
    "resolved": Q(state=State.RESOLVED),
    "closed": Q(state=State.CLOSED),
    "all": Q(),
}
_MOST = 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """The filters of the address; what cannot be read is as if it had not been asked."""

    state: str
    q: str
    service: str
    severity: str
    before: int | None

    @classmethod
    def read(cls, query: QueryDict) -> Asked:
        """From the query of the address. Words without a state are looked for in every state."""
        q = query.get("q", "").replace("\x00", "").strip()[:200]
        state = query.get("state", "all" if q else "open")
        before = query.get("before", "")
        return cls(
            state if state in STATES else "open",
            q,
            query.get("service", "").replace("\x00", ""),
            severity if (severity := query.get("class", "")) in Severity.values else "",
            min(int(before), _MOST) if before.isascii() and before.isdigit() and len(before) < 20 else None,  # noqa: PLR2004
        )

    def address(self, before: int | None = None) -> str:
        """The address of the same question, from `before` on."""
        asked = {"state": self.state, "q": self.q, "service": self.service, "class": self.severity, "before": before}
        return "?" + urlencode({key: value for key, value in asked.items() if value})


@require_safe
def incidents(request: HttpRequest) -> HttpResponse:
    """One page of incidents that the person may see."""
    asked = Asked.read(request.GET)
    found = _chosen(visible(person(request)), asked).select_related("service", "held_by", "acked_by")
    rows = list(found.order_by("-pk")[: PAGE + 1])
    context = {
        "at": timezone.now(),
        "state": asked.state,
        "q": asked.q,
        "service": asked.service,
        "severity": asked.severity,
        "services": Service.objects.filter(archived_at=None).only("slug", "name"),
        "incidents": rows[:PAGE],
        "takeable": takeable(who(request), rows[:PAGE]),
        "next_url": asked.address(rows[PAGE - 1].pk) if len(rows) > PAGE else None,
        "first_url": asked.address() if asked.before is not None else None,
    }
    return render(request, "desk/incidents.html", context)


def _chosen(found: IncidentQuerySet, asked: Asked) -> IncidentQuerySet:
    found = found.filter(STATES[asked.state])
    if asked.before is not None:
        found = found.filter(pk__lt=asked.before)
    if asked.service:
        found = found.filter(service__slug=asked.service)
    if asked.severity:
        found = found.filter(severity=asked.severity)
    return found.filter(_words(asked.q)) if asked.q else found


def _words(q: str) -> Q:
    """All words in the title, or the number."""
    words = Q()
    for word in q.split()[:WORDS]:
        words &= Q(title__icontains=word)
    number = NUMBER.fullmatch(q)
    return words | Q(pk=int(number[1])) if number else words
