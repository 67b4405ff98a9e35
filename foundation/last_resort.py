"""The last resort: PostgreSQL is gone, so nobody can be paged. The dispatcher says so, from the environment alone.

Nothing here reads the database. LAST_RESORT_EMAIL gets a mail, LAST_RESORT_WEBHOOK a POST of JSON: once when it has been
gone for a minute, again every quarter of an hour, and once when it is back. Every dispatcher speaks for itself.
"""

from __future__ import annotations

import json
import logging
import smtplib
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from foundation.egress.addresses import AddressRefused, NotReached
from foundation.egress.http import call
from foundation.ui.times import duration

logger = logging.getLogger(__name__)
AFTER, AGAIN = 60.0, 15 * 60.0  # seconds without the database until the first word, and between words
LOOK = 1.0  # seconds between looks


class LastResort:
    """Knows when the database was last there; `look` speaks when it must.

    It has a thread of its own, because a dispatcher that waits for a silent network cannot say so itself.
    """

    def __init__(self, name: str, *, tell: Callable[[str, str], None] | None = None) -> None:
        self.name, self.tell = name, tell or tell_everybody
        self.seen = time.monotonic()
        self.gone_at: float | None = None
        self.told_at: float | None = None
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def alive(self) -> None:
        """The database has just answered."""
        self.seen = time.monotonic()

    def start(self) -> None:
        """Watch from now on, where the environment names somebody to tell."""
        if settings.LAST_RESORT_EMAIL or settings.LAST_RESORT_WEBHOOK:
            self.thread = threading.Thread(target=self._watch, name="last-resort", daemon=True)
            self.thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self.stopping.set()

    def _watch(self) -> None:
        while not self.stopping.wait(LOOK):
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Speak when the database has been gone for long enough, or is back; `now` is of the monotonic clock, in seconds."""
        if now - self.seen <= AFTER:
            if self.gone_at is not None:
                words = "Sharp End: PostgreSQL is back", f"It was gone for {duration(self.seen - self.gone_at)}."
                self.gone_at = self.told_at = None
                self._say(words[0], f"{words[1]} What was due meanwhile is paged now.")
            return
        self.gone_at = self.seen
        if self.told_at is None or now - self.told_at >= AGAIN:
            self.told_at = now
            body = f"It has not answered for {duration(now - self.seen)}. Nobody can be paged until it is back."
            self._say("Sharp End: PostgreSQL is gone, nobody can be paged", body)

    def _say(self, subject: str, body: str) -> None:
        self.tell(subject, f"{body}\n\n{self.name}, {timezone.now():%Y-%m-%d %H:%M:%S} UTC")


def tell_everybody(subject: str, body: str) -> None:
    """One mail and one POST, to whom the environment names; a failure of one does not stop the other."""
    logger.error("last resort: %s", subject)
    if settings.LAST_RESORT_EMAIL:
        try:
            headers = {"Auto-Submitted": "auto-generated"}
            EmailMessage(subject, body, to=[settings.LAST_RESORT_EMAIL], headers=headers).send()
        except (smtplib.SMTPException, OSError, ValueError):
            logger.exception("the last resort could not send its mail")
    if settings.LAST_RESORT_WEBHOOK:
        _post(settings.LAST_RESORT_WEBHOOK, subject, body)


def _post(url: str, subject: str, body: str) -> None:
    content = json.dumps({"text": f"{subject}\n{body}", "subject": subject, "body": body}).encode()
    try:
        answer = call("POST", url, body=content, headers={"Content-Type": "application/json"}, typed=False)
    except (AddressRefused, NotReached):
        logger.exception("the last resort could not call its webhook")
        return
    if not answer.ok:
        logger.error("the last resort's webhook answered %s", answer.status)
