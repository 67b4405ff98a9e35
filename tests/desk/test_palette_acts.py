"""What a line of the field does, and what it says before it is pressed."""

from __future__ import annotations

import pytest

from incidents import lifecycle
from incidents.models import Incident, RoleTenure, TimelineEntry
from tests.desk.conftest import World
from tests.desk.palette import SignIn, ask, do, press, titles
from tests.factories import (
    AT,
    make_incident,
    make_method,
    make_schedule,
    make_team,
)

pytestmark = pytest.mark.usefixtures("now")


def test_acknowledge_by_typing(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.ana)
    row = do(browser, f"ack {incident.pk}")
    assert row.press is not None
    assert row.press.sure
    assert press(browser, row).headers["Location"] == incident.path
    assert Incident.objects.get().held_by == world.ana
    assert do(browser, f"ack {incident.pk}").detail == "You have it already."
    taken = do(sign_in(world.bob), f"ack {incident.pk}")
    assert taken.press is not None
    assert (taken.detail, taken.press.sure) == ("Ana has it now: you take it over.", False)


def test_acknowledge_without_a_number_offers_what_nobody_has(world: World, sign_in: SignIn) -> None:
    make_incident("Queue stuck", service=world.service)
    mine = make_incident("Disk full", service=world.service)
    lifecycle.acknowledge(mine, by=world.ana, at=AT)
    browser = sign_in(world.ana)
    assert titles(browser, "ack", "Do") == ["Queue stuck"]
    assert titles(browser, "ack queue", "Do") == ["Queue stuck"]
    assert titles(browser, "ack disk", "Do") == []


def test_note_by_typing_keeps_every_word(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.ana)
    assert press(browser, do(browser, f"note {incident.pk} Rolled back, 100% of hosts")).status_code == 303
    assert TimelineEntry.objects.filter(kind="note").get().text == "Rolled back, 100% of hosts"
    assert do(browser, f"note {incident.pk}").url == f"{incident.path}#note"


def test_escalating_says_who_is_paged(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.bob)
    row = do(browser, f"escalate {incident.pk}")
    assert row.press is not None
    assert (row.detail, row.press.sure) == ("Ana Ames is paged at once.", False)
    lifecycle.acknowledge(incident, by=world.bob, at=AT)
    assert do(browser, f"escalate {incident.pk}").detail == "Ana Ames is paged at once."
    assert do(browser, f"give back {incident.pk}").detail == "Paging starts again. Ana Ames is paged at once."
    assert press(browser, do(browser, f"escalate {incident.pk}")).status_code == 303


def test_ending_acts_are_never_pressed_by_the_first_return_key(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    lifecycle.acknowledge(incident, by=world.ana, at=AT)
    make_method(world.bob)
    browser = sign_in(world.ana)
    asked = [f"{verb} {incident.pk}" for verb in ("resolve", "mitigated", "escalate", "give back", "page bob")]
    for q in [*asked, "page me", "sign out", "page bob"]:
        row = do(browser, q)
        assert row.press is not None, q
        assert row.press.sure is False, q
        assert row.detail, q
    assert press(browser, do(browser, f"resolve {incident.pk}")).status_code == 303
    assert do(browser, f"resolve {incident.pk}").detail == "It is resolved."


def test_pulling_in_by_name(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    make_method(world.bob)
    browser = sign_in(world.ana)
    hint = do(browser, "pull in bob")
    assert (hint.press, hint.title) == (None, "pull in bob 12")
    lifecycle.acknowledge(incident, by=world.ana, at=AT)
    row = do(browser, "pull in bob")
    assert row.press is not None
    assert row.press.label == f"Page Bob for {incident.number}"
    assert press(browser, row).status_code == 303
    assert incident.pages.filter(person=world.bob).exists()
    (person,) = ask(browser, "bob")["People"]
    assert person.press == row.press


def test_page_me_says_by_what(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    row = do(browser, "page me")
    assert row.detail == "You are paged now, for real: e-mail."
    assert press(browser, row).status_code == 303
    nobody = do(sign_in(world.bob), "page me")
    assert (nobody.press, nobody.url) == (None, "/settings/methods/")


def test_declare_fills_in_the_form(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    row = do(browser, "declare Café & co: 50% fail")
    assert browser.get(row.url).context["form"]["title"].value() == "Café & co: 50% fail"


def test_override_and_who_name_the_schedule(world: World, sign_in: SignIn) -> None:
    make_schedule("search-primary", team=make_team("search"))
    browser = sign_in(world.ana)
    assert [row.url for row in ask(browser, "override search")["Do"]] == ["/oncall/search-primary/override/"]
    (row,) = ask(browser, "who has the pager search")["Do"]
    assert (row.detail, row.warns) == ("Nobody has the pager", True)
    assert [row.title for row in ask(browser, "who")["Do"]] == ["payments-primary", "search-primary"]


def test_an_observer_is_told_and_shown_no_button(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.olga)
    for q in [
        "",
        "queue",
        "ack",
        f"ack {incident.pk}",
        f"note {incident.pk} x",
        "override",
        "page ana",
        "declare x",
        "ana",
    ]:
        for row in (row for rows in ask(browser, q).values() for row in rows):
            assert row.press is None or row.press.action == "/page-me/", q
    assert "Observers read" in str(do(browser, f"resolve {incident.pk}").title)


def test_a_guide_moves_nothing(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    RoleTenure.objects.create(incident=incident, person=world.ana, role="guide", start=AT)
    browser = sign_in(world.ana)
    assert ask(browser, "queue")["Incidents"][0].press is None
    assert do(browser, f"ack {incident.pk}").press is None
    assert press(browser, do(browser, f"note {incident.pk} try the switch")).status_code == 303
