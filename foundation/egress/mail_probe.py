"""One mail sent while somebody waits, to see what the mail server itself answers."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _

LIMIT = 10.0
"""Seconds in total, whatever the server does."""
ACCEPTED = range(200, 300)


@dataclass(frozen=True)
class Answer:
    """What came of it: the server's last words, or the error as a sentence; `took` is in seconds."""

    ok: bool
    answer: str
    took: float
    to: str


def probe(subject: str, body: str, to: str) -> Answer:
    """Send one mail to `to` through the configured way and wait for the answer, at most 10 s; raises nothing."""
    begun = time.monotonic()
    mail = EmailMessage(subject, body, to=[to], headers={"Auto-Submitted": "auto-generated"})
    try:
        connection = get_connection(fail_silently=False)
        if isinstance(connection, EmailBackend):
            connection.timeout = LIMIT
            ok, said = _by_smtp(connection, mail, to, begun + LIMIT)
        else:
            mail.connection = connection
            mail.send()
            ok, said = True, _("written into the folder")
    except smtplib.SMTPResponseException as error:
        ok, said = False, _words(error.smtp_code, error.smtp_error)
    except TimeoutError:
        ok, said = False, _("The mail server did not answer within 10 s.")
    except (smtplib.SMTPException, OSError, ValueError) as error:
        ok, said = False, str(error) or type(error).__name__
    return Answer(ok, said[:1000], time.monotonic() - begun, to)


def _by_smtp(connection: EmailBackend, mail: EmailMessage, to: str, until: float) -> tuple[bool, str]:
    """The dialogue command by command: `send_message` would keep the server's last words for itself."""
    connection.open()
    smtp = connection.connection
    assert smtp is not None  # noqa: S101 - open() raises or connects
    try:
        smtp.ehlo_or_helo_if_needed()
        # `data` doubles leading dots by itself, but leaves the line ends of bytes as they are.
        commands: tuple[Callable[[], tuple[int, bytes]], ...] = (
            lambda: smtp.mail(mail.from_email),
            lambda: smtp.rcpt(to),
            lambda: smtp.data(mail.message().as_bytes(linesep="\r\n")),  # type: ignore[call-arg]
        )
        said = ""
        for command in commands:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if smtp.sock is not None:
                smtp.sock.settimeout(left)
            code, words = command()
            said = _words(code, words)
            if code not in ACCEPTED:
                return False, said
        return True, said
    finally:
        smtp.close()


def _words(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
