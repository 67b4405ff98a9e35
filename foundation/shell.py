"""The installed application: its manifest, its service worker, and the page that it shows without a connection."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

NAME = "Sharp End"
GROUND, BAR = "#f6f7f9", "#ffffff"
"""Colours behind the icon while it starts, and of the bar above: those of the look in the light."""
ICONS = (
    ("icons/icon-192.png", "192x192", "image/png", "any"),
    ("icons/icon-512.png", "512x512", "image/png", "any"),
    ("icons/maskable-512.png", "512x512", "image/png", "maskable"),
    ("mark.svg", "any", "image/svg+xml", "any"),
)
KEPT = (
    "css/sharp-end.css",
    "icons.svg",
    "mark.svg",
    "js/copy.js",
    "js/drafts.js",
    "js/focus.js",
    "js/keys.js",
    "js/pager.js",
    "js/palette.js",
    "js/send.js",
    "js/shell.js",
    "js/times.js",
    "js/toasts.js",
    "vendor/htmx/4.0.1/htmx.min.js",
)
"""The static files that the worker keeps; nothing else is ever kept but the page for no connection."""


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The manifest (W3C Web Application Manifest)."""
    content = {
        "id": "/",
        "name": NAME,
        "short_name": NAME,
        "description": _("Incidents, from the page to the lesson."),
        "lang": "en",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": BAR,
        "icons": [{"src": static(src), "sizes": size, "type": kind, "purpose": use} for src, size, kind, use in ICONS],
        "shortcuts": [
            {"name": _("Declare an incident"), "url": "/declare/"},
            {"name": _("Who is on call"), "url": "/oncall/"},
        ],
    }
    response = HttpResponse(json.dumps(content), content_type="application/manifest+json")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@login_not_required
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; a new look makes a new worker, which drops what the old one kept."""
    page, source = _offline(), render_to_string("shell/sw.js") + render_to_string("shell/push.js")
    files = [static(name) for name in KEPT]
    shell = {"offline": reverse("offline"), "files": files, **_for_pushes()}
    shell["version"] = sha256("\n".join([json.dumps(shell), page, source]).encode()).hexdigest()[:12]
    response = HttpResponse(
        f"const SHELL = {json.dumps(shell)};\n{source}", content_type="text/javascript; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


def _for_pushes() -> dict[str, Any]:
    """What the worker says when it must say something itself, and where it finds the key of this installation."""
    words = {
        "kept": _("Not acknowledged yet: no connection"),
        "waits": _(
            "Your press is kept and sent when there is one. If that takes more than two minutes, you are asked again."
        ),
        "over": _("Nothing of this is waiting for you any more."),
        "failed": _("That was not taken"),
        "unknown": _("Something wants your attention"),
        "open": _("Open Sharp End to see where things stand."),
    }
    return {"words": words, "icon": static("icons/icon-192.png"), "push": "/settings/methods/push/"}


@login_not_required
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown without a connection: the same for everybody, from no database and no session."""
    response = HttpResponse(_offline())
    response.headers["Cache-Control"] = "no-cache"
    return response


def _offline() -> str:
    return render_to_string("shell/offline.html")
