"""How views answer: redirects that stay inside, forms that were refused."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


class SeeOther(HttpResponseRedirect):
    """303: the browser asks again with GET, whatever it sent before."""

    status_code = 303


def see_other(request: HttpRequest, default: str) -> HttpResponse:
    """303 to the `next` of the form when it lies inside this application, else to `default`."""
    asked = request.POST.get("next", "")
    inside = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return SeeOther(asked if asked and inside else default)
