"""Old requests go, what they told stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection
from pytest_django.fixtures import Settings

from alerts import partitions, retention
from alerts.models import Alert, Body, Episode, RejectedDelivery
from alerts.partitions import OTHER
from alerts.retention import prune
from incidents.changes import Change
from incidents.models import Incident
from teams.models import Role, User
from tests.alerts.posting import AT, KEY, accepted, fire, group, make_am, minutes, post
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db


KEPT = timedelta(days=14)


@pytest.fixture(autouse=True)
def _no_months(db: None) -> None:
    """The migration makes months by the real clock; these tests make their own."""
    with connection.cursor() as cursor:
        for name in partitions.names() - {OTHER}:
            cursor.execute(f"DROP TABLE {name}")


def bodies() -> dict[str, int]:
    """How many stand in which part."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, count(*) FROM alerts_body GROUP BY 1")
        return dict(cursor.fetchall())


def test_old_bodies_go_and_the_last_one_stays() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("b")), at=minutes(1))
    post(b"{", at=AT)
    later = AT + timedelta(days=91)
    assert prune(AT + KEPT) == 0
    assert prune(later) == 2
    assert Body.objects.count() == 1
    assert not RejectedDelivery.objects.exists()
    assert Alert.objects.count() == Episode.objects.count() == 2
    assert Incident.objects.count() == 1
    assert prune(later) == 0
    accepted(group(fire("a")), at=later + timedelta(minutes=1))  # and its alerts are still known
    assert Incident.objects.count() == 1
    assert prune(later + timedelta(days=60)) == 1  # the one that was kept is the last one no more
    assert Body.objects.get().received_at == later + timedelta(minutes=1)


def test_bodies_stand_in_their_months() -> None:
    make_am()
    accepted(group(fire("a")))
    assert bodies() == {OTHER: 1}
    assert partitions.make_months(AT) == ["alerts_body_2026_11", "alerts_body_2026_12", "alerts_body_2027_01"]
    assert partitions.make_months(AT) == []
    accepted(group(fire("b")), at=minutes(1))
    december = datetime(2026, 12, 1, tzinfo=UTC)
    accepted(group(fire("c")), at=december)
    accepted(group(fire("d")), at=december - timedelta(microseconds=1))
    accepted(group(fire("e")), at=datetime(2027, 2, 1, tzinfo=UTC))  # nobody made that month: nothing is lost
    assert bodies() == {"alerts_body_2026_11": 3, "alerts_body_2026_12": 1, OTHER: 1}
    assert partitions.make_months(december) == ["alerts_body_2027_02"]
    assert bodies()["alerts_body_2027_02"] == 1
    assert [body.received_at.month for body in Body.objects.order_by("pk")] == [11, 11, 12, 11, 2]
    assert partitions.drop_months(december - timedelta(seconds=1)) == 0
    assert partitions.drop_months(december) == 3
    assert "alerts_body_2026_11" not in partitions.names()


def test_the_last_body_of_a_silent_source_outlives_its_month() -> None:
    make_am()
    make_am(make_service("other"), slug="silent", key="a-long-random-key-0002")
    accepted(group(fire("a")))
    post(json.dumps(group(fire("b"))).encode(), path="/api/in/alertmanager/a-long-random-key-0002", at=minutes(1))
    partitions.make_months(AT)
    accepted(group(fire("a")), at=AT + timedelta(days=30))
    assert partitions.drop_months(datetime(2026, 12, 1, tzinfo=UTC)) == 1
    assert bodies() == {"alerts_body_2026_12": 1, OTHER: 1}
    assert {body.source.slug for body in Body.objects.select_related("source")} == {"am", "silent"}


def test_alerts_go_when_they_and_their_incident_are_over(settings: Settings) -> None:
    settings.ALERTS_KEPT = 30
    make_am()
    other = {"groupLabels": {"alertname": "Other"}}
    accepted(group(fire("fires"), fire("ended")))
    accepted(group(fire("over"), **other))
    accepted(group(fire("ended", ends=minutes(5))), at=minutes(6))
    accepted(group(fire("over", ends=minutes(5)), **other), at=minutes(6))
    assert prune(AT + timedelta(days=30)) == 3  # all bodies but the last
    assert prune(AT + timedelta(days=31)) == 1
    assert set(Alert.objects.values_list("fingerprint", flat=True)) == {"fp-fires", "fp-ended"}
    assert Episode.objects.count() == Incident.objects.count() == 2


def test_who_sees_refused_deliveries() -> None:
    lead, stranger, boss = make_user("Lea"), make_user("Sam"), make_user("Dan", role=Role.DIRECTOR)
    make_am(make_service(team=make_team(lead=lead, manager=boss)))
    post(b"{")
    post(b"{}", path=f"/api/in/alertmanager/not-{KEY}")

    def seen(user: User) -> set[str]:
        return set(RejectedDelivery.objects.visible_to(user).values_list("reason", flat=True))

    assert seen(lead) == {"malformed"}
    assert seen(stranger) == set()
    assert seen(boss) == {"malformed"}
    assert seen(make_user("Ada", role=Role.ADMIN)) == {"malformed", "unknown_key"}


def test_the_episodes_of_an_incident() -> None:
    make_am()
    accepted(group(fire("a"), fire("b")))
    accepted(group(fire("a", starts=minutes(2)), fire("b", ends=minutes(3))), at=minutes(4))
    found = Episode.objects.of_incident(Incident.objects.get())
    assert [(one.alert.fingerprint, one.status, one.starts_at) for one in found] == [
        ("fp-a", "firing", minutes(2)),
        ("fp-b", "resolved", AT),
    ]


def test_months_that_cannot_be_made_stop_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(_at: datetime) -> list[str]:
        raise OperationalError("canceling statement due to lock timeout")

    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("b")), at=minutes(1))
    monkeypatch.setattr(retention, "make_months", locked)
    assert prune(AT + timedelta(days=91)) == 1
    assert "could not be made" in caplog.text


def test_changes_go_with_the_alerts(settings: Settings) -> None:
    Change.objects.create(at=AT, told_at=AT, title="Deploy 1.2")
    settings.ALERTS_KEPT = 30
    assert prune(AT + timedelta(days=29)) == 0
    assert prune(AT + timedelta(days=31)) == 1
    assert not Change.objects.exists()
