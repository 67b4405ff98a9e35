"""The API's shape: errors, keyset pages, strict JSON, instants."""

from __future__ import annotations

import contextlib
import json
import types
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from django.test import Client
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import exceptions, serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.rest import KeysetPagination, StrictJSON, UTCTime, read_instant, utc_text
from teams.models import Service, Team
from tests.factories import make_service, make_team


class Open(APIView):
    """Anybody may call it."""

    authentication_classes = ()
    permission_classes = ()


class Echo(Open):
    """Answers its body."""

    def post(self, request: Request) -> Response:
        return Response(request.data)


class Refused(Exception):
    """A room's own exception."""

    def __init__(self, status_code: int) -> None:
        super().__init__("Ana has it.")
        self.status_code, self.code, self.fields = status_code, "lost_race", {"by": "ana@example.com"}


RAISED: dict[str, tuple[Exception, int, str, str]] = {
    "own": (Refused(409), 409, "lost_race", "Ana has it."),
    "missing": (Http404(), 404, "not_found", "There is nothing here, or it is not yours to see."),
    "forbidden": (PermissionDenied("Managers do."), 403, "forbidden", "Managers do."),
    "parse": (exceptions.ParseError("Odd."), 400, "malformed", "Odd."),
    "rule": (ValidationError({"start": ["After the end."]}), 422, "refused", "start: After the end."),
    "plain rule": (ValidationError("After the end."), 422, "refused", "After the end."),
    "throttled": (exceptions.Throttled(3), 429, "too_many_requests", "Request was throttled."),
    "too big": (RequestDataTooBig(), 413, "too_large", "The body is too large."),
    "suspicious": (SuspiciousOperation(), 400, "malformed", "This request cannot be read."),
    "gone": (OperationalError("server closed"), 503, "unavailable", "The database cannot be reached."),
    "closed": (InterfaceError("closed"), 503, "unavailable", "The database cannot be reached."),
    "twice": (IntegrityError("unique"), 409, "conflict", "Somebody else"),
    "range": (DataError("out of range"), 400, "malformed", "outside"),
    "nul": (ValueError("A string literal cannot contain NUL (0x00) characters."), 400, "malformed", "outside"),
}


class Raise(Open):
    """Raises what the address names."""

    def get(self, request: Request, what: str) -> Response:
        raise RAISED[what][0]


class Row(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("slug",)


class Teams(Open, ListAPIView[Team]):
    queryset = Team.objects.all()
    serializer_class = Row


class BySlug(KeysetPagination):
    ordering = "slug"


class Sorted(Teams):
    queryset = Team.objects.all()
    pagination_class = BySlug


class Broken(Open):
    """A fault of ours."""

    def get(self, request: Request) -> Response:
        raise RuntimeError


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    urls = types.ModuleType("addresses_of_test_rest")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("api/echo/", Echo.as_view()),
        path("api/raise/<str:what>/", Raise.as_view()),
        path("api/teams/", Teams.as_view()),
        path("api/sorted/", Sorted.as_view()),
        path("api/broken/", Broken.as_view()),
    ]
    settings.ROOT_URLCONF = urls


@pytest.mark.parametrize("what", RAISED)
def test_errors_have_one_shape(client: Client, what: str) -> None:
    _raised, status, code, words = RAISED[what]
    response = client.get(f"/api/raise/{what}/")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["message"].startswith(words) or words in error["message"]
    assert isinstance(error["fields"], dict)
    assert response["Content-Type"] == "application/json"


def test_fields_name_what_was_wrong(client: Client) -> None:
    assert client.get("/api/raise/own/").json()["error"]["fields"] == {"by": "ana@example.com"}
    assert client.get("/api/raise/rule/").json()["error"]["fields"] == {"start": ["After the end."]}
    assert client.get("/api/raise/throttled/")["Retry-After"] == "3"


def test_wrong_methods_say_which_are_right(client: Client) -> None:
    response = client.get("/api/echo/")
    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


def test_a_fault_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(RuntimeError):
        Client().get("/api/broken/")


def post(body: bytes | str, content_type: str = "application/json") -> Any:
    raw = body if isinstance(body, bytes) else body.encode()
    return Client().generic("POST", "/api/echo/", raw, content_type=content_type)


