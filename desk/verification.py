"""Proving that an address is one's own: a code that was sent there, kept hashed in the session for ten minutes."""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from foundation.egress.mail_probe import Answer, probe
from paging.channels.base import SendFailed, Speaks
from paging.channels.known import channel
from paging.models import ContactMethod

SESSION = "verifying"
LIFE = timedelta(minutes=10)
TRIES = 5
DIGITS = 6
CODES_AN_HOUR = 10
"""Codes that one person may have sent: nobody fills a stranger's mailbox, or lets their phone ring, from here."""


def send_code(request: HttpRequest, method: ContactMethod, at: datetime) -> Answer:
    """Send a new code to the method; once it is sent it takes the place of any earlier one. The answer is the provider's."""
    counter = f"codes:{method.user_id}:{at:%Y%m%d%H}"
    cache.add(counter, 0, 3600)
    if cache.incr(counter) > CODES_AN_HOUR:
        return Answer(
            False, _("That were %d codes within the hour: try again later.") % CODES_AN_HOUR, 0, method.address
        )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    sent = _hand_over(method, code)
    if sent.ok:
        until = (at + LIFE).timestamp()
        request.session[SESSION] = {"method": method.pk, "hash": _hash(method, code), "until": until, "left": TRIES}
    return sent


def _hand_over(method: ContactMethod, code: str) -> Answer:
    if method.kind != "email":
        return _say(method, _("Your code for Sharp End is %s. It is good for ten minutes.") % code)
    body = (
        _("Your code is %s. It is good for ten minutes.\n\nIf you did not ask for it, somebody mistyped an address.")
        % code
    )
    return probe(_("Your code for Sharp End: %s") % code, body, method.address)


def _say(method: ContactMethod, text: str) -> Answer:
    """Have the method's own medium carry it, as it carries pages: what is proved is the way that pages go."""
    begun, medium = time.monotonic(), channel(method.kind)
    try:
        if not isinstance(medium, Speaks):
            raise SendFailed(_("No code can be sent by %s here.") % method.get_kind_display())
        medium.say(method.address, text)
    except SendFailed as error:
        return Answer(False, str(error), time.monotonic() - begun, method.address)
    return Answer(True, _("sent"), time.monotonic() - begun, method.address)


def check_code(request: HttpRequest, method: ContactMethod, typed: str, at: datetime) -> bool:
    """Whether `typed` is the code that was sent to this method; five tries, ten minutes, once."""
    kept = request.session.get(SESSION)
    if not kept or kept["method"] != method.pk or kept["until"] < at.timestamp() or kept["left"] < 1:
        return False
    if not constant_time_compare(kept["hash"], _hash(method, typed.strip().replace(" ", ""))):
        request.session[SESSION] = {**kept, "left": kept["left"] - 1}
        return False
    del request.session[SESSION]
    return True


def verifying(request: HttpRequest, at: datetime) -> int | None:
    """The method whose code is being waited for, by primary key."""
    kept = request.session.get(SESSION)
    return kept["method"] if kept and kept["until"] >= at.timestamp() and kept["left"] > 0 else None


def _hash(method: ContactMethod, code: str) -> str:
    """Bound to method and address: a code for one address never verifies another."""
    return salted_hmac(SESSION, f"{method.pk}:{method.address}:{code}", algorithm="sha256").hexdigest()
