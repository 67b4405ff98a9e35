"""The dead man's switch: while the watchdog barks all is well, and when it is silent somebody is paged."""

from __future__ import annotations

import pytest

from alerts import heartbeats
from alerts.models import Body, Heartbeat, Ping
from incidents.models import Incident
from tests.alerts import beating
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes, post

pytestmark = pytest.mark.django_db

BARK = fire("w", alertname="Watchdog")


def make_switch(**fields: object) -> Heartbeat:
    source = make_am(name="Alertmanager eu-1")
    fields = {"name": "Alertmanager eu-1 lives", "match": {"alertname": "Watchdog"}} | fields
    return beating.make_heartbeat("am-lives", key="", service=source.service, source=source, **fields)


def test_its_firing_is_a_ping_and_opens_nothing() -> None:
    make_switch()
    response = post(group(BARK))
    assert (response.status_code, response.json()) == (202, {"accepted": 1, "incidents": []})
    assert Ping.objects.get().at == AT
    assert Heartbeat.objects.get().state == "up"
    assert not Incident.objects.exists()
    assert Body.objects.get().outcome["marks"] == ["watchdog"]


def test_the_alerts_beside_it_open_what_they_always_do() -> None:
    make_switch()
    assert len(accepted(group(BARK, fire("a")))) == 1
    assert Ping.objects.count() == 1


def test_silence_pages_and_the_next_bark_ends_it() -> None:
    switch = make_switch()
    accepted(group(BARK))
    accepted(group(BARK), at=minutes(30))
    at = minutes(30 + 65)
    for key in (*heartbeats.due(minutes(90), 9), *heartbeats.due(at, 9)):
        heartbeats.look(key, at)
    incident = Incident.objects.get()
    assert (incident.title, incident.service) == ("No word from Alertmanager eu-1", switch.owner)
    accepted(group(BARK), at=minutes(120))
    assert not incident.alerts.get().firing


def test_its_end_is_no_ping() -> None:
    make_switch()
    accepted(group(fire("w", ends=minutes(1), alertname="Watchdog")), at=minutes(2))
    assert not Ping.objects.exists()
    assert not Incident.objects.exists()


def test_without_a_switch_a_watchdog_is_an_alert() -> None:
    make_am()
    assert len(accepted(group(BARK))) == 1


def test_another_matcher_and_an_archived_switch() -> None:
    make_switch(match={"alertname": "DeadMansSwitch", "cluster": "=~eu-.*"})
    assert len(accepted(group(BARK))) == 1
    accepted(group(fire("d", alertname="DeadMansSwitch", cluster="eu-1")))
    assert Ping.objects.count() == 1
    Heartbeat.objects.update(archived_at=AT)
    accepted(group(fire("d", alertname="DeadMansSwitch", cluster="eu-1")), at=minutes(1))
    assert Ping.objects.count() == 1
