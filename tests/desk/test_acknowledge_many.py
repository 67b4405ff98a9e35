"""Several at once: each by its own door, each refusal in its own words, nothing taken from anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle
from incidents.models import Incident, RoleTenure, TimelineEntry
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_page, make_service

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("now")
ADDRESS = "/incidents/acknowledge/"


def send(browser: Client, *incidents: object, **more: str) -> tuple[Any, list[str]]:
    """Tick these and press: the answer, and what the next page says."""
    response = browser.post(ADDRESS, {"number": [str(one) for one in incidents], **more})
    return response, [str(message) for message in get_messages(response.wsgi_request)]


def test_the_list_offers_what_nobody_has(world: World, sign_in: SignIn) -> None:
    free, held = make_incident("free", service=world.service), make_incident("held", service=world.service)
    make_incident("over", service=world.service, state="resolved")
    lifecycle.acknowledge(held, by=world.bob, at=AT)
    page = sign_in(world.ana).get("/incidents/?state=all")
    assert page.context["takeable"] == {free.pk}
    assert page.content.decode().count('name="number"') == 1
    assert 'id="several"' not in sign_in(world.olga).get("/incidents/").content.decode()
    assert 'id="several"' not in sign_in(world.ana).get("/incidents/?state=resolved").content.decode()


def test_all_that_were_ticked(world: World, sign_in: SignIn) -> None:
    three = [make_incident(f"number {n}", service=world.service) for n in range(3)]
    make_page(world.ana, three[0])
    response, said = send(sign_in(world.ana), *three, next="/incidents/?state=open&class=critical")
    assert response.status_code == 303
    assert response.headers["Location"] == "/incidents/?state=open&class=critical"
    assert said == [f"You have 3 incidents: {three[0]}, {three[1]}, {three[2]}."]
    assert set(Incident.objects.values_list("held_by", flat=True)) == {world.ana.pk}
    assert TimelineEntry.objects.filter(kind="acknowledged", by=world.ana).count() == 3
    assert not world.ana.pages.filter(acked_at=None).exists()


def test_each_that_could_not_be_is_named_with_its_reason(world: World, sign_in: SignIn) -> None:
    free, held, over, guided = (make_incident(name, service=world.service) for name in ("a", "b", "c", "d"))
    secret = make_incident("Flugelhorn", service=make_service("vault"), restricted=True)
    lifecycle.acknowledge(held, by=world.bob, at=AT)
    lifecycle.resolve(over, by=world.bob, at=AT)
    RoleTenure.objects.create(incident=guided, person=world.ana, role="guide", start=AT)
    response, said = send(
        sign_in(world.ana), free, held, over, guided, secret, "INC-999999", "nonsense", free, "9" * 30
    )
    assert said == [
        f"You have {free}.",
        f"Bob Bell has {held} already: open it to take it over.",
        f"{over} was resolved by Bob Bell.",
        f"You only guide {guided}: somebody else changes its state.",
        f"There is no incident {secret}, or it is not yours to see.",
        "There is no incident INC-999999, or it is not yours to see.",
    ]
    assert Incident.objects.get(pk=held.pk).held_by == world.bob
    assert Incident.objects.get(pk=secret.pk).held_by is None
    assert "Flugelhorn" not in response.content.decode()


def test_one_alone_can_be_taken_back(world: World, sign_in: SignIn) -> None:
    incident, browser = make_incident(service=world.service), sign_in(world.ana)
    page = browser.post(ADDRESS, {"number": incident.number}, follow=True).content.decode()
    assert "Undo" in page.partition('class="callout toast"')[2]


def test_whoever_is_paged_for_a_restricted_one_is_one_of_its_people(world: World, sign_in: SignIn) -> None:
    secret = make_incident("Flugelhorn", service=make_service("vault"), restricted=True)
    make_page(world.ana, secret)
    assert send(sign_in(world.ana), secret)[1] == [f"You have {secret}."]


def test_twice_changes_nothing(world: World, sign_in: SignIn) -> None:
    incident, browser = make_incident(service=world.service), sign_in(world.ana)
    send(browser, incident)
    version = Incident.objects.get().version
    assert send(browser, incident)[1][-1] == f"You have {incident}."
    assert Incident.objects.get().version == version


def test_refusals(world: World, sign_in: SignIn) -> None:
    incident = make_incident(service=world.service)
    assert sign_in(world.olga).post(ADDRESS, {"number": incident.number}).status_code == 403
    assert sign_in(world.ana).get(ADDRESS).status_code == 405
    assert send(sign_in(world.ana))[1] == ["Nothing was ticked."]
    response, _said = send(sign_in(world.ana), incident, next="https://evil.example/")
    assert response.headers["Location"] == "/incidents/"


def test_many_refusals_are_counted(world: World, sign_in: SignIn) -> None:
    _response, said = send(sign_in(world.ana), *range(900_001, 900_021))
    assert len(said) == 11
    assert said[-1] == "10 more could not be acknowledged."


def test_the_list_asks_one_question_more_however_long_it_is(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            browser.get("/incidents/")
        return len(seen)

    make_incident(service=world.service)
    few = count()
    for _number in range(20):
        make_incident(service=world.service)
    assert count() <= few
