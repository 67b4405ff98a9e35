"""`manage.py createadmin EMAIL`: an administrator, made or promoted."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from teams.audit import acting
from teams.signin import make_administrator, make_link


class Command(BaseCommand):
    """Prints a sign-in link alone on stdout, so that there is no password to choose or to leak."""

    help = "Make this person an administrator (and make the person, if unknown); print a one-time sign-in link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who."""
        parser.add_argument("email")

    def handle(self, *, email: str, **options: object) -> None:
        """Refuses what is no e-mail address."""
        try:
            validate_email(email.strip())
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        with acting(None, "createadmin"):
            user = make_administrator(email)
        self.stderr.write(f"{user.email} is an administrator. This link signs in once, within 15 minutes:")
        self.stdout.write(make_link(user, timezone.now()))
