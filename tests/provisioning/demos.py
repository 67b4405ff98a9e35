"""A demo with a short history, for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import time_machine
from django.db import transaction
from django.db.models import QuerySet

from alerts.models import Episode
from incidents.models import Incident, TimelineEntry
from oncall.models import LayerMember
from paging.models import Page
from postmortems.models import Clock, Remediation, Row
from provisioning.demo.build import Built, build
from status.models import ComponentChange, PublicUpdate
from teams.models import User

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def small(*, at: datetime = AT, months: float = 1, **options: Any) -> Built:
    """A demo with a history of a month; what it says is not of interest."""
    said: list[str] = []
    return build(at, say=said.append, months=months, **options)


@contextmanager
def demo(blocker: Any, **options: Any) -> Iterator[Built]:
    """The demo at `AT`; taken back afterwards."""
    with time_machine.travel(AT, tick=False), blocker.unblock(), transaction.atomic():
        try:
            yield small(**options)
        finally:
            transaction.set_rollback(True)


def digest() -> str:
    """Of everything that follows from seed and instant; secrets are random and stay out."""
    told: list[QuerySet[Any, Any]] = [
        User.objects.values_list("email", "name", "role", "timezone", "is_active").order_by("pk"),
        LayerMember.objects.values_list("layer__name", "position", "user__email").order_by("pk"),
        Incident.objects.values_list("pk", "title", "state", "detected_at", "acked_by__email", "resolved_at").order_by(
            "pk"
        ),
        TimelineEntry.objects.values_list("incident", "at", "kind", "by__email", "text").order_by("pk"),
        Episode.objects.values_list("alert__fingerprint", "starts_at", "ends_at").order_by("pk"),
        Page.objects.values_list("incident", "person__email", "created_at", "because").order_by("pk"),
        Clock.objects.values_list("postmortem__incident", "kind", "state", "due_at", "ended_at").order_by("pk"),
        Row.objects.values_list("at", "text").order_by("pk"),
        Remediation.objects.values_list("title", "state", "due", "owner__email").order_by("pk"),
        PublicUpdate.objects.exclude(public__incident__state="mitigating")
        .values_list("code", "at", "body")
        .order_by("pk"),
        ComponentChange.objects.values_list("component__code", "at", "old", "new").order_by("pk"),
    ]
    return sha256(repr([list(rows) for rows in told]).encode()).hexdigest()
