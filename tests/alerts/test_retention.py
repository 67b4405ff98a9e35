"""Old requests go, what they told stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts.models import Alert, Body, Episode, RejectedDelivery
from alerts.retention import BODIES_KEPT, REJECTED_KEPT, prune
from incidents.models import Incident
from teams.models import Role, User
from tests.alerts.posting import AT, KEY, accepted, fire, group, make_am, minutes, post
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db


def test_old_bodies_go_and_the_last_one_stays() -> None:
    make_am()
    accepted(group(fire("a")))
    accepted(group(fire("b")), at=minutes(1))
    post(b"{", at=AT)
    later = minutes(2) + max(BODIES_KEPT, REJECTED_KEPT)
    assert prune(AT + BODIES_KEPT) == 0
    assert prune(later) == 2
    assert Body.objects.count() == 1
    assert not RejectedDelivery.objects.exists()
    assert Alert.objects.count() == Episode.objects.count() == 2
    assert Incident.objects.count() == 1
    accepted(group(fire("a")), at=later + timedelta(minutes=1))  # and its alerts are still known
    assert Incident.objects.count() == 1


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
