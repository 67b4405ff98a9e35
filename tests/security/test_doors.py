"""The doors of the application as somebody outside would try them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from paging import links
from teams.models import Role
from teams.signin import make_link
from tests.factories import (
    AT,
    PASSWORD,
    make_incident,
    make_method,
    make_page,
    make_source,
    make_token,
    make_user,
)

ELSEWHERE = [
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
    "http:///evil.example", "javascript:alert(1)", " //evil.example", "\t//evil.example", "/%09/evil.example//..",
    "http://testserver@evil.example/", "data:text/html,x",
]  # fmt: skip


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AT, tick=False) as traveller:
        yield traveller


def leaves(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Every address with a view."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from leaves(one.url_patterns)
        else:
            yield one


def is_inside(address: str) -> bool:
    """Whether a browser that follows `address` stays with us."""
    parts = urlsplit(address.replace("\\", "/"))
    return parts.scheme in {"", "http", "https"} and parts.netloc in {"", "testserver"} and not address.startswith("//")


CHATS = {"paging.slack.views", "paging.telegram.views", "paging.mattermost.views"}
SIGNED = {"paging.views", "paging.push_views", "paging.twilio_views", *CHATS}
"""Modules whose requests bring their own authority: a signed link, or a provider's signature."""


def test_only_what_is_signed_and_the_token_api_take_posts_without_a_csrf_token() -> None:
    exempt = {
        one.callback.__module__
        for one in leaves(get_resolver(settings.ROOT_URLCONF).url_patterns)
        if getattr(one.callback, "csrf_exempt", False)
    }
    assert {name for name in exempt if not name.startswith("desk.api.")} == SIGNED


