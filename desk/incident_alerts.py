"""The machines' side of an incident's page: its alerts, and the playbooks that fit them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.flapping import flapping_of
from alerts.matching import Matcher, compile_match
from alerts.models import Alert, Episode, EpisodeQuerySet
from alerts.stale_rules import is_asked
from incidents.models import Incident
from teams.models import Playbook

SHOWN = 50
"""Alerts on a page: a storm of 10,000 is one incident, and nobody reads more."""


@dataclass(frozen=True)
class AlertRow:
    """One alert as it stands in one incident: an episode in another incident does not change this one.

    `changes` is how often it began or ended within the window of the flap rules, 0 for one that does not flap.
    """

    pk: int
    title: str
    labels: dict[str, str]
    annotations: dict[str, str]
    links: list[tuple[str, str]]
    firing: bool
    starts_at: datetime
    ends_at: datetime | None
    flaps: int
    changes: int
    source: str
    can_silence: bool = False
    unheard_since: datetime | None = None
    """When it was last heard of, for one about which people are asked; None for others."""
    repeat_gap: timedelta | None = None

    def __str__(self) -> str:
        return self.title


def alerts_of(incident: Incident, at: datetime) -> list[AlertRow]:
    """The latest episode of each alert, firing first; at most `SHOWN`. Two queries at most."""
    found = EpisodeQuerySet(Episode).of_incident(incident).select_related("alert__source")
    episodes = list(found[:SHOWN])
    changes = flapping_of(Alert.objects.filter(pk__in=[one.alert_id for one in episodes]), at) if episodes else {}
    return [_row(episode, changes.get(episode.alert_id, 0), at) for episode in episodes]


def _row(episode: Episode, changes: int, at: datetime) -> AlertRow:
    alert = episode.alert
    doubted = episode.closed_at is None and is_asked(alert.stale_at, at)
    return AlertRow(
        pk=alert.pk,
        title=str(alert),
        labels=alert.labels,
        annotations=alert.annotations,
        links=[_link(link) for link in alert.links],
        firing=episode.closed_at is None,
        starts_at=episode.starts_at,
        ends_at=episode.ends_at or episode.closed_at,
        flaps=alert.flaps,
        changes=changes,
        source=alert.source.slug,
        can_silence=episode.closed_at is None and bool(alert.source.reconcile_urls),
        unheard_since=alert.last_seen_at if doubted else None,
        repeat_gap=alert.repeat_gap,
    )


def unheard_of(alerts: Sequence[AlertRow]) -> list[AlertRow]:
    """Those whose sender has been silent about them for too long, the longest silence first."""
    return sorted((one for one in alerts if one.unheard_since), key=lambda one: str(one.unheard_since))


def _link(link: object) -> tuple[str, str]:
    """(label, address) of a link as it was stored. Only web addresses ever come in, which is checked again here."""
    if isinstance(link, dict):
        label, url = str(link.get("label", "")), str(link.get("url", ""))
    else:
        label, url = (str(link[0]), str(link[1])) if isinstance(link, list) and len(link) == 2 else ("", "")  # noqa: PLR2004
    return label, url if url.startswith(("http://", "https://")) else ""


def still_firing(incident: Incident) -> int:
    """How many alerts of the incident fire now."""
    return Episode.objects.filter(incident=incident, closed_at=None).count()


def playbooks_of(incident: Incident, alerts: Sequence[AlertRow]) -> list[Playbook]:
    """First steps that fit: those whose matchers hold for one of the alerts, the service's order kept. One query.

    Without any alert only playbooks that ask for no label fit.
    """
    if incident.service_id is None:
        return []
    known = Playbook.objects.filter(service_id=incident.service_id, archived_at=None)
    told = [alert.labels for alert in alerts] or [{}]
    return [book for book in known if (fits := _matcher(book)) and any(fits(labels) for labels in told)]


def _matcher(book: Playbook) -> Matcher | None:
    """The playbook's matcher; None when it cannot be read, which hides one playbook and not the page."""
    try:
        return compile_match(book.match)
    except ValueError:
        return None
