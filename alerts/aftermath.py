"""What a delivery does to incidents that were there before: they hear more, pages start again, they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from alerts import acks, quieted, rows
from alerts.episodes import Said, Story
from alerts.flap_rules import hold_of
from alerts.flapping import flapping_of
from alerts.habits import habits_of
from alerts.joining import Arrival, Joined, told
from alerts.models import Alert, Source
from alerts.payloads import IncomingAlert, Parsed
from alerts.routing import Place
from incidents import alerts_end, lifecycle
from incidents.models import Incident, Kind, TimelineEntry
from incidents.severity import RESOLVE_HOLD, rank
from paging.models import Escalation

BY_ALERTS = ("alert", "auto")


@dataclass(frozen=True, slots=True)
class Changes:
    """What one delivery changes: episodes that began, alerts that ended or got worse, events told again, alerts that are
    heard of again after people were asked about them, and those of a worse class than they had themselves."""

    source: Source
    parsed: Parsed
    at: datetime
    arrivals: Sequence[Arrival]
    ended: Sequence[Story]
    worsened: Sequence[tuple[Story, Place]]
    repeated: Sequence[Story]
    stories: dict[str, Story]
    unheard: Sequence[Story] = ()
    risen: Sequence[Story] = ()

    def matter(self) -> bool:
        """Whether any incident may change; a mere repeat touches none."""
        news = self.arrivals or self.ended or self.worsened or self.repeated or self.unheard
        return bool(news or self.parsed.acks or self.parsed.truncated)

    def incident_ids(self) -> set[int]:
        """The incidents that the alerts of this delivery belong to."""
        found = {span.incident_id for story in self.stories.values() for span in story.spans()}
        return {pk for pk in found if pk}


def follow(changes: Changes, joined: Joined, known: dict[int, Incident]) -> None:
    """Tell the incidents what came. The caller holds their locks and has written the episodes."""
    if not known:
        return
    ended = _by_incident(changes.ended)
    truncated = _truncated(changes, known) if changes.parsed.truncated else set()
    back = _heard_again(changes, known)
    _tell(changes, joined, ended, truncated, back)
    # An incident that hears of a firing alert, or of a cut list, does not end by itself now.
    firing = set(joined.attached) | truncated | back.keys()
    alerts_end.heard(firing, ended=set(ended) - firing)
    for pk in sorted(joined.attached):
        acks.outlived(known[pk], joined.attached[pk], changes.source, at=changes.at)
    acks.follow(
        changes.source, changes.parsed.acks, acks.heard(changes.parsed.acks, changes.stories, known), at=changes.at
    )
    _page_again(changes, joined, known)
    _classes(changes, joined, known)
    for pk, members in joined.attached.items():
        _impact(known[pk], [start for one in members if (start := one.impact_at(changes.at))])
    if not changes.parsed.truncated:
        _resolve(changes, [known[pk] for pk in sorted(ended) if pk in known])


def _by_incident(ended: Iterable[Story]) -> dict[int, list[IncomingAlert]]:
    found: dict[int, list[IncomingAlert]] = defaultdict(list)
    for story in ended:
        for span in story.closed.values():
            if span.was_open and span.incident_id and story.last:
                found[span.incident_id].append(story.last)
    return found


def _truncated(changes: Changes, known: dict[int, Incident]) -> set[int]:
    """The open incidents that a cut delivery speaks of."""
    spans = (
        span for story in changes.stories.values() for span in story.spans() if span is story.open or span.was_open
    )
    return {span.incident_id for span in spans if span.incident_id in known and known[span.incident_id].is_open}


def _heard_again(changes: Changes, known: dict[int, Incident]) -> dict[int, list[IncomingAlert]]:
    """What was stale and is told again, by open incident."""
    back: dict[int, list[IncomingAlert]] = defaultdict(list)
    for story in changes.unheard:
        pk = story.open.incident_id if story.open else None
        if pk and pk in known and known[pk].is_open and story.last:
            back[pk].append(story.last)
    return back


def _tell(
    changes: Changes,
    joined: Joined,
    ended: dict[int, list[IncomingAlert]],
    truncated: set[int],
    back: dict[int, list[IncomingAlert]],
) -> None:
    """One line for each incident and sort of news."""
    lines: list[tuple[int, Kind, str, dict[str, Any]]] = []
    for pk, members in joined.attached.items():
        flaps = sum(1 for one in members if one.story.said is Said.FLAPPED)
        data = told(changes.source, [one.alert for one in members])
        lines.append((pk, Kind.ALERT, "", data | ({"flaps": flaps} if flaps else {})))
    lines += [(pk, Kind.ALERT_RESOLVED, "", told(changes.source, alerts)) for pk, alerts in ended.items()]
    lines += [(pk, Kind.ALERT, "", data) for pk, data in _told_again(changes).items()]
    lines += [(pk, Kind.NOTE, _("It is heard of again."), told(changes.source, alerts)) for pk, alerts in back.items()]
    if truncated:
        heard = TimelineEntry.objects.filter(incident__in=truncated, kind=Kind.ALERT, data__has_key="truncated")
        text = _("The sender left alerts out of its list, so this does not resolve by itself: raise max_alerts.")
        data = {"source": changes.source.slug, "truncated": changes.parsed.truncated}
        lines += [(pk, Kind.ALERT, text, data) for pk in truncated - set(heard.values_list("incident_id", flat=True))]
    if lines:
        TimelineEntry.objects.bulk_create(
            TimelineEntry(incident_id=pk, at=changes.at, kind=kind, cause=str(changes.source), text=text, data=data)
            for pk, kind, text, data in sorted(lines, key=lambda line: line[0])
        )


def _told_again(changes: Changes) -> dict[int, dict[str, Any]]:
    """A line for events that were told again, by incident; none where the newest line says just that already.

    Some senders repeat themselves each minute: every repeat stands under the source's deliveries, the story says it once.
    """
    again: dict[int, list[IncomingAlert]] = defaultdict(list)
    for story in changes.repeated:
        if story.open and story.open.incident_id and story.last:
            again[story.open.incident_id].append(story.last)
    lines = {pk: {**told(changes.source, alerts), "again": True} for pk, alerts in again.items()}
    newest = TimelineEntry.objects.filter(incident__in=lines).order_by("incident", "-pk").distinct("incident")
    said = dict(newest.values_list("incident", "data")) if lines else {}
    return {pk: data for pk, data in lines.items() if said.get(pk) != data}


def _page_again(changes: Changes, joined: Joined, known: dict[int, Incident]) -> None:
    """A later alert starts paging anew when everybody had been asked, or when the incident was silent and it is not."""
    there = [pk for pk in joined.attached if pk not in joined.reopened]
    waiting = [pk for pk in there if not known[pk].is_held]
    exhausted = exhausted_of(waiting) if waiting else set()
    for pk in there:
        # Where somebody has it, the silence would else outlast the time that they have.
        if speaks_up(known[pk], joined.attached[pk], changes.at):
            alerts_end.end_silence(known[pk], at=changes.at, cause=str(changes.source))
    flapping = flapping_among(joined.attached, exhausted, changes.at)
    for pk in sorted(exhausted):
        if not calls_anew(joined.attached[pk], flapping):
            continue
        lifecycle.page_again(known[pk], at=changes.at, cause=str(changes.source))


def exhausted_of(incident_ids: Sequence[int]) -> set[int]:
    """Those of these incidents for which everybody had been asked: a later alert starts paging anew."""
    runs = Escalation.objects.filter(
        incident__in=incident_ids, state=Escalation.State.EXHAUSTED, fence=F("incident__page_fence")
    )
    return set(runs.values_list("incident_id", flat=True))


def flapping_among(
    attached: Mapping[int, Sequence[Arrival]], exhausted: Collection[int], at: datetime
) -> Collection[int]:
    """Keys of the alerts that flap among those that join these incidents."""
    ids = [one.story.alert_id for pk in exhausted for one in attached[pk] if one.story.alert_id]
    return flapping_of(Alert.objects.filter(pk__in=ids), at) if ids else ()


def calls_anew(members: Sequence[Arrival], flapping: Collection[int]) -> bool:
    """Whether these arrivals start paging anew after everybody was asked: one that is neither silenced nor only flaps."""
    return any(one.place.quiet is None and one.story.alert_id not in flapping for one in members)


def speaks_up(incident: Incident, members: Sequence[Arrival], at: datetime) -> bool:
    """Whether these alerts end the silence that the incident has: it is silent, and one of them is not silenced."""
    silent = incident.silenced_until is not None and incident.silenced_until > at
    return silent and any(one.place.quiet is None for one in members)


def _classes(changes: Changes, joined: Joined, known: dict[int, Incident]) -> None:
    """A worse class by a later alert; alerts never make a class better."""
    raising: dict[int, list[Place]] = defaultdict(list)
    for pk, members in joined.attached.items():
        raising[pk] += [one.place for one in members]
    for story, place in changes.worsened:
        if story.open and story.open.incident_id:
            raising[story.open.incident_id].append(place)
    for pk, places in sorted(raising.items()):
        worse = min((place.severity for place in places), key=rank)
        if pk in known and known[pk].is_open and rank(worse) < rank(known[pk].severity):
            _quiet_as(known[pk], [place for place in places if place.severity == worse], changes)
            lifecycle.change_class(known[pk], to=worse, at=changes.at, cause=str(changes.source))
    _wake_snoozed(changes, known)


def _wake_snoozed(changes: Changes, known: dict[int, Incident]) -> None:
    """A snooze at the sender is of the alert as it was: it ends when that gets worse, whatever class its incident has."""
    risen = {pk for story in changes.risen if story.open and (pk := story.open.incident_id)}
    for pk in sorted(risen & known.keys()):
        incident = Incident.objects.get(pk=pk)
        if incident.is_open and quieted.snoozed(incident, changes.at):
            alerts_end.end_silence(incident, at=changes.at, cause=str(changes.source), text=quieted.ROSE)


def _quiet_as(incident: Incident, places: Sequence[Place], changes: Changes) -> None:
    """What raises the class of a silent incident is silenced no longer than its own class allows, or not at all."""
    if not (incident.silenced_until and incident.silenced_until > changes.at):
        return
    quiet = [place.quiet for place in places if place.quiet]
    if len(quiet) < len(places):
        alerts_end.end_silence(incident, at=changes.at, cause=str(changes.source))
        return
    first = min(quiet, key=lambda one: one.until)
    if first.until < incident.silenced_until:
        lifecycle.silence(incident, until=first.until, because=first.because, at=changes.at, silence=first.silence)


def _impact(incident: Incident, starts: Sequence[datetime]) -> None:
    """Move the beginning of impact back to an earlier alert's, unless a person has set it."""
    earliest = min(starts, default=None)
    source = incident.stamp_sources.get("impact_started_at", "alert")
    if earliest is None or source not in BY_ALERTS or incident.mitigated_at:
        return
    if incident.impact_started_at is None or earliest < incident.impact_started_at:
        alerts_end.impact_began(incident, earliest)


