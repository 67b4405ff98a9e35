"""The pages that call a person now, tests to oneself among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import OPEN, Incident
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
    """What calls `user` at `at`: the worst first, the latest test last. One query while nothing does, as nearly always."""
    unanswered = Page.objects.filter(person=user, acked_at=None).order_by()
    tests = unanswered.filter(incident=None, seen_at=None, created_at__gt=at - TEST_RINGS, created_at__lte=at)
    perhaps = unanswered.filter(incident__state__in=OPEN)  # not all of them ask: `answers` says which
    about = set(perhaps.values_list("incident", flat=True).union(tests.values_list("incident", flat=True)))
    asking = answers.live_pages(user) if about - {None} else []
    latest = tests.order_by("-pk")[:1] if None in about else []
    return [LivePage(page.incident, page.because, page) for page in [*asking, *latest]]
