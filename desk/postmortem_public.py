"""The public version: what is written for customers beside what they will see, its checks, its sign-off, its publishing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from desk import postmortem_parts
from desk.answers import SeeOther
from desk.guard import person, require, who
from desk.learning import faces_of
from desk.postmortem import find_postmortem, writable
from desk.postmortem_can import can_of, speaks_for_us
from desk.postmortem_parts import PUBLIC, Outcome, mark, tidy
from incidents.models import NotAllowed, RoleTenure
from postmortems import lifecycle
from postmortems.models import Postmortem
from status import publishing
from status.models import PublicIncident
from teams.models import User

MOST_TITLE = 200


def _sign(pm: Postmortem, title: str, by: User, at: datetime) -> str:
    lifecycle.sign(pm, by, at)
    return _("Signed. It can be published.")


def _publish(pm: Postmortem, title: str, by: User, at: datetime) -> str:
    publishing.publish_postmortem(pm, by=by, at=at, title=title)
    return _("Published. Its clock stops when a stranger's browser could read it, which is checked now.")


def _unpublish(pm: Postmortem, title: str, by: User, at: datetime) -> str:
    publishing.unpublish_postmortem(pm, by=by, at=at)
    return _("It is off the public page. Its deadline runs again as it did.")


ACTS: dict[str, tuple[Callable[[Postmortem, str, User, datetime], str], str]] = {
    "sign": (_sign, "sign"),
    "publish": (_publish, "sign"),
    "unpublish": (_unpublish, "sign"),
}
"""What a button does after the text is saved, and the permission that it needs."""


@require_http_methods(["GET", "HEAD", "POST"])
def public(request: HttpRequest, number: str) -> HttpResponse:
    """Both texts side by side; POST saves, and with `then` signs, publishes or takes back."""
    if request.method != "POST":
        return _show(request, find_postmortem(request, number))
    pm = writable(request, number)
    if "look" in request.POST:
        return _show(request, pm, typed=True)
    can, then = can_of(who(request), pm), ACTS.get(request.POST.get("then", ""))
    require(then is None or can[then[1]], _("The point of contact signs and publishes, or a manager of the team."))
    by, at = person(request), timezone.now()
    outcome = postmortem_parts.save(pm, request.POST, by=by, at=at)
    if not outcome.clean:
        return _show(request, pm, typed=True, outcome=outcome, status=outcome.status)
    said = _("Saved.")
    if then:
        try:
            said = then[0](find_postmortem(request, number), request.POST.get("title", ""), by, at)
        except NotAllowed as refusal:
            return _show(request, pm, refused=_sentences(refusal), unmet=refusal.fields.get("checks"), status=422)
    messages.success(request, said)
    return SeeOther(f"{pm.path}public/")


def _sentences(refusal: NotAllowed) -> list[str]:
    """What is said of a refusal; unmet checks are a list of their own."""
    return [] if "checks" in refusal.fields else [str(refusal)]


def _show(
    request: HttpRequest,
    pm: Postmortem,
    *,
    typed: bool = False,
    outcome: Outcome | None = None,
    refused: list[str] | None = None,
    unmet: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page as it stands, or with what was just typed; a script gets the text as visitors would see it."""
    at, pm, outcome = timezone.now(), find_postmortem(request, pm.incident.number), outcome or Outcome()
    text = tidy(request.POST.get(PUBLIC.key, "")) if typed else pm.public_text
    if typed and request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_public_seen.html", {"at": at, "text": text, "pm": pm})
    told = PublicIncident.objects.filter(incident=pm.incident).first()
    context: dict[str, Any] = {
        "at": at,
        "pm": pm,
        "incident": pm.incident,
        "can": can_of(who(request), pm),
        "faces": faces_of(pm.incident, at, pm),
        "text": text,
        "theirs": outcome.conflicts.get(PUBLIC.key),
        "writer": outcome.writer,
        "mark": mark(PUBLIC.now(pm)),
        "checks": lifecycle.public_checks_of(pm),
        "told": told,
        "title": request.POST.get("title", "")[:MOST_TITLE],
        "refused": refused or list(outcome.refused.values()),
        "unmet": unmet or [],
        "speaks": speaks_for_us(who(request), pm.incident),
        "contact": pm.incident.tenures.filter(role=RoleTenure.Role.POINT_OF_CONTACT, end=None)
        .select_related("person")
        .first(),
    }
    return render(request, "desk/postmortem_public.html", context, status=status)
