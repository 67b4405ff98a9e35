"""Which incident an episode belongs to: the open one of its group, the one that just ended, or a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max

from alerts.episodes import Said, Story
from alerts.grouping import SERVICE, group_title
from alerts.habits import habits_of
from alerts.models import Episode, Source
from alerts.payloads import IncomingAlert
from alerts.quieting import Quiet
from alerts.routing import Place, customers_notice
from incidents import alerts_end, lifecycle
from incidents.lifecycle import Opening
from incidents.models import OPEN, Incident, State
from incidents.severity import rank

RECURS_WITHIN = timedelta(hours=72)
OLDEST_START = timedelta(days=366)
TITLES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """An episode that began with this delivery, and where it belongs."""

    story: Story
    alert: IncomingAlert
    place: Place

    def impact_at(self, at: datetime) -> datetime | None:
        """When customers began to feel it, clamped for statistics; None when they do not."""
        if not customers_notice(self.alert, self.place.service):
            return None
        starts_at = self.alert.starts_at or at
        return at if starts_at > at or starts_at < at - OLDEST_START else starts_at


@dataclass(slots=True)
class Joined:
    """What became of the arrivals of one delivery."""

    opened: list[Incident] = field(default_factory=list)
    attached: dict[int, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    reopened: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Sorted:
    """Arrivals by the incident that they join, and by the group that needs a new one."""

    attached: dict[int, list[Arrival]]
    waiting: dict[str, list[Arrival]]
    groups: _Groups


def load(
    incident_ids: Iterable[int], group_keys: Iterable[str], at: datetime, *, lock: bool = True
) -> dict[int, Incident]:
    """The incidents that this delivery may change: those named, the open and recent ones of the groups, and merged ones.

    They are locked, unless somebody only wants to know (`lock=False`).
    """
    wanted = {
        "ids": sorted(set(incident_ids)),
        "keys": sorted(set(group_keys)),
        "live": [*OPEN, State.MERGED],
        "since": at - RECURS_WITHIN,
    }
    return {incident.pk: incident for incident in Incident.objects.raw(_LOAD + (_LOCK if lock else ""), wanted)}


# By hand, because it runs for every delivery that brings news.
_LOAD = """
SELECT * FROM incidents_incident
WHERE id = ANY(%(ids)s) OR (group_key = ANY(%(keys)s) AND (state = ANY(%(live)s) OR resolved_at >= %(since)s))
   OR id IN (SELECT merged_into_id FROM incidents_incident WHERE group_key = ANY(%(keys)s) AND merged_into_id IS NOT NULL)
