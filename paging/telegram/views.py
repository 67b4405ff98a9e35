"""Where Telegram calls us, for those who have a public address: each request with the secret that it was given."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paging.telegram.updates import take


@login_not_required
@csrf_exempt
@require_POST
def updates(request: HttpRequest) -> HttpResponse:
    """`/in/telegram/`: one update; what is to be said goes back in the answer, as Telegram allows."""
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    secret: str = settings.TELEGRAM_WEBHOOK_SECRET
    if not secret or not settings.TELEGRAM_TOKEN or not constant_time_compare(given, secret):
        return HttpResponse("this is not Telegram", status=401, content_type="text/plain")
    try:
        update = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse("no update", status=400, content_type="text/plain")
    with translation.override(settings.LANGUAGE_CODE):
        said = take(update, at=timezone.now())
    return JsonResponse({"method": said.method, **said.fields}) if said else HttpResponse()
