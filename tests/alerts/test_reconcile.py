"""What Alertmanager says when it is asked: against a real one, through restart, reload, silence and inhibition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts import am_silences, reconcile
from alerts.models import Alert, Body, Reconciliation, Source
from foundation.dispatch.registry import named
from incidents import lifecycle
from incidents.models import Incident, State
from teams.models import Membership
from tests.alerts.posting import accepted, group, make_am, statuses
from tests.factories import make_heartbeat, make_user
from tests.peers.alertmanager import INHIBITING, Alertmanager
from tests.system import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.peer]

LATER = timedelta(minutes=10)
"""So long after, it counts as settled, and what it holds as overdue."""


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.EGRESS_ALLOW = [ip_network("127.0.0.0/8")]


@pytest.fixture
def am(tmp_path: Path) -> Iterator[Alertmanager]:
    running = Alertmanager(tmp_path)
    yield running
    running.stop()
    running.log.close()


@pytest.fixture
def source(am: Alertmanager) -> Source:
    return make_am(reconcile_urls=[am.url])


def fires(am: Alertmanager, name: str = "a", *, ended: bool = False, **labels: str) -> dict[str, Any]:
    """Let one fire (or end) there; its entry as Alertmanager would post it to us."""
    now = timezone.now()
    labels = {"alertname": "Down", "instance": name} | labels
    ends = now - timedelta(seconds=1) if ended else now + timedelta(hours=2)
    began = (now - timedelta(hours=1)).isoformat()
    am.post("alerts", [{"labels": labels, "startsAt": began, "endsAt": ends.isoformat()}])
    if ended:
        am.until(lambda: not any(one["labels"] == labels for one in am.get("alerts")))
        return {}
    found = am.until(lambda: [one for one in am.get("alerts") if one["labels"] == labels])[0]
    am.until(lambda: [g for g in am.get("alerts/groups") if g["labels"]["alertname"] == labels["alertname"]])
    return {**found, "status": "firing", "endsAt": "0001-01-01T00:00:00Z"}


def heard(*alerts: dict[str, Any]) -> Incident:
    """They come in as a webhook, now."""
    labels = {"alertname": alerts[0]["labels"]["alertname"]}
    (number,) = accepted(group(*alerts, groupLabels=labels, receiver="sharp-end"), at=timezone.now())
    return Incident.objects.get(pk=number.removeprefix("INC-"))


def ask(source: Source, after: timedelta = LATER) -> datetime:
    at = timezone.now() + after
    assert reconcile.reconcile(source, at=at) or Reconciliation.objects.get().error
    return at


@pytest.fixture(autouse=True)
def asked_before(source: Source) -> None:
    Reconciliation.objects.create(source=source, due_at=timezone.now())


def test_what_is_gone_there_ends_here(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"), fires(am, "b"))
    ask(source)
    assert set(statuses().values()) == {"firing"}
    fires(am, "a", ended=True)
    ask(source)
    assert sorted(statuses().values()) == ["firing", "resolved"]
    fires(am, "b", ended=True)
    at = ask(source)
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    assert Reconciliation.objects.get().answered_at == at
    assert Body.objects.all()[0].outcome["marks"] == ["reconciled"]


def test_a_restarted_one_is_not_believed_until_it_has_settled(am: Alertmanager, source: Source) -> None:
    heard(fires(am))
    ask(source)
    am.stop()
    am.start()
    assert am.get("alerts") == []
    ask(source, timedelta(minutes=4))
    assert set(statuses().values()) == {"firing"}
    ask(source, timedelta(minutes=6))
    assert set(statuses().values()) == {"resolved"}


def test_one_that_cannot_be_reached_changes_nothing_and_is_shown(am: Alertmanager, source: Source) -> None:
    heard(fires(am))
    am.stop()
    assert not reconcile.reconcile(source, at=timezone.now() + LATER)
    assert set(statuses().values()) == {"firing"}
    row = Reconciliation.objects.get()
    assert row.answered_at is None
    assert "connection failed" in row.error
    am.start()


def test_absence_is_not_believed_while_one_of_a_pair_is_silent(am: Alertmanager, source: Source) -> None:
    heard(fires(am))
    source.reconcile_urls = [am.url, f"http://127.0.0.1:{free_port()}"]
    ask(source)
    fires(am, ended=True)
    ask(source)
    assert set(statuses().values()) == {"firing"}
    row = Reconciliation.objects.get()
    assert row.answered_at is None
    assert row.error.startswith(source.reconcile_urls[1])


def test_what_one_of_a_pair_still_holds_stays(am: Alertmanager, source: Source, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    other = Alertmanager(tmp_path / "b")
    try:
        source.reconcile_urls = [am.url, other.url]
        heard(fires(am, "a"), fires(am, "b"))
        fires(other, "b")
        ask(source)
        fires(am, "a", ended=True)
        fires(am, "b", ended=True)
        ask(source)
        assert sorted(statuses().values()) == ["firing", "resolved"]
        fires(other, "b", ended=True)
        ask(source)
        assert set(statuses().values()) == {"resolved"}
    finally:
        other.stop()
        other.log.close()


def test_what_was_never_seen_there_is_not_over_because_it_is_not_there(am: Alertmanager, source: Source) -> None:
    alert = fires(am)
    fires(am, ended=True)
    heard(alert)
    ask(source)
    assert set(statuses().values()) == {"firing"}


def test_another_address_starts_anew(am: Alertmanager, source: Source) -> None:
    heard(fires(am))
    ask(source)
    fires(am, ended=True)
    source.reconcile_urls = [f"{am.url}/"]
    ask(source)
    assert set(statuses().values()) == {"firing"}


def test_what_came_in_while_it_was_asked_stays(am: Alertmanager, source: Source) -> None:
    alert = fires(am)
    heard(alert)
    fires(am, ended=True)
    # The question left before the webhook came: what it says of this alert is older than what we know.
    reconcile._resolve(source, {alert["fingerprint"]}, timezone.now() - timedelta(seconds=5))
    assert set(statuses().values()) == {"firing"}


def test_a_missed_webhook_opens(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    fires(am, "b")
    fires(am, "c", team="others", alertname="Theirs")
    ask(source, timedelta(minutes=-58))  # it has fired for two minutes: the group may still be waiting
    assert incident.alerts.count() == 1
    ask(source)
    assert {one.labels["instance"] for one in incident.alerts.all()} == {"a", "b"}
    assert Incident.objects.count() == 1


def test_a_watchdog_is_never_missed(am: Alertmanager, source: Source) -> None:
    make_heartbeat(source=source, service=source.service, match={"alertname": "Watchdog"})
    heard(fires(am, "a"))
    fires(am, "w", alertname="Watchdog")
    ask(source)
    assert Incident.objects.count() == 1


def test_nothing_is_opened_for_a_source_that_was_never_told_anything(am: Alertmanager, source: Source) -> None:
    fires(am, "a")
    ask(source)
    assert not Incident.objects.exists()


def silence(am: Alertmanager, hours: float = 3, **matchers: str) -> str:
    now = timezone.now()
    rows = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in matchers.items()]
    times = {"startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=hours)).isoformat()}
    made = am.post("silences", {"matchers": rows, "createdBy": "Ana", "comment": "a deploy", **times})
    am.until(lambda: any(one["status"]["state"] == "suppressed" for one in am.get("alerts")))
    return str(made["silenceID"])


def test_what_is_silenced_there_is_quiet_here_until_it_ends(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    number = silence(am, instance="a")
    at = ask(source)
    incident.refresh_from_db()
    assert incident.silenced_because == "Silenced in Alertmanager by Ana: a deploy"
    until = incident.silenced_until
    assert until is not None
    assert until == at + reconcile.KEPT
    assert incident.page_due_at == until
    lines = incident.timeline.count()
    later = ask(source, LATER + timedelta(minutes=9))
    incident.refresh_from_db()
    assert (incident.silenced_until, incident.page_due_at) == (later + reconcile.KEPT, later + reconcile.KEPT)
    assert incident.timeline.count() == lines
    am.delete(f"silence/{number}")
    am.until(lambda: am.get("alerts")[0]["status"]["state"] == "active")
    at = ask(source)
    incident.refresh_from_db()
    assert (incident.silenced_until, incident.page_due_at) == (None, at)


def test_a_dead_one_silences_nothing_for_long(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    silence(am, instance="a")
    at = ask(source)
    am.stop()
    assert not reconcile.reconcile(source, at=at + timedelta(minutes=1))
    incident.refresh_from_db()
    assert incident.page_due_at == at + reconcile.KEPT
    am.start()


def test_a_critical_one_is_quiet_for_an_hour_in_all(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    Incident.objects.update(severity="critical")
    silence(am, instance="a")
    first = ask(source)
    for minutes in (9, 18, 27, 36, 45, 54, 58, 61):
        assert reconcile.reconcile(source, at=first + timedelta(minutes=minutes))
    incident.refresh_from_db()
    assert incident.silenced_until == first + timedelta(hours=1)


def test_what_cannot_be_followed_is_said(source: Source) -> None:
    work = named("reconciling")
    assert work is not None
    assert work.failed is not None
    work.failed(source.pk, timezone.now(), ValueError("x"))
    assert Reconciliation.objects.get().error == "What it said could not be followed (ValueError)."


def test_who_pages_all_the_same_is_not_overruled(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    silence(am, instance="a")
    at = ask(source)
    lifecycle.escalate(incident, by=make_user("Ana"), at=at)
    ask(source, LATER + timedelta(minutes=1))
    incident.refresh_from_db()
    assert incident.silenced_until is None


def test_an_incident_with_one_alert_that_is_not_silenced_pages(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"), fires(am, "b"))
    silence(am, instance="a")
    ask(source)
    incident.refresh_from_db()
    assert incident.silenced_until is None


def test_what_a_person_made_quiet_stays_as_they_made_it(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    theirs = timezone.now() + timedelta(minutes=30)
    Incident.objects.update(silenced_until=theirs, silenced_because="Lunch")
    silence(am, instance="a")
    ask(source, timedelta(minutes=7))
    ask(source, timedelta(minutes=8))
    incident.refresh_from_db()
    assert (incident.silenced_until, incident.silenced_because) == (theirs, "Lunch")


def test_inhibited_after_a_reload_opens_nothing_and_ends_nothing(am: Alertmanager, source: Source) -> None:
    heard(fires(am, "s", alertname="SiteDown", site="x"))
    am.reload(INHIBITING)
    fires(am, "t", alertname="Slow", site="x")
    am.until(lambda: any(one["status"]["inhibitedBy"] for one in am.get("alerts")))
    ask(source)
    assert Incident.objects.count() == 1
    assert Incident.objects.get().silenced_until is None


@pytest.mark.parametrize("address", ["http://169.254.169.254", "http://am.invalid:9093"])
def test_addresses_inside_are_not_asked_without_leave(source: Source, settings: Any, address: str) -> None:
    settings.EGRESS_ALLOW = []
    source.reconcile_urls = [address]
    assert not reconcile.reconcile(source, at=timezone.now())
    assert Reconciliation.objects.get().error


def test_each_is_asked_once_a_minute(am: Alertmanager, source: Source) -> None:
    Reconciliation.objects.all().delete()
    make_am(slug="quiet", key="another-key-000000000001", service=source.service)
    at = timezone.now()
    assert reconcile.due(at, 9) == [source.pk]
    assert reconcile.look(source.pk, at)
    assert reconcile.due(at + timedelta(seconds=59), 9) == []
    assert not reconcile.look(source.pk, at)
    assert reconcile.due(at + timedelta(seconds=60), 9) == [source.pk]


def _of_the_team(source: Source) -> Client:
    assert source.service
    ana = make_user("Ana", role="responder")
    Membership.objects.create(team=source.service.team, user=ana)
    client = Client()
    client.force_login(ana)
    return client


def test_one_button_silences_exactly_these_alerts_there(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    fires(am, "b", alertname="Other")
    client = _of_the_team(source)
    form = {"minutes": "45", "reason": "A deploy runs."}
    response = client.post(f"/incidents/{incident.number}/silence/", form)
    assert response.status_code == 303, response.content
    (made,) = am.get("silences")
    assert (made["createdBy"], made["comment"]) == ("Ana", f"{incident.number}: A deploy runs.")
    assert {one["name"]: one["value"] for one in made["matchers"]} == {"alertname": "Down", "instance": "a"}
    span = datetime.fromisoformat(made["endsAt"]) - timezone.now()
    assert timedelta(minutes=44) < span <= timedelta(minutes=45)
    assert Reconciliation.objects.get().due_at <= timezone.now()
    am.until(lambda: any(one["status"]["silencedBy"] for one in am.get("alerts")))
    ask(source, timedelta(seconds=1))
    incident.refresh_from_db()
    assert incident.silenced_because == f"Silenced in Alertmanager by Ana: {incident.number}: A deploy runs."


def test_a_silence_that_cannot_be_made_is_said(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    Source.objects.update(reconcile_urls=[f"http://127.0.0.1:{free_port()}"])
    client = _of_the_team(source)
    response = client.post(f"/incidents/{incident.number}/silence/", {"minutes": "45", "reason": "A deploy runs."})
    assert response.status_code == 422
    assert "Nothing was silenced in am." in response.content.decode()
    assert am.get("silences") == []


def test_who_is_of_another_team_silences_nothing_there(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    client = Client()
    client.force_login(make_user("Ben", role="responder"))
    response = client.post(f"/incidents/{incident.number}/silence/", {"minutes": "45", "reason": "A deploy runs."})
    assert response.status_code == 403
    assert am.get("silences") == []


def test_more_alerts_than_a_few_are_not_silenced_by_what_they_share(am: Alertmanager, source: Source) -> None:
    incident = heard(*(fires(am, f"a{number}") for number in range(am_silences.MOST + 1)))
    response = _of_the_team(source).post(
        f"/incidents/{incident.number}/silence/", {"minutes": "45", "reason": "A deploy."}
    )
    assert response.status_code == 422
    assert "More than 10 of its alerts fire" in response.content.decode()
    assert am.get("silences") == []


def test_a_critical_one_is_silenced_there_for_an_hour_at_most(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    Incident.objects.update(severity="critical")
    client = _of_the_team(source)
    response = client.post(f"/incidents/{incident.number}/silence/", {"minutes": "61", "reason": "A deploy."})
    assert response.status_code == 422
    assert am.get("silences") == []
    response = client.post(f"/incidents/{incident.number}/silence/", {"minutes": "60", "reason": "A deploy."})
    assert response.status_code == 303
    assert len(am.get("silences")) == 1


def test_what_was_silenced_before_another_failed_stands_in_the_story(am: Alertmanager, source: Source) -> None:
    incident = heard(fires(am, "a"))
    client = _of_the_team(source)
    gone = make_am(slug="gone", key="another-key-000000000001", service=source.service)
    gone.reconcile_urls = [f"http://127.0.0.1:{free_port()}"]
    gone.save()
    (mine,) = incident.alerts.all()
    Alert.objects.create(
        source=gone, fingerprint="f" * 16, incident=incident, firing=True, labels={"alertname": "X"},
        starts_at=mine.starts_at, last_seen_at=mine.last_seen_at, first_seen_at=mine.first_seen_at,
    )  # fmt: skip
    response = client.post(f"/incidents/{incident.number}/silence/", {"minutes": "45", "reason": "A deploy."})
    assert response.status_code == 422
    assert "Only 1 of its alerts are silenced: gone did not answer." in response.content.decode()
    assert len(am.get("silences")) == 1
    assert incident.timeline.filter(text="Silenced in Alertmanager: A deploy.").count() == 1
