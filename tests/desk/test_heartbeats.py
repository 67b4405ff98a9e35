"""The pages of heartbeats: what is shown, who may change what, and the form that makes one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Heartbeat
from teams.models import Service
from tests.alerts.beating import make_heartbeat, pass_to, ping
from tests.alerts.posting import make_am
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Backup",
    "service": "checkout",
    "every": "2",
    "every_unit": "hours",
    "grace": "10",
    "grace_unit": "minutes",
    "timezone": "UTC",
}


@pytest.fixture
def boss() -> Client:
    """Manages the team that owns the service."""
    person = make_user("Boss", role="manager")
    make_service("checkout", team=make_team("payments", manager=person))
    client = Client()
    client.force_login(person)
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def test_an_empty_list_says_what_to_do(boss: Client) -> None:
    page = text(boss.get("/services/heartbeats/"))
    assert "No heartbeat yet" in page
    assert "/setup/heartbeat/" in page


def test_made_by_the_form_it_is_shown_with_its_address_once(boss: Client) -> None:
    response = boss.post("/setup/heartbeat/", FORM)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    beat = Heartbeat.objects.get()
    assert (beat.slug, beat.period, beat.grace) == ("backup", timedelta(hours=2), timedelta(minutes=10))
    key = text(response).split("/ping/")[1].split("<")[0].split("/")[0].strip()
    assert ping(key=key).content == b"OK"
    assert key not in text(boss.get("/services/heartbeats/backup/"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"cron": "61 * * * *"}, "is no cron line"),
        ({"every": "400", "every_unit": "days"}, "A year is the longest."),
        ({"match": "alertname=Watchdog"}, "Name the source whose alerts these are."),
        ({"timezone": "Mars/Phobos"}, "Mars/Phobos"),
        ({"every": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_said(boss: Client, change: dict[str, str], sentence: str) -> None:
    response = boss.post("/setup/heartbeat/", FORM | change)
    assert response.status_code == 422
    assert sentence in text(response)
    assert not Heartbeat.objects.exists()


@pytest.mark.parametrize("match", ["alertname=~.*", "alertname!=Nothing"])
def test_a_match_that_swallows_a_source_is_refused(boss: Client, match: str) -> None:
    make_am(service=service())
    response = boss.post("/setup/heartbeat/", FORM | {"source": "am", "match": match})
    assert response.status_code == 422
    assert "This fits nearly every alert" in text(response)
    assert not Heartbeat.objects.exists()


def test_the_watchdog_of_a_source_is_offered(boss: Client) -> None:
    make_am(service=make_service("payments"))
    page = text(boss.get("/setup/heartbeat/?source=am"))
    assert "alertname=Watchdog" in page


def test_another_rhythm_moves_what_is_expected(boss: Client) -> None:
    make_heartbeat(service=service(), name="Report")
    ping()
    form = FORM | {"name": "Report", "was": was(boss)}
    assert boss.post("/setup/heartbeat/backup/", form).status_code == 303
    beat = Heartbeat.objects.get()
    assert beat.expected_at is not None
    assert beat.last_ping_at is not None
    assert beat.expected_at - beat.last_ping_at == timedelta(hours=2)


def was(client: Client) -> str:
    """What the form says that it was made from."""
    return text(client.get("/setup/heartbeat/backup/")).split('name="was" value="')[1].split('"')[0]


def service() -> Service:
    return Service.objects.get(slug="checkout")


def test_each_state_has_its_word(boss: Client) -> None:
    make_heartbeat(service=service())
    shown = []
    for minute in (0, 61, 66):
        if minute == 0:
            ping("/start")
            ping(minute=1, method="POST", data=b"<b>42 files</b>\x00")
        pass_to(minute)
        shown.append(text(boss.get("/services/heartbeats/backup/")))
    assert "Heard" in shown[0]
    assert "Somebody is paged 5 min after that." in shown[1]
    assert "It was not heard in time." in shown[2]
    assert "&lt;b&gt;42 files&lt;/b&gt;" in shown[0]
    assert "<meter" in shown[0]


def test_pause_resume_and_keys(boss: Client) -> None:
    make_heartbeat(service=service())
    here = "/services/heartbeats/backup/"
    assert boss.post(here, {"act": "pause"}).status_code == 303
    assert Heartbeat.objects.get().state == "paused"
    assert boss.post(here, {"act": "resume"}).status_code == 303
    assert Heartbeat.objects.get().state == "new"
    response = boss.post(here, {"act": "new_key"})
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert boss.post(here, {"act": "new_key"}).status_code == 409
    key = Heartbeat.objects.get().keys.order_by("pk")[0]
    assert boss.post(here, {"act": "revoke_key", "key": key.pk}).status_code == 303
    assert ping().status_code == 410
    assert boss.post(here, {"act": "nonsense"}).status_code == 422
    assert boss.post(here, {"act": "revoke_key", "key": "x"}).status_code == 404


def test_others_look_and_change_nothing(boss: Client) -> None:
    make_heartbeat(service=service())
    stranger = Client()
    stranger.force_login(make_user("Stranger", role="responder"))
    ping(method="POST", data=b"password=hunter2")
    page = stranger.get("/services/heartbeats/backup/")
    assert page.status_code == 200
    assert "hunter2" not in text(page)
    assert "hunter2" in text(boss.get("/services/heartbeats/backup/"))
    assert stranger.post("/services/heartbeats/backup/", {"act": "pause"}).status_code == 403
    assert stranger.post("/setup/heartbeat/", FORM).status_code == 403


def test_one_that_is_down_is_not_archived(boss: Client) -> None:
    make_heartbeat(service=service())
    ping("/fail")
    response = boss.post("/setup/heartbeat/backup/", {"act": "archive"})
    assert response.status_code == 422
    assert "pause it first" in text(response)


def test_the_check_of_a_configuration(boss: Client) -> None:
    make_am(service=service())
    here = "/services/sources/am/check/"
    assert "receiver: sharp-end-checkout" in text(boss.get(here))
    page = text(boss.post(here, {"text": "route: {receiver: mail}"}))
    assert "No receiver here posts to this installation" in page
    for nonsense in ("", "[", "\x00", "- " * 5000, "route: 1"):
        assert boss.post(here, {"text": nonsense}).status_code == 422
