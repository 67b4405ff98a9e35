"""The keys of a thing on its page: one is made and shown once, one is refused from now on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.keys import TooManyKeys
from desk.answers import SeeOther
from desk.guard import person, row_number
from teams.models import User


class Revoke(Protocol):
    """The door that refuses a key from now on."""

    def __call__(self, key: Any, *, by: User, at: datetime) -> None: ...  # noqa: ANN401 - keys of two kinds


def make(request: HttpRequest, new_key: Callable[..., str], show: Callable[..., HttpResponse]) -> HttpResponse:
    """Answer with the key itself, at no address: nobody can come back to it. 409 where two live already."""
    try:
        secret = new_key(by=person(request), at=timezone.now())
    except TooManyKeys:
        messages.error(request, _("Two keys live already. Revoke the one that is no longer used, then make another."))
        return show(status=409)
    return show(new_key=secret)


def refuse(request: HttpRequest, keys: Any, revoke: Revoke, back: str) -> HttpResponse:  # noqa: ANN401 - a manager of either
    """Refuse the key that the form names from now on; 404 for one of another thing."""
    key = get_object_or_404(keys, pk=row_number(request.POST.get("key", "")) or 0)
    revoke(key, by=person(request), at=timezone.now())
    messages.success(request, _("The key %s is refused from now on.") % key)
    return SeeOther(back)
