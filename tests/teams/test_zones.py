"""Pages speak the viewer's zone, the API and the next request do not."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from teams.models import User
from teams.zones import ViewerZone


def shown(path: str, user: User | AnonymousUser) -> str:
    request = RequestFactory().get(path)
    request.user = user

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(timezone.get_current_timezone_name())

    response = ViewerZone(view)(request)
    assert isinstance(response, HttpResponse)
    return response.content.decode()


@pytest.mark.parametrize(
    ("path", "zone", "name"),
    [
        ("/", "Pacific/Auckland", "Pacific/Auckland"),
        ("/api/v1/incidents/", "Pacific/Auckland", "UTC"),
        ("/", "Mars/Base", "UTC"),
        ("/", "../../etc/passwd", "UTC"),
        ("/", "", "UTC"),
    ],
)
def test_the_zone_of_a_page(path: str, zone: str, name: str) -> None:
    assert shown(path, User(email="a@example.com", timezone=zone)) == name
    assert timezone.get_current_timezone_name() == "UTC"


def test_strangers_see_utc() -> None:
    assert shown("/", AnonymousUser()) == "UTC"


def test_a_view_that_fails_leaves_no_zone_behind() -> None:
    request = RequestFactory().get("/")
    request.user = User(timezone="Asia/Tokyo")

    def view(request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ViewerZone(view)(request)
    assert timezone.get_current_timezone_name() == "UTC"
