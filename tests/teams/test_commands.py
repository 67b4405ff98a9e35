"""The commands that let the first person in: what they print, and only that."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from teams.models import ApiToken, Role, User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
LINK = re.compile(r"http://testserver/signin/[\w-]{43}/\n")


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO())
    return out.getvalue()


def sign_in_by(printed: str) -> Client:
    client = Client()
    assert client.post(printed.strip().removeprefix("http://testserver")).status_code == 302
    return client


def test_signin_prints_a_link_alone() -> None:
    ana = make_user("Ana")
    printed = run("signin", "ANA@example.com")
    assert LINK.fullmatch(printed)
    assert sign_in_by(printed).session["_auth_user_id"] == str(ana.pk)


def test_signin_refuses_strangers_and_the_deactivated() -> None:
    make_user("Ana", is_active=False)
    with pytest.raises(CommandError, match="Nobody has the e-mail bob@example.com"):
        run("signin", "bob@example.com")
    with pytest.raises(CommandError, match="switched off"):
        run("signin", "ana@example.com")


def test_createadmin_makes_and_promotes() -> None:
    assert LINK.fullmatch(run("createadmin", "Root@Example.com"))
    assert User.objects.get().role == Role.ADMIN
    assert User.objects.get().email == "root@example.com"
    make_user("Ana", is_active=False)
    run("createadmin", "ana@example.com")
    ana = User.objects.get(email="ana@example.com")
    assert (ana.role, ana.is_active) == (Role.ADMIN, True)
    run("createadmin", "ana@example.com")
    assert User.objects.count() == 2
    with pytest.raises(CommandError, match="not an e-mail"):
        run("createadmin", "ana")


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_token_prints_a_token_alone(scope: str) -> None:
    ana = make_user("Ana")
    printed = run("token", "ana@example.com", "--scope", scope)
    assert re.fullmatch(r"se_[\w-]{43}\n", printed)
    assert list(ApiToken.objects.values_list("user", "scope")) == [(ana.pk, scope)]


def test_token_reads_unless_told_otherwise() -> None:
    make_user("Ana")
    run("token", "ana@example.com")
    assert ApiToken.objects.get().scope == "read"
    with pytest.raises(CommandError):
        run("token", "ana@example.com", "--scope", "root")


def test_firstlink_until_an_administrator_has_signed_in() -> None:
    make_user("Ana")
    first = run("firstlink")
    assert LINK.fullmatch(first)
    assert User.objects.get(role=Role.ADMIN).email == "admin@localhost"
    second = run("firstlink")
    assert User.objects.filter(role=Role.ADMIN).count() == 1
    sign_in_by(second)
    assert run("firstlink") == ""


def test_firstlink_is_for_the_administrator_of_the_file() -> None:
    root = make_user("Root", role=Role.ADMIN)
    assert sign_in_by(run("firstlink")).session["_auth_user_id"] == str(root.pk)
    assert User.objects.count() == 1


def test_firstlink_does_not_count_administrators_who_left() -> None:
    make_user("Root", role=Role.ADMIN, is_active=False, last_login=timezone.now())
    assert LINK.fullmatch(run("firstlink"))
