"""Pages by e-mail: text first, one link, threads by incident."""

from __future__ import annotations

import smtplib
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import timezone, translation

from paging.channels.base import Message, Receipt, SendFailed
from paging.channels.words import headline

PERMANENT_CODES = range(500, 600)


def domain() -> str:
    """The right-hand side of our message ids."""
    return urlsplit(settings.SHARPEND_URL).hostname or "localhost"


def thread_id(number: str) -> str:
    """The id that all mails of an incident refer to."""
    return f"<{number}@{domain()}>"


def clean(address: str) -> str:
    """A mail address. Raises ValueError with a sentence."""
    try:
        validate_email(address.strip())
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    return address.strip()


class Email:
    """Mail through the configured server, or into files."""

    kind = "email"
    receipts = False

    def ask(self, reference: str) -> Receipt | None:
        """Mail servers say nothing later that can be believed."""
        return None

    def send(self, address: str, message: Message) -> str:
        """Send it; returns the Message-ID. Raises SendFailed."""
        mail = self.compose(address, message)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _reason in error.recipients.values()]
            raise SendFailed(
                f"The mail server refused {address}: {codes}", permanent=all(c in PERMANENT_CODES for c in codes)
            ) from error
        except smtplib.SMTPResponseException as error:
            raise SendFailed(f"The mail server answered {error.smtp_code}: {error.smtp_error!r}") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise SendFailed(f"The mail server could not be reached: {error}") from error
        return str(mail.extra_headers["Message-ID"])

    def compose(self, address: str, message: Message) -> EmailMultiAlternatives:
        """The mail itself, in the person's own time zone."""
        with translation.override(settings.LANGUAGE_CODE), timezone.override(ZoneInfo(message.timezone)):
            context = {
                "message": message,
                "items": message.items,
                "person": message.person,
                "home": settings.SHARPEND_URL,
            }
            mail = EmailMultiAlternatives(
                subject=headline(message),
                body=render_to_string("paging/mail/page.txt", context),
                to=[address],
                headers=self._headers(message),
            )
            mail.attach_alternative(render_to_string("paging/mail/page.html", context), "text/html")
        return mail

    @staticmethod
    def _headers(message: Message) -> dict[str, str]:
        first = message.items[0]
        bundle = f".{len(message.items)}" if len(message.items) > 1 else ""
        again = f".r{message.attempt}" if message.attempt > 1 else ""
        threads = (
            " ".join(dict.fromkeys(thread_id(item.number) for item in message.items)) if not message.is_test else ""
        )
        return {
            "Message-ID": f"<page-{first.page_id}{bundle}{again}@{domain()}>",
            **({"References": threads, "In-Reply-To": thread_id(first.number)} if threads else {}),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "X-Priority": "1",
        }
