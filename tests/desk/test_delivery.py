"""What became of a request: in the answer to its sender, at its own address, and by the API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from alerts.models import Body, Route, Source
from teams.models import Role, User
from tests.alerts.posting import fire, group, post
from tests.desk.conftest import World
from tests.factories import AT, make_page, make_service, make_source, make_team, make_token, make_user

SignIn = Callable[[User], Client]
KEY = "a-long-random-key-0042"


@pytest.fixture
def source(world: World) -> Source:
    """Of checkout, with a route that takes critical alerts to another service."""
    made = make_source("prom", key=KEY, service=world.service)
    other = make_service("ledger", team=make_team("ledger"))
    Route.objects.create(position=0, source=made, match={"severity": "page"}, service=other, severity="critical")
    return made


def sent(*alerts: dict[str, Any]) -> dict[str, Any]:
    """The answer to a delivery of these alerts."""
    answer: dict[str, Any] = post(group(*alerts), path=f"/api/in/alertmanager/{KEY}").json()
    return answer


def words(html: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.decode()))


def test_the_sender_reads_the_decision_on_each_alert(source: Source) -> None:
    answer = sent(fire("a"), fire("b", severity="page"))
    body = Body.objects.get()
    assert answer["delivery"].endswith(f"/services/sources/prom/deliveries/{body.pk}/")
    one, two = answer["incidents"]
    assert answer["decisions"] == [
        {
            "fingerprint": "fp-a",
            "decision": "new",
            "incident": one,
            "service": "checkout",
            "class": "major",
            "silenced": False,
        },
        {
            "fingerprint": "fp-b",
            "decision": "new",
            "incident": two,
            "service": "ledger",
            "class": "critical",
            "silenced": False,
        },
    ]
    again = sent(fire("a"), fire("b", severity="page"))
    assert [one["decision"] for one in again["decisions"]] == ["refreshed", "refreshed"]
    assert body.outcome["took"].keys() == {"read", "decided"}


def test_two_hundred_decisions_are_told_and_all_are_taken(source: Source) -> None:
    answer = sent(*(fire(f"host-{number}") for number in range(250)))
    assert (answer["accepted"], len(answer["decisions"])) == (250, 200)


def test_the_page_says_why_and_whom(world: World, source: Source, sign_in: SignIn, now: object) -> None:
    answer = sent(fire("b", severity="page"), fire("<b>x</b>", instance="<i>"))
    address = answer["delivery"].partition("//")[2].partition("/")[2]
    text = words(sign_in(world.ada).get(f"/{address}").content)
    assert "route 1" in text
    assert "critical (by the route)" in text
    assert "no route: the source's own service" in text
    assert "nobody was paged for its incident since" in text
    assert "&lt;i&gt;" in text
    assert "&quot;groupLabels&quot;" in text
    incident = source.alerts.get(fingerprint="fp-b").incident
    make_page(world.ana, incident, at=AT)
    assert "first page since: Ana Ames" in words(sign_in(world.ada).get(f"/{address}").content)


def test_bodies_are_for_the_team_decisions_for_everybody(
    world: World, source: Source, sign_in: SignIn, now: object
) -> None:
    sent(fire("a"))
    address = f"/services/sources/prom/deliveries/{Body.objects.get().pk}/"
    for user, reads in (
        (world.ana, True),
        (make_user("Dan", role=Role.DIRECTOR), True),
        (make_user("Stranger"), False),
        (make_user("Mia", role=Role.MANAGER), False),
    ):
        page = sign_in(user).get(address)
        assert page.status_code == 200
        assert ("groupLabels" in page.content.decode()) is reads, user
        assert "began" in page.content.decode()
    assert sign_in(world.ana).get("/services/sources/prom/deliveries/999999999/").status_code == 404
    assert sign_in(world.ana).get(address.replace("prom", "other")).status_code == 404


def test_what_is_no_json_is_shown_as_it_came(world: World, source: Source, sign_in: SignIn, now: object) -> None:
    made = Body.objects.create(source=source, received_at=AT, digest="0" * 64, content=b"a=1&b=\xff\x00", size=8)
    text = sign_in(world.ana).get(f"/services/sources/prom/deliveries/{made.pk}/").content.decode()
    assert "a=1&amp;b=\ufffd" in text


def test_by_the_api(world: World, source: Source) -> None:
    sent(fire("a"))
    body = Body.objects.get()
    bearer = {"Authorization": f"Bearer {make_token(world.ana)}"}
    found = Client().get(f"/api/v1/sources/prom/deliveries/{body.pk}/", headers=bearer).json()
    assert found["outcome"]["ways"]["fp-a"]["service"] == "checkout"
    assert "content" not in json.dumps(found).replace("content_type", "")
