"""What a body would do if it came in at an instant: the intake's own functions, without its locks and its writing.

What is stored now stands for what will be stored then: incidents that are open, silences, routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.aftermath import calls_anew, exhausted_of, flapping_among, speaks_up
from alerts.episodes import Said
from alerts.intake import hear, letter_of, seen_before, stories_of, worsened
from alerts.joining import Arrival, load, opening_of, quiet_of, sort_out, worst
from alerts.kinds import read_as
from alerts.models import Route, Source
from alerts.payloads import IncomingAlert
from alerts.routing import Place, Routing
from incidents.lifecycle import Opening
from incidents.models import Incident
from incidents.severity import rank


@dataclass(frozen=True)
class Heard:
    """One alert: its title, where it belongs and by which route, what gave it its class (route, label, source, service,
    or ""), what the word about it came to, its incident where it has one, the routes that were tried and whether they matched,
    and the labels by which alerts are one incident with it (None: grouped by service; empty: it stands alone)."""

    title: str
    place: Place
    route: Route | None
    class_why: str
    class_label: str
    said: Said
    incident_id: int | None
    tried: list[tuple[Route, bool]]
    together: list[tuple[str, str]] | None


@dataclass(frozen=True)
class Outcome:
    """What one group of alerts that begin to fire would do.

    Without `joins` it opens the incident of `opening`. With `joins` it goes to that incident; `pages_anew` says whether
    paging for it would start again at the first step, and `opening` is the same incident as paging would see it then.
    """

    titles: list[str]
    opening: Opening
    joins: Incident | None = None
    reopens: bool = False
    worsens: bool = False
    pages_anew: bool = True


@dataclass(frozen=True)
class DryRun:
    """All alerts of the body, and what those that begin to fire would do."""

    heard: list[Heard]
    outcomes: list[Outcome]


def ask(source: Source, body: bytes, at: datetime) -> DryRun:
    """What `body` would do as a delivery of `source` at `at`. Raises Malformed (with its sentence) for one nobody can read."""
    parsed = read_as(source.kind, source, body, "")
    routing = Routing.of(source, at)
    places = [routing.place(alert) for alert in parsed.alerts]
    stories = stories_of(source, parsed.alerts, routing.class_label, lock=False)
    seen = seen_before(source, letter_of(body, parsed, size=len(body)).digest)
    last, told, arrivals = hear(source, parsed, places, stories, at, seen)
    ids = {span.incident_id for story in told for span in story.spans() if span.incident_id}
    known = load(ids, (one.place.key for one in arrivals), at, lock=False)
    found = sort_out(source, arrivals, known, at)
    exhausted = exhausted_of(list(found.attached))
    flapping = flapping_among(found.attached, exhausted, at)
    anew = {pk for pk in exhausted if calls_anew(found.attached[pk], flapping)}
    heard = [
        _heard(story.last, last[story.fingerprint], routing, story.said, story.incident_id)
        for story in told
        if story.last and story.said
    ]
    opens = [
        Outcome(_titles(members), opening_of(source, members, found.groups.before(key), at, drill=False))
        for key, members in found.waiting.items()
    ]
    classes = {pk: worst(members) for pk, members in found.attached.items()}
    for story, place in worsened(told, last, routing):
        pk = story.open.incident_id if story.open else None
        if pk in known and rank(place.severity) < rank(classes.get(pk, known[pk].severity)):
            classes[pk] = place.severity
    joins = [
        _joining(source, known[pk], found.attached.get(pk, []), severity, at, anew=pk in anew)
        for pk, severity in classes.items()
    ]
    return DryRun(heard, [*opens, *joins])


def _heard(alert: IncomingAlert, place: Place, routing: Routing, said: Said, incident_id: int | None) -> Heard:
    route = routing.route_of(alert)
    _name, why = routing.class_and_why(alert.labels, place.service)
    label = f"{routing.class_label}={alert.labels.get(routing.class_label, '')}" if why == "label" else ""
    by_route = route is not None and bool(route.severity)
    why = "route" if by_route else why
    return Heard(
        alert.title, place, route, why, label, said, incident_id, routing.tried(alert), routing.together(alert)
    )


def _joining(
    source: Source, incident: Incident, members: Sequence[Arrival], severity: str, at: datetime, *, anew: bool
) -> Outcome:
    """As `aftermath` decides: a reopened one, a worse class, the end of a silence, or everybody asked already."""
    reopens = not incident.is_open
    worsens = rank(severity) < rank(incident.severity)
    loud, quiet = speaks_up(incident, members, at), quiet_of(members) if members else None
    anew = reopens or worsens or ((anew or loud) and not incident.is_held)
    until, because = incident.silenced_until, incident.silenced_because
    if reopens and quiet:
        until, because = quiet.until, quiet.because
    opening = Opening(
        title=incident.title,
        service=incident.service,
        severity=severity if worsens else incident.severity,
        cause=str(source),
        silenced_until=None if loud or worsens else until,
        silenced_because=because,
    )
    return Outcome(_titles(members), opening, incident, reopens, worsens, anew)


def _titles(members: Sequence[Arrival]) -> list[str]:
    return list(dict.fromkeys(arrival.alert.title for arrival in members))
