"""`/ical/{token}.ics`: a calendar program reads shifts; the address is the secret, nobody signs in."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oncall.feeds import FeedRevoked, FeedUnknown, feed_of, name_of, shifts_of
from oncall.ical import calendar

LIFE = "private, max-age=300"


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar; 304 when it is as the program has it, 404 unknown, 410 revoked."""
    try:
        found = feed_of(token)
    except FeedUnknown:
        return _said(_("There is no calendar at this address."), 404)
    except FeedRevoked:
        return _said(_("This address was revoked. Ask for a new one under Settings, Calendar."), 410)
    own = not (found.schedule_id or found.team_id)
    body = calendar(name_of(found), shifts_of(found, timezone.now()), personal=own)
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="text/calendar; charset=utf-8"
    )
    for name, value in {"ETag": etag, "Cache-Control": LIFE, "Referrer-Policy": "no-referrer"}.items():
        answer.headers[name] = value
    return answer


def _said(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
