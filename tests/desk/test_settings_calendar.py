"""Settings, Calendar: making and revoking one's addresses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from oncall.feeds import address_of, open_feed
from oncall.models import Feed
from teams.models import User
from tests.desk.conftest import World
from tests.factories import AT

SignIn = Callable[[User], Client]
PAGE = "/settings/calendar/"


@pytest.mark.parametrize("of", ["me", "schedule:payments-primary", "team:payments"])
def test_an_address_is_made_once_and_works(of: str, world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    assert "No address yet" in browser.get(PAGE).content.decode()
    for _press in range(2):
        answer = browser.post(PAGE, {"of": of})
        assert answer.status_code == 303
    feed = Feed.objects.get()
    assert answer.headers["Location"] == f"{PAGE}#feed-{feed.pk}"
    address = address_of(feed)
    assert address in browser.get(PAGE).content.decode()
    assert f'href="webcal:{address.partition(":")[2]}"' in browser.get(PAGE).content.decode()
    assert Client().get("/ical/" + address.rpartition("/")[2]).status_code == 200


def test_revoking_is_for_ones_own(world: World, sign_in: SignIn, now: object) -> None:
    feed = open_feed(world.ana, at=AT)
    for who, revoked in ((world.bob, None), (world.ana, AT), (world.ana, AT)):
        assert sign_in(who).post(PAGE, {"revoke": feed.pk}).status_code == 303
        feed.refresh_from_db()
        assert feed.revoked_at == revoked
    assert address_of(feed) not in sign_in(world.ana).get(PAGE).content.decode()


def test_nonsense_is_refused(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.olga)
    for of in ("", "schedule:gone", "team:", "user:1"):
        assert browser.post(PAGE, {"of": of}).status_code == 422
    assert browser.post(PAGE, {"revoke": "x"}).status_code == 303
    assert not Feed.objects.exists()


def test_the_schedule_leads_here_with_itself_chosen(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.olga)
    address = f"{PAGE}?of=schedule:payments-primary"
    assert f'href="{address}"' in browser.get("/oncall/payments-primary/").content.decode()
    assert 'value="schedule:payments-primary" selected' in browser.get(address).content.decode()
