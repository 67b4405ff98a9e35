"""`manage.py token EMAIL`: an API token."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils import timezone

from teams.management.commands.signin import active_person
from teams.models import ApiToken


class Command(BaseCommand):
    """Prints the token alone on stdout; nobody can read it again."""

    help = "Make and print an API token for this person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and what it may."""
        parser.add_argument("email")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.READ)
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *, email: str, scope: str, name: str, **options: object) -> None:
        """Refuses unknown and deactivated people. The person's role still limits what the token may do."""
        user = active_person(email)
        _token, secret = ApiToken.make(user, scope=scope, name=name or "made by manage.py", at=timezone.now())
        self.stdout.write(secret)
