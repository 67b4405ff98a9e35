"""`manage.py firstlink`: the first administrator's way in; asked at every start."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils import timezone

from teams.signin import first_link


class Command(BaseCommand):
    """Prints one link on stdout, or nothing once an administrator has signed in."""

    help = "Print a one-time sign-in link while no administrator has ever signed in; make admin@localhost if need be."

    def handle(self, **options: object) -> None:
        """Nothing to print is no error."""
        if link := first_link(timezone.now()):
            self.stdout.write(link)
