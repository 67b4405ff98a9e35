"""The three screens: who you are, how we wake you, break something."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from alerts.models import Key, Source
from incidents.models import Incident
from oncall.models import EscalationPolicy, Schedule
from oncall.rosters import who_is_on_call
from paging import delivery, escalation
from paging.models import ContactMethod, Delivery, Page
from status.models import Component
from teams.models import DEMO, Membership, Organisation, Role, Service, Team, User
from teams.signin import FIRST_ADMIN
from tests.desk.conftest import World
from tests.factories import AT, make_source, make_user

SignIn = Callable[[User], Client]
ANSWERS = {
    "name": "Ana Ames",
    "email": "Ana@Example.com",
    "organisation": "Acme",
    "team": "Payments",
    "timezone": "Europe/London",
}
KEY = re.compile(r"/api/in/generic/([0-9a-f]{40})")


@pytest.fixture
def ada(db: None) -> User:
    """The administrator whom the first start makes."""
    return User.objects.create_user(FIRST_ADMIN, role=Role.ADMIN)


@pytest.fixture
def begun(ada: User, sign_in: SignIn, now: object) -> Client:
    """Their browser after the first screen."""
    browser = sign_in(ada)
    assert browser.post("/start/", ANSWERS).status_code == 303
    return browser


def send(at: datetime = AT) -> None:
    """The pager's own work until nothing is due."""
    for incident in Incident.objects.filter(page_due_at__lte=at):
        escalation.escalate_one(incident.pk, at)
    for method in delivery.due(at, 10):
        delivery.send_one(method, at)


def test_now_leads_to_the_first_screen_and_back_once_it_is_answered(ada: User, sign_in: SignIn, now: object) -> None:
    browser = sign_in(ada)
    assert browser.get("/").headers["Location"] == "/start/"
    text = browser.get("/start/").content.decode()
    assert "Who are you?" in text
    assert browser.get("/start/").context["form"]["email"].value() == ""
    assert "./run manage apply org.yaml" in text
    assert "./run demo" in text
    browser.post("/start/", ANSWERS)
    assert browser.get("/").status_code == 200
    assert "steps" in browser.get("/start/").context


def test_one_post_makes_everything_that_a_page_needs(begun: Client, ada: User) -> None:
    ada.refresh_from_db()
    assert (ada.name, ada.email, ada.timezone) == ("Ana Ames", "ana@example.com", "Europe/London")
    assert (Organisation.the().name, Organisation.the().timezone) == ("Acme", "Europe/London")
    team, service, policy = Team.objects.get(), Service.objects.get(), EscalationPolicy.objects.get()
    assert list(team.memberships.values_list("user", "place")) == [(ada.pk, Membership.Place.LEAD)]
    schedule = Schedule.objects.get()
    assert who_is_on_call(schedule, AT) == ada
    assert [step.notify for step in policy.steps.all()] == [[f"schedule:{schedule.slug}"]]
    assert policy.catch_all == ["user:ana@example.com"]
    assert service.coverage.policy == policy
    assert list(Source.objects.values_list("slug", "kind", "service")) == [
        ("alertmanager", "alertmanager", service.pk),
        ("scripts", "generic", service.pk),
    ]
    assert Key.objects.count() == 2
    (method,) = ContactMethod.objects.all()
    assert (method.address, method.verified_at) == ("ana@example.com", None)


def test_it_is_in_the_history_of_settings(begun: Client) -> None:
    text = begun.get("/settings/history/").content.decode()
    for word in ("Acme", "Payments", "My service", "Alertmanager"):
        assert word in text
    assert "Ana Ames" in text


def test_twice_is_once(begun: Client) -> None:
    response = begun.post("/start/", {**ANSWERS, "team": "Another"})
    assert (response.status_code, response.headers["Location"]) == (303, "/start/wake/")
    assert [row.objects.count() for row in (Team, Schedule, EscalationPolicy, Service, Source, Key)] == [
        1,
        1,
        1,
        1,
        2,
        2,
    ]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", " ", "This field is required."),
        ("email", "ana", "Enter a valid email address."),
        ("email", "ADMIN@localhost", "admin@localhost reaches nobody."),
        ("email", "bob.bell@example.com", "Somebody has this e-mail already."),
        ("organisation", "", "This field is required."),
        ("organisation", DEMO, "This is what the demo is called."),
        ("team", "a\x01b", "There is a control character or a line break in it."),
        ("team", "x" * 201, "at most 200 characters"),
        ("timezone", "Mars/Olympus", "Choose a time zone from the list."),
    ],
)
def test_bad_answers_are_told_and_change_nothing(
    ada: User, sign_in: SignIn, now: object, field: str, typed: str, sentence: str
) -> None:
    make_user("Bob Bell", email="bob.bell@example.com")
    response = sign_in(ada).post("/start/", {**ANSWERS, field: typed})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "Ana Ames" in response.content.decode() or field == "name"
    ada.refresh_from_db()
    assert (ada.email, ada.name) == (FIRST_ADMIN, "")
    assert not Organisation.objects.exists()
    assert not Team.objects.exists()


