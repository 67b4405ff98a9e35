"""Waking a person by this browser: its subscription comes in, a test goes out, and the browser asks how it went."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk.guard import person
from incidents.models import NotAllowed
from paging import methods, push
from paging.channels import webpush_hooks
from paging.channels.webpush_subscription import of
from paging.models import ContactMethod

LARGEST = 8192
SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Mac", "CrOS", "Linux")
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"))
MORE_BROWSERS = (("Chrom", "Chrome"), ("Safari", "Safari"))
"""Signs in the name that a browser gives, the tellest first: most of them claim to be several."""


@require_http_methods(["GET", "HEAD", "POST"])
def settings_push(request: HttpRequest) -> HttpResponse:
    """`/settings/methods/push/`. GET: the key to subscribe to, a CSRF token, and how the browser at `?endpoint=` stands.
    POST `{subscription, old?, tablet?, test?}`: this browser wakes me; a test push follows unless it is verified already."""
    user = person(request)
    if request.method == "POST":
        return _private(_subscribe(request))
    found = push.find(user, request.GET.get("endpoint", "").replace("\x00", ""))
    said = {"key": webpush_hooks.server_key(), "token": get_token(request), "state": _state(found)}
    return _private(JsonResponse(said))


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response


def _state(method: ContactMethod | None) -> str:
    """none, off (switched off), waiting (for its proof), on."""
    if method is None:
        return "none"
    if method.disabled_at:
        return "off"
    return "on" if method.verified_at else "waiting"


def _subscribe(request: HttpRequest) -> HttpResponse:
    user, said = person(request), _body(request)
    try:
        there = of(said.get("subscription"), device=device(request, tablet=said.get("tablet") is True))
        method = push.subscribe(user, there, old=str(said.get("old") or ""))
        if not method.verified_at or said.get("test") is True:
            methods.ring_unproven(method, at=timezone.now())
    except (ValueError, NotAllowed) as refusal:
        return JsonResponse({"said": str(refusal)}, status=422)
    return JsonResponse({"state": _state(method), "device": method.shown, "enough": there.enough_alone})


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        said = json.loads(request.body) if len(request.body) <= LARGEST else None
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def device(request: HttpRequest, *, tablet: bool = False) -> str:
    """What people would call it, "Chrome on Android", from what the browser says of itself. iPads say that they are Macs;
    a Mac that is touched with several fingers (`tablet`) is one. iPhones and iPads come first: they can do less."""
    agent = request.headers.get("User-Agent", "")
    system = next((name for name in SYSTEMS if name in agent), "")
    system = "iPad" if tablet and system == "Mac" else system
    if system in {"iPhone", "iPad"}:
        return system
    browser = next((name for sign, name in (*BROWSERS, *MORE_BROWSERS) if sign in agent), _("a browser"))
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
