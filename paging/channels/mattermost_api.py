"""Mattermost's REST API, version 4: one request, and what each refusal means for a page (https://api.mattermost.com)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.egress.http import Answer
from paging.channels import json_api
from paging.channels.json_api import Refused

LIMIT = 3.0
"""Seconds of one request; a page needs three at the most, and one when its channel is known."""
TOO_MANY, SERVER_ERRORS = 429, 500
OUR_BOT, NOT_THERE = frozenset({401, 403}), 404
NOBODY = ("invalid_user", "missing_account", "deleted")
LONGEST_WAIT = 3600.0
KNOWN_FOR = 24 * 60 * 60


def call(method: str, path: str, content: Any = None) -> dict[str, Any]:  # noqa: ANN401
    """Ask; returns the answer. Raises SendFailed."""
    url = f"{settings.MATTERMOST_URL.rstrip('/')}/api/v4/{path}"
    token = settings.MATTERMOST_TOKEN
    return json_api.call(method, url, content, token=token, setting="MATTERMOST_URL", refusal=_refusal, limit=LIMIT)


def _refusal(answer: Answer, found: dict[str, Any]) -> Refused:
    """Another person, another bot, or another time."""
    status, code, said = answer.status, str(found.get("id", ""))[:200], str(found.get("message", ""))[:200]
    hope = status == TOO_MANY or status >= SERVER_ERRORS
    failed = Refused(
        _("Mattermost said: %s") % said if said else _("It answered %d.") % status,
        permanent=not hope,
        switch_off=bool(code) and (status == NOT_THERE or any(sign in code for sign in NOBODY)),
        administrators=status in OUR_BOT or (status == NOT_THERE and not code),
        retry_after=answer.retry_after() or _reset(answer),
    )
    failed.code, failed.status = code, status
    return failed


def _reset(answer: Answer) -> float | None:
    """Seconds until the window of its rate limit ends (its documentation, "Rate Limiting")."""
    asked = answer.headers.get("x-ratelimit-reset", "") if answer.status == TOO_MANY else ""
    return min(float(asked), LONGEST_WAIT) if asked.isascii() and asked.isdigit() else None


def channel_with(user: str) -> str:
    """The direct channel of our bot and a user; asked for once a day. Raises SendFailed."""
    account = salted_hmac("paging.mattermost", f"{settings.MATTERMOST_URL} {settings.MATTERMOST_TOKEN}").hexdigest()
    key = f"mattermost:{account[:16]}:{user}"
    known: str = cache.get(key, "")
    if not known:
        bot = str(call("GET", "users/me").get("id", ""))
        known = str(call("POST", "channels/direct", [bot, user]).get("id", ""))
        cache.set(key, known, KNOWN_FOR)
    return known