def test_a_known_address_stays(db: None, sign_in: SignIn, now: object) -> None:
    root = make_user("Root", role=Role.ADMIN, email="root@example.com")
    sign_in(root).post("/start/", ANSWERS)
    root.refresh_from_db()
    assert root.email == "root@example.com"
    assert ContactMethod.objects.get().address == "root@example.com"


def test_only_an_administrator_begins(db: None, sign_in: SignIn, now: object) -> None:
    ana = sign_in(make_user("Ana"))
    assert "steps" in ana.get("/start/").context
    assert ana.post("/start/", ANSWERS).status_code == 403
    assert not Team.objects.exists()


def test_the_mail_is_proved_by_the_answer(begun: Client, mailoutbox: list[Any]) -> None:
    assert "Send a test" in begun.get("/start/wake/").content.decode()
    assert begun.post("/start/wake/", {"act": "test"}).headers["Location"] == "/start/wake/"
    assert "On its way since 02:04:00." in begun.get("/start/wake/").content.decode()
    send()
    assert [mail.to for mail in mailoutbox] == [["ana@example.com"]]
    text = begun.get("/start/wake/").content.decode()
    assert "Did it ring?" in text
    page = Page.objects.get()
    assert f'<li id="paged-{page.pk}" hidden>' in text  # it is asked once, below
    answer = {"seen": page.pk, "proves": "1", "next": "/start/try/"}
    assert begun.post("/page-me/", answer).headers["Location"] == "/start/try/"
    assert ContactMethod.objects.get().usable
    assert "It rang at 02:04:00." in begun.get("/start/wake/").content.decode()


def test_the_link_in_the_mail_proves_it_too(begun: Client, mailoutbox: list[Any]) -> None:
    begun.post("/start/wake/")
    send()
    link = re.search(r"http://testserver(/p/\S+/)", mailoutbox[0].body)
    assert link
    assert not ContactMethod.objects.get().usable
    assert Client().post(link[1]).status_code == 200
    assert ContactMethod.objects.get().usable


def test_an_answer_about_the_browser_proves_no_mail(begun: Client) -> None:
    begun.post("/start/wake/")
    page = Page.objects.get()
    begun.post("/page-me/", {"seen": page.pk, "proves": "1"})  # before it has left
    assert not ContactMethod.objects.get().usable
    begun.post("/start/wake/")
    send()
    begun.post("/page-me/", {"seen": Page.objects.latest("pk").pk})
    assert not ContactMethod.objects.get().usable


def test_no_leads_to_another_address(begun: Client, mailoutbox: list[Any]) -> None:
    begun.post("/start/wake/")
    send()
    assert "No, it did not" in begun.get("/start/wake/").content.decode()
    refused = begun.post("/start/wake/", {"act": "address", "address": "nonsense"})
    assert refused.status_code == 422
    begun.post("/start/wake/", {"act": "address", "address": "ana@elsewhere.example"})
    send(AT + timedelta(minutes=1))
    assert [mail.to for mail in mailoutbox] == [["ana@example.com"], ["ana@elsewhere.example"]]
    assert ContactMethod.objects.get().address == "ana@elsewhere.example"


