"""A chat server of the operator's own that speaks JSON and knows us by a token: one request to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from foundation.egress import http
from foundation.egress.http import LARGEST, Answer
from paging.channels.base import SendFailed
from paging.channels.refusals import reach


class Refused(SendFailed):
    """The server said no; `code` is its own word for why, `status` the number of HTTP."""

    code, status = "", 0


def call(
    method: str,
    url: str,
    content: Any,  # noqa: ANN401
    *,
    token: str,
    setting: str,
    refusal: Callable[[Answer, dict[str, Any]], Refused],
    limit: float,
    largest: int = LARGEST,
) -> dict[str, Any]:
    """Ask for at most `limit` seconds; returns the answer. Raises SendFailed: what `refusal` makes of an answer that is none.

    `setting` names where the server's address stands; nothing is sent for the content None.
    """
    body = b"" if content is None else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = reach(
        lambda: http.call(method, url, body=body, headers=headers, typed=False, limit=limit, largest=largest),
        ours=True,
        setting=setting,
    )
    found = answer.json()
    if not answer.ok:
        raise refusal(answer, found if isinstance(found, dict) else {})
    if not isinstance(found, dict):
        raise SendFailed(_("The provider's answer cannot be read."))
    return found
