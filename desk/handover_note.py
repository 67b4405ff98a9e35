"""A note for whoever has a pager next, from the page of the schedule."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk.answers import SeeOther
from desk.guard import person, require, who
from oncall.models import Schedule
from oncall.writers import leave_note
from teams.permissions import may_write


@require_POST
def handover_note(request: HttpRequest, slug: str) -> HttpResponse:
    """`text`; 303 back to the schedule, with the sentence of what is wrong when something is."""
    schedule = get_object_or_404(Schedule, slug=slug, archived_at=None)
    require(may_write(who(request)), _("Observers read; they leave no notes."))
    try:
        leave_note(schedule, by=person(request), text=request.POST.get("text", ""), at=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Whoever has the pager next gets it."))
    return SeeOther(f"{schedule.path}#notes")
