"""A form that is sent twice at the same moment sets one thing up; two who change one thing do not overwrite each other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from alerts.models import Source
from teams.models import Membership, Role, Team, User
from tests.desk.test_setup import a_source, a_team
from tests.factories import make_service, make_team, make_user
from tests.threads import raised, together

SignIn = Callable[[User], Client]

pytestmark = pytest.mark.django_db(transaction=True)


def code(browser: Client, path: str, typed: dict[str, Any]) -> int:
    """What the page answers."""
    return browser.post(path, typed).status_code


def test_sent_twice_at_the_same_moment(sign_in: SignIn) -> None:
    ada = make_user("Ada", role=Role.ADMIN)
    make_service("checkout")
    first, again = sign_in(ada), sign_in(ada)
    for name, typed in (("team", a_team(ada)), ("source", a_source())):
        path = f"/setup/{name}/"
        said = together(partial(code, first, path, typed), partial(code, again, path, typed))
        assert not raised(said)
        assert set(said) <= {200, 303}
    assert Team.objects.filter(name="Shop").count() == 1
    assert Source.objects.get().keys.filter(revoked_at=None).count() == 1


def test_two_who_change_one_thing(sign_in: SignIn) -> None:
    ada, ben = make_user("Ada", role=Role.ADMIN), make_user("Ben", role=Role.ADMIN)
    make_team("shop", name="Shop", members=(ada,))
    browsers = [sign_in(ada), sign_in(ben)]
    was = browsers[0].get("/setup/team/shop/").context["was"]
    sent = [a_team(ada, name="Ada's", was=was), a_team(ben, name="Ben's", was=was)]
    said = together(*(partial(code, *pair) for pair in zip(browsers, ["/setup/team/shop/"] * 2, sent, strict=True)))
    assert sorted(map(str, said)) == ["303", "409"]
    assert Membership.objects.get().user == (ada if Team.objects.get().name == "Ada's" else ben)
