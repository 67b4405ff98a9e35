"""Where Mattermost says that a button was pressed. The signed token in the button is the authority: its server alone has it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paging import chat, edits
from paging.channels import buttons
from paging.channels.mattermost_text import KIND, compose, escaped
from paging.models import ContactMethod, Page


@login_not_required
@csrf_exempt
@require_POST
def actions(request: HttpRequest) -> HttpResponse:
    """`/in/mattermost/`: a press. The sentence is for who pressed alone, and the message says what is so."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse("no press", status=400, content_type="text/plain")
    found = found if isinstance(found, dict) else {}
    context = found.get("context")
    user, token = (
        chat.clear(found.get("user_id")),
        chat.clear(context.get("token") if isinstance(context, dict) else ""),
    )
    with translation.override(settings.LANGUAGE_CODE):
        try:
            wish = buttons.read(KIND, user, token)
        except buttons.Old:
            return JsonResponse({"ephemeral_text": escaped(chat.too_old())})
        except buttons.Unknown:
            return HttpResponse("this is no button of yours", status=401, content_type="text/plain")
        page = chat.page_of(KIND, user, wish.page_id)
        if page is None:
            return JsonResponse({"ephemeral_text": escaped(chat.too_old())})
        said = chat.answer(page, wish.act, at=timezone.now(), via=KIND)
        return JsonResponse({"ephemeral_text": escaped(said), **_update(page, user, chat.clear(found.get("post_id")))})


def _update(page: Page, user: str, post: str) -> dict[str, Any]:
    """The message as it is now, in the answer itself; whatever this does not reach is changed soon after all the same."""
    method = ContactMethod.objects.filter(user=page.person_id, kind=KIND, address=user).first()
    now = edits.shown_now(method, post) if method else None
    return {"update": compose(user, *now)} if now else {}
