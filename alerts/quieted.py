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

from alerts.models import Alert, Silence
from alerts.quieting import Blanket, Cover, Quiet, cover_of
from incidents import alerts_end, lifecycle
from incidents.models import OPEN_Q, Incident, Kind, TimelineEntry


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


def _stamp(incident: Incident, quiet: Quiet, at: datetime) -> None:
    lifecycle.silence(incident, until=quiet.until, because=quiet.because, at=at, silence=quiet.silence)


def fitting(covers: Iterable[Cover]) -> dict[int, list[Alert]]:
    """The open incidents with a firing alert that one of `covers` fits, and all their firing alerts."""
    covers = list(covers)
    return {
        pk: alerts
        for pk, alerts in _firing(Incident.objects.filter(OPEN_Q).order_by()).items()
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
    """Each incident under its lock, in the order of their numbers, and what keeps it quiet; without those that are over.

    Their alerts are read under the locks: while we waited, a delivery may have brought one that no silence covers.
    """
    rows = Incident.objects.filter(OPEN_Q, pk__in=sorted(numbers)).order_by("pk").select_for_update(no_key=True)
    incidents = list(rows)
    firing = _firing(incidents)
    return [(incident, covered(firing[incident.pk], blanket)) for incident in incidents]


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
