"""How views answer: redirects that stay inside, forms that were refused."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """303: the browser asks again with GET, whatever it sent before."""

    status_code = 303


def inside(request: HttpRequest, asked: str) -> str:
    """`asked` when it lies inside this application, else nothing."""
    allowed = {request.get_host()}
    is_inside = url_has_allowed_host_and_scheme(asked, allowed_hosts=allowed, require_https=request.is_secure())
    return asked if asked and is_inside else ""


def see_other(request: HttpRequest, default: str) -> HttpResponse:
    """303 to the `next` of the form when it lies inside this application, else to `default`."""
    return SeeOther(inside(request, request.POST.get("next", "")) or default)
