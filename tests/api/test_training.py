"""Training and on-call health by scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oncall.models import Training
from teams.models import Membership
from tests.api.conftest import Script, World
from tests.factories import AT, make_incident, make_page, make_service, make_token

TRAINED = {"person": "ana@example.com", "schedule": "payments-primary", "on": "2026-11-20", "trainer": "Bob"}


@pytest.fixture
def lead(world: World) -> Script:
    """Bob leads the team."""
    Membership.objects.filter(user=world.bob).delete()
    Membership.objects.create(user=world.bob, team=world.team, place=Membership.Place.LEAD)
    return Script(make_token(world.bob, scope="write"))


def test_written_down_read_and_taken_back(lead: Script, ana: Script) -> None:
    made = lead.post("training/", TRAINED, expect=201)
    assert lead.post("training/", TRAINED, expect=201) == made
    assert made == {**TRAINED, "id": made["id"], "service": None, "holds_until": None}
    assert ana.get("training/")["results"] == [made]
    assert ana.get("training/", person="bob@example.com")["results"] == []
    ana.post(f"training/{made['id']}/remove/", expect=403)
    for _time in range(2):
        assert lead.post(f"training/{made['id']}/remove/") == made
    assert ana.get("training/")["results"] == []


def test_for_a_service(lead: Script, world: World) -> None:
    make_service("ledger", team=world.team)
    said = {"person": "ana@example.com", "service": "ledger", "on": "2026-11-20", "holds_until": "2027-11-20"}
    made = lead.post("training/", said, expect=201)
    assert (made["service"], made["schedule"], made["holds_until"]) == ("ledger", None, "2027-11-20")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"on": "2026-11-22"}, 422),  # tomorrow
        ({"on": "soon"}, 400),
        ({"holds_until": "2026-11-19"}, 422),
        ({"schedule": None}, 422),
        ({"schedule": "nowhere"}, 422),
        ({"service": "checkout"}, 422),
        ({"person": "nobody@example.com"}, 422),
        ({"trainer": "x" * 201}, 400),
        ({"on": "1969-12-31"}, 422),
    ],
)
def test_refused_in_words(change: dict[str, Any], status: int, world: World, lead: Script) -> None:
    answer = lead.post("training/", TRAINED | change, expect=status)
    assert answer["error"]["message"]
    assert not Training.objects.exists()


def test_who_does_not_lead_writes_nothing_down(ana: Script) -> None:
    ana.post("training/", TRAINED, expect=403)
    assert not Training.objects.exists()


AGREED = {"person": "ana@example.com", "schedule": "payments-primary", "on": "2026-11-20", "version": "2026-1"}


def test_people_say_themselves_that_they_agreed(lead: Script, ana: Script) -> None:
    made = ana.post("agreements/", AGREED, expect=201)
    assert lead.post("agreements/", AGREED, expect=201) == made
    assert made == {**AGREED, "id": made["id"], "team": None, "text": ""}
    ana.post("agreements/", AGREED | {"person": "bob@example.com"}, expect=403)
    other = lead.post("agreements/", {"person": "ana@example.com", "team": "payments", "on": "2026-11-19"}, expect=201)
    assert (other["team"], other["schedule"]) == ("payments", None)
    assert ana.get("agreements/", person="ana@example.com")["results"] == [other, made]
    for _time in range(2):
        assert ana.post(f"agreements/{made['id']}/remove/") == made
    assert ana.get("agreements/")["results"] == [other]


@pytest.mark.parametrize(
    "change", [{"on": "2026-11-22"}, {"team": "payments"}, {"schedule": "nowhere"}, {"schedule": None}]
)
def test_an_agreement_is_refused_in_words(change: dict[str, Any], ana: Script) -> None:
    assert ana.post("agreements/", AGREED | change, expect=422)["error"]["message"]


def test_whether_it_was_worth_it_is_asked_of_those_who_were_paged(world: World, ana: Script, lead: Script) -> None:
    incident = make_incident(service=world.service, state="resolved")
    make_page(world.ana, incident)
    address = f"incidents/{incident.number}/verdict/"
    for worth in (True, False):
        ana.post(address, {"worth": worth})
        assert list(incident.verdicts.values_list("person", "worth")) == [(world.ana.pk, worth)]
    lead.post(address, {"worth": True}, expect=422)
    ana.post(address, {"worth": "perhaps"}, expect=400)


def test_health_of_a_rotation_and_of_oneself(world: World, ana: Script, lead: Script) -> None:
    incident = make_incident(service=world.service, at=AT - timedelta(hours=3))
    make_page(world.ana, incident, at=AT - timedelta(hours=3), because="primary of payments-primary, step 1")
    (mine,) = ana.get("on-call-health/")["results"]
    assert (mine["schedule"], mine["team"]) == ("payments-primary", "payments")
    assert [one["person"] for one in mine["people"]] == ["ana@example.com"]
    assert {flag["kind"] for flag in mine["flags"]} >= {"small", "single", "often"}
    (theirs,) = lead.get("on-call-health/")["results"]
    assert [one["person"] for one in theirs["people"]] == ["ana@example.com", "bob@example.com"]
    assert {**theirs, "people": mine["people"]} == mine
