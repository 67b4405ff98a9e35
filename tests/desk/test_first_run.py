"""The checklist: ticked by facts, never by clicks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from alerts import keys
from alerts.models import Body
from desk.first_run import _key_for, example
from desk.forecast import next_page
from foundation.models import Process
from incidents.models import Incident
from paging.models import Delivery
from teams.models import Organisation, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_page, make_service, make_source, make_team, make_user

SignIn = Callable[[User], Client]
NAMES = ["organisation", "people", "team", "schedule", "policy", "service", "method", "source", "rang"]


def done(browser: Client) -> set[str]:
    """Which steps are ticked."""
    return {step.name for step in browser.get("/start/").context["steps"] if step.done}


def test_begun_without_a_team(db: None, sign_in: SignIn, now: object) -> None:
    Organisation.objects.create(pk=1)
    make_team("payments").memberships.all().delete()
    response = sign_in(make_user("Ada", role=Role.ADMIN)).get("/start/")
    steps, text = response.context["steps"], response.content.decode()
    assert not any(step.done for step in steps)
    assert [step.name for step in steps if step.next] == ["organisation"]
    assert [step.name for step in steps] == NAMES
    assert "./run manage apply org.yaml" in text
    assert "http://testserver/api/in/alertmanager/KEY" in text
    assert "webhook_configs" in text
    assert "curl" in text


def test_the_example_pages_whoever_looks(db: None, sign_in: SignIn, now: object, tmp_path: Path) -> None:
    ada = make_user("Ada", role=Role.ADMIN)
    browser = sign_in(ada)
    file = tmp_path / "org.yaml"
    file.write_text(example(ada))
    call_command("apply", str(file), stdout=StringIO())
    assert done(browser) == {"organisation", "team", "schedule", "policy", "service", "method"}
    ada.refresh_from_db()
    assert ada.role == Role.ADMIN
    address = re.search(r"/api/in/alertmanager/[0-9a-f]{40}", browser.get("/start/").content.decode())
    assert address
    body = {"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "ShellTest"}}]}
    answer = Client().post(address[0], json.dumps(body), content_type="application/json")
    assert answer.json().items() >= {"accepted": 1, "incidents": [Incident.objects.get().number]}.items()
    assert next_page(Incident.objects.get())


def test_the_key_of_the_example_is_for_administrators_and_while_it_lives(
    db: None, sign_in: SignIn, now: object
) -> None:
    ada, ana = make_user("Ada", role=Role.ADMIN), make_user("Ana")
    source = make_source("am", service=make_service("checkout"))
    shown = [_key_for(ada), _key_for(ana)]
    assert shown[0] != shown[1]
    for secret in shown:
        keys.add_key(source, secret, at=AT)
    assert f"/alertmanager/{shown[0]}" in sign_in(ada).get("/start/").content.decode()
    assert f"/alertmanager/{shown[1]}" not in sign_in(ana).get("/start/").content.decode()
    for key in source.keys.all():
        keys.revoke(key, at=AT)
    assert f"/alertmanager/{shown[0]}" not in sign_in(ada).get("/start/").content.decode()


def test_steps_tick_themselves(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    true = {"people", "team", "schedule", "policy", "service", "method"}
    assert done(browser) == true
    make_page(world.ana, seen_at=AT)
    assert done(browser) == true | {"rang"}
    source = make_source("am", key="a-long-enough-key-0001", service=world.service)
    assert done(browser) == true | {"rang"}
    Organisation.objects.create(pk=1, name="Acme")
    Body.objects.create(source=source, received_at=AT, digest="x", content=b"", size=0, accepted=1)
    response = browser.get("/start/")
    assert response.context["all_done"]
    text = response.content.decode()
    assert "The first one came on Sat 21 Nov 02:04. One that came now would page Ana Ames." in text
    assert "Alerts about Checkout go by the policy payments." in text
    assert "payments first asks who has the pager of payments-primary." in text
    assert "Ana Ames has the pager of payments-primary." in text
    world.schedule.layers.all().delete()
    assert "schedule" not in done(browser)


def test_dispatcher(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    assert browser.get("/start/").context["health"][0]["ok"] is False
    Process.objects.create(name="d", role="dispatch", started_at=AT, beat_at=AT)
    assert browser.get("/start/").context["health"][0]["ok"] is True


def test_mail_is_well_only_when_it_was_seen_to_leave(world: World, sign_in: SignIn, settings: Any, now: object) -> None:
    browser = sign_in(world.ana)
    settings.EMAIL_BACKEND = "foundation.egress.mail_files.MailFiles"
    assert "reaches no mailbox" in browser.get("/start/").context["health"][1]["sentence"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert browser.get("/start/").context["health"][1]["ok"] is False
    Delivery.objects.create(page=make_page(world.bob), kind="email", state="sent", due_at=AT, sent_at=AT)
    assert browser.get("/start/").context["health"][1]["ok"] is True


def test_mail_settings_are_shown_without_secrets(world: World, sign_in: SignIn, settings: Any, now: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example.com", 587
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "postmaster", "secret-password"
    text = sign_in(world.olga).get("/start/").content.decode()
    assert "smtp://mail.example.com:587" in text
    assert "secret-password" not in text
    assert "postmaster" not in text


def test_each_step_leads_to_its_form_and_comes_back(db: None, sign_in: SignIn, now: object) -> None:
    ada = make_user("Ada", role=Role.ADMIN)
    make_team("payments").memberships.all().delete()
    browser = sign_in(ada)
    forms = {step.name: step.url for step in browser.get("/start/").context["steps"]}
    for name in set(NAMES) - {"method", "rang"}:
        assert forms[name].endswith("?next=/start/")
        page = browser.get(forms[name])
        assert page.status_code == 200
        assert '<input type="hidden" name="next" value="/start/">' in page.content.decode()
    response = browser.post(forms["organisation"], {"name": "Acme", "timezone": "Europe/London", "next": "/start/"})
    assert (response.status_code, response["Location"]) == (303, "/start/")
    (step,) = (step for step in browser.get("/start/").context["steps"] if step.next)
    assert step.name == "team"


def test_who_may_not_set_up_is_told_who_does(db: None, sign_in: SignIn, now: object) -> None:
    page = sign_in(make_user("Ana")).get("/start/")
    assert {step.name for step in page.context["steps"] if step.url} == {"method"}
    text = page.content.decode()
    assert "A manager or an administrator does this." in text
    assert "org.yaml" not in text
