"""Every list of the application on the demo: it answers, and a longer history costs no more queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from oncall.models import Schedule
from postmortems.models import Postmortem, Remediation
from provisioning.demo.build import guides
from teams.models import Service
from tests.factories import make_token
from tests.provisioning.demos import AT, demo, small

pytestmark = pytest.mark.django_db

LISTS = (
    "/",
    "/incidents/",
    "/incidents/?state=all",
    "/incidents/?state=resolved&class=major",
    "/oncall/",
    "/postmortems/",
    "/postmortems/?overdue=internal",
    "/remediation/",
    "/manage/blocked/",
    "/ops/review/2026-W46/",
    "/ops/review/2026-W47/",
    "/services/",
    "/services/sources/",
    "/settings/people/",
    "/more/",
    "/api/v1/incidents/?state=all",
    "/api/v1/postmortems/",
    "/api/v1/remediations/",
    "/api/v1/schedules/",
    "/api/v1/services/",
)
SLACK = 1
"""A page whose rows name no person at all may spare the query for people."""


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, tuple[int, int]]]:
    """Address -> queries with ten days of history, and with a month."""
    with demo(django_db_blocker, months=0.3):
        for path in LISTS:  # what is read once and kept must not count
            Reader().get(path)
        few = queries()
        small(months=1, reset=True)
        many = queries()
        yield {path: (few[path], many[path]) for path in LISTS}


class Reader:
    """The administrator of the demo, with a browser and a token."""

    def __init__(self) -> None:
        person = dict(guides(AT))["administrator"]
        self.client = client_of("administrator")
        self.bearer = {"Authorization": f"Bearer {make_token(person)}"}

    def get(self, path: str) -> None:
        """Read it; it must answer 200."""
        answer = self.client.get(path, headers=self.bearer if path.startswith("/api/") else {})
        assert answer.status_code == 200, path


def client_of(role: str) -> Client:
    """A browser in which this guide of the demo is signed in."""
    client = Client()
    client.force_login(dict(guides(AT))[role], backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def queries() -> dict[str, int]:
    """How many each page asks."""
    reader, found = Reader(), {}
    for path in LISTS:
        with CaptureQueriesContext(connection) as asked:
            reader.get(path)
        found[path] = len(asked)
    return found


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_however_long_the_history(costs: dict[str, tuple[int, int]], path: str) -> None:
    few, many = costs[path]
    assert many <= few + SLACK, f"{few} queries became {many}"


@pytest.mark.parametrize("role", ["manager", "engineer on call"])
def test_pages_of_single_things_answer(costs: dict[str, tuple[int, int]], role: str) -> None:
    client = client_of(role)
    incidents = [one.path for one in Incident.objects.filter(restricted=False).order_by("-pk")[:7]]
    written = [one.path for one in Postmortem.objects.filter(incident__restricted=False).order_by("-pk")[:5]]
    items = [one.path for one in Remediation.objects.filter(postmortem__incident__restricted=False)[:3]]
    rosters = [f"/oncall/{slug}/" for slug in Schedule.objects.values_list("slug", flat=True)[:2]]
    services = [f"/services/{slug}/" for slug in Service.objects.values_list("slug", flat=True)[:2]]
    paths = [*incidents, *written, *items, *rosters, *services]
    assert {path: status for path in paths if (status := client.get(path).status_code) != 200} == {}
