"""Open incidents and the silences over them: which become quiet, which go on, which are loud again.

An incident is quiet only while each of its firing alerts is. Who acknowledged, or asked for quiet by hand, is not overruled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import BigIntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from alerts.models import Alert, Episode, Silence
from alerts.quieting import Blanket, Cover, Quiet, cover_of
from incidents import alerts_end, lifecycle
from incidents.models import OPEN_Q, Incident, Kind, TimelineEntry

ROSE = _("Its alert is worse than before, so it is not quiet any more.")


def change_over(silence: Silence, at: datetime) -> None:
    """`silence` begins, or has another end: what is open and is quiet by it is so until then. The caller holds its lock."""
    cover = cover_of(silence)
    if cover is None:
        return
    blanket = Blanket.of(at)
    for incident, quiet in _judged(fitting([cover]), blanket):
        if quiet is None:
            continue
        now = incident.silenced_until if incident.silenced_until and incident.silenced_until > at else None
        if now and kept_by(incident) is None and now >= quiet.until:
            continue  # a person asked for longer
        if quiet.until != now:
            _stamp(incident, quiet, at)


def end_over(silence: Silence, at: datetime) -> None:
    """`silence` was ended: what it kept quiet is loud, unless another one covers it. The caller holds its lock."""
    cover = cover_of(silence)
    touched = {incident.pk for incident in kept_quiet(at, silence)}
    touched |= set(fitting([cover])) if cover else set()
    blanket = Blanket.of(at)
    for incident, quiet in _judged(touched, blanket):
        if not (incident.silenced_until and incident.silenced_until > at) or kept_by(incident) is None:
            continue
        if quiet is None:
            text = _("The silence was ended: %s") % silence.reason
            alerts_end.end_silence(incident, at=at, cause="silence", text=text)
        elif quiet.until != incident.silenced_until:
            _stamp(incident, quiet, at)


def speak_after(silence: Silence, at: datetime) -> None:
    """`silence` is over: what fires under it and joined what somebody had quietened at the sender is paged for now.

    An acknowledgement or a snooze there was about other alerts. What `silence` alone kept quiet pages by its own time. The
    caller holds its lock.
    """
    cover = cover_of(silence)
    if cover is None:
        return
    blanket = Blanket.of(at)
    asked = Incident.objects.filter(~Q(held_by_sender="") | Q(silenced_until__gt=at), OPEN_Q).order_by()
    for incident, alerts in _locked(fitting([cover], within=asked)):
        mine = [one for one in alerts if cover.fits(one.labels, incident.service_id)]
        loud = [one.pk for one in mine if not blanket.over(one.labels, incident.service_id, incident.severity)]
        if incident.held_by_sender:
            if Episode.objects.filter(alert__in=loud, closed_at=None, acked_at=None).exists():
                text = _("The silence of an alert is over that nobody acknowledged at the sender.")
                lifecycle.let_go_at_sender(incident, sender=incident.held_by_sender, at=at, text=text)
        elif (number := snoozed(incident, at)) and set(loud) - {number}:
            text = _("The silence of an alert is over that nobody snoozed.")
            alerts_end.end_silence(incident, at=at, cause="silence", text=text)


def snoozed(incident: Incident, at: datetime) -> int:
    """The key of the alert that was snoozed at its sender, for which `incident` is quiet at `at`; 0 when it is not."""
    if not (incident.silenced_until and incident.silenced_until > at):
        return 0
    last = incident.timeline.filter(kind=Kind.QUIET).order_by("-pk").first()
    return int(last.data.get("snoozed", 0)) if last else 0


def _stamp(incident: Incident, quiet: Quiet, at: datetime) -> None:
    lifecycle.silence(incident, until=quiet.until, because=quiet.because, at=at, silence=quiet.silence)


def fitting(covers: Iterable[Cover], *, within: QuerySet[Incident] | None = None) -> dict[int, list[Alert]]:
    """The open incidents (of `within`) with a firing alert that one of `covers` fits, and all their firing alerts."""
    covers = list(covers)
    return {
        pk: alerts
        for pk, alerts in _firing(Incident.objects.filter(OPEN_Q).order_by() if within is None else within).items()
        if any(
            cover.fits(one.labels, one.incident.service_id if one.incident else None)
            for one in alerts
            for cover in covers
        )
    }


def _firing(incidents: Iterable[Incident]) -> dict[int, list[Alert]]:
    """What fires of these incidents, by their numbers; one statement."""
    alerts = Alert.objects.filter(firing=True, incident__in=incidents).select_related("incident")
    groups: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts.only("labels", "title", "incident").order_by("pk"):
        groups[alert.incident_id or 0].append(alert)
    return groups


def covered(alerts: Iterable[Alert], blanket: Blanket) -> Quiet | None:
    """What keeps these firing alerts of one incident quiet: the first to end, None when one of them is loud or none fires."""
    found = [blanket.over(one.labels, one.incident.service_id, one.incident.severity) for one in alerts if one.incident]
    quiet = [one for one in found if one]
    return min(quiet, key=lambda one: one.until) if quiet and len(quiet) == len(found) else None


def _judged(numbers: Iterable[int], blanket: Blanket) -> list[tuple[Incident, Quiet | None]]:
    """Each incident under its lock, and what keeps it quiet."""
    return [(incident, covered(alerts, blanket)) for incident, alerts in _locked(numbers)]


def _locked(numbers: Iterable[int]) -> list[tuple[Incident, list[Alert]]]:
    """Each incident under its lock, in the order of their numbers, with its firing alerts; without those that are over.

    Their alerts are read under the locks: while we waited, a delivery may have brought one that no silence covers.
    """
    rows = Incident.objects.filter(OPEN_Q, pk__in=sorted(numbers)).order_by("pk").select_for_update(no_key=True)
    incidents = list(rows)
    firing = _firing(incidents)
    return [(incident, firing[incident.pk]) for incident in incidents]


def kept_quiet(at: datetime, silence: Silence) -> QuerySet[Incident]:
    """Open incidents that are quiet at `at`, and `silence` was the last word about that."""
    quiet = Incident.objects.filter(OPEN_Q, silenced_until__gt=at)
    return quiet.alias(kept=Subquery(_LAST_WORD)).filter(kept=silence.pk)


def kept_by(incident: Incident) -> int | None:
    """The key of the silence that keeps `incident` quiet, None when a person does (or nobody)."""
    found = Incident.objects.filter(pk=incident.pk).annotate(kept=Subquery(_LAST_WORD))
    return found.values_list("kept", flat=True).first()


def silence_of(incident: Incident) -> Silence | None:
    """The silence that keeps `incident` quiet, with who made it."""
    pk = kept_by(incident)
    return Silence.objects.filter(pk=pk).select_related("by").first() if pk else None


_LAST_WORD = (
    TimelineEntry.objects.filter(Q(kind=Kind.QUIET) | Q(data__has_key="silence"), incident=OuterRef("pk"))
    .order_by("-pk")
    .annotate(kept=Cast(KT("data__silence"), BigIntegerField()))
    .values("kept")[:1]
)
"""The silence that the last word about quiet names: its own line, or the line with which a quiet incident began."""
