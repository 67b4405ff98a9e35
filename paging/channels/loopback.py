"""The machine's own medium: whoever is handed this page is the pager itself, and only then does it say that it is alive."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import call
from paging.channels.base import Message, Receipt, SendFailed

KIND = "loopback"
TOO_LATE = timedelta(seconds=60)
"""A page that took longer is no sign of health."""


class Loopback:
    """Calls HEARTBEAT_URL; nothing is tried again, because the next page comes within a minute."""

    kind = KIND
    receipts = False

    def send(self, address: str, message: Message) -> str:
        """The page arrived: say so outside. Raises SendFailed when it came late, or nobody took the call."""
        if timezone.now() - message.items[-1].since > TOO_LATE:
            raise SendFailed("The synthetic page came too late to be a sign of health.", permanent=True)
        try:
            answer = call("GET", settings.HEARTBEAT_URL, typed=False)
        except (AddressRefused, NotReached) as error:
            raise SendFailed(str(error), permanent=True) from error
        if not answer.ok:
            raise SendFailed(f"HEARTBEAT_URL answered {answer.status}.", permanent=True)
        return "heartbeat"

    def ask(self, reference: str) -> Receipt | None:
        """Nothing more is known."""
        return None
