"""How many SQL statements and tasks lie between a POST and the first mail, in one process without a dispatcher."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from alerts.models import Key
from bench import calibrate
from bench.places import address_of, key_of
from foundation.direct import DirectDoor
from foundation.dispatch import registry
from teams.models import digest

FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
taken: list[EmailMessage] = []


class Taken(BaseEmailBackend):
    """Counts what is handed over."""

    def send_messages(self, email_messages: Any) -> int:
        """Take them."""
        taken.extend(email_messages)
        return len(email_messages)


@dataclass
class Path:
    """What one alert cost on its way to the first mail."""

    statements: list[tuple[str, str]] = field(default_factory=list)
    frames: int = 0
    tasks: list[str] = field(default_factory=list)


def post(place: int, word: str) -> None:
    """One new alert through the front door."""
    body = json.dumps({"title": f"Bench {word}", "dedup_key": f"b-{word}", "labels": {"alertname": f"b{word}"}})
    request = RequestFactory().post(address_of(place), body, content_type="application/json")
    answer = DirectDoor(_nobody)(request)
    assert answer.status_code == 202, answer


def _nobody(request: HttpRequest) -> HttpResponse:
    raise AssertionError(f"no machine's door at {request.path}")


def measure() -> dict[str, Any]:
    """The path of a new alert of a sender whose key was used within the minute (the stamp is written once a minute)."""
    with override_settings(EMAIL_BACKEND="bench.statements.Taken"):
        _one(0, "first")  # to another person: the next mail to the same one has to wait for its slot
        Key.objects.update(last_used_at=timezone.now())
        return asdict(_one(1, "measured"))


def of_one_post() -> dict[str, Any]:
    """Every statement of one POST of one new alert, frames included, and the hash of its key: what pgbench repeats.

    The database is a scratch one: its numbers of incidents go on from one that stands out in the SQL.
    """
    post(0, "first")
    Key.objects.update(last_used_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('incidents_incident_id_seq', %s, false)", [calibrate.FIRST_ID])
    with CaptureQueriesContext(connection) as seen:
        post(0, calibrate.TOKEN)
    return {"statements": [query["sql"] for query in seen.captured_queries], "key_hash": digest(key_of(0))}


def _one(place: int, word: str) -> Path:
    path, before = Path(), len(taken)
    with CaptureQueriesContext(connection) as seen:
        post(place, word)
    _note(path, "intake", seen)
    while len(taken) == before:
        work, key = _next_due()
        path.tasks.append(work.name)
        _run(path, work, key)
    return path


def _run(path: Path, work: registry.Work, key: registry.Key) -> None:
    """Do it, and what it hands on: that is the same task."""
    with CaptureQueriesContext(connection) as seen:
        result = work.run(key, timezone.now())
    _note(path, work.name, seen)
    if isinstance(result, registry.Next):
        following = registry.named(result.name)
        assert following is not None
        _run(path, following, result.key)


def _next_due() -> tuple[registry.Work, registry.Key]:
    for work in registry.every_work():
        if keys := work.due(timezone.now(), 1):
            return work, keys[0]
    raise AssertionError("nothing is due and no mail has left")


def _note(path: Path, part: str, seen: CaptureQueriesContext) -> None:
    for query in seen.captured_queries:
        sql = " ".join(query["sql"].split())
        if sql.startswith(FRAMES):
            path.frames += 1
        else:
            path.statements.append((part, sql))
