"""PostgreSQL is gone: the dispatcher says so without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from foundation import last_resort
from foundation.last_resort import LastResort

ROOT = Path(__file__).parents[2]
CODE = """
import os, sys, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from foundation import last_resort
last_resort.AFTER = last_resort.LOOK = 0.05
from foundation.dispatch.loop import Dispatcher
from django.db import connections
one = Dispatcher(threads=1)
last_resort_tell = one.last_resort.tell
def tell(subject, body):
    last_resort_tell(subject, body)
    one.stopping.set()
one.last_resort.tell = tell
one.run()
"""


class Receiver(ThreadingHTTPServer):
    """Whatever stands at LAST_RESORT_WEBHOOK."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Heard)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class Heard(BaseHTTPRequestHandler):
    """Keeps every body."""

    server: Receiver

    def do_POST(self) -> None:
        """Take it."""
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """On loopback."""
    with Receiver() as there:
        thread = threading.Thread(target=there.serve_forever, daemon=True)
        thread.start()
        yield there
        there.shutdown()
        thread.join()


def watch() -> tuple[LastResort, list[str]]:
    """A watch that saw the database at second 0, and what it said."""
    said: list[str] = []
    one = LastResort("dispatch@test", tell=lambda subject, body: said.append(f"{subject} {body}"))
    one.seen = 0.0
    return one, said


def test_a_minute_is_waited_for() -> None:
    one, said = watch()
    one.look(60.0)
    assert said == []
    one.look(60.1)
    assert len(said) == 1
    assert "PostgreSQL is gone" in said[0]
    assert "dispatch@test" in said[0]


def test_it_is_said_again_every_quarter_of_an_hour_and_once_when_it_is_back() -> None:
    one, said = watch()
    for second in range(61, 61 + 1801):
        one.look(float(second))
    assert len(said) == 3
    one.seen = 2000.0
    one.look(2000.5)
    one.look(2001.0)
    assert len(said) == 4
    assert "is back" in said[3]
    assert "33 min" in said[3]
    one.look(2061.0)
    assert len(said) == 5  # gone again: that is news


def test_short_absences_are_not_spoken_of() -> None:
    one, said = watch()
    for second in range(0, 600, 30):
        one.look(float(second))
        one.seen = float(second)
    assert said == []


def test_mail_and_webhook(settings: Settings, receiver: Receiver) -> None:
    settings.LAST_RESORT_EMAIL, settings.LAST_RESORT_WEBHOOK = "boss@example.com", receiver.url
    last_resort.tell_everybody("gone", "for 2 min")
    (sent,) = mail.outbox
    assert (sent.to, sent.subject, sent.body) == (["boss@example.com"], "gone", "for 2 min")
    assert receiver.got == [{"text": "gone\nfor 2 min", "subject": "gone", "body": "for 2 min"}]


def test_a_webhook_that_is_gone_too_raises_nothing(settings: Settings) -> None:
    settings.LAST_RESORT_WEBHOOK = "http://127.0.0.1:9/"
    last_resort.tell_everybody("gone", "for 2 min")


def test_a_real_dispatcher_without_a_database_says_so(tmp_path: Path, receiver: Receiver) -> None:
    environ = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing",
        "SHARPEND_HOME": str(tmp_path),
        "SECRET_KEY": "x" * 60,
        "LAST_RESORT_EMAIL": "boss@example.com",
        "LAST_RESORT_WEBHOOK": receiver.url,
    }
    subprocess.run([sys.executable, "-c", CODE], env=environ, cwd=ROOT, check=True, timeout=60, capture_output=True)
    (got,) = receiver.got
    assert "PostgreSQL is gone" in got["subject"]
    assert any("boss@example.com" in file.read_text() for file in (tmp_path / "mail").iterdir())
