"""The door for machines: alert intake and health checks are answered before any other middleware runs."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import Resolver404, get_resolver

from foundation import patience

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponseBase]


def refusal(status: int, code: str, message: str) -> JsonResponse:
    """An error in the one shape that every script gets."""
    return JsonResponse({"error": {"code": code, "message": message, "fields": {}}}, status=status)


def tells_us(method: str, path: str) -> bool:
    """Whether a machine tells us something here: it knows what 503 means, and sends it again."""
    if method in ("GET", "HEAD"):
        return False
    try:
        get_resolver(settings.DIRECT_URLCONF).resolve(path)
    except Resolver404:
        return False
    return True


class DirectDoor:
    """Answers addresses of `DIRECT_URLCONF` at once; everything else goes on to the pages for people.

    Skipping the stack means no Host check (a container name in Alertmanager's address must not lose alerts), no redirect to
    HTTPS or to a slash, and no session. A database that is gone, or hangs, is 503: senders retry that, and nothing else.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.resolver = get_resolver(settings.DIRECT_URLCONF)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Route by path."""
        try:
            match = self.resolver.resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        try:
            with patience.in_a_hurry():
                return self._answer(match.func, request, match.kwargs)
        except Http404:
            return refusal(404, "not_found", "There is nothing at this address.")
        except RequestDataTooBig:
            return refusal(413, "too_large", "The body is larger than 20 MB.")
        except SuspiciousOperation:
            return refusal(400, "malformed", "The request cannot be read.")
        except DatabaseError as error:  # one line each: there may be a thousand in a second
            cause = " ".join(str(error).split())
            logger.error("database unavailable at %s: %s: %s", match.route, type(error).__name__, cause)  # noqa: TRY400
            return refusal(503, "unavailable", "The database cannot be reached. Send it again.")

    @staticmethod
    def _answer(view: Callable[..., HttpResponse], request: HttpRequest, kwargs: dict[str, str]) -> HttpResponseBase:
        response = view(request, **kwargs)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
