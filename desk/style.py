"""The living style page: every component and every token as they are, in light and in dark."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from desk.frame import frame_of
from desk.guard import person, require, who
from desk.learning import Face
from desk.pagers import Pager
from foundation.ui.words import CLASSES, STATES
from incidents.models import Incident, State, TimelineEntry
from oncall.models import Schedule
from teams.models import Severity, User
from teams.permissions import may_admin

SHEET = Path(settings.BASE_DIR) / "static" / "css" / "sharp-end.css"
SCHEMES = ("light", "dark")
FACES = (("open", ""), ("open", "soon"), ("missed", "over"), ("met", "done"))


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Everything side by side, for whoever changes the look; administrators only. Nothing in it is real."""
    require(may_admin(who(request)))
    user = person(request)
    at = frame_of(request, user).at
    columns = [{"scheme": scheme, "turn": turn, **_samples(user, at, turn)} for turn, scheme in enumerate(SCHEMES)]
    context = {"at": at, "columns": columns, "classes": CLASSES, "states": STATES, "people": {user.email: user}}
    return render(request, "desk/style.html", context | tokens())


def tokens() -> dict[str, list[str]]:
    """Names of the custom properties of the sheet: its colours, its distances and its sizes of type."""
    layer = SHEET.read_text(encoding="utf-8").partition("@layer tokens {")[2].partition("@layer base {")[0]
    found = dict(re.findall(r"--([\w-]+):\s*([^;]+);", layer))
    colours = [name for name, value in found.items() if re.match(r"light-dark\((#|rgb)|#", value)]
    return {
        "colours": colours,
        "distances": [name for name in found if re.fullmatch(r"s\d+", name)],
        "types": [name for name in found if re.fullmatch(r"t\d+", name)],
        "other_tokens": [f"--{name}: {value}" for name, value in found.items() if not _drawn(name, colours)],
    }


def _drawn(name: str, colours: list[str]) -> bool:
    return name in colours or re.fullmatch(r"[st]\d+", name) is not None


def _samples(user: User, at: datetime, turn: int) -> dict[str, Any]:
    """What the components are filled with; rows of the two columns have addresses of their own."""
    schedule = Schedule(slug="payments-primary", name="payments-primary")
    until = at + timedelta(hours=9)
    incident = Incident(pk=409, title=_("Card payments are refused"), severity=Severity.CRITICAL, state=State.TRIAGE)
    incident.detected_at, incident.first_page_at = at - timedelta(minutes=6), at - timedelta(minutes=5)
    over = Incident(pk=401, title=_("Search is slow"), severity=Severity.MAJOR, state=State.RESOLVED, drill=True)
    return {
        "incidents": [incident, over],
        "incident": incident,
        "pagers": [Pager(schedule, None, None, None, False), Pager(schedule, user, until, None, True)],
        "faces": [None, *(Face("internal", state, until, tone) for state, tone in FACES)],
        "story": _story(user, at, turn),
        "said": [Message(level, _("What was just done.")) for level in (constants.SUCCESS, constants.ERROR)],
        "due": at + timedelta(minutes=14),
        "colleagues": [user],
    }


def _story(user: User, at: datetime, turn: int) -> list[TimelineEntry]:
    """Three lines of a story."""
    lines: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("note", _("Depth grows by **200 a minute** since the last deploy."), {}),
        ("acknowledged", "", {}),
        ("opened", "", {"alerts": 2, "because": _("critical, from the label severity")}),
    )
    return [
        TimelineEntry(
            pk=900 + 10 * turn + place,
            at=at - timedelta(minutes=place),
            kind=kind,
            by=user if kind != "opened" else None,
            cause="alertmanager",
            text=text,
            data=data,
        )
        for place, (kind, text, data) in enumerate(lines)
    ]
