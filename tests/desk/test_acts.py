"""What people do to an incident, by plain forms and by scripts, and every way of being refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from alerts.models import Alert
from desk.acts import ACTS
from incidents import lifecycle
from incidents.models import Incident, Kind, State
from paging.models import Page
from status.writers import post_update
from teams.models import User
from tests.desk.conftest import World
from tests.desk.test_incident_page import with_alert
from tests.factories import AT, make_incident, make_method, make_page

SignIn = Callable[[User], Client]

FORMS = {
    "note": {"text": "Looking."},
    "class": {"severity": "standard", "reason": "few customers"},
    "state": {"state": "mitigating"},
    "title": {"title": "Queue of checkout stuck"},
    "role": {"role": "facilitator"},
    "page": {"person": "bob.bell@example.com", "reason": "knows the queue"},
    "hand_over": {"to": "bob.bell@example.com"},
    "cancel": {"reason": "a test"},
    "quiet": {"minutes": "30", "reason": "a deploy runs"},
    "update": {"title": "Payments are slow", "status": "investigating", "body": "We look into it.", "next_in": "20"},
    "withdraw": {"reason": "the wrong incident"},
    "worth": {"worth": "yes"},
}


def form_of(name: str) -> dict[str, str]:
    """What the form of `name` sends."""
    return {"into": make_incident("The same").number} if name == "merge" else FORMS.get(name, {})


def unheard(incident: Incident, name: str = "a") -> Alert:
    """An alert of the incident about which people are asked whether it is still true."""
    alert = with_alert(incident, name).alert
    alert.repeat_gap, alert.stale_at, alert.last_seen_at = (
        timedelta(hours=4),
        AT - timedelta(hours=1),
        AT - timedelta(hours=7),
    )
    alert.save()
    return alert


def ready_for(name: str, world: World) -> Incident:
    """An incident to which `name` can be done."""
    incident = make_incident(service=world.service)
    if name in {"unacknowledge", "hand_over"}:
        return lifecycle.acknowledge(incident, by=world.ana, at=AT)
    if name == "close":
        incident = make_incident(service=world.service, severity="standard")
    if name == "withdraw":
        post_update(incident, title="Slow", status="investigating", body="Wait.", components={}, by=world.ana, at=AT)
        incident.refresh_from_db()
    if name == "worth":
        make_page(world.ana, incident)
    if name in {"still_true", "alerts_over"}:
        unheard(incident)
    return lifecycle.resolve(incident, by=world.ana, at=AT) if name in {"reopen", "close", "worth"} else incident


ALONE = [name for name in ACTS if name != "silence"]
"""Acts that need nobody else; an Alertmanager takes part in the other one (tests/alerts/test_reconcile.py)."""


@pytest.mark.parametrize("name", ALONE)
def test_plain_form_is_answered_by_303_back(name: str, world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    incident = ready_for(name, world)
    response = sign_in(world.ana).post(f"{incident.path}{name}/", form_of(name))
    assert (response.status_code, response.headers["Location"]) == (303, incident.path)
    before = incident.version
    incident.refresh_from_db()
    assert incident.version > before


@pytest.mark.parametrize("name", ALONE)
def test_script_gets_the_part_that_changes(name: str, world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    incident = ready_for(name, world)
    response = sign_in(world.ana).post(f"{incident.path}{name}/", form_of(name), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "inc-head" in response.content.decode()


@pytest.mark.parametrize("name", ACTS)
def test_observers_are_refused(name: str, world: World, sign_in: SignIn, now: object) -> None:
    incident = ready_for(name, world)
    before = incident.version
    assert sign_in(world.olga).post(f"{incident.path}{name}/", form_of(name)).status_code == 403
    incident.refresh_from_db()
    assert incident.version == before


@pytest.mark.parametrize("name", ACTS)
def test_reading_changes_nothing(name: str, world: World, sign_in: SignIn, now: object) -> None:
    incident = ready_for(name, world)
    assert sign_in(world.ana).get(f"{incident.path}{name}/").status_code == 405


@pytest.mark.parametrize("name", ACTS)
def test_strangers_sign_in_first(name: str, world: World, client: Client, now: object) -> None:
    incident = ready_for(name, world)
    assert client.post(f"{incident.path}{name}/", form_of(name)).status_code == 302


def test_form_of_another_site_is_refused(world: World, now: object) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.ana)
    incident = make_incident(service=world.service)
    assert browser.post(f"{incident.path}acknowledge/").status_code == 403


def test_acknowledging_answers_my_pages_and_twice_is_once(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    page = make_page(world.ana, incident)
    browser = sign_in(world.ana)
    for _turn in range(2):
        assert browser.post(f"{incident.path}acknowledge/").status_code == 303
    incident.refresh_from_db()
    page.refresh_from_db()
    assert incident.held_by == world.ana
    assert page.acked_at == AT
    assert incident.timeline.filter(kind=Kind.ACKNOWLEDGED).count() == 1


def test_acknowledged_can_be_undone(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    browser.post(f"{incident.path}acknowledge/")
    text = browser.get(incident.path).content.decode()
    assert "You have it" in text
    assert f"{incident.path}unacknowledge/" in text
    browser.post(f"{incident.path}unacknowledge/")
    incident.refresh_from_db()
    assert incident.held_by is None
    assert incident.page_due_at == AT


@pytest.mark.parametrize("script", [False, True])
def test_lost_race_says_what_is_true(script: bool, world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    lifecycle.resolve(incident, by=world.bob, at=AT)
    headers = {"HX-Request": "true"} if script else {}
    response = sign_in(world.ana).post(f"{incident.path}acknowledge/", headers=headers)
    assert response.status_code == 409
    text = response.content.decode()
    assert f"{incident.number} was resolved by Bob" in text or f"{incident.number} is resolved" in text


def test_somebody_elses_incident_says_who_has_it(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    lifecycle.acknowledge(incident, by=world.bob, at=AT)
    assert "Bob has it" in sign_in(world.ana).get(incident.path).content.decode()


def test_resolving_is_asked_twice_while_alerts_fire(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    with_alert(incident, "QueueStuck")
    browser = sign_in(world.ana)
    asked = browser.post(f"{incident.path}resolve/")
    assert asked.status_code == 200
    assert "1 alert still fires" in asked.content.decode()
    incident.refresh_from_db()
    assert incident.state == State.TRIAGE
    assert browser.post(f"{incident.path}resolve/", {"sure": "yes"}).status_code == 303
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("note", {}),
        ("note", {"text": "   "}),
        ("class", {"severity": "huge"}),
        ("state", {"state": "resolved"}),
        ("title", {"title": ""}),
        ("role", {"role": "king"}),
        ("page", {"person": "nobody@example.com"}),
        ("hand_over", {}),
        ("title", {"title": "a\x00b"}),
    ],
)
def test_what_cannot_be_done_is_422_and_changes_nothing(
    name: str, data: dict[str, str], world: World, sign_in: SignIn, now: object
) -> None:
    incident = make_incident(service=world.service)
    before = incident.version
    response = sign_in(world.ana).post(f"{incident.path}{name}/", data)
    assert response.status_code == 422
    assert 'data-tone="bad"' in response.content.decode()
    incident.refresh_from_db()
    assert incident.version == before


def test_unknown_act(world: World, sign_in: SignIn, now: object) -> None:
    assert sign_in(world.ana).post(f"{make_incident().path}explode/").status_code == 404


def test_pulling_in_pages_at_once(world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    incident = make_incident(service=world.service)
    sign_in(world.ana).post(f"{incident.path}page/", FORMS["page"])
    page = Page.objects.get(person=world.bob)
    assert page.reason == Page.Reason.ASKED_FOR_HELP
    assert page.deliveries.count() == 1


def test_handing_over_pages_the_other_who_has_it_at_once(world: World, sign_in: SignIn, now: object) -> None:
    make_method(world.bob)
    incident = ready_for("hand_over", world)
    browser = sign_in(world.ana)
    browser.post(f"{incident.path}hand_over/", FORMS["hand_over"])
    incident.refresh_from_db()
    assert incident.held_by == world.bob
    assert Page.objects.get(person=world.bob).reason == Page.Reason.HANDOVER
    assert "Ana handed over to Bob" in browser.get(incident.path).content.decode()


def test_next_address_stays_inside(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)
    away = browser.post(f"{incident.path}acknowledge/", {"next": "https://evil.example.com/"})
    assert away.headers["Location"] == incident.path
    assert browser.post(f"{incident.path}acknowledge/", {"next": "/"}).headers["Location"] == "/"


class TestMerging:
    """Two incidents that are one."""

    def test_the_page_leads_to_where_it_went_on(self, world: World, sign_in: SignIn, now: object) -> None:
        parent, child = make_incident("Card payments fail", service=world.service), make_incident("Queue stuck")
        client = sign_in(world.ana)
        response = client.post(f"{child.path}merge/", {"into": parent.number.lower()})
        assert (response.status_code, response["Location"]) == (303, child.path)
        assert client.get(child.path)["Location"] == parent.path
        page = client.get(parent.path).content.decode()
        assert f'href="{child.path}?own=1"' in page
        assert f"Ana merged {child.number} into {parent.number}" in page
        assert client.get(f"{child.path}?own=1").status_code == 200

    def test_what_is_not_there_is_said(self, world: World, sign_in: SignIn, now: object) -> None:
        incident = make_incident(service=world.service)
        for other, sentence in (
            ("INC-99999", "no incident INC-99999"),
            (incident.number, "cannot be merged into itself"),
        ):
            response = sign_in(world.ana).post(f"{incident.path}merge/", {"into": other})
            assert response.status_code == 422
            assert sentence in response.content.decode()

    def test_into_a_restricted_one_of_others_is_not_there(self, world: World, sign_in: SignIn, now: object) -> None:
        secret = make_incident("Secret", restricted=True)
        incident = make_incident(service=world.service)
        assert sign_in(world.ana).post(f"{incident.path}merge/", {"into": secret.number}).status_code == 422
        incident.refresh_from_db()
        assert incident.merged_into is None


def test_what_was_not_heard_of_is_asked_about_and_answered(sign_in: SignIn, world: World) -> None:
    incident = make_incident(service=world.service)
    fresh, doubted = with_alert(incident, "fresh").alert, unheard(incident)
    client = sign_in(world.ana)
    page = client.get(incident.path).content.decode()
    assert "Is it still true?" in page
    assert "repeated it every 4 h before" in page
    assert page.count(f"{incident.path}still_true/") == page.count(f"{incident.path}alerts_over/") == 1
    assert client.post(f"{incident.path}still_true/").status_code == 303
    assert "Is it still true?" not in client.get(incident.path).content.decode()
    assert client.post(f"{incident.path}alerts_over/").status_code == 409
    unheard(incident, "b")
    assert client.post(f"{incident.path}alerts_over/").status_code == 303
    assert not Alert.objects.get(title="b").firing
    assert set(Alert.objects.filter(firing=True)) == {fresh, doubted}


def test_who_may_not_change_the_state_is_not_asked_to_answer(sign_in: SignIn, world: World) -> None:
    incident = make_incident(service=world.service)
    unheard(incident)
    page = sign_in(world.olga).get(incident.path).content.decode()
    assert "Is it still true?" in page
    assert "still_true" not in page
