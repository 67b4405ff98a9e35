"""The way back of a push: the browser's worker says that it arrived. The signed address is the authority; nobody signs in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paging import push
from paging.channels.webpush_hooks import DOOR


@login_not_required
@csrf_exempt
@require_POST
def arrived(request: HttpRequest, token: str) -> HttpResponse:
    """`/in/push/{token}/`: `{"asks": bool}`, whether anything in it still asks; an address that is not ours is a 403."""
    batch = DOOR.batch_of(token)
    if batch is None:
        return HttpResponse(status=403)
    response = JsonResponse({"asks": push.arrived(batch, at=timezone.now())})
    response.headers["Cache-Control"] = "no-store"
    return response
