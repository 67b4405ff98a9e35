"""`manage.py dispatch`: runs a dispatcher until it is told to stop."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from foundation.dispatch.loop import Dispatcher


class Command(BaseCommand):
    """Finds due work and sees that it is done."""

    help = "Find due work, hand it to Celery, and do it here when nobody claims it within two seconds."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT."""
        dispatcher = Dispatcher()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: dispatcher.stopping.set())
        dispatcher.run()
