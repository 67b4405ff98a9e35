"""The one-time sign-in link: shown by GET, used by POST, once, within 15 minutes."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from teams.models import SignInLink, User
from teams.signin import make_link
from tests.factories import AT, make_user

pytestmark = pytest.mark.django_db


def link_for(user: User) -> str:
    address = make_link(user, AT)
    assert address.startswith("http://testserver/signin/")
    return urlsplit(address).path


def signed_in(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


@time_machine.travel(AT, tick=False)
def test_get_and_head_show_and_change_nothing(client: Client) -> None:
    ana = make_user("Ana Ames")
    path = link_for(ana)
    for _ in range(3):
        response = client.get(path)
        assert response.status_code == 200
        assert "Sign in as Ana" in response.content.decode()
        assert client.head(path).status_code == 200
    assert signed_in(client) is None
    assert SignInLink.objects.get().used_at is None
    assert "no-store" in response["Cache-Control"]


@time_machine.travel(AT, tick=False)
def test_post_signs_in_once(client: Client) -> None:
    ana = make_user("Ana")
    path = link_for(ana)
    response = client.post(path)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client) == str(ana.pk)
    assert client.session["_auth_user_backend"] == "allauth.account.auth_backends.AuthenticationBackend"
    assert SignInLink.objects.get().used_at == AT

    other = Client()
    again = other.post(path)
    assert again.status_code == 410
    assert "used before" in again.content.decode()
    assert signed_in(other) is None
    assert other.get(path).status_code == 410


@pytest.mark.parametrize(
    ("age", "status"),
    [(timedelta(minutes=14, seconds=59), 302), (timedelta(minutes=15), 410), (timedelta(days=9), 410)],
)
def test_it_expires_after_fifteen_minutes(client: Client, age: timedelta, status: int) -> None:
    path = link_for(make_user())
    with time_machine.travel(AT + age, tick=False):
        assert client.post(path).status_code == status


def test_unknown_links_are_not_found(client: Client) -> None:
    for token in ["x", "a" * 500, "%00", "é"]:
        assert client.get(f"/signin/{token}/").status_code == 404
        assert client.post(f"/signin/{token}/").status_code == 404


@time_machine.travel(AT, tick=False)
def test_a_deactivated_person_is_told_so(client: Client) -> None:
    path = link_for(make_user(is_active=False))
    response = client.post(path)
    assert response.status_code == 403
    assert "switched off" in response.content.decode()
    assert signed_in(client) is None


def test_other_methods_are_refused(client: Client) -> None:
    path = link_for(make_user())
    assert client.put(path).status_code == 405
    assert client.delete(path).status_code == 405


@time_machine.travel(AT, tick=False)
def test_a_foreign_form_cannot_post_it() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(link_for(make_user())).status_code == 403


def test_only_a_hash_is_stored() -> None:
    path = link_for(make_user())
    assert path.split("/")[2] not in str(SignInLink.objects.values_list().get())
