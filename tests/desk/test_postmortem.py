"""The postmortem's editor: one form that loses nothing, with or without scripts, whoever else writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents import lifecycle as incidents
from incidents.models import Incident
from postmortems import lifecycle
from postmortems.models import Postmortem, Remediation
from postmortems.prompts import PROMPTS
from teams.models import Role, User
from tests.awful import Forms
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_user

SignIn = Callable[[User], Client]
LONG = (
    "Orders were accepted and payments were not, because the queue of the payment worker stood still for an hour. " * 2
)


def over(world: World, title: str = "Queue stuck", severity: str = "critical") -> Incident:
    """An incident that Ana acknowledged and that is resolved at AT."""
    early = AT - timedelta(hours=1)
    incident = make_incident(title, service=world.service, severity=severity, at=early)
    incidents.acknowledge(incident, by=world.ana, at=early + timedelta(minutes=2))
    return incidents.resolve(incident, at=AT, by=world.ana)


@pytest.fixture
def pm(world: World, now: object) -> Postmortem:
    """The draft of such an incident, owned by Ana; Mia manages the team."""
    world.team.manager = make_user("Mia", role=Role.MANAGER)
    world.team.save()
    return lifecycle.ensure(over(world), AT)


def fields(client: Client, path: str) -> dict[str, Any]:
    """What a browser without scripts would send from the form on this page: text areas too."""
    page = client.get(path).content.decode()
    (found,) = [one for action, method, one in Forms(page).forms if method == "post" and "was-summary" in one]
    areas = re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    sent: dict[str, Any] = found | {name: unescape(text) for name, text in areas if name != "factor"}
    sent["factor"] = [unescape(text) for name, text in areas if name == "factor"]
    sent["row"] = re.findall(r'name="row" value="(\d+)" checked', page)
    return {name: value for name, value in sent.items() if name not in {"save", "look", "csrfmiddlewaretoken"}}


def whole(client: Client, world: World, pm: Postmortem) -> dict[str, Any]:
    """The page's form with everything filled in that the checks ask for."""
    found = fields(client, pm.path)
    answers = [name for name in found if name.startswith("answer-")]
    assert len(answers) == 3
    return (
        found
        | dict.fromkeys(answers, "It was seen late.")
        | {
            "summary": LONG,
            "impact": "1,204 orders waited.",
            "factor": ["The queue had no alert", "Retries hid it", ""],
            "row_at": "2026-11-20T08:00",
            "row_text": "A deploy doubled the retries",
            "item_title": "Alert on a queue that stands still",
            "item_done_when": "An alert fires within 5 minutes",
            "item_owner": world.bob.email,
            "item_due": "2026-12-01",
            "item_priority": "P1",
            "item_type": "detect",
        }
    )


