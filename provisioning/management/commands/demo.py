"""`manage.py demo`: an organisation to look at, in an installation of its own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisioning.demo.build import MONTHS, SEED, AlreadyThere, build, guides
from provisioning.demo.mark import NotTheDemo, is_demo
from teams.signin import make_link


class Command(BaseCommand):
    """Builds it, builds it anew, or says how to sign in."""

    help = "Fill an empty installation with a demo organisation: people, rosters, and two years of incidents."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and of which organisation."""
        parser.add_argument("--reset", action="store_true", help="empty the demo that is here and build it anew")
        parser.add_argument("--links", action="store_true", help="only print sign-in links for three of its people")
        parser.add_argument("--at", help="build it as of this time, e.g. 2026-11-21T12:00Z; default: now")
        parser.add_argument("--seed", type=int, default=SEED, help="another number gives another history")
        parser.add_argument("--months", type=float, default=MONTHS, help="length of its history (default %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress goes to stderr. Raises `CommandError` when something else is in this installation."""
        if options["links"]:
            self._links()
            return
        at = parse_datetime(options["at"]) if options["at"] else timezone.now()
        if at is None or at.tzinfo is None or not options["months"] > 0:
            raise CommandError("--at takes a time with its zone, such as 2026-11-21T12:00Z, and --months more than 0.")
        try:
            built = build(
                at, say=self._say, seed=options["seed"], months=options["months"], reset=bool(options["reset"])
            )
        except AlreadyThere:
            self._say("it is here already, as it was left; --reset builds it anew")
        except NotTheDemo as refusal:
            raise CommandError(str(refusal)) from None
        else:
            self._say(f"{built.over} incidents are over, {built.open} are open")
            self._say(f"key of the source prometheus, shown once: {built.key}")

    def _links(self) -> None:
        """One line for each: role, name, address. Nothing in an installation that is not the demo."""
        at = timezone.now()
        for role, person in guides(at) if is_demo() else []:
            self.stdout.write(f"{role}, {person}: {make_link(person, at)}")

    def _say(self, line: str) -> None:
        self.stderr.write(f"demo: {line}")
