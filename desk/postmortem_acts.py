"""Asking for a postmortem, filing it, reviewing it: one press each. What was typed beside the button is saved first."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.answers import SeeOther
from desk.guard import find_incident, person, require, who
from desk.postmortem import RELATED, draw, placed, save_typed, writable
from incidents.models import NotAllowed
from postmortems import lifecycle
from postmortems.models import Postmortem
from teams.permissions import may_act_on_incident


@require_POST
def file(request: HttpRequest, number: str) -> HttpResponse:
    """Save what was typed and file it. Refusals: 422 with the list of what is missing, 409 somebody else wrote there."""
    pm = writable(request, number)
    outcome = save_typed(request, pm)
    if not outcome.clean:
        return draw(request, pm, outcome=outcome)
    pm = writable(request, number)
    try:
        lifecycle.file(pm, person(request), timezone.now())
    except NotAllowed as refusal:
        return _refused(request, pm, refusal)
    messages.success(request, _("It is filed. Thank you."))
    return SeeOther(pm.path)


@require_POST
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Filed becomes in review, and that reviewed."""
    pm = writable(request, number)
    outcome = save_typed(request, pm)
    if not outcome.clean:
        return draw(request, pm, outcome=outcome)
    try:
        lifecycle.review(writable(request, number), person(request), timezone.now())
    except NotAllowed as refusal:
        return _refused(request, pm, refusal)
    return SeeOther(pm.path)


@require_POST
def request_one(request: HttpRequest, number: str) -> HttpResponse:
    """Anybody who may act asks for a postmortem; a draft is there at once."""
    incident = find_incident(person(request), number, related=RELATED)
    require(may_act_on_incident(who(request)), _("Observers read; they ask for no postmortem."))
    try:
        pm = lifecycle.request(incident, person(request), timezone.now())
    except NotAllowed as refusal:
        messages.error(request, str(refusal))
        return SeeOther(incident.path)
    return SeeOther(pm.path)


def _refused(request: HttpRequest, pm: Postmortem, refusal: NotAllowed) -> HttpResponse:
    """The editor with what is missing, each with a link to its place; a refusal of another kind as a sentence."""
    unmet = [placed(check) for check in lifecycle.checks_of(pm) if not check.ok] if "checks" in refusal.fields else []
    if not unmet:
        messages.error(request, str(refusal))
    return draw(request, pm, unmet=unmet, status=refusal.status_code)
