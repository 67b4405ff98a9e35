"""Services, sources and what they sent."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Body, RejectedDelivery, Source
from tests.api.conftest import Script, World
from tests.factories import AT, make_service, make_source


def test_services(world: World, ana: Script) -> None:
    make_service("archived", archived_at=AT)
    assert ana.get("services/")["results"] == [
        {
            "slug": "checkout",
            "name": "Checkout",
            "team": "payments",
            "policy": "payments",
            "target": 99.9,
            "exposure_per_hour": None,
            "demand": "medium",
            "customer_facing": True,
            "default_class": "critical",
        }
    ]


def test_a_service_without_a_policy_has_none(world: World, ana: Script) -> None:
    make_service("zz")
    row = ana.get("services/")["results"][-1]
    assert (row["slug"], row["policy"], row["default_class"]) == ("zz", None, None)


def test_sources_show_no_keys(world: World, ana: Script) -> None:
    rows = ana.get("sources/")["results"]
    said = {"slug": "am", "name": "", "kind": "alertmanager", "service": "checkout", "grouping": "labels"}
    assert rows == [said | {"watching": False}]


def test_deliveries_of_a_source(world: World, ana: Script) -> None:
    source = Source.objects.get()
    Body.objects.create(
        source=source,
        received_at=AT,
        digest="0" * 64,
        content=b"secret",
        size=6,
        content_type="application/json",
        accepted=1,
        outcome={"incidents": ["INC-1"]},
    )
    (row,) = ana.get("sources/am/deliveries/")["results"]
    assert row.pop("id")
    assert row == {
        "received_at": "2026-11-21T02:04:00Z",
        "size": 6,
        "content_type": "application/json",
        "accepted": 1,
        "outcome": {"incidents": ["INC-1"]},
    }
    assert ana.call("GET", "sources/nowhere/deliveries/").status_code == 404


def test_rejected_deliveries(world: World, script: Callable[..., Script]) -> None:
    sentence = "This key is unknown."
    RejectedDelivery.objects.create(
        at=AT, kind="alertmanager", reason="unknown_key", sentence=sentence, key_hint="abcd", sender="192.0.2.7"
    )
    RejectedDelivery.objects.create(at=AT, source=Source.objects.get(), reason="malformed", sentence="No JSON.")
    mine, row = script(world.ada).get("rejected-deliveries/")["results"]
    assert (mine["source"], mine["reason"]) == ("am", "malformed")
    assert script(world.ana).get("rejected-deliveries/")["results"] == [mine]
    assert script(world.cleo).get("rejected-deliveries/")["results"] == []
    assert row.pop("id")
    assert row == {
        "at": "2026-11-21T02:04:00Z",
        "source": None,
        "kind": "alertmanager",
        "reason": "unknown_key",
        "sentence": sentence,
        "key_hint": "abcd",
        "sender": "192.0.2.7",
    }


def test_lists_cost_the_same_for_one_row_and_for_fifty(world: World, ana: Script) -> None:
    wheres = ["services/", "sources/", "sources/am/deliveries/", "rejected-deliveries/"]

    def statements(where: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            ana.get(where)
        return len(caught)

    am = Source.objects.get()

    def fill() -> None:
        Body.objects.create(source=am, received_at=AT, digest="0" * 64, content=b"", size=0)
        RejectedDelivery.objects.create(at=AT, source=am, reason="malformed", sentence="x")

    fill()
    ana.get("services/")
    before = [statements(where) for where in wheres]
    for _n in range(49):
        make_source("", service=make_service())
        fill()
    assert [statements(where) for where in wheres] == before
