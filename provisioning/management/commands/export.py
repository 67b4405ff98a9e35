"""`manage.py export > org.yaml`: the organisation as its file."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from provisioning.exporting import export


class Command(BaseCommand):
    """Prints the organisation's file."""

    help = "Print the organisation in the format that apply reads. Keys leave as hashes."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write UTF-8 whatever the terminal's encoding: the file must be the same everywhere."""
        try:
            text = export()
        except Error as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(f"The database cannot be read: {reason}") from error
        if self.stdout._out is sys.stdout and hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")
        self.stdout.write(text, ending="")
