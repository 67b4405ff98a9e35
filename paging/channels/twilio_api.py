"""Twilio's REST interface: three requests, and what each refusal means for a page.

Plain requests by our own way out: the provider's library would cost each process 30 MB and seconds at its first page, has
no time-out of its own, and keeps `Retry-After` to itself.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.egress import http
from foundation.egress.addresses import AddressRefused, NotReached
from paging.channels.base import Receipt, SendFailed
from paging.channels.refusals import reach

SWITCH_OFF = frozenset(
    # No such number, unreachable for good, blocked by its owner, a landline, or a country or number that we may not reach.
    {13224, 21211, 21214, 21215, 21216, 21217, 21219, 21408, 21608, 21610, 21612, 21614, 21635, 30005, 30006}
)
ADMINISTRATORS = frozenset(
    # Our account or our own number: nobody is reached until somebody changes it.
    {20003, 20005, 20006, 20008, 21210, 21212, 21603, 21606, 21659, 21660, 30002, 30032, 30034}
)
TEMPORARY = frozenset({20429, 14107, 30001, 30003, 30008, 30017, 30022})
"""Codes after which the same again may work (https://www.twilio.com/docs/api/errors)."""
SERVER_ERRORS, TOO_MANY = 500, 429
NO_ENTRY = {401, 403}
STATES = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "initiated": "sent",
    "ringing": "sent",
    "in-progress": "delivered",  # somebody, or a voicemail, took the call: it rang, and that is all we know
    "answered": "delivered",
    "completed": "delivered",
    "busy": "failed",
    "no-answer": "failed",
    "canceled": "failed",
    "failed": "failed",
}
"""What their words for a message or a call are in ours. Only a key press or a reply says that somebody read it."""

WHY = {
    21610: gettext_lazy("the phone's owner told the provider that nothing may be sent"),
    30001: gettext_lazy("the queue is full"),
    30002: gettext_lazy("the account is suspended"),
    30003: gettext_lazy("the phone is off or out of reach"),
    30004: gettext_lazy("the message was blocked"),
    30005: gettext_lazy("there is no such phone"),
    30006: gettext_lazy("a landline, or not reachable from here"),
    30007: gettext_lazy("a carrier took it for spam"),
    30008: gettext_lazy("unknown reason"),
}
"""Receipts name a code only; the commonest ones in words."""

Fields = Mapping[str, str | Sequence[str]]


def create(kind: str, fields: Fields) -> str:
    """Make one of `kind` ("Messages" or "Calls"); returns its SID. Raises SendFailed."""
    body = urlencode({"From": settings.TWILIO_FROM, **fields}, doseq=True).encode()
    headers = {**_headers(), "Content-Type": "application/x-www-form-urlencoded"}
    answer = reach(
        lambda: http.call("POST", _address(f"{kind}.json"), body=body, headers=headers, typed=False),
        ours=True,
        setting="TWILIO_BASE_URL",
    )
    if not answer.ok:
        raise _refused(answer)
    sid = _dict(answer).get("sid")
    if not isinstance(sid, str) or not sid:
        raise SendFailed(_("The provider's answer cannot be read."))
    return sid


def ask(sid: str) -> Receipt | None:
    """What became of a message or call; None when the provider does not know, or was not reached."""
    kind = "Calls" if sid.startswith("CA") else "Messages"
    try:
        answer = http.call("GET", _address(f"{kind}/{quote(sid, safe='')}.json"), headers=_headers(), typed=False)
    except (AddressRefused, NotReached):
        return None
    found = _dict(answer)
    return receipt(str(found.get("status", "")), found.get("error_code"), sid=sid) if answer.ok else None


def receipt(status: str, code: Any = None, *, sid: str = "", sequence: str = "") -> Receipt | None:
    """What they say of a message or call, in our words; None for a status that we do not know."""
    state = STATES.get(status)
    if state is None:
        return None
    number = _number(code)
    error = " ".join(str(part) for part in (number, WHY.get(number or 0), status) if part)
    return Receipt(
        state,
        error if state == "failed" else "",
        sequence=_number(sequence),
        switch_off=state == "failed" and number in SWITCH_OFF,
        again=state == "failed" and number in TEMPORARY,
        reference=sid,
    )


def _number(text: Any) -> int | None:
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 9 else None  # noqa: PLR2004 - a column's width


def _address(path: str) -> str:
    account = quote(settings.TWILIO_ACCOUNT_SID, safe="")
    return f"{settings.TWILIO_BASE_URL.rstrip('/')}/2010-04-01/Accounts/{account}/{path}"


def _headers() -> dict[str, str]:
    pair = f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKEN}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Accept": "application/json"}


def _dict(answer: http.Answer) -> dict[str, Any]:
    found = answer.json()
    return found if isinstance(found, dict) else {}


def _refused(answer: http.Answer) -> SendFailed:
    """What a refusal means: another number, another account, or another time."""
    said = _dict(answer)
    code, words = _number(said.get("code")), str(said.get("message", ""))[:300]
    text = f"{code} {words}" if code else _("It answered %d.") % answer.status
    if answer.status >= SERVER_ERRORS or answer.status == TOO_MANY or code in TEMPORARY:
        return SendFailed(text, retry_after=answer.retry_after())
    if code in SWITCH_OFF:
        return SendFailed(text, switch_off=True)
    if code in ADMINISTRATORS or answer.status in NO_ENTRY:
        return SendFailed(text, administrators=True)
    return SendFailed(text, permanent=True)
