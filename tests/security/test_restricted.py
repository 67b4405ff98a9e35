"""A restricted incident does not exist for those who are not its people: no address and no list says a word of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from incidents.models import Incident
from teams.models import Role, User
from tests.addresses import walk
from tests.alerts.posting import accepted, fire, group, make_am
from tests.factories import AT, make_incident, make_page, make_service, make_team, make_token, make_user

SECRET = "Zanzibar"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def incident(db: None) -> Incident:
    """Restricted, of team legal, with an alert, a note, a page and a role; a later one recalls it."""
    lena = make_user("Lena")
    service = make_service("legal-hold", team=make_team("legal", members=(lena,)))
    make_am(service)
    accepted(group(fire("a", case=SECRET)))
    incident = Incident.objects.get()
    Incident.objects.filter(pk=incident.pk).update(restricted=True, title=f"{SECRET} is on the loose")
    make_page(lena, incident, because=f"about {SECRET}")
    later = make_incident("Open to all", service=make_service("checkout"))
    Incident.objects.filter(pk=later.pk).update(recurrence_of=incident, merged_into=incident)
    return Incident.objects.get(pk=incident.pk)


def outsiders() -> list[User]:
    """Everybody who may not see it, up to the managers of others."""
    manager, director = make_user("Max", role=Role.MANAGER), make_user("Dora", role=Role.DIRECTOR)
    make_team("others", members=(make_user("Otto"),), manager=manager, director=director)
    return [make_user("Rita"), make_user("Olga", role=Role.OBSERVER), manager, director]


def test_every_address_of_it_is_404(incident: Incident) -> None:
    patterns = [path for path in walk(get_resolver(settings.ROOT_URLCONF).url_patterns) if "<str:number>" in path]
    assert len(patterns) > 15
    for user in outsiders():
        browser, script = Client(), Client(headers={"authorization": f"Bearer {make_token(user, scope='write')}"})
        browser.force_login(user)
        for pattern in patterns:
            path = "/" + pattern.replace("<str:number>", incident.number).replace("<str:name>", "note")
            client = script if path.startswith("/api/") else browser
            for method in ("get", "post", "patch"):
                response = getattr(client, method)(path, {"text": "x"}, content_type="application/json")
                allowed = {404, 405} | ({403} if user.role == Role.OBSERVER and method != "get" else set())
                assert response.status_code in allowed, (user, method, path, response.status_code)
                assert SECRET not in response.content.decode()


def test_no_list_and_no_other_page_names_it(incident: Incident) -> None:
    later = Incident.objects.exclude(pk=incident.pk).get()
    pages = [
        "/", "/incidents/", "/incidents/?state=all", f"/incidents/?q={SECRET}", f"/search/?q={incident.number}",
        f"/incidents/{later.number}/", f"/incidents/{later.number}/live/", "/now/banner/", "/services/",
        "/services/legal-hold/", "/services/sources/", "/services/sources/am/", "/oncall/", "/declare/",
        "/settings/", "/settings/methods/", "/start/", "/more/",
    ]  # fmt: skip
    lists = [
        "/api/v1/incidents/?state=all", f"/api/v1/incidents/?state=all&q={SECRET}", "/api/v1/pages/",
        f"/api/v1/incidents/{later.number}/", f"/api/v1/incidents/{later.number}/timeline/",
        "/api/v1/sources/am/deliveries/", "/api/v1/rejected-deliveries/",
    ]  # fmt: skip
    for user in outsiders():
        browser, script = Client(), Client(headers={"authorization": f"Bearer {make_token(user)}"})
        browser.force_login(user)
        for path in pages + lists:
            response = (script if path.startswith("/api/") else browser).get(path, follow=True)
            assert response.status_code == 200 or (path == "/declare/" and user.role == Role.OBSERVER), path
            text = response.content.decode()
            asked = text.count(SECRET) if SECRET in path else 0  # what was typed into the search stands in its box
            assert text.count(SECRET) == asked, (user, path)
            assert "on the loose" not in text, (user, path)


def test_its_people_see_it(incident: Incident) -> None:
    browser = Client()
    browser.force_login(User.objects.get(email="lena@example.com"))
    assert SECRET in browser.get(incident.path).content.decode()
    assert SECRET in browser.get("/incidents/").content.decode()


def test_a_restricted_one_cannot_be_told_from_one_that_is_not_there(incident: Incident) -> None:
    browser = Client()
    browser.force_login(make_user("Rita"))
    there, nowhere = (browser.get(f"/incidents/{number}/") for number in (incident.number, "INC-999999"))
    assert there.status_code == nowhere.status_code == 404
    said = there.content.decode().replace(incident.number, "INC-999999")
    assert said == nowhere.content.decode()
