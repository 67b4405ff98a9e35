"""`manage.py matrix`: asks the homeserver for reactions and codes until it is told to stop."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from paging.long_polls import until_told
from paging.matrix.syncing import run


class Command(BaseCommand):
    """Takes reactions to pages, and codes that people write."""

    help = "Take reactions and codes from Matrix over connections that we open."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Needs MATRIX_URL and MATRIX_TOKEN."""
        if not (settings.MATRIX_URL and settings.MATRIX_TOKEN):
            raise CommandError("Set MATRIX_URL and MATRIX_TOKEN first: docs/media/matrix.md says where they are.")
        until_told(run)
