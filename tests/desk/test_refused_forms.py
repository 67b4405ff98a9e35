"""A form that is refused says why at its fields, keeps what was typed, and has the keyboard at the first of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import make_source, make_user

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
AREA = re.compile(r"<(?:input|select|textarea|ul)\b[^>]*\bautofocus\b[^>]*>")
FORMS = {
    "/incidents/silences/new/": (
        {"kind": "silence", "reason": "", "ends": "2099-01-01T10:00", "act": "look", "matchers-rows": "1"}
        | {"matchers-0-label": "instance", "matchers-0-how": "=~", "matchers-0-value": "db-[1", "services-rows": "0"},
        'name="reason"',
        "db-[1",
    ),
    "/setup/heartbeat/": (
        {"name": "Nightly copy", "service": "checkout", "every": "900", "every_unit": "days", "act": "save"}
        | {"grace": "1", "grace_unit": "hours", "timezone": "UTC", "cron": "", "source": "", "match": ""},
        'name="every"',
        "Nightly copy",
    ),
    "/setup/routes/new/": (
        {"source": "", "service": "", "severity": "", "playbook": "", "act": "save", "matchers-rows": "1"}
        | {"matchers-0-label": "job", "matchers-0-how": "is", "matchers-0-value": "nightly"},
        'name="service"',
        "nightly",
    ),
    "/services/sources/ci/mapping/": (
        {"title": "job.name", "status_words": "broken = firing", "act": "save"},
        'name="status"',
        "broken = firing",
    ),
    "/services/sources/prom/check/": ({"text": "route: ["}, 'name="text"', "route: ["),
}


@pytest.mark.parametrize("path", FORMS)
def test_it_begins_at_the_first_wrong_field(world: World, sign_in: SignIn, path: str) -> None:
    make_source("ci", kind="generic", service=world.service, key="a-long-enough-key-0002")
    make_source("prom", kind="alertmanager", service=world.service, key="a-long-enough-key-0003")
    typed, first, kept = FORMS[path]

    response = sign_in(make_user("Root", role=Role.ADMIN)).post(path, typed)

    page = response.content.decode()
    found = AREA.search(page)
    assert response.status_code == 422
    assert found
    assert first in found.group()
    assert 'aria-invalid="true"' in found.group()
    assert 'class="errorlist"' in page
    assert kept in page


def test_what_is_right_asks_for_no_attention(world: World, sign_in: SignIn) -> None:
    client = sign_in(make_user("Root", role=Role.ADMIN))
    for path in ("/incidents/silences/new/", "/setup/heartbeat/", "/setup/routes/new/"):
        assert "aria-invalid" not in client.get(path).content.decode(), path
