"""What machines say beside the alerts of incidents: a sender on trial, one with words of its own, deploys, quiet hours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from alerts.intake import letter_of, receive
from alerts.keys import make_key
from alerts.kinds import reader_of
from alerts.models import Silence, Source
from alerts.payloads import parse
from incidents.changes import Change
from incidents.models import Incident
from provisioning.demo import beating
from provisioning.demo.house import HOME, House
from review.noise import decide, noise_of
from review.week import Week
from teams.models import Role, User

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FLAPS = (15, 12, 9, 6, 4)
"""Minutes ago that the alert that flaps began or ended, in turn."""
ON_TRIAL = (
    (51, "Picking robots wait for orders", "warning", 37),
    (30, "Cold room 2 is above 6 °C", "critical", 24),
    (7, "Label printers are offline", "warning", 0),
)
"""Hours ago, what a sender on trial said, how bad it is, and after how many minutes it was over (0: it is not)."""
PARTNERS = (("Northwind", "stock file refused: line 4 has no price"), ("Contoso", "order 88-1043 was sent twice"))


def write(house: House) -> None:
    """Once everything else is there."""
    beating.write(house)
    _on_trial(house)
    _partners(house)
    _deploys(house)
    _quiet(house)
    _decided(house)


def _on_trial(house: House) -> None:
    """A sender that is watched: what it would have opened stands on its page, and nobody was paged."""
    source = Source.objects.create(
        slug="warehouse-grafana",
        name="Grafana of the warehouse (on trial)",
        kind="grafana",
        service=house.services["delivery-slots"],
        watching=True,
        class_from={"label": "severity", "map": {"critical": "critical", "warning": "major"}, "default": "standard"},
    )
    make_key(source, at=house.at - 60 * HOUR)
    source.keys.update(last_used_at=house.at - 7 * HOUR)
    for number, (hours, title, severity, minutes) in enumerate(ON_TRIAL):
        began = house.at - hours * HOUR
        labels = {"alertname": title, "severity": severity, "site": "hall-2"}
        alert = {"labels": labels, "fingerprint": f"trial-{number}", "startsAt": began.isoformat()}
        _posted(source, _group(labels, alert | {"status": "firing"}), began + MINUTE / 2)
        if minutes:
            ended = began + minutes * MINUTE
            _posted(source, _group(labels, alert | {"status": "resolved", "endsAt": ended.isoformat()}), ended)


def _partners(house: House) -> None:
    """What partners post, for the page on which one says where its words stand. It tells of ends, so nothing is opened."""
    for turn, (partner, said) in enumerate(PARTNERS):
        body = {
            "title": f"{partner}: {said}",
            "status": "resolved",
            "dedup_key": f"partner-{turn}",
            "partner": {"name": partner, "tier": "gold" if turn else "silver"},
            "event": {"severity": "warning", "text": said, "url": "https://partners.demo.example/events"},
        }
        _posted(house.sources["partners"], body, house.at - (len(PARTNERS) - turn) * 5 * HOUR)


def flapping(house: House) -> None:
    """A second alert of the incident that somebody has begins and ends again and again: told while that is."""
    labels = {"alertname": "LatencyHigh", "service": "product-search", "instance": "product-search-1", "region": "eu-1"}
    began = house.at
    for turn, minutes in enumerate(FLAPS):
        at = house.at - minutes * MINUTE
        began = began if turn % 2 else at
        alert: dict[str, Any] = {
            "status": "resolved" if turn % 2 else "firing",
            "labels": {**labels, "instance": "product-search-2", "severity": "warning"},
            "annotations": {"summary": "Product search: the second node answers slowly"},
            "startsAt": began.isoformat(),
            "fingerprint": "product-search-flaps",
        }
        if turn % 2:
            alert["endsAt"] = at.isoformat()
        _posted(house.sources["prometheus"], _group(labels, alert), at)


def _deploys(house: House) -> None:
    """Two deploys beside the critical incident: one shortly before it began."""
    incident = Incident.objects.filter(service=house.services["card-payments"]).order_by("-pk").first()
    if incident is None:
        return
    told = ((8, "New retry rules for the acquirer", "4.18.2"), (95, "Smaller pages for receipts", "4.18.1"))
    Change.objects.bulk_create(
        Change(
            at=incident.detected_at - minutes * MINUTE,
            told_at=incident.detected_at - minutes * MINUTE,
            service=incident.service,
            title=title,
            version=version,
            cause="Build farm",
            links=[{"label": "What changed", "url": f"https://builds.demo.example/card-payments/{version}"}],
        )
        for minutes, title, version in told
    )


def _quiet(house: House) -> None:
    """Maintenance that is planned, and a silence that somebody ended."""
    night = (house.at.astimezone(HOME) + timedelta(days=2)).replace(hour=22, minute=0, second=0, microsecond=0)
    coming = Silence.objects.create(
        kind=Silence.Kind.MAINTENANCE,
        starts_at=night,
        ends_at=night + 3 * HOUR,
        reason="The databases move to version 18",
        by=house.leads["runtime"],
    )
    coming.services.set([house.services["databases"], house.services["ledger"]])
    ended = house.at - 44 * HOUR
    past = Silence.objects.create(
        match={"alertname": "CertificateExpiry", "region": "eu-1"},
        starts_at=ended - 6 * HOUR,
        begun_at=ended - 6 * HOUR,
        ends_at=ended + 2 * HOUR,
        reason="The new certificates are being rolled out",
        by=house.leads["edge"],
        removed_at=ended,
        removed_by=house.leads["edge"],
        settled_at=ended + MINUTE,
    )
    past.services.set([house.services["certificates"]])


def _decided(house: House) -> None:
    """In the week before somebody said what becomes of the noisiest rule."""
    week = Week.at(house.at, "Europe/London").before
    reader = User.objects.filter(role=Role.ADMIN).order_by("pk").first()
    found = [one for one in noise_of(week.window("Europe/London"), reader) if one.rule.service] if reader else []
    if not found:
        return
    team = next(one for one in house.services.values() if one.pk == found[0].rule.service)
    lead = house.leads[house.team_of(team).slug]
    decide(
        found[0].rule,
        week=str(week),
        verdict="tuned",
        because="It now waits ten minutes: most were over before anybody had read them.",
        by=lead,
        at=week.window("Europe/London").end + 10 * HOUR,
    )


def _group(labels: dict[str, str], alert: dict[str, Any]) -> dict[str, Any]:
    """One alert as Alertmanager and Grafana post it."""
    return {
        "version": "1" if "site" in labels else "4",
        "groupKey": labels["alertname"],
        "groupLabels": labels,
        "alerts": [alert],
        "receiver": "us",
    }


def _posted(source: Source, body: dict[str, Any], at: datetime) -> None:
    """It comes in as anything does."""
    content = json.dumps(body, ensure_ascii=False).encode()
    parsed = parse(reader_of(source.kind), content, "application/json", source_name=str(source))
    receive(source, parsed, letter=letter_of(content, parsed, size=len(content)), at=at)
