"""Telegram's Bot API: one request, and what each refusal means for a page (https://core.telegram.org/bots/api)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.egress import http
from paging.channels.base import SendFailed
from paging.channels.refusals import reach

LIMIT = 5.0
"""Seconds of one request; a page needs two at the most."""
LARGEST = 4 * 1024 * 1024
"""Bytes: what people write to the bot comes in bundles."""
TOO_MANY, SERVER_ERRORS, FORBIDDEN = 429, 500, 403
OUR_TOKEN = frozenset({401, 404})
"""Telegram says 404 to a token that never was one, and 401 to one that was taken back."""
NOBODY = ("chat not found", "peer_id_invalid", "user_id_invalid", "user not found")
LONGEST_WAIT = 3600.0
NAME_FOR = 24 * 60 * 60


class Refused(SendFailed):
    """Telegram said `ok: false`; `said` is its description in lower case, `code` its number."""

    code, said = 0, ""


def call(method: str, fields: Mapping[str, Any], *, limit: float = LIMIT) -> Any:  # noqa: ANN401
    """Ask `method` with these; returns `result`. Raises SendFailed; its words never hold the token."""
    url = f"{settings.TELEGRAM_BASE_URL.rstrip('/')}/bot{settings.TELEGRAM_TOKEN}/{method}"
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json"}
    answer = reach(
        lambda: http.call("POST", url, body=body, headers=headers, typed=False, limit=limit, largest=LARGEST),
        ours=True,
        setting="TELEGRAM_BASE_URL",
    )
    found = answer.json()
    if answer.ok and isinstance(found, dict) and found.get("ok") is True:
        return found.get("result")
    raise refusal(answer.status, found if isinstance(found, dict) else {}, asked=answer.retry_after())


def refusal(status: int, found: Mapping[str, Any], *, asked: float | None = None) -> Refused:
    """What this refusal means: another person, another token, or another time."""
    said = str(found.get("description", ""))[:200]
    words = said.lower()
    hope = status == TOO_MANY or status >= SERVER_ERRORS or 200 <= status < 300  # noqa: PLR2004
    wait = found.get("parameters")
    wait = wait.get("retry_after") if isinstance(wait, dict) else None
    failed = Refused(
        _("Telegram said: %s") % said if said else _("It answered %d.") % status,
        permanent=not hope,
        switch_off=status == FORBIDDEN or any(sign in words for sign in NOBODY),
        administrators=status in OUR_TOKEN,
        retry_after=min(float(wait), LONGEST_WAIT) if isinstance(wait, int) and wait > 0 else asked,
    )
    failed.code, failed.said = status, words
    return failed


def bot_name() -> str:
    """The bot's name without @, asked for once a day. Raises SendFailed."""
    key = f"telegram:name:{salted_hmac('paging.telegram', settings.TELEGRAM_TOKEN).hexdigest()[:16]}"
    name: str = cache.get(key, "")
    if not name:
        me = call("getMe", {})
        name = str(me.get("username", ""))[:64] if isinstance(me, dict) else ""
        cache.set(key, name, NAME_FOR)
    return name
