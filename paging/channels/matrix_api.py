"""Matrix's client-server API, version 3: one request, what a refusal means for a page, and the room of each person.

https://spec.matrix.org/latest/client-server-api/
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from foundation.egress.http import LARGEST, Answer
from paging.channels import json_api
from paging.channels.json_api import Refused

LIMIT = 2.0
"""Seconds of one request; a page needs five at the most, and one when its room is known."""
TOO_MANY, SERVER_ERRORS, NOT_THERE = 429, 500, 404
OUR_ACCOUNT = frozenset(
    {
        "M_UNKNOWN_TOKEN",
        "M_MISSING_TOKEN",
        "M_USER_DEACTIVATED",
        "M_USER_SUSPENDED",
        "M_UNRECOGNIZED",
        "M_CONSENT_NOT_GIVEN",
    }
)
LONGEST_WAIT = 3600.0
KNOWN_FOR = 24 * 60 * 60
LOST = frozenset({"M_FORBIDDEN", "M_NOT_FOUND"})
"""What is said of a room in which we are not (any more)."""


def call(
    method: str,
    path: str,
    content: Any = None,  # noqa: ANN401
    *,
    limit: float | None = None,
    largest: int = LARGEST,
) -> dict[str, Any]:
    """Ask; `limit` in seconds (2 without). Returns the answer, raises SendFailed."""
    url = f"{settings.MATRIX_URL.rstrip('/')}/_matrix/client/v3/{path}"
    return json_api.call(
        method,
        url,
        content,
        token=settings.MATRIX_TOKEN,
        setting="MATRIX_URL",
        refusal=_refusal,
        limit=limit or LIMIT,
        largest=largest,
    )


def _refusal(answer: Answer, found: dict[str, Any]) -> Refused:
    """Another account, another room, or another time."""
    code, said, wait = (
        str(found.get("errcode", ""))[:100],
        str(found.get("error", ""))[:200],
        found.get("retry_after_ms"),
    )
    hope = answer.status == TOO_MANY or answer.status >= SERVER_ERRORS
    asked = min(wait / 1000, LONGEST_WAIT) if isinstance(wait, int) and wait > 0 else answer.retry_after()
    failed = Refused(
        _("Matrix said: %s") % (said or code) if said or code else _("It answered %d.") % answer.status,
        permanent=not hope,
        administrators=code in OUR_ACCOUNT or (answer.status == NOT_THERE and not code),
        retry_after=asked if hope else None,
    )
    failed.code, failed.status = code, answer.status
    return failed


def account() -> str:
    """A short name of our account there, for what we keep about it."""
    return salted_hmac("paging.matrix", f"{settings.MATRIX_URL} {settings.MATRIX_TOKEN}").hexdigest()[:16]


def me() -> str:
    """Our own user id; asked for once a day. Raises SendFailed."""
    key = f"matrix:{account()}:me"
    known: str = cache.get(key, "")
    if not known:
        known = str(call("GET", "account/whoami").get("user_id", ""))
        cache.set(key, known, KNOWN_FOR)
    return known


def room_with(user: str) -> str:
    """Our direct room with a user: made once, and kept where Matrix keeps such rooms, with the account. Raises SendFailed."""
    key = _key(user)
    known: str = cache.get(key, "")
    if not known:
        rooms = _direct()
        mine = rooms.get(user)
        mine = [str(room) for room in mine] if isinstance(mine, list) else []
        known = mine[-1] if mine else _create(user, rooms)
        cache.set(key, known, KNOWN_FOR)
    return known


def is_with(user: str, room: str) -> bool:
    """Whether `room` is our direct room with a user, as far as we know. Raises SendFailed."""
    known: str = cache.get(_key(user), "")
    mine = [known] if known else _direct().get(user)
    return isinstance(mine, list) and room in mine


def forget(user: str) -> None:
    """That room is of no use any more: the next message makes another. Raises SendFailed."""
    cache.delete(_key(user))
    rooms = _direct()
    if rooms.pop(user, None) is not None:
        call("PUT", _where(), rooms)


def _key(user: str) -> str:
    return f"matrix:{account()}:room:{salted_hmac('paging.matrix.room', user).hexdigest()[:32]}"


def _where() -> str:
    return f"user/{quote(me(), safe='')}/account_data/m.direct"


def _direct() -> dict[str, Any]:
    try:
        return call("GET", _where())
    except Refused as error:
        if error.code != "M_NOT_FOUND":
            raise
    return {}


def _create(user: str, rooms: dict[str, Any]) -> str:
    asked = {"is_direct": True, "invite": [user], "preset": "trusted_private_chat", "name": "Sharp End"}
    room = str(call("POST", "createRoom", asked).get("room_id", ""))
    call("PUT", _where(), {**rooms, user: [room]})
    return room


def put(room: str, kind: str, name: str, content: Any) -> str:  # noqa: ANN401
    """Send an event; the same `name` again is the same event. Returns its id, raises SendFailed."""
    path = f"rooms/{quote(room, safe='')}/send/{kind}/{quote(name, safe='')}"
    return str(call("PUT", path, content).get("event_id", ""))
