"""What was changed in the configuration, and by whom."""

from __future__ import annotations

from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from teams.history import latest_changes
from teams.permissions import may_see_history, standing
from teams.views import viewer


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Newest first, 50 at a time."""
    if not may_see_history(standing(viewer(request))):
        raise PermissionDenied(_("Managers and administrators read the history of settings."))
    cursor = request.GET.get("cursor", "")
    try:
        page = latest_changes(cursor)
    except signing.BadSignature as error:
        raise BadRequest(_("This is not a cursor of ours.")) from error
    context = {
        "changes": page.changes,
        "next_url": f"?{urlencode({'cursor': page.next})}" if page.next else None,
        "first_url": request.path if cursor else None,
    }
    return render(request, "teams/history.html", context)
