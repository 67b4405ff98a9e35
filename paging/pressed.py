"""An answer that a program passes on, perhaps late: how long ago its person pressed, and what the program is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from foundation.ui.times import duration
from paging import answers
from paging.models import Page

LATEST = timedelta(minutes=2)
"""How old a press may be when it arrives. An older one is not taken, but asked again (paging rules, "Replies")."""
UNKNOWN = timedelta(days=1)
"""Taken as the age of a press whose instant cannot be read: asking once too often harms nobody."""


def by_a_program(request: HttpRequest) -> bool:
    """Whether the one who asks wants JSON: the worker of an installed application."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def too_long_ago(request: HttpRequest, at: datetime) -> timedelta | None:
    """How long ago it was pressed, when that is too long; None for a press of now, or one that names no instant.

    `pressed_at` is the instant in milliseconds since 1970 by the person's clock. `sent_at`, by the same clock when it left
    at last, makes up for a phone whose clock is wrong; without it, ours counts.
    """
    if not (pressed := request.POST.get("pressed_at", "")):
        return None
    then, left = _milliseconds(pressed), _milliseconds(request.POST.get("sent_at", ""))
    if then is None:
        return UNKNOWN
    now = left if left is not None else at.timestamp() * 1000
    age = timedelta(milliseconds=min(now - then, UNKNOWN.total_seconds() * 1000))
    return age if age > LATEST else None


def _milliseconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1" * 16) else None


def again(late: timedelta) -> str:
    """What is asked of somebody whose press came late."""
    if late >= UNKNOWN:
        return _("You pressed this a long time ago. Still yours?")
    return _("You pressed this %s ago. Still yours?") % duration(late)


def asked_again(page: Page, words: str) -> JsonResponse:
    """409: nothing was changed; press once more."""
    return JsonResponse({"state": "again", "said": words, "title": _title(page)}, status=409)


def gone(status: int) -> JsonResponse:
    """The link is too old (410), or was never ours (404)."""
    said = _("This page is too old to be answered here. Open Sharp End to see where things stand.")
    return JsonResponse({"state": "gone", "said": said, "title": _("Nothing was changed")}, status=status)


def said(page: Page, *, status: int = 200, refused: str = "") -> JsonResponse:
    """Where the page stands: `rang`, `yours`, `taken` (somebody else has it), `over`, or `asks`."""
    incident, title = page.incident, _title(page)
    if incident is None:
        state, words = ("rang", _("Good. We can wake you.")) if page.acked_at else ("asks", _("Did it ring?"))
    elif not incident.is_open:
        state, words = "over", refused or _("It is over. You can go back to sleep.")
    elif incident.held_by_id == page.person_id:
        state, words = "yours", _("You have it. Nobody else is paged for it.")
    elif incident.is_held:
        state, words = (
            "taken",
            _("%s has it. You can go back to sleep.") % (incident.held_by or incident.held_by_sender),
        )
    elif page.person.email in incident.acked_in_part:
        state, words = "yours", answers.in_part(incident)
    else:
        state, words = "asks", refused or _("Nobody has it yet.")
    return JsonResponse({"state": state, "said": words, "title": title}, status=status)


def _title(page: Page) -> str:
    return f"[{page.incident.number}] {page.incident.title}" if page.incident else _("Test page")
