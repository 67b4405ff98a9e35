"""What must not be overlooked, asked for every 5 seconds by every open page."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from desk.frame import frame_of
from desk.guard import person


@require_safe
def banner(request: HttpRequest) -> HttpResponse:
    """The pages that call me, and whether paging runs at all; 304 when that is as before."""
    user = person(request)
    frame = frame_of(request, user)
    calling = [(live.page.pk, live.incident and live.incident.version) for live in frame.pages]
    here = urlsplit(request.headers.get("HX-Current-URL", "")).path
    facts = (user.pk, user.timezone, calling, frame.paging_silent_since, here)
    etag = f'"{sha256(repr(facts).encode()).hexdigest()[:32]}"'
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    get_token(request)
    response = render(request, "_page_banner.html", {"frame": frame})
    response.headers["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response
