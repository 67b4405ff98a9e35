"""The page of noise: what rules cost, and what becomes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from alerts.models import Source
from review.noise_rows import NoiseDecision
from teams.models import User
from tests.alerts.posting import accepted, fire, group, make_am, minutes
from tests.desk.conftest import World
from tests.factories import make_user

SignIn = Callable[[User], Client]
PAGE = "/ops/noise/2026-W47/"


def words(response: Any) -> str:
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


@pytest.fixture
def am(world: World) -> Source:
    """Two incidents of checkout that ended by themselves at once."""
    am = make_am(world.service, reopen_window=timedelta(0))
    for start in (0, 10):
        accepted(group(fire("a", starts=minutes(start))), at=minutes(start))
        accepted(group(fire("a", starts=minutes(start), ends=minutes(start + 1))), at=minutes(start + 1))
    return am


def test_what_is_offered_is_decided_and_remembered(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    client = sign_in(world.ana)
    page = client.get(PAGE)
    assert "Tune or delete" in words(page)
    assert "Down" in words(client.get("/ops/review/2026-W47/"))
    assert "2 of 2 for nothing" in words(client.get("/ops/review/2026-W47/"))
    key = f"{am.pk}:{world.service.pk}:Down"
    refused = client.post(PAGE, {"rule": key, "verdict": "tuned", "because": ""})
    assert (refused.status_code, "This field is required" in words(refused)) == (422, True)
    assert "autofocus" in refused.content.decode().split('name="because"')[1].split(">")[0]
    form = {"rule": key, "verdict": "tuned", "because": "Waits 10 minutes now"}
    assert client.post(PAGE, form).status_code == 303
    assert client.post(PAGE, form).status_code == 303
    assert NoiseDecision.objects.count() == 1
    assert "tuned: Waits 10 minutes now" in words(client.get(PAGE))
    assert client.post(PAGE, {**form, "rule": "1:1:Nothing"}).status_code == 404


def test_others_read_it(world: World, sign_in: SignIn, am: Source, now: object) -> None:
    form = {"rule": f"{am.pk}:{world.service.pk}:Down", "verdict": "kept", "because": "x"}
    for user in (world.olga, make_user("Zoe")):
        client = sign_in(user)
        assert "Write it down" not in words(client.get(PAGE))
        assert client.post(PAGE, form).status_code == 403
    assert not NoiseDecision.objects.exists()


def test_weeks_without_noise_and_weeks_to_come(world: World, sign_in: SignIn, now: object) -> None:
    client = sign_in(world.olga)
    assert client.get("/ops/noise/")["Location"] == PAGE
    assert "No alert opened an incident" in words(client.get(PAGE))
    for week in ("2026-W48", "2026-W60", "nonsense"):
        assert client.get(f"/ops/noise/{week}/").status_code == 404
