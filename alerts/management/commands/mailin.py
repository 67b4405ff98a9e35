"""`manage.py mailin`: takes alerts that come by mail until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from alerts.mail_in import serve
from config.environment import MailPlace


class Command(BaseCommand):
    """An SMTP or LMTP server for alerts by mail."""

    help = "Take alerts by SMTP or LMTP at MAIL_IN; docs/senders.md says what a mail server has to hand over."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Needs MAIL_IN."""
        place: MailPlace | None = settings.MAIL_IN
        if place is None:
            raise CommandError("Set MAIL_IN first, such as lmtp://127.0.0.1:2424.")
        try:
            asyncio.run(self._until_told(place))
        except OSError as error:
            raise CommandError(
                f"Nothing can listen at {place.host}:{place.port}: {error.strerror or error}."
            ) from error

    async def _until_told(self, place: MailPlace) -> None:
        stopping = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopping.set)
        await serve(place, stopping)
