"""Who was at work on incidents, read from their stories, the roles that people held, and pages for help that were answered."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Q

from incidents.metrics import Window
from incidents.models import OPEN_Q, Incident, Kind, RoleTenure, TimelineEntry
from oncall.pay import Engaged
from paging.models import Page
from review.engaged import ENDED, JOINED, LAPSED, LEFT, TOOK, Act, engaged
from teams.models import User

OLD = timedelta(days=40)
"""What was detected so long before and is over without a resolution (cancelled, merged) is not looked at."""
ENDS = (Kind.MITIGATED, Kind.RESOLVED, Kind.CANCELLED, Kind.MERGED, Kind.CLOSED)
KINDS = (*ENDS, Kind.ACKNOWLEDGED, Kind.HANDED_OVER, Kind.UNACKNOWLEDGED, Kind.ACK_EXPIRED)


@dataclass
class Work:
    """When each person (id) was at work on what, and the slug of the team that owns each incident's service ("": none)."""

    engaged: dict[int, list[Engaged]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[int, str] = field(default_factory=dict)


def work_of(window: Window) -> Work:
    """What was done in `window`, and before it on the same incidents; drills and tests are no calls. Five statements."""
    recent = Q(resolved_at__gte=window.start) | OPEN_Q | Q(detected_at__gte=window.start - OLD)
    incidents = Incident.objects.filter(recent, drill=False, detected_at__lt=window.end).order_by()
    rows = incidents.values_list("pk", "mitigated_at", "resolved_at", "service__team__slug")
    work, ends = Work(), defaultdict[int, list[Act]](list)
    for pk, mitigated, resolved, team in rows:
        work.owners[pk] = team or ""
        ends[pk] = [Act(at, ENDED) for at in (mitigated, resolved) if at]
    asked = [0, *work.owners]  # by number, never by a condition again: each of their stories is found by its index
    held, joined = _held(asked, window, ends), _joined(asked)
    for pk, told in (*held.items(), *joined):  # who gives one of them away may keep the others
        begun = [act for act in (*told, *ends[pk]) if act.at < window.end]
        for person, spans in engaged(pk, begun, window.end).items():
            work.engaged[person] += [one for one in spans if one.end > window.start]
    return work


def _held(incidents: list[int], window: Window, ends: dict[int, list[Act]]) -> dict[int, list[Act]]:
    """Acknowledged, given back, handed over, as the stories tell; their ends go to `ends`."""
    told = TimelineEntry.objects.filter(incident__in=incidents, kind__in=KINDS, at__lt=window.end).order_by("pk")
    entries = list(told.values_list("incident_id", "at", "kind", "by_id", "data"))
    named = {data[key] for *_rest, data in entries for key in ("to", "from", "person") if data.get(key)}
    people = dict(User.objects.filter(email__in=named).values_list("email", "pk"))
    found: dict[int, list[Act]] = defaultdict(list)
    for pk, at, kind, by, data in entries:
        if kind in ENDS:
            ends[pk].append(Act(at, ENDED))
        else:
            found[pk].append(_act(at, kind, by, data, people))
    return found


def _act(at: Any, kind: str, by: int | None, data: dict[str, Any], people: dict[str, int]) -> Act:  # noqa: ANN401
    if kind == Kind.ACKNOWLEDGED:
        in_part = data.get("given", 1) < data.get("needed", 1)
        return Act(at, JOINED if in_part else TOOK, by)
    if kind == Kind.HANDED_OVER:
        return Act(at, TOOK, people.get(data.get("to", "")))
    if kind == Kind.UNACKNOWLEDGED:
        return Act(at, LEFT, people.get(data.get("from", ""), by))
    return Act(at, LAPSED, people.get(data.get("person", "")))


def _joined(incidents: list[int]) -> list[tuple[int, list[Act]]]:
    """Each role that was held, watching excepted, and each page for help that was answered, as a story of its own."""
    found = []
    tenures = RoleTenure.objects.filter(incident__in=incidents).exclude(role=RoleTenure.Role.OBSERVER)
    for pk, person, start, end in tenures.order_by().values_list("incident_id", "person_id", "start", "end"):
        found.append((pk, [Act(start, JOINED, person), *([Act(end, LEFT, person)] if end else [])]))
    helped = Page.objects.filter(incident__in=incidents, reason=Page.Reason.ASKED_FOR_HELP, acked_at__isnull=False)
    for pk, person, answered in helped.order_by().values_list("incident_id", "person_id", "acked_at"):
        found.append((pk, [Act(answered, JOINED, person)] if answered else []))
    return found