def test_the_page_has_everything_at_one_address(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    text = sign_in(world.ana).get(pm.path).content.decode()
    for place in ("summary", "impact", "timeline", "factors", "questions", "surprises", "items"):
        assert f'id="{place}"' in text
        assert f'href="#{place}"' in text
    assert "in 1 d" in text
    assert text.count('data-ok="no"') >= 5
    assert "root cause" not in text.lower()
    assert "style=" not in text
    assert len(text) < 60_000


def test_written_and_filed_in_one_press(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    add_rows(pm, 4)
    answer = browser.post(f"{pm.path}file/", whole(browser, world, pm))
    assert answer.status_code == 303, answer.content.decode()[:3000]
    pm.refresh_from_db()
    assert (pm.state, pm.filed_at, pm.clocks.get(kind="internal").state) == ("filed", AT, "met")
    item = Remediation.objects.get()
    assert (item.title, item.owner, item.type, item.team) == (
        "Alert on a queue that stands still", world.bob, "detect", world.team,
    )  # fmt: skip
    assert browser.post(f"{pm.path}file/").status_code == 409


def add_rows(pm: Postmortem, number: int) -> None:
    """More of the timeline than a short story has."""
    for minute in range(number):
        lifecycle.add_row(pm, AT - timedelta(minutes=minute + 1), f"Look {minute}", world_person(pm), AT)


def world_person(pm: Postmortem) -> User:
    """Its owner."""
    assert pm.owner
    return pm.owner


def test_what_is_missing_is_a_list_of_links(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.ana).post(f"{pm.path}file/")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "things are missing before it can be filed" in text
    assert '<li><a href="#summary">Say what happened' in text
    assert '<li><a href="#questions">Answer at least 3' in text


def test_any_press_takes_everything_along(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    typed = fields(browser, pm.path) | {"summary": "One", "surprises": "Two", "factor": ["Three"]}
    answer = browser.post(pm.path, {**typed, "save": "factors"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{pm.path}#factors")
    again = fields(browser, pm.path)
    assert (again["summary"], again["surprises"], again["factor"][0]) == ("One", "Two", "Three")
    pm.refresh_from_db()
    before = pm.version
    browser.post(pm.path, again)  # nothing changed, so nothing is written
    pm.refresh_from_db()
    assert pm.version == before
    answer = browser.post(f"{pm.path}?then=public", again | {"summary": "Other"})
    assert answer.headers["Location"] == f"{pm.path}public/"
    assert Postmortem.objects.get().summary == "Other"


def test_two_writers_of_one_part_are_told_and_nothing_is_lost(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    ana, bob = sign_in(world.ana), sign_in(world.bob)
    mine, theirs = fields(ana, pm.path), fields(bob, pm.path)
    bob.post(pm.path, theirs | {"summary": "Bob's words", "factor": ["Bob's factor"]})
    answer = ana.post(pm.path, mine | {"summary": "Ana's words", "surprises": "Ana's alone"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Bob wrote here while you did." in text
    assert "Bob&#x27;s words</pre>" in text
    assert ">Ana&#x27;s words</textarea>" in text
    found = Postmortem.objects.get()
    assert (found.summary, found.surprises) == ("Bob's words", "Ana's alone")  # what nobody else touched is saved
    assert [factor.text for factor in found.factors.all()] == ["Bob's factor"]
    # Ana has seen both texts now: her next press is her decision.
    (mark,) = re.findall(r'name="was-summary" value="([0-9a-f]+)"', text)
    assert ana.post(pm.path, {"was-summary": mark, "summary": "Both our words"}).status_code == 303
    assert Postmortem.objects.get().summary == "Both our words"


def test_the_same_words_are_no_conflict(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    ana = sign_in(world.ana)
    typed = fields(ana, pm.path) | {"summary": "Twice\r\npressed "}
    assert [ana.post(pm.path, typed).status_code for _press in range(2)] == [303, 303]
    assert Postmortem.objects.get().summary == "Twice\npressed"


def test_looking_saves_nothing(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    typed = fields(browser, pm.path) | {
        "summary": "It **burnt** <script>x</script>",
        "row_text": "Later",
        "look": "summary",
    }
    text = browser.post(pm.path, typed).content.decode()
    assert "It <strong>burnt</strong>" in text
    assert "<script>x" not in text
    assert 'value="Later"' in text
    part = browser.post(pm.path, typed, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith("<p>It <strong>burnt</strong>")
    assert Postmortem.objects.get().summary == ""


def test_a_script_gets_the_editor_alone(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    typed = fields(browser, pm.path) | {"summary": "New"}
    answer = browser.post(pm.path, typed, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in text
    assert ">New</textarea>" in text
    assert "by you" in text


def test_rows_are_ticked_off_and_added(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    typed = fields(browser, pm.path)
    kept = typed["row"][1:]
    world.ana.timezone = "Asia/Kathmandu"
    world.ana.save()
    browser.post(pm.path, typed | {"row": kept, "row_at": "2026-11-21T06:49", "row_text": "Phones rang"})
    assert {str(row.pk) for row in pm.rows.filter(kept=True).exclude(text="Phones rang")} == set(kept)
    assert pm.rows.get(text="Phones rang").at == AT - timedelta(hours=1)
    wrong = fields(browser, pm.path) | {"row_at": "soon", "row_text": "Later"}
    answer = browser.post(pm.path, wrong)
    assert answer.status_code == 422
    assert 'value="Later"' in answer.content.decode()


def test_questions_for_the_manager_are_the_managers(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    key = next(key for key in PROMPTS if key.startswith("manager"))
    asked = PROMPTS[key].question
    another = {"another": key, "another_text": "I left it without time."}
    assert asked not in sign_in(world.ana).get(pm.path).content.decode()
    assert sign_in(world.ana).post(pm.path, another).status_code == 422
    mia = User.objects.get(name="Mia")
    assert sign_in(mia).post(pm.path, another).status_code == 303
    assert "I left it without time." in sign_in(world.ana).get(pm.path).content.decode()
    assert sign_in(mia).post(pm.path, another).status_code == 422  # it has an answer: add to it there


def test_items_are_refused_with_what_was_typed(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.ana).post(pm.path, {"item_title": "", "item_done_when": "It rings"})
    assert answer.status_code == 422
    wrong = {"item_title": "Alert earlier", "item_type": "hope", "item_priority": "P2"}
    answer = sign_in(world.ana).post(pm.path, wrong)
    assert answer.status_code == 422
    assert 'value="Alert earlier"' in answer.content.decode()
    assert not Remediation.objects.exists()


def test_observers_read(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    lifecycle.edit(pm, values={"summary": "It **stood** still."}, by=world.ana, at=AT)
    text = sign_in(world.olga).get(pm.path).content.decode()
    assert "<strong>stood</strong>" in text
    assert "<textarea" not in text
    assert "File it" not in text


def test_queries_do_not_grow(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        return len(asked)

    lifecycle.answer(pm, next(iter(PROMPTS)), "Late.", world.ana, AT)
    places = (pm.path, "/postmortems/", "/postmortems/?overdue=internal")
    before = [cost(path) for path in places]
    add_rows(pm, 20)
    lifecycle.set_factors(pm, [f"Factor {n}" for n in range(9)], world.ana, AT)
    for key in PROMPTS:
        if not key.startswith("manager"):
            lifecycle.answer(pm, key, "Late.", world.ana, AT)
    for _more in range(3):
        lifecycle.ensure(over(world), AT)
    assert [cost(path) for path in places] <= before


def test_none_yet(world: World, sign_in: SignIn, now: object) -> None:
    browser = sign_in(world.ana)
    small, still = make_incident(service=world.service, severity="standard"), make_incident(service=world.service)
    incidents.acknowledge(small, by=world.ana, at=AT)
    incidents.resolve(small, at=AT)
    assert "It is still open" in browser.get(f"/postmortems/{still.number}/").content.decode()
    page = browser.get(f"/postmortems/{small.number}/").content.decode()
    assert "No postmortem is owed" in page
    assert not Postmortem.objects.exists()  # looking changes nothing
    assert browser.post(f"/postmortems/{small.number}/request/").status_code == 303
    assert Postmortem.objects.get().requested_by == world.ana


def test_a_waived_one_is_not_being_written(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    assert "Queue stuck" in browser.get("/postmortems/").content.decode()
    lifecycle.waive(pm, "internal", "duplicate", "Told in the one of the provider.", "", world.ada, AT)
    assert "Queue stuck" not in browser.get("/postmortems/").content.decode()
    assert "Queue stuck" in browser.get("/postmortems/?state=all").content.decode()


def test_restricted_ones_are_not_there_for_others(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    Incident.objects.update(restricted=True)
    stranger = sign_in(make_user("Stranger"))
    assert "Queue stuck" not in stranger.get("/postmortems/?state=all").content.decode()
    for place in ("", "public/", "hand-over/", "extend/"):
        assert stranger.get(f"{pm.path}{place}").status_code == 404
    assert stranger.post(pm.path, {"summary": "x", "was-summary": ""}).status_code == 404
    assert "Queue stuck" in sign_in(world.bob).get("/postmortems/?state=all").content.decode()
