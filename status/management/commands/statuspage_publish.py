"""`manage.py statuspage_publish`: the whole public tree, with all of its history, now."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone

from status import tree


class Command(BaseCommand):
    """Writes what is missing or has changed; words to the public get in between."""

    help = "Write the whole public status page now, month by month."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether files that stand as they should are written too."""
        parser.add_argument("--afresh", action="store_true", help="write every file, also those that have not changed")

    def handle(self, *args: object, **options: object) -> None:
        """Progress goes to stderr."""
        try:
            count = tree.publish_all(timezone.now(), self.stderr.write, afresh=bool(options["afresh"]))
        except (OSError, Error) as error:
            raise CommandError(f"The public page cannot be written: {error}") from error
        self.stdout.write(f"{count} files written (each with its .gz) in {tree.folder()}")