def test_what_the_mail_server_says_is_shown(begun: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    begun.post("/start/wake/")
    send()
    text = begun.get("/start/wake/").content.decode()
    assert "It could not be sent:" in text
    assert Delivery.objects.get().error[:20] in text.replace("&#x27;", "'")


def test_files_are_no_mailbox(begun: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "foundation.egress.mail_files.MailFiles"
    text = begun.get("/start/wake/").content.decode()
    assert "mail is written into files and reaches no mailbox" in text


def test_others_prove_an_address_by_a_code(world: World, sign_in: SignIn, now: object) -> None:
    bob = sign_in(world.bob)
    assert "There is no address yet." in bob.get("/start/wake/").content.decode()
    assert bob.post("/start/wake/", {"act": "address", "address": "bob@example.com"}).status_code == 403
    ContactMethod.objects.create(user=world.bob, slug="mail", kind="email", address="bob@example.com")
    response = bob.post("/start/wake/")
    assert response.status_code == 422
    assert "verify it first" in response.content.decode()
    assert not Page.objects.exists()


def test_a_script_gets_the_ways_alone(begun: Client) -> None:
    response = begun.post("/start/wake/", headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    assert "On its way" in response.content.decode()


def test_the_alert_comes_all_the_way(begun: Client, ada: User) -> None:
    begun.post("/start/wake/")
    send()
    begun.post("/page-me/", {"seen": Page.objects.get().pk, "proves": "1"})
    text = begun.get("/start/try/").content.decode()
    assert "Ana Ames is paged at once." in text
    assert "Nothing has come in yet." in text
    assert begun.post("/start/try/").headers["Location"] == "/start/try/"
    assert chain(begun) == ["received"]
    incident = Incident.objects.get()
    assert incident.drill
    send(AT + timedelta(minutes=1))  # the mail of a moment ago makes this one wait
    assert chain(begun) == ["received", "paged", "sent"]
    part = begun.get("/start/try/", headers={"HX-Request": "true"})
    assert part.headers["HX-Trigger"] == "paged"
    begun.post(f"{incident.path}acknowledge/")
    assert chain(begun) == ["received", "paged", "sent", "rang"]
    text = begun.get("/start/try/").content.decode()
    assert "You have it, and nobody else is called." in text
    assert "Resolve" in begun.get(incident.path).content.decode()


def chain(browser: Client) -> list[str]:
    """What has happened so far."""
    trace = browser.get("/start/try/").context["trace"]
    return [link.name for link in trace.links if link.done]


def test_fired_again_it_calls_again(begun: Client) -> None:
    begun.post("/start/try/")
    send()
    incident = Incident.objects.get()
    begun.post(f"{incident.path}acknowledge/")
    assert "rang" in chain(begun)
    with time_machine.travel(AT + timedelta(minutes=2), tick=False):
        begun.post("/start/try/")
        send(AT + timedelta(minutes=2))
        assert "rang" not in chain(begun)
        assert "paged" in chain(begun)
        assert begun.get("/start/try/").context["trace"].asks
    with time_machine.travel(AT + timedelta(hours=1), tick=False):
        assert begun.get("/start/try/").context["trace"] is None


def test_without_a_proved_way_the_browser_alone_rings(begun: Client) -> None:
    begun.post("/start/try/")
    send()
    assert "To this browser only" in begun.get("/start/try/").content.decode()
    assert "Acknowledge" in begun.get("/start/try/").content.decode()


def test_the_first_keys_work_and_are_shown_for_a_day(begun: Client, ada: User, sign_in: SignIn) -> None:
    found = KEY.search(begun.get("/start/try/").content.decode())
    assert found
    answer = Client().post(f"/api/in/generic/{found[1]}", {"title": "Queue stuck"}, content_type="application/json")
    assert answer.status_code == 202
    assert chain(begun) == ["received"]
    assert not Incident.objects.get().drill
    other = make_user("Other", role=Role.ADMIN)
    assert not KEY.search(sign_in(other).get("/start/try/").content.decode())
    with time_machine.travel(AT + timedelta(days=1, seconds=1), tick=False):
        assert "/api/in/generic/KEY" in begun.get("/start/try/").content.decode()
    Key.objects.update(revoked_at=AT)
    assert "/api/in/generic/KEY" in begun.get("/start/try/").content.decode()


def test_who_runs_no_source_fires_none(world: World, sign_in: SignIn, now: object) -> None:
    make_source("am", service=world.service)
    for person in (world.bob, world.olga):
        browser = sign_in(person)
        assert "There is no source that you may fire." in browser.get("/start/try/").content.decode()
        assert browser.post("/start/try/").status_code == 403
    assert not Incident.objects.exists()


def test_what_comes_next_vanishes_by_facts(begun: Client) -> None:
    assert begun.get("/").context["later"] == []  # what a page needs comes first
    ContactMethod.objects.update(verified_at=AT)
    begun.post("/start/try/")
    acts = [card.act for card in begun.get("/").context["later"]]
    assert acts == ["Invite", "Connect", "Look at it"]
    make_user("Bob Bell")
    Key.objects.filter(source__slug="scripts").update(last_used_at=AT)
    Component.objects.create(slug="checkout", name="Checkout", service=Service.objects.get())
    assert begun.get("/").context["later"] == []
