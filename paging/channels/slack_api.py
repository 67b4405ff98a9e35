"""Slack's Web API: one request, and what each refusal means for a page.

Plain requests by our own way out: the provider's library has a time-out for each read, not for the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.egress import http
from paging.channels.base import SendFailed
from paging.channels.refusals import reach

LIMIT = 5.0
"""Seconds of one request; a page needs two at the most."""
SERVER_ERRORS, TOO_MANY = 500, 429
SWITCH_OFF = frozenset(
    {"channel_not_found", "user_not_found", "users_not_found", "user_disabled", "cannot_dm_bot", "is_archived"}
)
"""Nobody is there, or not any more."""
ADMINISTRATORS = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"),
        *("missing_scope", "not_allowed_token_type", "access_denied", "team_access_not_granted", "accesslimited"),
        *("org_login_required", "ekm_access_denied", "messages_tab_disabled"),
    }
)
"""Our app or its token: nobody is reached until somebody changes it."""
TEMPORARY = frozenset(
    {"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"}
)
"""Codes after which the same again may work (https://docs.slack.dev/reference/methods/chat.postMessage)."""


class Refused(SendFailed):
    """Slack said `ok: false`; `code` is its word for why."""

    code = ""


def call(method: str, fields: Mapping[str, Any], *, form: bool = False, token: str = "") -> dict[str, Any]:
    """Ask `method` with these; returns the answer. Raises SendFailed.

    `form`: as a form, which the methods that only read insist on. `token`: another than the bot's.
    """
    body = urlencode(fields) if form else json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    kind = "application/x-www-form-urlencoded" if form else "application/json; charset=utf-8"
    headers = {"Authorization": f"Bearer {token or settings.SLACK_BOT_TOKEN}", "Content-Type": kind}
    url = f"{settings.SLACK_BASE_URL.rstrip('/')}/{method}"
    answer = reach(
        lambda: http.call("POST", url, body=body.encode(), headers=headers, typed=False, limit=LIMIT),
        ours=True,
        setting="SLACK_BASE_URL",
    )
    if answer.status == TOO_MANY or answer.status >= SERVER_ERRORS:
        raise SendFailed(_("It answered %d.") % answer.status, retry_after=answer.retry_after())
    found = answer.json()
    if not answer.ok or not isinstance(found, dict):
        raise SendFailed(_("It answered %d.") % answer.status, permanent=not answer.ok)
    if found.get("ok") is not True:
        raise refusal(str(found.get("error", ""))[:100], retry_after=answer.retry_after())
    return found


def refusal(code: str, *, retry_after: float | None = None) -> Refused:
    """What `ok: false` with this code means: another person, another app, or another time."""
    hope = code in TEMPORARY
    failed = Refused(
        _("Slack said: %s") % (code or _("no")),
        permanent=not hope,
        switch_off=code in SWITCH_OFF,
        administrators=code in ADMINISTRATORS,
        retry_after=retry_after,
    )
    failed.code = code
    return failed
