"""Two at once, with real threads: a link signs in once, and an administrator remains."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from teams import people
from teams.models import Role, SignInLink, User
from teams.signin import make_link, use
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned or raised, all started at the same moment."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(5)
            return act()
        except people.Refused as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_link_signs_in_once() -> None:
    at = timezone.now()
    make_link(make_user(), at)
    link = SignInLink.objects.get()
    for _ in range(10):
        SignInLink.objects.update(used_at=None)
        assert sorted(at_once(*[lambda: use(link, at)] * 4)) == [False, False, False, True]


def test_two_administrators_who_demote_each_other() -> None:
    ana, bob = make_user("Ana", role=Role.ADMIN), make_user("Bob", role=Role.ADMIN)
    for _ in range(10):
        User.objects.update(role=Role.ADMIN)
        answers = at_once(
            lambda: people.change_role(bob, Role.OBSERVER, by=ana),
            lambda: people.change_role(ana, Role.OBSERVER, by=bob),
        )
        assert [type(answer) for answer in answers].count(people.Refused) == 1
        assert User.objects.filter(role=Role.ADMIN).count() == 1


def test_two_who_invite_the_same_person() -> None:
    root = make_user("Root", role=Role.ADMIN)
    for number in range(10):
        email = f"new{number}@example.com"

        def invite(email: str = email) -> User:
            return people.invite(email, name="", role=Role.RESPONDER, teams=[], by=root)

        answers = at_once(invite, invite)
        assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "User"]
