"""Pages show times in the viewer's zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone


class ViewerZone:
    """Activates the zone of the signed-in person for the time of one request. The API always answers UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Threads serve many people: what was activated for one never stays for the next."""
        if request.path.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(_zone(request)):
            return self.get_response(request)


def _zone(request: HttpRequest) -> ZoneInfo | None:
    if not request.user.is_authenticated:
        return None
    try:
        return ZoneInfo(request.user.timezone)
    except (ZoneInfoNotFoundError, ValueError):  # a zone that this machine's database does not know
        return None
