"""Proving that an address is one's own: a code that was mailed there, kept hashed in the session for ten minutes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from foundation.egress.mail_probe import Answer, probe
from paging.models import ContactMethod

SESSION = "verifying"
LIFE = timedelta(minutes=10)
TRIES = 5
DIGITS = 6
CODES_AN_HOUR = 10
"""Codes that one person may have sent: nobody fills a stranger's mailbox from here."""


def send_code(request: HttpRequest, method: ContactMethod, at: datetime) -> Answer:
    """Mail a new code to the method; it takes the place of any earlier one. The answer is the mail server's."""
    counter = f"codes:{method.user_id}:{at:%Y%m%d%H}"
    cache.add(counter, 0, 3600)
    if cache.incr(counter) > CODES_AN_HOUR:
        return Answer(
            False, _("That were %d codes within the hour: try again later.") % CODES_AN_HOUR, 0, method.address
        )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    until = (at + LIFE).timestamp()
    request.session[SESSION] = {"method": method.pk, "hash": _hash(method, code), "until": until, "left": TRIES}
    body = (
        _("Your code is %s. It is good for ten minutes.\n\nIf you did not ask for it, somebody mistyped an address.")
        % code
    )
    return probe(_("Your code for Sharp End: %s") % code, body, method.address)


def check_code(request: HttpRequest, method: ContactMethod, typed: str, at: datetime) -> bool:
    """Whether `typed` is the code that was mailed to this method; five tries, ten minutes, once."""
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
