"""The mail server's own words, from a real server on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.egress.mail_probe import probe
from tests.fakes.smtp import MailServer


@pytest.fixture(autouse=True)
def by_smtp(settings: Any) -> None:
    """Mail goes by SMTP, to a port where nobody listens unless a test says otherwise."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


def test_accepted(settings: Any) -> None:
    with MailServer("250 2.0.0 queued as ABC123") as server:
        settings.EMAIL_PORT = server.port
        answer = probe("A test", "Line one.\n.\nLine two.", "ana@example.com")
    assert answer.ok
    assert answer.answer == "250 2.0.0 queued as ABC123"
    assert answer.took >= 0


def test_arrives_whole(settings: Any) -> None:
    with MailServer() as server:
        settings.EMAIL_PORT = server.port
        assert probe("A test", "Line one.\n.\nLine two.", "ana@example.com").ok
    (received,) = server.received
    assert received.mail["Subject"] == "A test"
    assert received.text.split() == ["Line", "one.", ".", "Line", "two."]


def test_refused(settings: Any) -> None:
    with MailServer("550 5.1.1 no such person here") as server:
        settings.EMAIL_PORT = server.port
        answer = probe("A test", "Hello.", "nobody@example.com")
    assert not answer.ok
    assert answer.answer == "550 5.1.1 no such person here"


def test_nobody_listens() -> None:
    answer = probe("A test", "Hello.", "ana@example.com")
    assert not answer.ok
    assert "refused" in answer.answer.lower()