def test_a_form_of_another_site_does_nothing(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    incident = make_incident()
    client.force_login(make_user("Ana"))
    for path in (f"{incident.path}acknowledge/", "/page-me/", "/declare/", "/settings/tokens/", "/account/logout/"):
        assert client.post(path, {"title": "x"}, headers={"origin": "https://evil.example"}).status_code == 403, path
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_refused_form_says_what_to_do(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/account/login/")
    assert response.status_code == 403
    assert "Sharp End" in response.content.decode()
    assert "style=" not in response.content.decode()


def test_a_session_is_no_key_to_the_api(db: None) -> None:
    client = Client()
    client.force_login(make_user("Ada", role=Role.ADMIN))
    assert client.get("/api/v1/incidents/").status_code == 401


@pytest.mark.parametrize("where", ELSEWHERE)
def test_signing_in_leads_nowhere_else(db: None, where: str) -> None:
    make_user("Ana", password=PASSWORD)
    client = Client()
    for path in ("/account/login/", f"/account/login/?next={where}"):
        response = client.post(path, {"login": "ana@example.com", "password": PASSWORD, "next": where})
        assert response.status_code == 302
        assert is_inside(response["Location"]), response["Location"]
        client.logout()


@pytest.mark.parametrize("where", ELSEWHERE)
def test_neither_does_an_act(db: None, where: str) -> None:
    incident, client = make_incident(), Client()
    client.force_login(make_user("Ana"))
    response = client.post(f"{incident.path}acknowledge/", {"next": where})
    assert response.status_code == 303
    assert is_inside(response["Location"]), response["Location"]


def test_a_path_of_two_slashes_leads_nowhere_else(db: None) -> None:
    for path in ("//evil.example/incidents", "//evil.example/%2e%2e", "/search//evil.example"):
        response = Client().get(path)
        assert is_inside(response.get("Location", "/")), path


def test_a_sign_in_link_works_once_and_for_its_person_only(db: None, clock: time_machine.Traveller) -> None:
    ana, client = make_user("Ana"), Client()
    path = urlsplit(make_link(ana, AT)).path
    assert client.get(path).status_code == 200
    assert "_auth_user_id" not in client.session
    assert Client().post(path[:-4] + "xyz/").status_code == 404
    client.get("/account/login/")
    before = client.session.session_key
    assert client.post(path)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(ana.pk)
    assert client.session.session_key != before
    assert Client().post(path).status_code == 410
    late = urlsplit(make_link(ana, AT)).path
    clock.shift(timedelta(minutes=15))
    assert Client().post(late).status_code == 410


@pytest.mark.parametrize(
    "forged",
    [
        "{page}-{other}.{rest}",
        "{other_page}-{person}.{rest}",
        "{page}-{person}",
        "{page}-{person}.0.x",
        "0",
        "..",
        "a-b.c.d",
    ],
)
def test_a_page_link_cannot_be_forged(db: None, forged: str) -> None:
    ana, incident = make_user("Ana"), make_incident()
    page = make_page(ana, incident)
    rest = links.token_of(page.pk, ana.pk).partition(".")[2]
    token = forged.format(page=page.pk, person=ana.pk, other=ana.pk + 1, other_page=page.pk + 1, rest=rest)
    assert Client().post(f"/p/{token}/").status_code == 404
    incident.refresh_from_db()
    assert incident.held_by is None


def test_a_page_link_passed_on_does_not_live_for_ever(db: None, clock: time_machine.Traveller) -> None:
    """The links that it shows to the person's other pages end when it ends itself, or each would renew the other."""
    ana = make_user("Ana")
    first, second = make_page(ana, make_incident()), make_page(ana, make_incident("Disk full"))
    token = links.token_of(first.pk, ana.pk)
    clock.shift(timedelta(hours=23))
    text = Client().get(f"/p/{token}/").content.decode()
    shown = text.split("/p/")[1].split("/")[0]
    assert links.read(shown) == (second.pk, ana.pk)
    clock.shift(timedelta(hours=2))
    assert Client().post(f"/p/{token}/").status_code == 410
    assert Client().post(f"/p/{shown}/").status_code == 410


def test_a_page_link_tells_nobody_its_address_and_opens_nothing_else(db: None) -> None:
    ana, client = make_user("Ana"), Client()
    incident = make_incident()
    response = client.post(f"/p/{links.token_of(make_page(ana, incident).pk, ana.pk)}/")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.get(incident.path).status_code == 302


def test_endless_numbers_are_no_500(db: None) -> None:
    client = Client()
    client.force_login(make_user("Ada", role=Role.ADMIN))
    make_source("am")
    for digits in ("9" * 25, "9" * 5000):
        assert client.post("/page-me/", {"seen": digits}).status_code == 404
        data = {"act": "revoke_key", "key": digits}
        assert client.post("/services/sources/am/", data).status_code == 404


def test_nobody_reads_how_others_are_reached(db: None) -> None:
    ana, bob = make_user("Ana"), make_user("Bob")
    make_method(bob, address="bob.private@gmail.example")
    incident = make_incident()
    make_page(bob, incident)
    manager = make_user("Max", role=Role.MANAGER)
    for user in (ana, manager):
        client, script = Client(), Client(headers={"authorization": f"Bearer {make_token(user, scope='write')}"})
        client.force_login(user)
        assert client.get("/settings/methods/?person=bob@example.com").status_code == 404
        act = {"act": "remove", "method": "mail"}
        assert client.post("/settings/methods/?person=bob@example.com", act).status_code == 404
        for path in (incident.path, "/oncall/", "/settings/people/", "/settings/methods/"):
            assert "bob.private" not in client.get(path).content.decode(), path
        for path in (f"/api/v1/incidents/{incident.number}/pages/", "/api/v1/pages/", "/api/v1/on-call/"):
            assert "bob.private" not in script.get(path).content.decode(), path


def test_a_token_does_no_more_than_its_person_may_now(db: None) -> None:
    user, incident = make_user("Ana"), make_incident()
    script = Client(headers={"authorization": f"Bearer {make_token(user, scope='write')}"})
    path = f"/api/v1/incidents/{incident.number}/acknowledge/"
    reader = Client(headers={"authorization": f"Bearer {make_token(user)}"})
    assert reader.post(path).status_code == 403
    user.role = Role.OBSERVER
    user.save()
    assert script.post(path).status_code == 403
    user.role, user.is_active = Role.RESPONDER, False
    user.save()
    assert script.post(path).status_code == 401
