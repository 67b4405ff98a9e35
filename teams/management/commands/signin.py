"""`manage.py signin EMAIL`: a one-time sign-in link."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from teams.models import User
from teams.signin import make_link


class Command(BaseCommand):
    """Prints the link alone on stdout."""

    help = "Print a link that signs this person in once, within 15 minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who."""
        parser.add_argument("email")

    def handle(self, *, email: str, **options: object) -> None:
        """Refuses unknown and deactivated people."""
        self.stdout.write(make_link(active_person(email), timezone.now()))


def active_person(email: str) -> User:
    """The active person with this e-mail. Raises `CommandError` with a sentence."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise CommandError(f"Nobody has the e-mail {email}. `createadmin {email}` would make an administrator.")
    if not user.is_active:
        raise CommandError(f"{user.email} is switched off.")
    return user
