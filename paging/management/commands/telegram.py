"""`manage.py telegram`: asks Telegram for presses and codes until it is told to stop, or tells it once to call us."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from paging.channels import telegram_api
from paging.channels.base import SendFailed
from paging.long_polls import until_told
from paging.telegram.polling import run
from paging.telegram.updates import KINDS


class Command(BaseCommand):
    """Takes presses on buttons and the codes that link chats."""

    help = (
        "Take presses and codes from Telegram over connections that we open; --webhook lets Telegram call us instead."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--webhook`."""
        parser.add_argument("--webhook", action="store_true", help="register our address at Telegram, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT. Needs TELEGRAM_TOKEN."""
        if not settings.TELEGRAM_TOKEN:
            raise CommandError("Set TELEGRAM_TOKEN first: docs/media/telegram.md says where it is.")
        if options["webhook"]:
            self._register()
            return
        until_told(run)

    def _register(self) -> None:
        if not settings.TELEGRAM_WEBHOOK_SECRET or not settings.SHARPEND_URL.startswith("https://"):
            raise CommandError("Telegram calls https:// addresses only: set SHARPEND_URL and TELEGRAM_WEBHOOK_SECRET.")
        fields = {
            "url": f"{settings.SHARPEND_URL}/in/telegram/",
            "secret_token": settings.TELEGRAM_WEBHOOK_SECRET,
            "allowed_updates": KINDS,
        }
        try:
            telegram_api.call("setWebhook", fields)
        except SendFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Telegram calls us from now on; `manage.py telegram` is not needed.")
