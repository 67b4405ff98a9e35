"""The pages that call a person now, tests to oneself among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident
from paging import answers
from paging.models import Page
from teams.models import User

TEST_RINGS = timedelta(minutes=10)
"""How long a test page to oneself waits for its answer."""


@dataclass(frozen=True)
class LivePage:
    """One call to a person: for an incident, or a test (None)."""

    incident: Incident | None
    because: str
    page: Page


def live_pages(user: User, at: datetime) -> list[LivePage]:
    """What calls `user` at `at`: the worst first, the latest test last. Two queries."""
    tests = Page.objects.filter(person=user, reason=Page.Reason.TEST, incident=None, seen_at=None, acked_at=None)
    latest = tests.filter(created_at__gt=at - TEST_RINGS, created_at__lte=at).order_by("-pk")[:1]
    return [LivePage(page.incident, page.because, page) for page in [*answers.live_pages(user), *latest]]
