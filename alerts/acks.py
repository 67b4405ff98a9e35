"""Alerts that somebody acknowledged at their sender, by nobody's name.

An acknowledgement is of an alert; its incident is acknowledged when every alert of it that fires is. Until then paging goes
on, and the story says why: a page too many beats a page too few. For the same reason a sender does not stand for several
people where the policy asks for several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from alerts.episodes import Said, Story
from alerts.joining import Arrival, told
from alerts.models import Episode, Source
from alerts.payloads import IncomingAlert
from incidents import lifecycle
from incidents.models import Incident, Kind
from paging.policy import acknowledgements_for


def heard(
    acks: Sequence[IncomingAlert], stories: Mapping[str, Story], known: Mapping[int, Incident]
) -> dict[str, int | None]:
    """For each acknowledged alert, by fingerprint, the open incident in which it fires; None where there is none."""
    found: dict[str, int | None] = {}
    for alert in acks:
        story = stories[alert.fingerprint]
        pk = story.open.incident_id if story.open else None
        found[alert.fingerprint] = pk if pk and pk in known and known[pk].is_open else None
    return found


def follow(source: Source, acks: Sequence[IncomingAlert], found: Mapping[str, int | None], *, at: datetime) -> None:
    """Write the acknowledgements down, and acknowledge the incidents whose every firing alert has one.

    The caller holds the locks of the incidents. Twice is once.
    """
    named: dict[int, list[IncomingAlert]] = defaultdict(list)
    for alert in acks:
        if pk := found[alert.fingerprint]:
            named[pk].append(alert)
    for pk, alerts in sorted(named.items()):
        keys = [alert.fingerprint for alert in alerts]
        fresh = Episode.objects.filter(alert__source=source, alert__fingerprint__in=keys, closed_at=None)
        _acknowledge(pk, source, alerts, at, news=fresh.filter(acked_at=None).update(acked_at=at) > 0)


def _acknowledge(pk: int, source: Source, alerts: Sequence[IncomingAlert], at: datetime, *, news: bool) -> None:
    """Once more, without `news`, only an event counts: somebody pressed again, perhaps after the time of the first was over.

    A sender that repeats how things stand would hold it for ever.
    """
    if not news and not any(alert.event for alert in alerts):
        return
    incident = Incident.objects.get(pk=pk)
    waiting = Episode.objects.filter(incident=pk, closed_at=None, acked_at=None).exists()
    if not incident.is_held and not waiting and acknowledgements_for(incident) == 1:
        lifecycle.acknowledge_at_sender(incident, sender=str(source), at=at)
    elif news:
        text = _("Acknowledged at the sender.")
        if not incident.is_held:
            more = _("Other alerts of it fire that nobody acknowledged there: paging goes on.")
            text += " " + (more if waiting else _("The policy asks for several people, so paging goes on."))
        data: dict[str, Any] = told(source, alerts)
        incident.tell(Kind.NOTE, at=at, cause=str(source), text=text, **data)


def outlived(incident: Incident, arrivals: Sequence[Arrival], source: Source, *, at: datetime) -> None:
    """An alert came that nobody acknowledged there: an incident that only the sender had is paged for again.

    One that flaps is no news, and one that is silenced pages nobody.
    """
    fresh = [one for one in arrivals if one.story.said is Said.NEW and one.place.quiet is None]
    if incident.held_by_sender and fresh:
        text = _("An alert came that nobody acknowledged at the sender.")
        lifecycle.let_go_at_sender(incident, sender=str(source), at=at, text=text)
