"""`manage.py statuspage_export --out DIR`: the public tree as files, for a second home."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from status import tree


class Command(BaseCommand):
    """Writes every public file into a folder; files of others that are there stay."""

    help = "Write the public status page into a folder, to be copied to a second home."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("--out", required=True, metavar="DIR", help="folder; made when it is not there")

    def handle(self, *args: object, **options: object) -> None:
        """Write it."""
        out = Path(str(options["out"]))
        try:
            count = tree.export(out, timezone.now())
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{count} files (each with its .gz) in {out}")
