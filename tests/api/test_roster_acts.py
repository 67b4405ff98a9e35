"""Swaps, covers, notes and roles by the API: seen in what the pager answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oncall.models import DutyRole, HandoverNote, Layer, Swap
from teams.models import Notice
from tests.api.conftest import Script, World
from tests.factories import make_layer

SCHEDULE = "schedules/payments-primary/"
MONDAY, THEN = "2026-11-30T09:00:00Z", "2026-12-07T09:00:00Z"


def holder(script: Script, at: str, **asked: str) -> Any:
    return script.get(f"{SCHEDULE}on-call/", at=at, **asked)["person"]


def test_a_swap_is_asked_taken_and_seen_in_the_pagers_answer(
    world: World, ana: Script, script: Callable[..., Script]
) -> None:
    bob = script(world.bob)
    own = [one for one in bob.get(f"{SCHEDULE}shifts/", to="2026-12-20T00:00:00Z") if one["person"] == bob_mail(world)]
    shift = own[-1]
    asked = {"asked": "ana@example.com", "start": shift["start"], "end": shift["end"], "note": "A wedding"}
    made = bob.post(f"{SCHEDULE}swaps/", asked, expect=201)
    assert made["state"] == "asked"
    assert Notice.objects.filter(person=world.ana).count() == 1
    assert bob.post(f"{SCHEDULE}swaps/", asked, expect=201)["id"] == made["id"]
    assert [one["id"] for one in ana.get("swaps/")["results"]] == [made["id"]]
    bob.post(f"swaps/{made['id']}/accept/", {}, expect=422)
    assert ana.post(f"swaps/{made['id']}/accept/", {}, expect=200)["state"] == "accepted"
    assert holder(ana, shift["start"]) == "ana@example.com"
    ana.post(f"swaps/{made['id']}/decline/", {}, expect=422)
    script(world.mia).post(f"swaps/{made['id']}/decline/", {}, expect=404)


def bob_mail(world: World) -> str:
    return world.bob.email


@pytest.mark.parametrize(
    "change",
    [
        {"asked": "nobody@example.com"},
        {"start": THEN, "end": MONDAY},
        {"start": "1999-01-01T00:00:00Z"},
        {"role": "shadow"},
    ],
)
def test_swaps_that_are_refused(world: World, ana: Script, change: dict[str, str]) -> None:
    words = {"asked": "bob@example.com", "start": MONDAY, "end": THEN} | change
    ana.post(f"{SCHEDULE}swaps/", words, expect=422)
    assert not Swap.objects.exists()


def test_a_secondary_is_asked_for_by_role(world: World, ana: Script) -> None:
    layer = make_layer(world.schedule, world.mia, name="seconds")
    Layer.objects.filter(pk=layer.pk).update(role=DutyRole.SECONDARY)
    at = "2026-11-30T12:00:00Z"
    primary = holder(ana, at)
    assert primary != "mia@example.com"
    assert holder(ana, at, role="secondary") == "mia@example.com"
    assert holder(ana, at, role="shadow") is None
    both = ana.get(f"{SCHEDULE}on-call/", at=at)
    assert [(one["role"], one["person"]) for one in both["others"]] == [("secondary", "mia@example.com")]
    words = {"person": "ana@example.com", "from": "2026-11-30T12:00", "to": "2026-11-30T18:00", "role": "secondary"}
    assert ana.post(f"{SCHEDULE}overrides/", words, expect=201)["role"] == "secondary"
    assert (holder(ana, at), holder(ana, at, role="secondary")) == (primary, "ana@example.com")
    found = ana.get(f"{SCHEDULE}shifts/", role="secondary", **{"from": at, "to": "2026-12-01T00:00:00Z"})
    assert [one["person"] for one in found] == ["ana@example.com", "mia@example.com"]
    assert ana.call("GET", f"{SCHEDULE}on-call/", role="boss").status_code == 422


def test_covers_and_notes(world: World, ana: Script, script: Callable[..., Script]) -> None:
    at = "2026-11-22T12:00:00Z"
    assert holder(ana, at) == "bob@example.com"
    words = {"person": "ana@example.com", "covered": "bob@example.com", "from": "2026-11-22T08:00"}
    script(world.mia).post(f"{SCHEDULE}covers/", words | {"to": "2026-11-22T20:00"}, expect=201)
    assert holder(ana, at) == "ana@example.com"
    ana.post(f"{SCHEDULE}covers/", words | {"covered": "ana@example.com", "to": "2026-11-22T20:00"}, expect=422)
    assert ana.post(f"{SCHEDULE}notes/", {"text": "Slow queue"}, expect=201)["author"] == "ana@example.com"
    assert [one["text"] for one in ana.get(f"{SCHEDULE}notes/")] == ["Slow queue"]
    ana.post(f"{SCHEDULE}notes/", {"text": " "}, expect=400)
    assert HandoverNote.objects.count() == 1
