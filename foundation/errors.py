"""Pages for what went wrong: a clear sentence, the right code, never a stack trace."""

from __future__ import annotations

import sys
from http import HTTPStatus

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
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
    """500, or 503 when the database is gone: no template that asks the database is used.

    A part of a page that failed is one sentence in its place, not a page within the page.
    """
    status = 503 if isinstance(sys.exc_info()[1], OperationalError | InterfaceError) else 500
    if request.path.startswith("/api/"):
        code, message = ("unavailable", _("The database cannot be reached. Send it again."))
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            code, message = ("error", _("Something broke on our side."))
        return refusal(status, code, message)
    if "HX-Request" not in request.headers:
        return HttpResponse(render_to_string(f"{status}.html"), status=status)
    return HttpResponse(
        _("Something broke on our side. Paging does not depend on this page. Try again in a moment."),
        status=status,
        content_type="text/plain; charset=utf-8",
    )
