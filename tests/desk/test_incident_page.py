"""One incident: what the page says to whom, and how cheaply it is asked for again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert, Episode
from incidents import command, lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident
from oncall.models import EscalationStep
from paging.incident_channels import IncidentChannel
from paging.models import Delivery, Escalation
from teams.models import Playbook, User
from tests.clock import work_off
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page, make_service, make_source, make_user

SignIn = Callable[[User], Client]
SESSION_AND_USER = 2


def with_alert(incident: Incident, name: str, *, closed: bool = False, **labels: str) -> Episode:
    """An alert of the incident."""
    source = make_source()
    alert = Alert.objects.create(
        source=source,
        fingerprint=name,
        title=name,
        labels={"alertname": name, **labels},
        links=[["graph", "https://graphs.example.com/1"], ["bad", "javascript:alert(1)"]],
        starts_at=AT,
        first_seen_at=AT,
        last_seen_at=AT,
        firing=not closed,
        incident=incident,
    )
    return Episode.objects.create(
        alert=alert, incident=incident, starts_at=AT, opened_at=AT, closed_at=AT if closed else None
    )


def test_says_what_why_and_the_next_act(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    make_page(world.ana, incident, because="pager of payments-primary, step 1")
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert "Queue stuck" in text
    assert "pager of payments-primary, step 1" in text
    assert f'action="{incident.path}acknowledge/"' in text
    assert "critical" in text
    assert "02:04 UTC" in text


def test_sent_is_not_called_delivered(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    page = make_page(world.bob, incident)
    Delivery.objects.create(page=page, kind="email", state="sent", due_at=AT, sent_at=AT)
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert 'data-state="sent"' in text
    assert "delivered" not in text


def test_next_page_is_named(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    text = sign_in(world.bob).get(incident.path).content.decode()
    assert "Next: Ana Ames" in text


def test_a_policy_that_was_changed_meanwhile_is_said(world: World, sign_in: SignIn, now: object) -> None:
    incident = lifecycle.open_one(Opening("Queue stuck", world.service, "critical"), at=AT)
    work_off(AT, "paging")
    said = "it has been changed since"
    assert said not in sign_in(world.bob).get(incident.path).content.decode()
    EscalationStep.objects.update(wait=900)
    assert said in sign_in(world.bob).get(incident.path).content.decode()


def test_a_run_that_cannot_be_read_keeps_nobody_from_looking_or_acknowledging(
    world: World, sign_in: SignIn, now: object
) -> None:
    incident = lifecycle.open_one(Opening("Queue stuck", world.service, "critical"), at=AT)
    work_off(AT, "paging")
    assert Escalation.objects.filter(incident=incident).update(policy={}) == 1
    client = sign_in(world.ana)
    assert "Next: " in client.get(incident.path).content.decode()
    client.post(f"{incident.path}acknowledge/")
    incident.refresh_from_db()
    assert incident.held_by == world.ana


def test_times_are_the_viewers(world: World, sign_in: SignIn, now: object) -> None:
    world.ana.timezone = "Asia/Kathmandu"
    world.ana.save()
    incident = make_incident(service=world.service)
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert "07:49" in text
    assert "02:04 UTC" in text


def test_playbooks_that_fit(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    with_alert(incident, "QueueStuck")
    for title, match in (
        ("Restart it", {"alertname": "QueueStuck"}),
        ("Other", {"alertname": "Disk"}),
        ("Bad", {"a": "=~("}),
    ):
        Playbook.objects.create(
            service=world.service, title=title, match=match, body="**first** step <script>x</script>"
        )
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert "Restart it" in text
    assert "<strong>first</strong>" in text
    assert "<script>x" not in text
    assert "Other</" not in text
    assert "Bad</" not in text


def test_alerts_of_an_earlier_incident_stay_its_own(world: World, sign_in: SignIn, now: object) -> None:
    first, second = make_incident(service=world.service), make_incident(service=world.service)
    episode = with_alert(first, "QueueStuck", closed=True)
    later = AT + timedelta(minutes=1)
    Episode.objects.create(alert=episode.alert, incident=second, starts_at=later, opened_at=later)
    Alert.objects.update(incident=second, firing=True)
    browser = sign_in(world.ana)
    assert "0 of 1 firing" in browser.get(first.path).content.decode()
    assert "1 of 1 firing" in browser.get(second.path).content.decode()


def test_links_of_alerts_are_web_addresses_only(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    with_alert(incident, "QueueStuck")
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert "https://graphs.example.com/1" in text
    assert "javascript:" not in text


def test_title_is_text(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident("<img src=x onerror=alert(1)>{{ 7|add:1 }}", service=world.service)
    text = sign_in(world.ana).get(incident.path).content.decode()
    assert "<img src=x" not in text
    assert "{{ 7|add:1 }}" in text


def test_story_is_filtered_and_paged(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    for number in range(105):
        command.note(incident, by=world.bob, text=f"note number {number}.", at=AT)
    browser = sign_in(world.ana)
    text = browser.get(incident.path).content.decode()
    assert "note number 104." in text
    assert "note number 4." not in text
    oldest = incident.timeline.order_by("-pk")[99]
    assert f"before={oldest.pk}" in text
    assert "note number 4." in browser.get(f"{incident.path}?before={oldest.pk}").content.decode()
    assert "note number 104." not in browser.get(f"{incident.path}?story=pages").content.decode()


@pytest.mark.parametrize(
    "odd", ["?story=nonsense", "?before=-1", "?before=99999999999999999999", "?before=x", "?story=%00"]
)
def test_odd_questions_draw_the_page(odd: str, world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    assert sign_in(world.ana).get(incident.path + odd).status_code == 200


@pytest.mark.parametrize(
    "number", ["INC-999999", "INC-0", "INC-x", "999999999999999999", "%00", "INC-9999999999999999999999"]
)
def test_no_such_incident(number: str, world: World, sign_in: SignIn) -> None:
    assert sign_in(world.ana).get(f"/incidents/{number}/").status_code == 404


def test_restricted_is_not_there_for_others(world: World, sign_in: SignIn, now: object) -> None:
    secret = make_incident("Stolen keys", service=make_service("vault"), restricted=True)
    for path in (secret.path, f"{secret.path}live/"):
        assert sign_in(world.ana).get(path).status_code == 404
        assert sign_in(world.ada).get(path).status_code == 200
    assert sign_in(world.ana).post(f"{secret.path}acknowledge/").status_code == 404
    secret.refresh_from_db()
    assert secret.held_by is None


def test_restricted_is_open_to_who_was_paged_for_it(world: World, sign_in: SignIn, now: object) -> None:
    secret = make_incident("Stolen keys", service=make_service("vault"), restricted=True)
    make_page(world.ana, secret)
    assert sign_in(world.ana).get(secret.path).status_code == 200


def test_observers_see_no_acts(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    text = sign_in(world.olga).get(incident.path).content.decode()
    assert "acknowledge/" not in text
    assert 'id="note"' not in text


def test_guides_take_notes_and_move_no_state(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    command.take_role(incident, role="guide", person=world.bob, by=world.bob, at=AT)
    browser = sign_in(world.bob)
    assert 'id="note"' in browser.get(incident.path).content.decode()
    assert browser.post(f"{incident.path}acknowledge/").status_code == 403
    assert browser.post(f"{incident.path}note/", {"text": "How does it look?"}).status_code == 303


def test_unchanged_is_304_after_two_queries(
    world: World, sign_in: SignIn, now: object, django_assert_num_queries: Any
) -> None:
    incident = make_incident(service=world.service)
    make_page(world.ana, incident)
    browser = sign_in(world.ana)
    first = browser.get(f"{incident.path}live/")
    assert first.status_code == 200
    assert "private" in first.headers["Cache-Control"]
    with django_assert_num_queries(SESSION_AND_USER + 2):
        again = browser.get(f"{incident.path}live/", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_its_channel_in_slack_is_one_press_away_as_soon_as_it_is_made(
    world: World, sign_in: SignIn, now: object
) -> None:
    incident = make_incident(service=world.service)
    row = IncidentChannel.objects.create(incident=incident, name="inc-7", asked_at=AT, due_at=AT)
    browser = sign_in(world.ana)
    before = browser.get(f"{incident.path}live/")
    assert "in Slack" not in before.content.decode()
    row.channel = "C012345"
    row.save()
    after = browser.get(f"{incident.path}live/", headers={"If-None-Match": before.headers["ETag"]})
    text = after.content.decode()
    assert '<a href="https://slack.com/app_redirect?channel=C012345">#inc-7 in Slack</a>' in text


def test_each_change_is_a_new_etag(world: World, sign_in: SignIn, now: object) -> None:
    incident = make_incident(service=world.service)
    page = make_page(world.ana, incident)
    delivery = Delivery.objects.create(page=page, kind="email", state="queued", due_at=AT)
    browser, seen = sign_in(world.ana), set()

    def etag() -> str:
        return browser.get(f"{incident.path}live/").headers["ETag"]

    seen.add(etag())
    for state in ("sent", "delivered", "read", "failed"):
        Delivery.objects.filter(pk=delivery.pk).update(state=state, sent_at=AT)
        seen.add(etag())
    page.seen_at = AT
    page.save()
    seen.add(etag())
    command.note(incident, by=world.bob, text="Looking.", at=AT)
    seen.add(etag())
    seen.add(browser.get(f"{incident.path}live/?story=notes").headers["ETag"])
    seen.add(sign_in(world.bob).get(f"{incident.path}live/").headers["ETag"])
    assert len(seen) == 9


def test_queries_do_not_grow(world: World, sign_in: SignIn, now: object, django_assert_max_num_queries: Any) -> None:
    incident = make_incident(service=world.service)
    browser = sign_in(world.ana)

    def grow(rows: int) -> None:
        for number in range(rows):
            person = make_user()
            page = make_page(person, incident)
            Delivery.objects.create(page=page, kind="email", state="sent", due_at=AT, sent_at=AT)
            with_alert(incident, f"alert {number} of {rows}")
            command.note(incident, by=person, text="hm", at=AT)

    grow(1)
    with django_assert_max_num_queries(100) as few:
        browser.get(incident.path)
    grow(30)
    with django_assert_max_num_queries(len(few)):
        browser.get(incident.path)
