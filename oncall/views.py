"""`/ical/{token}.ics`: a calendar program reads shifts; the address is the secret, nobody signs in."""

from __future__ import annotations

from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from oncall.feeds import FeedRevoked, FeedShift, FeedUnknown, feed_of, name_of, shifts_of
from oncall.ical import calendar

FORMAT = 1
"""Of what is written; another one is another answer to the same shifts."""
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
    own, name, shifts = not (found.schedule_id or found.team_id), name_of(found), shifts_of(found, timezone.now())
    etag = _etag(name, shifts)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(calendar(name, shifts, personal=own), content_type="text/calendar; charset=utf-8")
    for name, value in {"ETag": etag, "Cache-Control": LIFE, "Referrer-Policy": "no-referrer"}.items():
        answer.headers[name] = value
    return answer


def _etag(name: str, shifts: list[FeedShift]) -> str:
    """Names everything that the calendar says, so that one that did not change need not be written."""
    facts = [(one.uid, one.end, one.changed, str(one.person), one.person.email, str(one.schedule)) for one in shifts]
    return f'"{sha256(repr((FORMAT, settings.SHARPEND_URL, name, facts)).encode()).hexdigest()[:32]}"'


def _said(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
