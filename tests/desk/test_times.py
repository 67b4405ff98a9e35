"""Correcting time stamps and impact in the browser: who may, what is refused, what stays in the story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from incidents.models import ImpactInterval, Incident, Kind
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_incident

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def incident(world: World) -> Incident:
    """An open incident of a service that customers notice."""
    return make_incident(service=world.service)


def fields(incident: Incident, **changes: str) -> dict[str, str]:
    """The form as a browser sends it, unchanged but for `changes`; the viewer's clock is London's, which is UTC now."""
    names = ("impact_started_at", "detected_at", "acked_at", "mitigated_at", "resolved_at")
    found = {name: getattr(incident, name) for name in names}
    typed = {name: value.strftime("%Y-%m-%dT%H:%M:%S") if value else "" for name, value in found.items()}
    return typed | {"reason": "The first log line."} | changes


def test_only_what_was_typed_anew_changes(world: World, incident: Incident, sign_in: SignIn, now: object) -> None:
    earlier = incident.detected_at - timedelta(minutes=9)
    response = sign_in(world.ana).post(
        f"{incident.path}times/", fields(incident, detected_at=earlier.strftime("%Y-%m-%dT%H:%M:%S"))
    )
    assert (response.status_code, response["Location"]) == (303, incident.path)
    was, declared = incident.detected_at, incident.declared_at
    incident.refresh_from_db()
    assert (incident.detected_at, incident.declared_at) == (earlier.replace(microsecond=0), declared)
    entry = incident.timeline.get(kind=Kind.EDITED)
    assert (entry.text, entry.data["field"], entry.data["old"]) == (
        "The first log line.",
        "detected_at",
        was.isoformat(),
    )
    assert incident.clocks_due_at is not None


def test_a_wrong_order_is_refused_with_its_rule(world: World, incident: Incident, sign_in: SignIn, now: object) -> None:
    response = sign_in(world.ana).post(
        f"{incident.path}times/",
        fields(incident, impact_started_at="2026-11-21T09:00:00", mitigated_at="2026-11-21T08:00:00"),
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "impact_started_at must not be later than mitigated_at" in page
    assert 'value="2026-11-21T08:00:00"' in page
    assert not incident.timeline.filter(kind=Kind.EDITED).exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": ""}, "This field is required"),
        ({"detected_at": "yesterday"}, "valid date"),
        ({}, "Nothing was changed"),
    ],
)
def test_what_cannot_be_read_is_said(
    world: World, incident: Incident, sign_in: SignIn, now: object, changes: dict[str, str], sentence: str
) -> None:
    response = sign_in(world.ana).post(f"{incident.path}times/", fields(incident, **changes))
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_stretch_is_added_corrected_and_taken_out(
    world: World, incident: Incident, sign_in: SignIn, now: object
) -> None:
    client = sign_in(world.ana)
    assert incident.service
    form = {"service": incident.service_id, "kind": "partial", "start": "2026-11-21T01:00:00", "share": "0.4"}
    new = client.post(f"{incident.path}impact/new/", form | {"end": "2026-11-21T01:30:00", "customer_visible": "on"})
    assert (new.status_code, new["Location"]) == (303, f"{incident.path}times/")
    found = incident.impacts.get(kind="partial")
    assert (found.end and found.end - found.start, found.share, found.automatic) == (timedelta(minutes=30), 0.4, False)
    one = f"{incident.path}impact/{found.pk}/"
    assert b"2026-11-21T01:30:00" in client.get(one).content
    assert client.post(one, form | {"end": "2026-11-21T00:30:00"}).status_code == 422
    assert client.post(one, form | {"end": "2026-11-21T02:00:00", "reason": "Logs say so."}).status_code == 303
    found.refresh_from_db()
    assert found.end
    assert found.end.hour == 2
    assert client.post(one, {"remove": "yes"}).status_code == 422
    assert client.post(one, {"remove": "yes", "reason": "It was a test."}).status_code == 303
    assert not incident.impacts.filter(pk=found.pk).exists()
    assert [entry.text for entry in incident.timeline.filter(kind=Kind.IMPACT)] == [
        "",
        "Logs say so.",
        "It was a test.",
    ]


def test_a_stretch_of_another_incident_is_not_there(
    world: World, incident: Incident, sign_in: SignIn, now: object
) -> None:
    other = make_incident("Other", service=world.service)
    stranger = ImpactInterval.objects.create(incident=other, service=world.service, start=AT, kind="outage")
    assert sign_in(world.ana).get(f"{incident.path}impact/{stranger.pk}/").status_code == 404
    assert sign_in(world.ana).get(f"{incident.path}impact/99999999999999999999/").status_code == 404
