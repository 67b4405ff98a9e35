"""Pages of this room: load, call, catch the one domain error, render."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from teams.models import User


def viewer(request: HttpRequest) -> User:
    """Who is signed in. Pages of this room are behind the sign-in, but for those that say otherwise."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
