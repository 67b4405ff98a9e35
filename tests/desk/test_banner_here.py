"""The banner does not say twice what the page below says already; the tab's title and the sound still know of it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_incident, make_page

SignIn = Callable[[User], Client]


def test_the_incident_of_the_page_is_hidden_in_the_banner_only(world: World, sign_in: SignIn) -> None:
    incident = make_incident(service=world.service)
    page, client = make_page(world.ana, incident), sign_in(world.ana)
    row, hidden = f'<li id="paged-{page.pk}"', f'<li id="paged-{page.pk}" hidden>'

    assert row in (now := client.get("/").content.decode())
    assert hidden not in now
    shown = client.get(incident.path).content.decode()
    assert hidden in shown
    assert 'data-pages="1"' in shown

    polled = client.get("/now/banner/", headers={"HX-Current-URL": f"http://testserver{incident.path}"})
    assert hidden in polled.content.decode()
    elsewhere = client.get("/now/banner/", headers={"If-None-Match": polled.headers["ETag"]})
    assert elsewhere.status_code == 200
    assert hidden not in elsewhere.content.decode()
