"""What is going on at this moment. It goes through the real writers, as an alert and a person would do it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from alerts.intake import letter_of, receive
from alerts.models import RejectedDelivery, Silence
from alerts.payloads import parse
from incidents import command, lifecycle
from incidents.models import Incident, TimelineEntry
from paging import escalation
from paging.models import Delivery, DeliveryAttempt, Page
from provisioning.demo import senders
from provisioning.demo.house import House
from provisioning.demo.names import TEAMS
from status import writers
from teams.models import Notice, User

MINUTE = timedelta(minutes=1)
SENT_AFTER = timedelta(seconds=2)


def write(house: House) -> list[Incident]:
    """One critical that nobody has yet, one major in hand, one that is being watched, one standard."""
    live = [_standard(house), _watched(house), _in_hand(house), _critical(house)]
    _around(house)
    TimelineEntry.objects.filter(incident__in=live, announced_at=None).update(announced_at=house.at)
    Notice.objects.filter(state=Notice.State.QUEUED).update(state=Notice.State.SENT, sent_at=house.at)
    return live


def _critical(house: House) -> Incident:
    """Paged two minutes ago, and nobody has answered."""
    at = house.at - 2 * MINUTE
    incident, _person = _fires(
        house, "card-payments", "ErrorRateHigh", "critical", "more than 5 % of requests fail", at
    )
    return incident


def _in_hand(house: House) -> Incident:
    """Somebody works on it, customers know, and the next word to them is promised."""
    began = house.at - 47 * MINUTE
    title = "answers are slow (p95 over 2 s)"
    incident, person = _fires(house, "product-search", "LatencyHigh", "warning", title, began)
    speaker = next(one for one in _staff(house, "search") if one != person)
    lifecycle.acknowledge(incident, by=person, at=began + 2 * MINUTE, via="link")
    command.take_role(incident, role="facilitator", person=person, by=person, at=began + 3 * MINUTE)
    command.note(
        incident, by=person, text="p95 is 3.8 s, p50 is fine. One statement reads everything.", at=began + 9 * MINUTE
    )
    command.take_role(incident, role="point_of_contact", person=speaker, by=speaker, at=began + 11 * MINUTE)
    writers.post_update(
        incident,
        title="Search is slow",
        status="identified",
        body="Searching takes several seconds for some of you, and some searches fail. We know why and are working on it."
        " We are sorry.",
        components={"product-search": "degraded_performance"},
        by=speaker,
        at=began + 16 * MINUTE,
        next_by=house.at + 14 * MINUTE,
    )
    command.note(
        incident, by=person, text="The index is being built, without locking. About 20 minutes.", at=began + 31 * MINUTE
    )
    lifecycle.change_state(incident, to="mitigating", by=person, at=began + 31 * MINUTE)
    senders.flapping(house)
    return incident


def _watched(house: House) -> Incident:
    """Customers no longer feel it; it was handed over once."""
    began = house.at - 140 * MINUTE
    incident, person = _fires(house, "mail-out", "QueueBacklog", "warning", "queue is not drained", began)
    lead = next(one for one in _staff(house, "messaging") if one != person)
    lifecycle.acknowledge(incident, by=person, at=began + 3 * MINUTE, via="link")
    command.note(incident, by=person, text="Backlog is 9,000; one consumer holds the lock.", at=began + 20 * MINUTE)
    lifecycle.hand_over(incident, to=lead, by=person, at=house.at - 41 * MINUTE)
    command.take_role(incident, role="facilitator", person=lead, by=lead, at=house.at - 40 * MINUTE)
    lifecycle.mitigate(incident, by=lead, at=house.at - 25 * MINUTE)
    command.note(incident, by=lead, text="Backlog is gone. Watching it for an hour.", at=house.at - 24 * MINUTE)
    return incident


def _standard(house: House) -> Incident:
    """Nothing that hurts: somebody has it, without a hurry."""
    began = house.at - 190 * MINUTE
    title = "last night's run did not finish"
    incident, person = _fires(house, "reporting", "JobMissed", "info", title, began)
    lifecycle.acknowledge(incident, by=person, at=began + 12 * MINUTE, via="link")
    command.note(
        incident, by=person, text="The partner's file is late again. They send it by noon.", at=began + 15 * MINUTE
    )
    return incident


def _staff(house: House, team: str) -> list[User]:
    """The people of a team who are still here, its lead first."""
    seed = next(one for one in TEAMS if one.slug == team)
    return [house.people[name] for name in seed.people if house.people[name].is_active]


def _fires(
    house: House, service: str, alertname: str, severity: str, title: str, at: datetime
) -> tuple[Incident, User]:
    """An alert comes in and somebody is paged by mail, to an address that cannot be reached. Returns whom."""
    source, name = house.sources["prometheus"], house.services[service].name
    labels = {"alertname": alertname, "service": service, "instance": f"{service}-1", "region": "eu-1"}
    alert = {
        "status": "firing",
        "labels": {**labels, "severity": severity},
        "annotations": {"summary": f"{name}: {title}"},
        "startsAt": (at - MINUTE).isoformat(),
        "generatorURL": f"https://graphs.demo.example/d/{service}",
        "fingerprint": f"{service}-live",
    }
    body = {"version": "4", "groupKey": service, "groupLabels": labels, "alerts": [alert], "receiver": "sharp-end"}
    content = json.dumps(body).encode()
    parsed = parse("alertmanager", content, "application/json", source_name=str(source))
    received = receive(source, parsed, letter=letter_of(content, parsed, size=len(content)), at=at)
    incident = Incident.objects.numbered(received.incidents[0]).get()
    escalation.escalate_one(incident.pk, at)
    return incident, _has_left(house, incident, at + SENT_AFTER)


def _has_left(house: House, incident: Incident, at: datetime) -> User:
    """The first page has been sent: it is not sent again when everything starts."""
    waiting = list(Delivery.objects.filter(page__incident=incident, state=Delivery.State.QUEUED))
    Delivery.objects.filter(pk__in=[one.pk for one in waiting]).update(
        state=Delivery.State.SENT, attempt=1, sent_at=at, due_at=at - SENT_AFTER
    )
    DeliveryAttempt.objects.bulk_create(
        DeliveryAttempt(delivery=one, number=1, started_at=at - SENT_AFTER, finished_at=at, outcome="sent")
        for one in waiting
    )
    lifecycle.page_left([incident.pk], at=at)
    page = Page.objects.filter(incident=incident).select_related("person").order_by("pk").first()
    return page.person if page else house.leads["checkout"]


def _around(house: House) -> None:
    """A silence for planned work, and two senders whose key is not known."""
    Silence.objects.create(
        match={"service": "build-farm"},
        starts_at=house.at - timedelta(hours=2),
        begun_at=house.at - timedelta(hours=2),
        ends_at=house.at + timedelta(hours=10),
        reason="The build farm gets new machines",
        by=house.leads["runtime"],
    )
    RejectedDelivery.objects.bulk_create(
        RejectedDelivery(
            at=house.at - timedelta(hours=hours),
            kind="alertmanager",
            reason=RejectedDelivery.Reason.UNKNOWN_KEY,
            sentence="This key is not known here.",
            key_hint="old-am",
            sender="203.0.113.7",
        )
        for hours in (50, 26)
    )
