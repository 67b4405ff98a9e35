"""What is done to a postmortem beside writing it, and its public version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from incidents import command
from incidents import lifecycle as incidents
from postmortems import lifecycle
from postmortems.models import Clock, Postmortem
from status.models import PublicIncident
from teams.models import Notice, Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_user

SignIn = Callable[[User], Client]
WHY = "The vendor answers on Monday, not before."
TEXT = "Between 01:04 and 02:04 UTC card payments failed for 60 minutes. We are sorry. We will page on a queue that stands still."


@pytest.fixture
def mia(world: World) -> User:
    """Manages the team."""
    world.team.manager = make_user("Mia", role=Role.MANAGER)
    world.team.save()
    return world.team.manager


@pytest.fixture
def pm(world: World, mia: User, now: object) -> Postmortem:
    """Of an hour that customers felt, owned by Ana."""
    early = AT - timedelta(hours=1)
    incident = make_incident("Queue stuck", service=world.service, at=early, impact_started_at=early)
    incidents.acknowledge(incident, by=world.ana, at=early + timedelta(minutes=2))
    incidents.resolve(incident, at=AT, by=world.ana)
    return lifecycle.ensure(incident, AT)


def clock(kind: str) -> Clock:
    """The clock of this kind."""
    return Clock.objects.get(kind=kind)


@pytest.mark.parametrize("name", ["hand-over", "extend", "blocked", "owed"])
def test_links_in_mails_show_a_form_and_change_nothing(
    pm: Postmortem, world: World, sign_in: SignIn, name: str
) -> None:
    answer = sign_in(world.ana).get(f"{pm.path}{name}/")
    assert answer.status_code == 200
    assert '<form class="gap-top" method="post">' in answer.content.decode()
    pm.refresh_from_db()
    assert (pm.version, Notice.objects.exclude(subject__contains="ostmortem").count()) == (1, 0)


def test_hand_over(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    assert sign_in(world.ana).post(f"{pm.path}hand-over/", {"to": world.bob.email}).status_code == 303
    pm.refresh_from_db()
    assert pm.owner == world.bob
    assert sign_in(world.ana).post(f"{pm.path}hand-over/", {"to": "nobody@example.com"}).status_code == 422


def test_more_time_is_asked_for_and_granted(pm: Postmortem, world: World, mia: User, sign_in: SignIn) -> None:
    ana, manager = sign_in(world.ana), sign_in(mia)
    due = clock("internal").due_at
    assert ana.post(f"{pm.path}extend/", {"kind": "internal", "reason": "later"}).status_code == 422
    assert ana.post(f"{pm.path}extend/", {"kind": "internal", "reason": WHY}).status_code == 303
    assert clock("internal").due_at == due
    assert "asks for more time" in manager.get("/").content.decode()
    page = manager.get(f"{pm.path}extend/?kind=internal").content.decode()
    assert WHY in page
    assert "Grant it" in page
    words = {"kind": "internal", "reason": WHY, "until": "2026-11-22T20:00"}
    assert manager.post(f"{pm.path}extend/", words).status_code == 303
    assert clock("internal").due_at.isoformat() == "2026-11-22T20:00:00+00:00"
    assert "asks for more time" not in manager.get("/").content.decode()
    assert manager.post(f"{pm.path}extend/", {**words, "until": "2026-12-22T20:00"}).status_code == 422


def test_waiving(pm: Postmortem, world: World, mia: User, sign_in: SignIn) -> None:
    words = {"kind": "public", "code": "upstream_report", "text": "The provider reports it"}
    assert sign_in(world.ana).post(f"{pm.path}waive/", words).status_code == 403
    answer = sign_in(mia).post(f"{pm.path}waive/", words)
    assert answer.status_code == 422
    assert "Give the address" in answer.content.decode()
    assert sign_in(mia).post(f"{pm.path}waive/", {**words, "link": "https://status.example.com/1"}).status_code == 303
    assert clock("public").state == "waived"


def test_cannot_go_on(pm: Postmortem, world: World, mia: User, sign_in: SignIn) -> None:
    assert sign_in(world.ana).post(f"{pm.path}blocked/", {"text": "The logs are gone."}).status_code == 303
    notice = Notice.objects.get(person=mia, subject__contains="cannot go on")
    assert (notice.body, notice.path) == ("The logs are gone.", pm.path)
    assert pm.incident.timeline.filter(text__contains="The logs are gone.").exists()
    assert sign_in(world.ana).post(f"{pm.path}blocked/", {"text": " "}).status_code == 422


def test_what_is_owed_is_decided_by_hand(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    assert browser.post(f"{pm.path}owed/", {"public": "no", "because": "no"}).status_code == 422
    assert (
        browser.post(f"{pm.path}owed/", {"public": "no", "because": "Only our own staff felt it."}).status_code == 303
    )
    assert clock("public").state == "cancelled"
    assert browser.post(f"{pm.path}owed/", {"data_loss": "on", "public": ""}).status_code == 303
    pm.refresh_from_db()
    assert (pm.data_loss, pm.security, pm.public_by_hand) == (True, False, False)


def press(browser: Client, pm: Postmortem, **fields: Any) -> Any:
    """A press on the page of the public version."""
    return browser.post(f"{pm.path}public/", fields)


def test_signed_and_published_by_who_speaks_for_us(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    was = "055539df4a0b804c"
    assert press(browser, pm, **{"public_text": TEXT, "was-public_text": was}).status_code == 303
    assert press(browser, pm, then="sign").status_code == 403
    command.take_role(pm.incident, role="point_of_contact", person=world.ana, by=world.ana, at=AT)
    refused = press(browser, pm, then="publish", title="Card payments failed")
    assert refused.status_code == 422
    assert "must sign it off" in refused.content.decode()
    assert press(browser, pm, then="sign").status_code == 303
    assert press(browser, pm, then="publish").status_code == 422  # customers need a title of their own
    assert press(browser, pm, then="publish", title="Card payments failed").status_code == 303
    pm.refresh_from_db()
    assert (pm.published_text, PublicIncident.objects.get().title) == (TEXT, "Card payments failed")
    assert clock("public").state == "running"
    assert "not yet read by a stranger" in browser.get(f"{pm.path}public/").content.decode()
    lifecycle.seen(pm, AT)
    assert clock("public").state == "met"
    assert press(browser, pm, then="unpublish").status_code == 303
    assert clock("public").state == "running"


def test_names_of_staff_stop_it(pm: Postmortem, world: World, mia: User, sign_in: SignIn) -> None:
    lifecycle.edit(pm, values={"public_text": f"{TEXT} Ana Ames restarted db-eu-1."}, by=world.ana, at=AT)
    text = press(sign_in(mia), pm, then="sign").content.decode()
    assert "Leave out names" in text
    assert "db-eu-1" in text
    pm.refresh_from_db()
    assert pm.public_signed_at is None


def test_two_writers_of_the_public_text(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    lifecycle.edit(pm, values={"public_text": "Bob's"}, by=world.bob, at=AT)
    answer = press(sign_in(world.ana), pm, **{"public_text": "Ana's", "was-public_text": "055539df4a0b804c"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Bob Bell" in text or "Bob wrote here" in text
    assert "Bob&#x27;s</pre>" in text
    assert ">Ana&#x27;s</textarea>" in text


def test_how_visitors_see_it(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    typed = {"public_text": "We are **sorry**.", "look": "1"}
    assert "We are <strong>sorry</strong>." in press(sign_in(world.ana), pm, **typed).content.decode()
    part = sign_in(world.ana).post(f"{pm.path}public/", typed, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith("<p>We are <strong>sorry</strong>.")


def test_review(pm: Postmortem, world: World, mia: User, sign_in: SignIn) -> None:
    Postmortem.objects.update(state="filed", filed_at=AT)
    browser = sign_in(mia)
    assert browser.post(f"{pm.path}review/").status_code == 303
    refused = browser.post(f"{pm.path}review/")
    assert refused.status_code == 422
    assert "manager" in refused.content.decode()
    assert browser.post(f"{pm.path}review/", {"another": "manager-1", "another_text": "Speed."}).status_code == 303
    pm.refresh_from_db()
    assert pm.state == "reviewed"


def test_now_names_what_runs_out(pm: Postmortem, world: World, mia: User, sign_in: SignIn, now: Any) -> None:
    text = sign_in(world.ana).get("/").content.decode()
    assert f"Postmortem {pm.incident.number} Queue stuck" in text
    assert f"Public postmortem {pm.incident.number}" in text
    assert "of 6 checks open" in text
    assert f"{pm.path}hand-over/" in text
    assert "Queue stuck" not in sign_in(world.bob).get("/").content.decode()
    now.move_to(AT + timedelta(hours=25))
    assert "data-urgent" in sign_in(world.ana).get("/").content.decode()


def test_the_incident_shows_both_clocks(pm: Postmortem, world: World, sign_in: SignIn) -> None:
    text = sign_in(world.ana).get(pm.incident.path).content.decode()
    assert "Write it (15 min)" in text
    assert "promised for" in text
    assert "Say what happened in plain words" in text
    assert sign_in(world.ana).post(f"{pm.incident.path}close/").status_code == 422


@pytest.mark.parametrize("question", ["?mine=1", "?overdue=internal", "?overdue=public", "?state=filed", "?state=x"])
def test_the_list(pm: Postmortem, world: World, sign_in: SignIn, now: Any, question: str) -> None:
    browser = sign_in(world.ana)
    shown = {"?mine=1": True, "?state=x": True}
    assert ("Queue stuck" in browser.get(f"/postmortems/{question}").content.decode()) is shown.get(question, False)
    now.move_to(AT + timedelta(hours=73))
    late = {"?mine=1": True, "?overdue=internal": True, "?overdue=public": True, "?state=x": True}
    assert ("Queue stuck" in browser.get(f"/postmortems/{question}").content.decode()) is late.get(question, False)
