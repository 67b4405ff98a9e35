"""One's own API tokens: made, shown once, revoked."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from teams.models import ApiToken, Role
from tests.factories import make_token, make_user

pytestmark = pytest.mark.django_db
PAGE = "/settings/tokens/"


def test_strangers_are_sent_to_the_sign_in(client: Client) -> None:
    assert client.get(PAGE)["Location"] == f"/account/login/?next={PAGE}"
    assert client.post(f"{PAGE}1/revoke/").status_code == 302


def test_the_secret_is_shown_once(client: Client) -> None:
    client.force_login(make_user())
    shown = client.post(PAGE, {"name": "Cron", "scope": "write"})
    secret = re.search(r"se_[\w-]{43}", shown.content.decode())
    assert secret
    assert "no-store" in shown["Cache-Control"]
    later = client.get(PAGE).content.decode()
    assert "Cron" in later
    assert secret[0] not in later
    assert ApiToken.objects.get().scope == "write"


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        (Role.OBSERVER, "read", 200),
        (Role.OBSERVER, "write", 422),
        (Role.RESPONDER, "write", 200),
        (Role.RESPONDER, "admin", 422),
        (Role.MANAGER, "admin", 200),
        (Role.ADMIN, "root", 422),
    ],
)
def test_a_role_offers_its_scopes(client: Client, role: str, scope: str, status: int) -> None:
    client.force_login(make_user(role=role))
    assert client.post(PAGE, {"name": "x", "scope": scope}).status_code == status
    assert ApiToken.objects.count() == (status == 200)


def test_revoking_twice_is_as_once_and_only_ones_own(client: Client) -> None:
    bob, eve = make_user("Bob"), make_user("Eve")
    make_token(bob)
    token = ApiToken.objects.get()
    client.force_login(eve)
    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 404
    client.force_login(bob)
    assert client.get(f"{PAGE}{token.pk}/revoke/").status_code == 405
    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    first = token.revoked_at
    assert first is not None
    client.post(f"{PAGE}{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at == first
    assert token.hint not in client.get(PAGE).content.decode().split("<main")[1].split("No token yet")[1]
