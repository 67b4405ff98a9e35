"""Pages for what went wrong: a clear sentence, the right code, never a stack trace."""

from __future__ import annotations

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.utils.translation import gettext as _

from foundation.direct import refusal


def _page(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return refusal(status, code, message)
    try:
        return render(request, f"{status}.html", {"message": message}, status=status)
    except (TemplateDoesNotExist, DatabaseError):
        return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _page(request, 400, "malformed", _("This request cannot be read."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _page(request, 403, "forbidden", str(exception) or _("Your role does not allow this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not there, or not yours."""
    return _page(request, 404, "not_found", _("There is nothing here, or it is not yours to see."))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when the database is gone: no template that asks the database is used."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"error": {"code": "error", "message": "Something broke on our side.", "fields": {}}}, status=500
        )
    return HttpResponse(
        _("Something broke on our side. Paging does not depend on this page. Try again in a moment."),
        status=500,
        content_type="text/plain; charset=utf-8",
    )
