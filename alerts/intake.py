"""What a delivery of alerts does: episodes, incidents, story. One transaction, in bulk.

Locks are always taken in one order: the source and its groups, alerts by fingerprint, incidents by number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import perf_counter
from typing import Any

from django.db import Error, IntegrityError, OperationalError, transaction

from alerts import acks, aftermath, rows, silencing, watching
from alerts.episodes import Said, SeenBefore, Story, tell
from alerts.joining import Arrival, join, load, reopen_window
from alerts.models import Body, Source
from alerts.outcomes import belongs, outcome_of
from alerts.payloads import IncomingAlert, Parsed
from alerts.routing import Place, Routing
from alerts.rows import Letter
from alerts.stale_rules import is_asked
from incidents.models import OVER, Incident
from incidents.severity import rank

RETRIED = frozenset({"23505", "40001", "40P01", "23514"})
"""Somebody else was first; serialisation; deadlock; the month of a body was made while it was written."""


@dataclass(frozen=True, slots=True)
class Received:
    """How many alerts were read, the numbers of the incidents that they belong to, in order, and the key of an event.

    `body` is the stored request, and `outcome` what became of each alert (`alerts.outcomes`).
    """

    accepted: int
    incidents: list[str]
    dedup_key: str
    body: int
    outcome: dict[str, Any]


def letter_of(content: bytes, parsed: Parsed, *, size: int, content_type: str = "") -> Letter:
    """A request's body with the digest by which a second copy of it is known.

    Two Alertmanagers of a pair post the same body but for their own address, so that does not count.
    """
    same = content.replace(parsed.external_url.encode(), b"") if parsed.external_url else content
    return Letter(content, size, sha256(same).hexdigest(), content_type)


def receive(
    source: Source,
    parsed: Parsed,
    *,
    letter: Letter,
    at: datetime,
    routing: Routing | None = None,
    drill: bool = False,
) -> Received:
    """Take in one delivery of `source` that came at `at`, and commit. With `drill` what it opens pages, and counts nowhere.

    Retried when another delivery was faster, or a silence was ended that had been read; the last time silences count for
    nothing, for a page too many beats one too few. Raises `django.db.Error` when the database is gone: nothing was
    kept, and the sender must send it again.
    """
    routing = routing or Routing.of(source, at)
    for silenced in (True, False):
        try:
            return _receive(source, parsed, letter, at, routing, drill)
        except silencing.SilenceOver:
            routing = Routing.of(source, at, silenced=silenced)
        except (IntegrityError, OperationalError) as error:
            if not _worth_another_try(error):
                raise
    return _receive(source, parsed, letter, at, routing, drill)


def _worth_another_try(error: Error) -> bool:
    return getattr(error.__cause__, "pgcode", None) in RETRIED


@transaction.atomic
def _receive(source: Source, parsed: Parsed, letter: Letter, at: datetime, routing: Routing, drill: bool) -> Received:
    begun = perf_counter()
    watches = watching.watches(source)
    everything = [*parsed.alerts, *parsed.acks]
    places = [routing.place(alert) for alert in parsed.alerts]
    stories = _read(source, everything, places, routing.class_label)
    last, told, arrivals = hear(source, parsed, places, stories, at, seen_before(source, letter.digest))
    ended, worse, again = _ended(told), worsened(told, last, routing), _told_again(told)
    watched: dict[str, Any] = {}
    if watches:
        watched, arrivals, worse = watching.note(source, arrivals, ended, at), [], []
    quiet = [place.quiet for place in (*(one.place for one in arrivals), *(place for _, place in worse)) if place.quiet]
    if quiet:
        silencing.hold(quiet)
    heard = [story for story in told if story.said is Said.REFRESHED and is_asked(story.stale_at, at)]
    changes = aftermath.Changes(
        source, parsed, at, arrivals, ended, worse, again, stories, heard, _risen(worse, routing)
    )
    known = load(changes.incident_ids(), (one.place.key for one in arrivals), at) if changes.matter() else {}
    joined = join(source, arrivals, known, at=at, drill=drill)
    incidents = sorted({pk for story in stories.values() for pk in belongs(story)})
    acked = acks.heard(parsed.acks, stories, known)
    outcome = outcome_of(parsed, told, last, incidents, opened=[one.pk for one in joined.opened], acked=acked) | watched
    outcome["took"] = {"read": letter.read_ms, "decided": round((perf_counter() - begun) * 1000, 1)}
    repeats = all(story.said is Said.REFRESHED for story in told)
    body = rows.write(source, letter, told, at=at, accepted=len(everything), outcome=outcome, repeats=repeats)
    aftermath.follow(changes, joined, known)
    return Received(len(everything), [f"INC-{pk}" for pk in incidents], parsed.dedup_key, body, outcome)


def hear(
    source: Source,
    parsed: Parsed,
    places: Sequence[Place],
    stories: dict[str, Story],
    at: datetime,
    seen: SeenBefore,
) -> tuple[dict[str, Place], list[Story], list[Arrival]]:
    """Tell the stories what came: the place of each alert by fingerprint, their stories, and the episodes that begin."""
    _end_by_hand(source, parsed.alerts, stories, at)
    for alert in parsed.alerts:
        tell(stories[alert.fingerprint], alert, at, seen)
    last = {alert.fingerprint: place for alert, place in zip(parsed.alerts, places, strict=True)}
    told = [stories[fingerprint] for fingerprint in last]
    arrivals = [
        Arrival(story, story.last, last[story.fingerprint])
        for story in told
        if story.last and story.open and not story.open.was_open
    ]
    return last, told, arrivals


def _end_by_hand(source: Source, alerts: Sequence[IncomingAlert], stories: dict[str, Story], at: datetime) -> None:
    """What fires after people ended its incident is a new one: they told the sender nothing of it.

    An event says so at once. A sender that gives no beginning may only repeat itself, so its word counts when the incident
    has been over for as long as an alert may bring one back.
    """
    begun: dict[int, list[tuple[IncomingAlert, Story]]] = defaultdict(list)
    for alert in alerts:
        story = stories[alert.fingerprint]
        if story.open and story.open.incident_id and not alert.resolved and (alert.event or alert.starts_at is None):
            begun[story.open.incident_id].append((alert, story))
    if not begun:
        return
    since = at - reopen_window(source)
    over = Incident.objects.filter(pk__in=begun, state__in=[str(state) for state in OVER])
    for pk, resolved_at in over.values_list("pk", "resolved_at"):
        for alert, story in begun[pk]:
            if alert.event or resolved_at is None or resolved_at <= since:
                story.end_by_hand(at)


def _read(source: Source, alerts: Sequence[IncomingAlert], places: Sequence[Place], label: str) -> dict[str, Story]:
    if alerts:
        rows.lock(source.pk, {place.key for place in places})
    return stories_of(source, alerts, label)


def stories_of(source: Source, alerts: Sequence[IncomingAlert], label: str, *, lock: bool = True) -> dict[str, Story]:
    """What is known of each of these alerts, by fingerprint; locked, unless somebody only wants to know."""
    fingerprints = sorted({alert.fingerprint for alert in alerts})
    if not fingerprints:
        return {}
    begun = sorted({alert.starts_at for alert in alerts if alert.starts_at})
    known = rows.read_stories(source, fingerprints, begun, label, lock=lock)
    return {fingerprint: known.get(fingerprint) or Story(fingerprint) for fingerprint in fingerprints}


def seen_before(source: Source, digest: str) -> SeenBefore:
    """Asks the database once, and only when an episode that is over seems to begin again."""
    first: list[datetime | None] = []

    def seen(closed_at: datetime) -> bool:
        if not first:
            same = Body.objects.filter(source=source, digest=digest).order_by("pk")
            first.append(same.values_list("received_at", flat=True).first())
        return first[0] is not None and first[0] <= closed_at

    return seen


def _ended(told: Iterable[Story]) -> list[Story]:
    """Alerts that were firing and are not any more."""
    return [story for story in told if story.open is None and any(span.was_open for span in story.closed.values())]


def _told_again(told: Iterable[Story]) -> list[Story]:
    """Events that say once more what is open already."""
    return [story for story in told if story.said is Said.REFRESHED and story.last and story.last.event]


def worsened(told: Iterable[Story], places: dict[str, Place], routing: Routing) -> list[tuple[Story, Place]]:
    """Alerts that go on firing under another class label than before."""
    label = routing.class_label
    return [
        (story, places[story.fingerprint])
        for story in told
        if label
        and story.said is Said.REFRESHED
        and story.last
        and story.last.labels.get(label, "") != story.class_label
    ]


def _risen(changed: Iterable[tuple[Story, Place]], routing: Routing) -> list[Story]:
    """Of those with another label, the ones whose own class is worse by it."""
    return [
        story
        for story, place in changed
        if rank(place.severity) < rank(routing.class_of({routing.class_label: story.class_label or ""}, place.service))
    ]
