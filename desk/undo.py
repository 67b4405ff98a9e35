"""The one address that takes back what was just done, or says in words why it is too late."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from desk import undo_plans, undo_story
from desk.answers import SeeOther
from desk.guard import person, who
from desk.undo_offer import SALT, VALID, Asking, TakenBack
from incidents.models import NotAllowed

WAYS: dict[str, Callable[[Asking], TakenBack]] = {
    "story": undo_story.take_back,
    "impact": undo_plans.impact,
    "override": undo_plans.override,
    "override_back": undo_plans.override_back,
    "block": undo_plans.block,
}
"""How each kind of offer is taken back. A way raises NotAllowed when the world moved on."""


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what the token offers; 303 to the page that shows it.

    Refusals: 403 somebody else's offer or a right that is gone, 404 what it was about is not theirs to see, 409 too late or
    the world moved on (in words), 422 no offer at all.
    """
    by, at = person(request), timezone.now()
    try:
        told = signing.loads(request.POST.get("token", ""), salt=SALT)
    except signing.BadSignature:
        return _refused(request, _("There is nothing to take back here."), "/", status=422)
    if told["by"] != by.pk:
        raise PermissionDenied(_("Only the person who did it can take it back here."))
    if at.timestamp() > told["until"]:
        minutes = int(VALID.total_seconds() // 60)
        sentence = _("This could be taken back for %d minutes; they are over.") % minutes
        return _refused(request, sentence, told["path"])
    try:
        with transaction.atomic():
            done = WAYS[told["way"]](Asking(by, at, who(request), told["facts"]))
    except NotAllowed as refusal:
        return _refused(request, str(refusal), told["path"])
    messages.success(request, done.said)
    return SeeOther(done.path)


def _refused(request: HttpRequest, sentence: str, path: str, *, status: int = 409) -> HttpResponse:
    return render(request, "desk/undo.html", {"sentence": sentence, "path": path, "at": timezone.now()}, status=status)
