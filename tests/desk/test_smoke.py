"""Every page draws, for everybody who may look, and sends strangers to the sign-in page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from teams.models import User
from tests.desk.conftest import World
from tests.factories import make_incident, make_page, make_source, make_user

PAGES = [
    "/",
    "/incidents/",
    "/incidents/?state=all&q=queue&service=checkout&class=critical&before=99999",
    "/declare/",
    "/declare/?service=checkout",
    "/declare/preview/?service=checkout",
    "/oncall/",
    "/oncall/payments-primary/",
    "/oncall/payments-primary/?from=2026-10-19&weeks=4&zone=schedule",
    "/oncall/payments-primary/why/",
    "/oncall/payments-primary/why/?at=2026-11-21T02:04:00Z",
    "/oncall/payments-primary/override/",
    "/services/",
    "/services/checkout/",
    "/services/sources/",
    "/services/sources/am/",
    "/settings/",
    "/settings/methods/",
    "/settings/calendar/",
    "/settings/away/",
    "/start/",
    "/more/",
    "/now/banner/",
]


@pytest.mark.parametrize("page", PAGES)
def test_page_draws(page: str, world: World, sign_in: Callable[[User], Client], now: object) -> None:
    incident = make_incident(service=world.service)
    make_page(world.ana, incident, because="primary of payments, step 1")
    make_source("am", key="a-long-enough-key-0001", service=world.service)
    response = sign_in(world.ana).get(page)
    assert response.status_code == 200
    assert "style=" not in response.content.decode()
    assert "onclick" not in response.content.decode()


@pytest.mark.parametrize("page", [*PAGES, "/settings/mail/", "/incidents/INC-1/", "/incidents/INC-1/live/"])
def test_stranger_signs_in_first(page: str, client: Client, db: None) -> None:
    response = client.get(page)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("page", [page for page in PAGES if "?" not in page and "override" not in page])
def test_page_refuses_other_methods(page: str, world: World, sign_in: Callable[[User], Client]) -> None:
    make_source("am", service=world.service)
    assert sign_in(world.ana).delete(page).status_code == 405


def test_empty_installation_draws(db: None, sign_in: Callable[[User], Client]) -> None:
    browser = sign_in(make_user("Ada", role="admin"))
    assert browser.get("/").headers["Location"] == "/start/", "who comes first is led through the first steps"
    for page in (
        "/incidents/",
        "/oncall/",
        "/services/",
        "/services/sources/",
        "/start/",
        "/declare/",
        "/settings/mail/",
        "/settings/calendar/",
    ):
        assert browser.get(page).status_code == 200, page