ORDER BY id
"""
_LOCK = "FOR NO KEY UPDATE"


def sort_out(source: Source, arrivals: Sequence[Arrival], known: dict[int, Incident], at: datetime) -> Sorted:
    """Which incident each arrival joins or brings back, and which groups need a new one; writes nothing."""
    groups = _Groups(source, known, at)
    found = Sorted(defaultdict(list), defaultdict(list), groups)
    for arrival in arrivals:
        incident = groups.incident_for(arrival)
        if incident is None:
            found.waiting[arrival.place.key].append(arrival)
        else:
            found.attached[incident.pk].append(arrival)
    return found


def join(
    source: Source, arrivals: Sequence[Arrival], known: dict[int, Incident], *, at: datetime, drill: bool = False
) -> Joined:
    """Give each arrival its incident; opens (with `drill` as drills) and reopens. Adds to `known` and to each episode."""
    found = sort_out(source, arrivals, known, at)
    joined, groups, waiting = Joined(attached=found.attached), found.groups, found.waiting
    for pk in sorted(joined.attached):
        if not known[pk].is_open:
            known[pk] = lifecycle.reopen(known[pk], at=at, cause=str(source))
            if quiet := quiet_of(joined.attached[pk]):
                known[pk] = lifecycle.silence(
                    known[pk], until=quiet.until, because=quiet.because, at=at, silence=quiet.silence
                )
            elif known[pk].silenced_until:
                alerts_end.end_silence(known[pk], at=at, cause=str(source))
                known[pk].refresh_from_db()
            joined.reopened.add(pk)
    groups.make_room(waiting)
    if waiting:
        openings = [opening_of(source, members, groups.before(key), at, drill) for key, members in waiting.items()]
        joined.opened = lifecycle.open_many(openings, at=at)
    pairs = [(pk, members) for pk, members in joined.attached.items()]
    pairs += [(incident.pk, members) for incident, members in zip(joined.opened, waiting.values(), strict=True)]
    for pk, members in pairs:
        for arrival in members:
            if arrival.story.open:
                arrival.story.open.incident_id = pk
    known.update({incident.pk: incident for incident in joined.opened})
    return joined


class _Groups:
    """The incidents of the groups, as they stand when the delivery comes."""

    def __init__(self, source: Source, known: dict[int, Incident], at: datetime) -> None:
        self.source, self.known, self.at = source, known, at
        self.by_key: dict[str, list[Incident]] = defaultdict(list)
        for incident in known.values():
            if incident.group_key:
                # What would have gone to an incident that was merged goes to the one that it was merged into.
                self.by_key[incident.group_key].append(known.get(incident.merged_into_id or 0, incident))
        self._joins: dict[int, bool] = {}

    def incident_for(self, arrival: Arrival) -> Incident | None:
        """The incident that the arrival joins or brings back; None when it needs a new one."""
        of_group = self.by_key.get(arrival.place.key, [])
        was = arrival.story.open.incident_id if arrival.story.open else None
        own = self.known.get(was) if was and arrival.story.said in (Said.FLAPPED, Said.AGAIN) else None
        if own and own.is_open:
            return own
        live = max((incident for incident in of_group if incident.is_open), key=lambda one: one.pk, default=None)
        if live:
            return live if self._in_window(live) else None
        return max(
            (one for one in [*of_group, own] if one and self._reopens(one)), key=lambda one: one.pk, default=None
        )

    def _reopens(self, incident: Incident) -> bool:
        window = reopen_window(self.source)
        since = self.at - window
        over = incident.state in (State.RESOLVED, State.CLOSED)
        return bool(window) and over and incident.resolved_at is not None and incident.resolved_at >= since

    def _in_window(self, incident: Incident) -> bool:
        """Whether the incident still takes alerts: by service only when the last one came within the group window."""
        since = self.at - self.source.group_window
        if self.source.grouping != SERVICE or incident.declared_at >= since:
            return True
        if incident.pk not in self._joins:
            last = Episode.objects.filter(incident=incident).aggregate(last=Max("opened_at"))["last"]
            self._joins[incident.pk] = last is not None and last >= since
        return self._joins[incident.pk]

    def make_room(self, keys: Collection[str]) -> None:
        """An open incident beyond its window gives its key to the next one: only one open incident holds each."""
        retired = [one for key in keys for one in self.by_key.get(key, []) if one.is_open]
        if retired:
            Incident.objects.filter(pk__in=[one.pk for one in retired], group_key__in=keys).update(group_key="")

    def before(self, key: str) -> int | None:
        """The last incident of the group in the last 72 hours, which the new one recurs."""
        return max((one.pk for one in self.by_key.get(key, []) if not one.is_open and one.resolved_at), default=None)


def reopen_window(source: Source) -> timedelta:
    """For how long an alert brings back an incident that is over: as the source says, else as its kind does."""
    return habits_of(source.kind).reopen_window if source.reopen_window is None else source.reopen_window


def opening_of(source: Source, members: Sequence[Arrival], before: int | None, at: datetime, drill: bool) -> Opening:
    """The incident that these arrivals of one group open at `at`; `before` is the one that it recurs."""
    first = members[0].place
    impacts = [start for arrival in members if (start := arrival.impact_at(at))]
    silence = quiet_of(members)
    playbook = next((arrival.place.playbook for arrival in members if arrival.place.playbook), "")
    more: dict[str, object] = {"playbook": playbook} if playbook else {}
    more |= {"silence": silence.silence} if silence else {}
    return Opening(
        title=group_title([arrival.alert for arrival in members]),
        service=first.service,
        severity=worst(members),
        group_key=first.key,
        detected_at=at,
        impact_started_at=min(impacts, default=None),
        customer_facing=bool(impacts),
        cause=str(source),
        silenced_until=silence.until if silence else None,
        silenced_because=silence.because if silence else "",
        recurrence_of_id=before,
        drill=drill,
        data=told(source, [arrival.alert for arrival in members]) | more,
    )


def quiet_of(members: Sequence[Arrival]) -> Quiet | None:
    """Silent only while every alert is: the first silence to end lets the page out."""
    quiet = [arrival.place.quiet for arrival in members]
    return min((one for one in quiet if one), key=lambda one: one.until, default=None) if all(quiet) else None


def worst(members: Sequence[Arrival]) -> str:
    """The worst class among arrivals."""
    return min((arrival.place.severity for arrival in members), key=rank)


def told(source: Source, alerts: Sequence[IncomingAlert]) -> dict[str, object]:
    """What a line of the story says of alerts: how many, and the titles of the first few."""
    titles = list(dict.fromkeys(alert.title for alert in alerts))
    return {"source": source.slug, "alerts": len(alerts), "titles": titles[:TITLES_SHOWN]}