def test_an_object_is_taken() -> None:
    body = {"title": "Ütf", "deep": [{"a": [1, 2.5, None, True]}]}
    assert post(json.dumps(body)).json() == body
    assert post(b"\xef\xbb\xbf{}").json() == {}
    assert post('{"a": 1}', "application/json; charset=klingon").json() == {"a": 1}
    assert post("").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        "1",
        '"text"',
        "{",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": "\\u0000"}',
        '{"\\u0000": 1}',
        '{"a": ["x\\u0000"]}',
        '{"a": "\\ud800"}',
        b"\xff\xfe{}",
        b'{"a": "\x00"}',
        b'{"a": "\xed\xa0\x80"}',
        b"\x00",
        '{"a": ' * 40 + "1" + "}" * 40,
        "[" * 100_000,
        '{"a": ' * 100_000,
    ],
)
def test_other_bodies_are_malformed(body: bytes | str) -> None:
    response = post(body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "malformed"


def test_other_media_and_large_bodies() -> None:
    assert post("a=1", "application/x-www-form-urlencoded").status_code == 415
    assert post("<a/>", "text/xml").status_code == 415
    large = post(json.dumps({"a": "x" * (1024 * 1024)}))
    assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    with contextlib.suppress(exceptions.ParseError):
        assert isinstance(StrictJSON().parse(BytesIO(body)), dict)


@pytest.mark.django_db
class TestPages:
    def test_newest_first_in_pages_of_fifty(self, client: Client, django_assert_num_queries: Any) -> None:
        made = [make_team(f"t{number:03}").slug for number in range(101)]
        with django_assert_num_queries(1):
            first = client.get("/api/teams/?state=open").json()
        assert first["next"].startswith("http://testserver/api/teams/?")
        assert "state=open" in first["next"]
        second = client.get(first["next"]).json()
        third = client.get(second["next"]).json()
        assert [len(page["results"]) for page in (first, second, third)] == [50, 50, 1]
        assert third["next"] is None
        rows = first["results"] + second["results"] + third["results"]
        assert [row["slug"] for row in rows] == made[::-1]

    def test_a_row_that_comes_in_between_moves_nothing(self, client: Client) -> None:
        for number in range(60):
            make_team(f"t{number:03}")
        first = client.get("/api/teams/").json()
        make_team("new")
        second = client.get(first["next"]).json()
        assert [row["slug"] for row in second["results"]] == [f"t{number:03}" for number in range(9, -1, -1)]

    def test_another_order(self, client: Client) -> None:
        for number in range(51):
            make_team(f"t{50 - number:03}")
        first = client.get("/api/sorted/").json()
        assert first["results"][0] == {"slug": "t000"}
        assert client.get(first["next"]).json()["results"] == [{"slug": "t050"}]

    @pytest.mark.parametrize(
        "cursor", ["x", "%00", "é", "MQ=", "!!!!", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "AA"]
    )
    def test_foreign_cursors(self, client: Client, cursor: str) -> None:
        response = client.get("/api/teams/", {"cursor": cursor})
        assert response.status_code in {200, 400}
        if response.status_code == 400:
            assert "cursor" in response.json()["error"]["fields"]
        assert client.get("/api/sorted/", {"cursor": "AA"}).status_code == 400

    def test_rows_of_another_model_count_apart(self) -> None:
        make_service()
        assert Service.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-21T02:04:00Z", datetime(2026, 11, 21, 2, 4, tzinfo=UTC)),
        ("2026-11-21T02:04:00.5+01:00", datetime(2026, 11, 21, 1, 4, 0, 500_000, tzinfo=UTC)),
        ("2026-11-21T02:04:00 01:00", datetime(2026, 11, 21, 1, 4, tzinfo=UTC)),
        ("2026-11-21T02:04", datetime(2026, 11, 21, 2, 4, tzinfo=UTC)),
        ("2026-11-21 02:04", datetime(2026, 11, 21, 2, 4, tzinfo=UTC)),
        ("2026-11-21T02:04:00-0130", datetime(2026, 11, 21, 3, 34, tzinfo=UTC)),
        (" 2026-11-21t02:04:00z ", datetime(2026, 11, 21, 2, 4, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
    ],
)
def test_instants_are_read_as_utc(typed: str, meant: datetime) -> None:
    assert read_instant(typed) == meant
    assert read_instant(typed).tzinfo is UTC


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-02-30",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:00",
        "1" * 400,
        "\x00",
    ],
)
def test_what_is_no_instant_is_named(typed: str) -> None:
    with pytest.raises(exceptions.ValidationError) as caught:
        read_instant(typed, name="from")
    assert caught.value.status_code == 400
    assert set(caught.value.detail) == {"from"}
    with pytest.raises(serializers.ValidationError):
        UTCTime().to_internal_value(typed)


@pytest.mark.parametrize("typed", [None, 5, [], {}, True])
def test_what_is_no_text_is_no_instant(typed: object) -> None:
    with pytest.raises(serializers.ValidationError):
        UTCTime().to_internal_value(typed)


def test_instants_leave_with_z() -> None:
    london = timezone(timedelta(hours=1))
    assert utc_text(datetime(2026, 7, 1, 1, 0, tzinfo=london)) == "2026-07-01T00:00:00Z"
    assert UTCTime().to_representation(datetime(2026, 7, 1, 0, 0, 0, 1, tzinfo=UTC)) == "2026-07-01T00:00:00.000001Z"
