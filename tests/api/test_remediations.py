"""Remediation items by script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from incidents.models import Incident
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident, make_service, make_team, make_user

KEYS = [
    "id",
    "incident",
    "title",
    "type",
    "priority",
    "state",
    "owner",
    "team",
    "done_when",
    "due",
    "first_due",
    "moves",
    "evidence",
    "block",
    "created_at",
    "accepted_at",
    "done_at",
    "verified_at",
    "url",
]
BLOCK_KEYS = ["code", "text", "unblocks", "since", "manager", "due_at", "answer"]


@pytest.fixture
def incident(world: World) -> Incident:
    return make_incident(service=world.service, state="resolved")


@pytest.fixture
def mia(world: World, script: Callable[..., Script]) -> Script:
    return script(world.mia)


def propose(script: Script, incident: Incident, **words: Any) -> Any:
    body = {"incident": incident.number, "title": "Alert on depth", "done_when": "It rang.", **words}
    return script.post("remediations/", body, expect=201)


def test_the_whole_life(world: World, incident: Incident, ana: Script, mia: Script) -> None:
    made = propose(ana, incident, type="detect", priority="P0")
    assert set(KEYS) <= set(made)
    assert (made["state"], made["owner"], made["team"], made["due"], made["block"]) == (
        "proposed", None, "payments", None, None,
    )  # fmt: skip
    at = f"remediations/{made['id']}/"
    accepted = ana.post(f"{at}accept/", {"owner": "bob@example.com"})
    assert (accepted["owner"], accepted["due"], accepted["accepted_at"]) == (
        "bob@example.com", "2026-11-28", "2026-11-21T02:04:00Z",
    )  # fmt: skip
    assert ana.post(f"{at}start/")["state"] == "in_progress"
    stuck = ana.post(f"{at}block/", {"code": "needs_decision", "text": "Two designs", "unblocks": "Pick one"})
    assert set(BLOCK_KEYS) <= set(stuck["block"])
    assert {key: stuck["block"][key] for key in ("code", "manager", "due_at", "answer")} == {
        "code": "needs_decision",
        "manager": "mia@example.com",
        "due_at": "2026-11-26T09:00:00Z",
        "answer": None,
    }
    assert ana.post(f"{at}answer/", {"answer": "decide", "text": "x"}, expect=403)["error"]["code"] == "forbidden"
    answered = mia.post(f"{at}answer/", {"answer": "decide", "text": "The first."})
    assert (answered["state"], answered["block"]["answer"]) == ("in_progress", "decide")
    assert ana.post(f"{at}done/", {"evidence": "https://git.example.com/1"})["state"] == "done"
    verified = mia.post(f"{at}verify/")
    assert (verified["state"], verified["verified_at"]) == ("verified", "2026-11-21T02:04:00Z")
    assert verified["url"].endswith(f"/remediation/{made['id']}/")
    assert ana.get(at) == verified


@pytest.mark.parametrize(
    ("act", "body", "status", "field"),
    [
        ("done", {}, 422, "evidence"),
        ("done", {"evidence": "wiki"}, 422, "evidence"),
        ("block", {"code": "vendor"}, 422, "text"),
        ("block", {"code": "lazy", "text": "x"}, 400, "code"),
        ("decline", {}, 422, "reason"),
        ("accept-risk", {}, 422, "until"),
        ("accept-risk", {"until": "2027-11-21"}, 422, "until"),
        ("accept-risk", {"until": "soon"}, 400, "until"),
        ("answer", {"answer": "decide", "text": "x"}, 422, None),
        ("verify", {}, 422, None),
        ("accept", {}, 409, None),
    ],
)
def test_refused_and_nothing_changed(
    act: str, body: dict[str, str], status: int, field: str | None, world: World, incident: Incident, mia: Script
) -> None:
    at = f"remediations/{propose(mia, incident)['id']}/"
    before = mia.post(f"{at}accept/")
    error = mia.post(f"{at}{act}/", body, expect=status)["error"]
    assert error["message"]
    assert field is None or field in error["fields"]
    assert mia.get(at) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"incident": "INC-4711"}, "incident"),
        ({"team": "nobody"}, "team"),
        ({"owner": "nobody@example.com"}, "owner"),
        ({"due": "2026-01-01"}, "due"),
        ({"due": "9999-12-31"}, "due"),
    ],
)
def test_a_proposal_that_breaks_a_rule(body: dict[str, str], field: str, incident: Incident, ana: Script) -> None:
    words = {"incident": incident.number, "title": "Alert", **body}
    assert field in ana.post("remediations/", words, expect=422)["error"]["fields"]


def test_filters(world: World, incident: Incident, ana: Script) -> None:
    other = make_incident("Other", service=make_service(team=make_team("network")), state="resolved")
    first, second = propose(ana, incident), propose(ana, other, title="Second")
    ana.post(f"remediations/{first['id']}/accept/")
    ana.post(f"remediations/{second['id']}/decline/", {"reason": "no"})

    def found(**query: str) -> list[int]:
        return [item["id"] for item in ana.get("remediations/", **query)["results"]]

    assert found() == [second["id"], first["id"]]
    assert found(state="open") == found(state="accepted") == found(incident=incident.number) == [first["id"]]
    assert found(owner="ANA@example.com") == found(team="payments") == [first["id"]]
    assert found(incident="nonsense") == found(overdue="true") == []
    assert ana.call("GET", "remediations/", state="nonsense").status_code == 400


def test_overdue(world: World, incident: Incident, ana: Script, now: Any) -> None:
    item = propose(ana, incident)
    ana.post(f"remediations/{item['id']}/accept/")
    now.move_to(AT + timedelta(days=30))
    assert ana.get("remediations/", overdue="true")["results"] == []
    now.move_to(AT + timedelta(days=31))
    assert len(ana.get("remediations/", overdue="true")["results"]) == 1


def test_a_moved_date_is_counted(world: World, incident: Incident, ana: Script) -> None:
    at = f"remediations/{propose(ana, incident)['id']}/"
    ana.post(f"{at}accept/")
    moved = ana.patch(at, {"due": "2027-01-04", "reason": "A freeze", "title": "Alert earlier"})
    assert (moved["title"], moved["due"], moved["first_due"], moved["moves"]) == (
        "Alert earlier", "2027-01-04", "2026-12-21", 1,
    )  # fmt: skip
    assert "reason" in ana.patch(at, {"due": "2027-01-05", "title": "Later"}, expect=422)["error"]["fields"]
    assert ana.get(at) == moved
    assert ana.patch(at, {}, expect=400)
    assert ana.patch(at, {"title": "x", "version": 1}, expect=409)


def test_what_is_not_yours_is_not_there(world: World, ana: Script, script: Callable[..., Script]) -> None:
    hidden = make_incident(service=make_service(team=make_team()), state="resolved", restricted=True)
    ada = script(world.ada)
    item = propose(ada, hidden)
    assert ana.get("remediations/")["results"] == []
    for method, where in (("GET", ""), ("POST", "accept/")):
        assert ana.call(method, f"remediations/{item['id']}/{where}").status_code == 404
    assert (
        "incident"
        in ana.post("remediations/", {"incident": hidden.number, "title": "x"}, expect=422)["error"]["fields"]
    )
    reader = script(make_user("Rae"), scope="read")
    assert reader.call("POST", f"remediations/{item['id']}/accept/").status_code == 403


def test_as_many_queries_for_many(
    world: World, incident: Incident, ana: Script, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        at = f"remediations/{propose(ana, incident, title=f'item {number}')['id']}/"
        ana.post(f"{at}accept/")
        ana.post(f"{at}block/", {"code": "vendor", "text": "late"})
    with django_assert_max_num_queries(6):
        assert len(ana.get("remediations/")["results"]) == 12
