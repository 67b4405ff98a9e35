"""Who has the pager."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall.models import Override
from tests.api.conftest import Script, World
from tests.factories import make_layer, make_schedule

SHIFTS = "schedules/payments-primary/shifts/"
OVERRIDES = "schedules/payments-primary/overrides/"


def test_schedules(world: World, ana: Script) -> None:
    row = {"slug": "payments-primary", "name": "", "team": "payments", "timezone": "Europe/London"}
    assert ana.get("schedules/") == {"results": [row], "next": None}


def test_shifts_are_exact_at_the_edges(world: World, ana: Script) -> None:
    found = ana.get(SHIFTS, **{"from": "2026-11-21T02:04:00Z", "to": "2026-11-24T00:00:00Z"})
    assert [(s["person"], s["start"], s["end"]) for s in found] == [
        ("bob@example.com", "2026-11-21T02:04:00Z", "2026-11-23T09:00:00Z"),
        ("ana@example.com", "2026-11-23T09:00:00Z", "2026-11-24T00:00:00Z"),
    ]
    assert (found[0]["layer"], found[0]["source"]) == ("layer 0", "layer")


def test_before_the_first_handover_there_is_a_gap(world: World, ana: Script) -> None:
    found = ana.get(SHIFTS, **{"from": "1970-01-01T00:00:00Z", "to": "1970-01-02"})
    assert found == [
        {
            "person": None,
            "start": "1970-01-01T00:00:00Z",
            "end": "1970-01-02T00:00:00Z",
            "layer": None,
            "source": "gap",
        }
    ]


@pytest.mark.parametrize(
    "span", [("2099-01-01", "2100-12-31T23:59:59Z"), ("2026-01-01", "2028-01-01"), ("1970-01-01", "1972-01-01")]
)
def test_two_years_anywhere(world: World, ana: Script, span: tuple[str, str]) -> None:
    found = ana.get(SHIFTS, **{"from": span[0], "to": span[1]})
    assert [a["end"] for a in found[:-1]] == [b["start"] for b in found[1:]]


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2026-01-01", "2028-06-01", 422),
        ("2026-01-02", "2026-01-01", 422),
        ("2026-01-01", "2026-01-01", 422),
        ("1969-12-31", "1970-01-02", 422),
        ("2101-01-02", "2101-01-03", 422),
        ("9999-12-31T23:59:59Z", "", 422),
        ("0001-01-01", "", 422),
        ("0000-01-01", "", 400),
        ("monday", "", 400),
        ("2026-13-01", "", 400),
    ],
)
def test_spans_that_cannot_be_answered(ana: Script, start: str, end: str, status: int) -> None:
    response = ana.call("GET", SHIFTS, **{"from": start, "to": end})
    assert response.status_code == status
    assert response.json()["error"]["fields"]


def test_on_call_at_an_instant_and_why(world: World, ana: Script) -> None:
    now = ana.get("schedules/payments-primary/on-call/")
    assert (now["person"], now["until"]) == ("bob@example.com", "2026-11-23T09:00:00Z")
    assert now["why"]
    assert all(isinstance(line, str) for line in now["why"])
    then = ana.get("schedules/payments-primary/on-call/", at="2026-11-23T09:00:00Z")
    assert then["person"] == "ana@example.com"
    nobody = ana.get("schedules/payments-primary/on-call/", at="2001-01-01")
    assert nobody["person"] is None
    assert "Nobody is on call" in nobody["why"]
    assert ana.call("GET", "schedules/nowhere/on-call/").status_code == 404
    assert ana.call("GET", "schedules/payments-primary/on-call/", at="x").status_code == 400
    assert ana.call("GET", "schedules/payments-primary/on-call/", at="9999-12-31").status_code == 422


def test_everybody_on_call(world: World, ana: Script) -> None:
    make_schedule("empty", team=world.team)
    rows = ana.get("on-call/", at="2026-11-23T09:00:00Z")["results"]
    assert rows == [
        {"schedule": "empty", "team": "payments", "person": None, "until": None},
        {
            "schedule": "payments-primary",
            "team": "payments",
            "person": "ana@example.com",
            "until": "2026-11-30T09:00:00Z",
        },
    ]


def test_on_call_costs_the_same_for_one_schedule_and_for_fifty(world: World, ana: Script) -> None:
    def statements(where: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            ana.get(where)
        return len(caught)

    ana.get("on-call/")
    before = [statements(where) for where in ("on-call/", "schedules/")]
    for _n in range(49):
        make_layer(make_schedule("", world.ana, team=world.team), world.bob)
    assert [statements(where) for where in ("on-call/", "schedules/")] == before


def test_an_override(world: World, ana: Script) -> None:
    body = {"person": "ana@example.com", "from": "2026-11-21T08:00", "to": "2026-11-21T20:00", "reason": "swap"}
    made = ana.post(OVERRIDES, body, expect=201)
    assert made.items() >= {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T20:00:00Z", "reason": "swap"}.items()
    found = ana.get("schedules/payments-primary/on-call/", at="2026-11-21T10:00:00Z")
    assert (found["person"], found["until"]) == ("ana@example.com", "2026-11-21T20:00:00Z")


def test_an_override_by_instants_stands_on_the_schedules_clock(
    world: World, ana: Script, script: Callable[..., Script]
) -> None:
    body = {"person": "ana@example.com", "start": "2026-07-01T08:00:00Z", "end": "2026-07-01T20:00:00Z"}
    ana.post(OVERRIDES, body, expect=403)  # what was is paid: who runs the team writes it down
    assert not Override.objects.exists()
    made = script(world.mia).post(OVERRIDES, body, expect=201)
    assert (made["start"], made["end"]) == ("2026-07-01T08:00:00Z", "2026-07-01T20:00:00Z")
    assert Override.objects.get().starts.hour == 9  # London's summer


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": "2026-11-21T20:00", "to": "2026-11-21T08:00"}, 422),
        ({"from": "2027-03-28T01:30", "to": "2027-03-28T08:00"}, 422),  # London's clock jumps over it
        ({"from": "2026-10-25T01:30", "to": "2026-10-25T08:00"}, 422),  # and shows this one twice
        ({"from": "9999-11-21T20:00", "to": "9999-11-21T21:00"}, 422),
        ({"from": "0001-01-01T00:00+14:00", "to": "2026-11-21T21:00"}, 422),
        ({"from": "soon", "to": "2026-11-21T08:00"}, 400),
        ({"from": "2026-02-30T08:00", "to": "2026-11-21T08:00"}, 400),
        ({"from": 5, "to": []}, 400),
        ({"person": "nobody@example.com", "from": "2026-11-21T08:00", "to": "2026-11-21T20:00"}, 422),
        ({}, 400),
    ],
)
def test_overrides_that_are_refused(ana: Script, body: dict[str, Any], status: int) -> None:
    error = ana.post(OVERRIDES, {"person": "ana@example.com", **body}, expect=status)["error"]
    assert error["fields"]
    assert not Override.objects.exists()


def test_who_may_move_whom(world: World, script: Callable[..., Script]) -> None:
    for_bob = {"person": "bob@example.com", "from": "2026-11-21T08:00", "to": "2026-11-21T20:00"}
    for who, status in ((world.ana, 403), (world.olga, 403), (world.bob, 201), (world.mia, 201), (world.ada, 201)):
        script(who).post(OVERRIDES, for_bob, expect=status)
    other = make_schedule("elsewhere")
    script(world.mia).post(f"schedules/{other.slug}/overrides/", for_bob, expect=403)
