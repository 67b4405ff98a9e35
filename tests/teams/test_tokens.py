"""The API's door: who a token is, what its scope allows, and that nothing else opens it."""

from __future__ import annotations

import types
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from teams.models import ApiToken, Role, User
from tests.factories import AT, make_token, make_user

pytestmark = pytest.mark.django_db


class Thing(APIView):
    """Any address of the API."""

    def get(self, request: Request) -> Response:
        return Response({"person": str(request.user)})

    def post(self, request: Request) -> Response:
        return Response({"person": str(request.user)}, status=201)


class Setting(Thing):
    """An address that changes the configuration."""

    write_scope = "admin"


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    urls = types.ModuleType("addresses_of_test_tokens")
    urls.urlpatterns = [path("api/thing/", Thing.as_view()), path("api/setting/", Setting.as_view())]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = urls


def call(method: str, where: str, secret: str | None, **headers: str) -> Any:
    if secret is not None:
        headers["authorization"] = f"Bearer {secret}"
    return Client().generic(method, f"/api/{where}/", content_type="application/json", headers=headers)


def refused(response: Any, status: int, words: str) -> None:
    assert response.status_code == status
    error = response.json()["error"]
    assert set(error) == {"code", "message", "fields"}
    assert words in error["message"]
    if status == 401:
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert error["code"] == "unauthenticated"


def test_a_token_is_its_person() -> None:
    ana = make_user("Ana")
    response = call("GET", "thing", make_token(ana))
    assert (response.status_code, response.json()) == (200, {"person": "Ana"})
    assert call("GET", "thing", None, authorization=f"bearer  {make_token(ana)} ").status_code == 200


def test_without_a_token_nobody() -> None:
    for method in ["GET", "POST", "DELETE"]:
        refused(call(method, "thing", None), 401, "")
    refused(call("GET", "thing", None, authorization="Basic YTpi"), 401, "")


@pytest.mark.parametrize("secret", ["", "se_unknown", "\x00", "é" * 900, "a b c"])
def test_unknown_tokens(secret: str) -> None:
    refused(call("GET", "thing", secret), 401, "unknown")


def test_revoked_tokens_and_deactivated_people() -> None:
    ana = make_user("Ana")
    secret = make_token(ana)
    ApiToken.objects.update(revoked_at=AT)
    refused(call("GET", "thing", secret), 401, "revoked")
    ApiToken.objects.update(revoked_at=None)
    User.objects.update(is_active=False)
    refused(call("GET", "thing", secret), 401, "deactivated")


def test_a_session_opens_nothing() -> None:
    client = Client()
    client.force_login(make_user(role=Role.ADMIN))
    assert client.get("/api/thing/").status_code == 401
    assert client.post("/api/thing/").status_code == 401


@pytest.mark.parametrize(
    ("scope", "where", "method", "status"),
    [
        ("read", "thing", "GET", 200),
        ("read", "thing", "HEAD", 200),
        ("read", "thing", "OPTIONS", 200),
        ("read", "thing", "POST", 403),
        ("write", "thing", "POST", 201),
        ("write", "thing", "DELETE", 405),
        ("write", "setting", "GET", 200),
        ("write", "setting", "POST", 403),
        ("admin", "setting", "POST", 201),
        ("admin", "thing", "POST", 201),
    ],
)
def test_scopes(scope: str, where: str, method: str, status: int) -> None:
    response = call(method, where, make_token(make_user(role=Role.ADMIN), scope=scope))
    assert response.status_code == status
    if status == 403:
        refused(response, 403, f"This token's scope is {scope}")


@pytest.mark.parametrize("scope", ["write", "admin"])
def test_observers_write_with_no_scope(scope: str) -> None:
    secret = make_token(make_user(role=Role.OBSERVER), scope=scope)
    refused(call("POST", "thing", secret), 403, "Observers read")
    assert call("GET", "thing", secret).status_code == 200


def test_use_is_noted_at_most_once_a_minute() -> None:
    secret = make_token()
    with time_machine.travel(AT, tick=False) as clock:
        call("GET", "thing", secret)
        for _ in range(3):
            clock.shift(timedelta(seconds=15))
            with CaptureQueriesContext(connection) as queries:
                call("GET", "thing", secret)
            assert len(queries) == 1
            assert ApiToken.objects.get().last_used_at == AT
        clock.shift(timedelta(seconds=15))
        call("GET", "thing", secret)
    assert ApiToken.objects.get().last_used_at == AT + timedelta(minutes=1)
