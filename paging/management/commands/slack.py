"""`manage.py slack`: keeps the connection to Slack (Socket Mode) until it is told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Takes presses on buttons and slash commands."""

    help = "Take presses and commands from Slack over a connection that we open (Socket Mode)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Needs SLACK_APP_TOKEN and SLACK_BOT_TOKEN."""
        if not (settings.SLACK_APP_TOKEN and settings.SLACK_BOT_TOKEN):
            raise CommandError(
                "Set SLACK_APP_TOKEN and SLACK_BOT_TOKEN first: docs/media/slack.md says where they are."
            )
        from paging.slack.socket_mode import run  # the library is for this role alone

        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        run(stopping)
