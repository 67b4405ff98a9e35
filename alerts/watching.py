"""A source that watches: everything is decided and stored as ever, but no incident is opened and nobody is paged.

It runs beside the tool that pages today, until somebody has seen what it would have done and lets it page. Deliveries of
such a source are taken in one after the other, so that the one that lets it page misses none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from alerts import aftermath, rows, setup
from alerts.episodes import Said, Span, Story
from alerts.joining import Arrival, Joined, join, load, opening_of
from alerts.models import Alert, Episode, Source, Watched
from alerts.payloads import Parsed
from alerts.routing import Routing
from alerts.stored import as_told
from incidents.models import Incident
from incidents.severity import rank
from paging.forecast import would_page
from teams.models import Service, User

PAGED_LENGTH = 500


def watches(source: Source) -> bool:
    """Whether `source` still watches, and does so until the transaction ends; asks the database only where it seemed to."""
    if not source.watching:
        return False
    held = Source.objects.select_for_update(no_key=True).filter(pk=source.pk)
    return bool(held.values_list("watching", flat=True).get())


def note(source: Source, arrivals: Sequence[Arrival], ended: Iterable[Story], at: datetime) -> dict[str, Any]:
    """Write down what these would have opened and what would be over; what the delivery's outcome says of it.

    Call with `watches`, which holds the source.
    """
    known = {row.group_key: row for row in source.watched.filter(Q(over_at=None) | Q(over_at__gt=at)).order_by("at")}
    groups: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        groups[arrival.place.key].append(arrival)
    changed: dict[str, Watched] = {}
    fresh = [key for key in groups if key not in known]
    asked: dict[int | None, str] = {}
    for key in fresh:
        known[key] = _watched(source, key, groups[key], at, asked)
    for key in groups.keys() - set(fresh):
        changed[key] = _with_more(known[key], groups[key])
    over = {story.fingerprint for story in ended}
    for key, row in known.items():
        if over.intersection(row.fingerprints):
            row.fingerprints = [one for one in row.fingerprints if one not in over]
            if not row.fingerprints:
                row.over_at = at + aftermath.resolve_hold(source, row.severity)
            changed[key] = row
    Watched.objects.bulk_create([known[key] for key in fresh])
    Watched.objects.bulk_update(
        [row for key, row in changed.items() if key not in fresh], ["fingerprints", "over_at", "severity"]
    )
    return {"watched": len(fresh)} | ({"decision": "would have opened"} if fresh else {})


def _watched(
    source: Source, key: str, members: Sequence[Arrival], at: datetime, asked: dict[int | None, str]
) -> Watched:
    """The incident that was not opened. `asked` remembers who is paged for a service."""
    opening = opening_of(source, members, None, at, drill=False)
    quiet = opening.silenced_until is not None and opening.silenced_until > at
    return Watched(
        source=source,
        group_key=key,
        at=at,
        title=opening.title,
        service=opening.service,
        severity=opening.severity,
        paged="" if quiet else _paged(opening.service, at, asked),
        silenced_because=opening.silenced_because[:PAGED_LENGTH] if quiet else "",
        fingerprints=sorted({arrival.alert.fingerprint for arrival in members}),
    )


def _paged(service: Service | None, at: datetime, asked: dict[int | None, str]) -> str:
    number = service.pk if service else None
    if number not in asked:
        asked[number] = would_page(service, at).asked[:PAGED_LENGTH]
    return asked[number]


def _with_more(row: Watched, members: Sequence[Arrival]) -> Watched:
    """One more alert of a group that would be an open incident already."""
    row.fingerprints = sorted({*row.fingerprints, *(arrival.alert.fingerprint for arrival in members)})
    row.severity = min([row.severity, *(arrival.place.severity for arrival in members)], key=rank)
    row.over_at = None
    return row


@transaction.atomic
def start_paging(source: Source, *, by: User, at: datetime) -> list[Incident]:
    """`source` pages from now on, and what fires at this moment opens: those incidents. Twice is once.

    Raises `teams.people.Refused` for a source of the organisation's file, which is changed there.
    """
    if not watches(source):
        return []
    source.refresh_from_db()  # as it is now that it is held
    source.watching = False
    setup.save_source(source, by=by, at=at)
    return open_what_fires(source, at)


@transaction.atomic
def open_what_fires(source: Source, at: datetime) -> list[Incident]:
    """Open, or join, the incidents of all alerts of `source` that fire and have none. The caller holds the source."""
    routing = Routing.of(source, at)
    watched = {name: row for row in source.watched.filter(over_at=None) for name in row.fingerprints}
    firing = Episode.objects.filter(alert__source=source, closed_at=None, incident=None).select_related("alert")
    found = {episode.alert.fingerprint: episode for episode in firing.order_by("alert__fingerprint")}
    arrivals = [_arrival(episode, routing, watched.get(name)) for name, episode in found.items()]
    keys = {arrival.place.key for arrival in arrivals}
    rows.lock(source.pk, keys)
    known = load((), keys, at)
    joined = join(source, arrivals, known, at=at)
    stories = {arrival.story.fingerprint: arrival.story for arrival in arrivals}
    changes = aftermath.Changes(source, Parsed(), at, arrivals, [], [], [], stories)
    _attach(arrivals, found)
    aftermath.follow(changes, joined, known)
    source.watched.filter(Q(over_at=None) | Q(over_at__gt=at)).update(over_at=at)
    return _in_order(joined, known)


def _arrival(episode: Episode, routing: Routing, row: Watched | None) -> Arrival:
    """As if it began now; the group is the one that its sender named, which only the row still knows."""
    alert = as_told(episode.alert)
    place = routing.place(alert)
    service = place.service.pk if place.service else None
    if row and row.service_id == service:
        place = replace(place, key=row.group_key)
    span = Span(episode.starts_at, episode.pk, opened_at=episode.opened_at, was_open=True)
    story = Story(alert.fingerprint, episode.alert_id, open=span, last=alert, said=Said.NEW)
    return Arrival(story, alert, place)


def _attach(arrivals: Sequence[Arrival], found: dict[str, Episode]) -> None:
    """Write which incident each of them has now."""
    episodes, alerts = [], []
    for arrival in arrivals:
        episode = found[arrival.story.fingerprint]
        episode.incident_id = episode.alert.incident_id = arrival.story.open.incident_id if arrival.story.open else None
        episodes.append(episode)
        alerts.append(episode.alert)
    Episode.objects.bulk_update(episodes, ["incident"])
    Alert.objects.bulk_update(alerts, ["incident"])


def _in_order(joined: Joined, known: dict[int, Incident]) -> list[Incident]:
    return [known[pk] for pk in sorted({one.pk for one in joined.opened} | joined.attached.keys())]
