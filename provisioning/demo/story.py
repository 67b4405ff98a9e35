"""The lines that an incident's story would hold, had it been told as it happened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from incidents.models import Kind, TimelineEntry
from incidents.severity import STANDARD
from provisioning.demo.happenings import Case
from provisioning.demo.house import House
from teams.models import User

SOON = timedelta(seconds=40)


def lines(house: House, case: Case) -> list[TimelineEntry]:
    """In the order in which they were told; those that others hear of have been announced."""
    return [
        TimelineEntry(
            incident=case.incident, at=at, kind=kind, by=by, cause=cause, text=text, data=data, announced_at=at
        )
        for at, kind, by, cause, text, data in sorted(_told(house, case), key=lambda line: line[0])
    ]


Line = tuple[datetime, Kind, "User | None", str, str, dict[str, Any]]


def _told(house: House, case: Case) -> Iterator[Line]:
    source = house.sources[case.source]
    said = {"source": source.slug, "alerts": 1, "titles": [title_of(house, case)]}
    if case.declared_by_person:
        text = "Drill: announced, nobody is harmed." if case.drill else "Support hears of it from customers."
        yield case.detected, Kind.DECLARED, case.acker, "", text, {"class": case.severity}
    else:
        yield case.detected, Kind.OPENED, None, str(source), "", {"class": case.severity, **said}
    for ring in case.rings:
        people = [{"person": ring.person.email, "because": ring.because}]
        yield ring.at, Kind.PAGED, None, ring.label, "", {"reason": ring.reason, "people": people}
    if case.exhausted:
        over = case.rings[-1].at + timedelta(minutes=15)
        yield over, Kind.EXHAUSTED, None, house.team_of(house.services[case.service]).slug, "", {"rounds": 2}
    if case.acked and case.acker:
        yield case.acked, Kind.ACKNOWLEDGED, case.acker, "", "", {"via": "link"}
        yield from _work(case, case.acker)
    yield from _end(case, str(source), said)


def title_of(house: House, case: Case) -> str:
    """What the incident is called."""
    title = case.mode.title.format(service=house.services[case.service].name)
    return f"Drill: {title}" if case.drill else title


def _work(case: Case, by: User) -> Iterator[Line]:
    """Who took a role, and what was noted on the way to the mitigation."""
    assert case.acked  # noqa: S101
    severe = case.severity != STANDARD
    if severe:
        role = {"role": "facilitator", "person": by.email}
        yield case.acked + SOON, Kind.ROLE, by, "", "", role
    ended = case.first[0] if case.first else case.mitigated
    notes = case.mode.notes if severe or case.impact else case.mode.notes[: len(case.service) % 3]
    span = max(ended - case.acked, timedelta(minutes=3))
    for place, note in enumerate(notes, 1):
        yield case.acked + span * place / (len(notes) + 1), Kind.NOTE, by, "", note, {}


def _end(case: Case, source: str, said: dict[str, Any]) -> Iterator[Line]:
    if case.end == "cancelled":
        yield case.resolved, Kind.CANCELLED, case.acker, "", "Test traffic; nothing was wrong.", {}
        return
    by = case.acker
    if case.first:
        mitigated, resolved, back = case.first
        yield mitigated, Kind.MITIGATED, by, "", "", {}
        yield resolved, Kind.RESOLVED, by, "", "", {"self_resolved": by is None}
        was = {"resolved_at": str(resolved), "mitigated_at": str(mitigated)}
        yield back, Kind.REOPENED, None, source, "", {"was": was}
    if by and (case.impact or case.severity != STANDARD):
        yield case.mitigated, Kind.MITIGATED, by, "", "", {}
    if not case.declared_by_person:
        yield case.resolved - timedelta(seconds=5), Kind.ALERT_RESOLVED, None, source, "", said
    yield case.resolved, Kind.RESOLVED, by, "" if by else "alerts ended", "", {"self_resolved": by is None}
    if case.closed:
        yield case.closed, Kind.CLOSED, by, "", "", {}