def _resolve(changes: Changes, incidents: Sequence[Incident]) -> None:
    """Incidents that alerts opened end when all their alerts have, after the hold-down."""
    mine = [one for one in incidents if one.is_open and one.stamp_sources.get("detected_at") in BY_ALERTS]
    standing = rows.still_firing(one.pk for one in mine) if mine else {}
    later: list[tuple[int, datetime, datetime]] = []
    ended = [one.pk for one in mine if not standing.get(one.pk, (0, None))[0]]
    alerts = Alert.objects.filter(incident__in=ended)
    flapping = flapping_of(alerts, changes.at) if ended else {}
    flap = set(alerts.filter(pk__in=flapping).values_list("incident", flat=True)) if flapping else set()
    for incident in mine:
        firing, ended_at = standing.get(incident.pk, (0, None))
        if firing:
            continue
        hold = hold_of(resolve_hold(changes.source, incident.severity), flapping=incident.pk in flap)
        if hold > timedelta(0):
            later.append((incident.pk, ended_at or changes.at, changes.at + hold))
        else:
            lifecycle.resolve(incident, at=changes.at, as_of=ended_at, cause=str(changes.source))
    if later:
        alerts_end.resolve_many_later(later)


def resolve_hold(source: Source, severity: str) -> timedelta:
    """How long an incident of this class waits after its last alert of `source` ended: as the source says, else its kind."""
    given = habits_of(source.kind).resolve_hold if source.resolve_hold is None else source.resolve_hold
    return RESOLVE_HOLD[severity] if given is None else given
