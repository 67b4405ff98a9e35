"""`manage.py reference`: the demo with years of history before it, to measure with."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisioning.demo.build import AlreadyThere
from provisioning.demo.mark import NotTheDemo
from provisioning.reference.build import build

LEAST = 1
MOST = 5_000_000


class Command(BaseCommand):
    """Builds it, or builds it anew. Sign in with `manage.py demo --links`."""

    help = (
        "Fill an empty installation with the demo organisation and so many incidents over ten years, to measure with."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """How much, and whether what is there may go."""
        parser.add_argument("--incidents", type=int, default=100_000, help="how many in all (default %(default)s)")
        parser.add_argument("--reset", action="store_true", help="empty the demo that is here first")
        parser.add_argument("--at", help="build it as of this time, e.g. 2026-11-21T12:00Z; default: now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to stderr. Raises `CommandError` when something else is in this installation."""
        at = parse_datetime(options["at"]) if options["at"] else timezone.now()
        if at is None or at.tzinfo is None or not LEAST <= options["incidents"] <= MOST:
            raise CommandError(
                f"--at takes a time with its zone, such as 2026-11-21T12:00Z, and --incidents {LEAST} to {MOST}."
            )
        self.began = time.monotonic()
        try:
            count = build(at, options["incidents"], say=self._say, reset=bool(options["reset"]))
        except AlreadyThere:
            raise CommandError("A demo is here already. With --reset it is emptied and built anew.") from None
        except NotTheDemo as refusal:
            raise CommandError(str(refusal)) from None
        self._say(f"{count} incidents")

    def _say(self, line: str) -> None:
        self.stderr.write(f"reference: {time.monotonic() - self.began:6.1f} s  {line}")
