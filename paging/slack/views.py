"""Where Slack calls us, for those who have a public address: presses and slash commands, each signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paging.channels.slack_blocks import escaped
from paging.slack.commands import typed
from paging.slack.presses import pressed, text_of
from paging.slack.signed import is_theirs
from paging.slack.telling import tell

View = Callable[[HttpRequest], HttpResponse]


def signed(view: View) -> View:
    """Only POST, only with Slack's signature; no session, no CSRF token."""

    @login_not_required
    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not is_theirs(request.body, stamp, signature, at=timezone.now()):
            return HttpResponse("not signed by Slack", status=401, content_type="text/plain")
        with translation.override(settings.LANGUAGE_CODE):
            return view(request)

    return checked


@signed
def interactions(request: HttpRequest) -> HttpResponse:
    """`/in/slack/interactions/`: a button. The sentence goes to the response address, as Slack wants it."""
    try:
        payload = json.loads(request.POST.get("payload", ""))
    except ValueError:
        return HttpResponse("no payload", status=400, content_type="text/plain")
    tell(text_of(payload, "response_url"), pressed(payload, at=timezone.now()))
    return HttpResponse()


@signed
def commands(request: HttpRequest) -> HttpResponse:
    """`/in/slack/commands/`: `/sharpend ...`. The sentence is the answer, for who typed it alone."""
    said = typed(request.POST.dict(), at=timezone.now())
    return JsonResponse({"response_type": "ephemeral", "text": escaped(said)})
