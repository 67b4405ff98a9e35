"""The field that finds and acts: what each person is shown, what never leaks, and what a line says before it is pressed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from desk.palette_rows import Row
from incidents import lifecycle
from incidents.models import Incident, RoleTenure, TimelineEntry
from postmortems.item_door import postmortem_of
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import (
    AT,
    make_incident,
    make_item,
    make_method,
    make_page,
    make_schedule,
    make_service,
    make_source,
    make_team,
    make_user,
)

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("now")


def ask(browser: Client, q: str) -> dict[str, list[Row]]:
    """The groups that `q` finds, by their titles."""
    response = browser.get("/find/", {"q": q})
    assert response.status_code == 200
    return {str(group.title): group.rows for group in response.context["groups"]}


def titles(browser: Client, q: str, group: str) -> list[str]:
    """The lines of one group."""
    return [str(row.title) for row in ask(browser, q).get(group, [])]


def do(browser: Client, q: str) -> Row:
    """The first thing that can be done."""
    return ask(browser, q)["Do"][0]


def press(browser: Client, row: Row) -> Any:
    """What the button of the line does."""
    assert row.press is not None
    assert row.press.post
    return browser.post(row.press.action, dict(row.press.fields))


def test_open_incidents_come_first_then_the_newest(world: World, sign_in: SignIn) -> None:
    make_incident("Queue one", service=world.service)
    make_incident("Queue over", service=world.service, state="resolved")
    make_incident("Disk full", service=world.service)
    make_incident("The queue again", service=world.service)
    make_incident("queue over again", service=world.service, state="resolved")
    found = titles(sign_in(world.ana), "QUEUE", "Incidents")
    assert found == ["The queue again", "Queue one", "queue over again", "Queue over"]


def test_all_words_must_be_there(world: World, sign_in: SignIn) -> None:
    make_incident("Queue stuck in Frankfurt", service=world.service)
    make_incident("Queue stuck in Dublin", service=world.service)
    assert titles(sign_in(world.ana), "dublin queue", "Incidents") == ["Queue stuck in Dublin"]


@pytest.mark.parametrize("form", ["{pk}", "INC-{pk}", "inc-{pk}", "#{pk}", "  {pk} "])
def test_a_number_is_enough(form: str, world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    (row,) = ask(sign_in(world.ana), form.format(pk=incident.pk))["Incidents"]
    assert (row.url, row.press and row.press.label) == (incident.path, "Acknowledge")


def test_what_is_restricted_does_not_leak(world: World, sign_in: SignIn) -> None:
    vault = make_service("vault")
    secret = make_incident("Flugelhorn stolen", service=vault, restricted=True, state="resolved")
    open_one = make_incident("Flugelhorn stolen again", service=vault, restricted=True)
    make_item(postmortem_of(secret, AT), "Lock the Flugelhorn away")
    browser = sign_in(world.ana)
    asked = ["flugelhorn", secret.number, f"note {secret.pk} x", "ack", "ack flugel", "resolve flugel", ""]
    asked += [f"{verb} {open_one.pk}" for verb in ("ack", "resolve", "escalate", "mitigated", "give back", "page bob")]
    for q in asked:
        assert "stolen" not in browser.get("/find/", {"q": q}).content.decode(), q
    assert "is not yours to see" in str(do(browser, f"ack {open_one.pk}").title).replace("it is", "is")
    seen = ask(sign_in(world.ada), "flugelhorn")
    assert [len(seen[name]) for name in ("Incidents", "Postmortems", "Remediation")] == [2, 1, 1]


def test_whoever_is_paged_for_a_restricted_one_finds_it_by_number(world: World, sign_in: SignIn) -> None:
    secret = make_incident("Flugelhorn stolen", service=make_service("vault"), restricted=True)
    make_page(world.ana, secret)
    browser = sign_in(world.ana)
    assert titles(browser, secret.number, "Incidents") == ["Flugelhorn stolen"]
    assert press(browser, do(browser, f"ack {secret.pk}")).status_code == 303


@pytest.mark.parametrize("sign", ["%", "_", "\\", "%%%", "q%k", "qu_ue", "'", '"', "<script>", "()", "*"])
def test_signs_have_no_meaning(sign: str, world: World, sign_in: SignIn) -> None:
    make_incident("Queue stuck", service=world.service)
    assert titles(sign_in(world.ana), sign, "Incidents") == []
    make_incident(f"Odd {sign} title", service=world.service)
    assert titles(sign_in(world.ana), sign, "Incidents") == [f"Odd {sign} title"]


@pytest.mark.parametrize(
    "q",
    ["\x00", "\x00queue\x00", "x" * 10_000, "a " * 5_000, "ack 99999999999999999", "9" * 30, "ack -1", "note 0 x"]
    + [
        "ack ²",
        "\u202equeue",
        "שלום עולם",
        "مرحبا",
        "👩‍🚒",
        "%00",
        "page \x00",
        "declare \x00",
        "\n\t",
        "\ud800"[:0],
        "note",
    ],
)
def test_nothing_that_is_typed_breaks_it(q: str, world: World, sign_in: SignIn) -> None:
    for person in (world.ana, world.olga, world.ada):
        assert sign_in(person).get("/find/", {"q": q}).status_code == 200


def test_text_from_right_to_left_is_found(world: World, sign_in: SignIn) -> None:
    make_incident("תור התשלומים תקוע", service=world.service)
    assert titles(sign_in(world.ana), "התשלומים", "Incidents") == ["תור התשלומים תקוע"]


def test_words_are_shown_as_they_were_typed_and_never_as_markup(world: World, sign_in: SignIn) -> None:
    text = sign_in(world.ana).get("/find/", {"q": "<b>zzz</b>"}).content.decode()
    assert "<b>zzz" not in text
    assert "Nothing is called “&lt;b&gt;zzz&lt;/b&gt;”" in text


def test_short_words_are_looked_for_in_the_newest_ones_and_the_page_says_so(world: World, sign_in: SignIn) -> None:
    make_incident("Qz", service=world.service)
    browser = sign_in(world.ana)
    assert titles(browser, "qz", "Incidents") == ["Qz"]
    assert "such short words" in browser.get("/find/", {"q": "qz"}).content.decode().lower()


def test_people_services_schedules_and_what_was_learned(world: World, sign_in: SignIn) -> None:
    over = make_incident("Ledger wrong", service=world.service, state="resolved")
    make_item(postmortem_of(over, AT), "Check the ledger twice")
    make_source("ledger-probe", service=world.service)
    browser = sign_in(world.ana)
    seen = ask(browser, "ledger")
    assert [row.title for row in seen["Postmortems"]] == [f"{over.number} Ledger wrong"]
    assert [row.title for row in seen["Remediation"]] == ["Check the ledger twice"]
    assert [row.url for row in seen["Sources"]] == ["/services/sources/ledger-probe/"]
    seen = ask(browser, "payments")
    assert [row.url for row in seen["Who has the pager"]] == ["/oncall/payments-primary/"]
    assert "Ana Ames has the pager" in str(seen["Who has the pager"][0].detail)
    assert [row.title for row in seen["Services"]] == ["Checkout"]
    assert "Teams" not in seen
    assert [row.url for row in ask(sign_in(world.ada), "payments")["Teams"]] == ["/setup/team/payments/"]
    (person,) = ask(browser, "ames")["People"]
    assert "has the pager of payments-primary" in str(person.detail)


def test_somebody_who_left_is_not_found(world: World, sign_in: SignIn) -> None:
    make_user("Gone Girl", is_active=False)
    assert "People" not in ask(sign_in(world.ana), "gone")


@pytest.mark.parametrize(
    ("name", "q", "found"),
    [
        ("ana", "phone", ["My phone & alarms"]),
        ("ana", "rota", ["On-call"]),
        ("ana", "smtp", []),
        ("ada", "smtp", ["Mail"]),
        ("ana", "new schedule", []),
        ("ada", "new schedule", ["A new schedule"]),
        ("olga", "outage", []),
        ("ana", "outage", ["Declare an incident"]),
        ("ana", "audit", []),
        ("ada", "audit", ["History of settings"]),
        ("ana", "post-mortem", ["Postmortems"]),
    ],
)
def test_pages_by_the_names_that_people_use(name: str, q: str, found: list[str], world: World, sign_in: SignIn) -> None:
    assert titles(sign_in(getattr(world, name)), q, "Go to") == found


@pytest.mark.parametrize("name", ["ana", "olga", "ada"])
def test_every_link_opens(name: str, world: World, sign_in: SignIn) -> None:
    over = make_incident("Queue over", service=world.service, state="resolved")
    make_item(postmortem_of(over, AT), "Watch the queue")
    make_incident("Queue stuck", service=world.service)
    make_source("queue-probe", service=world.service)
    browser = sign_in(getattr(world, name))
    urls = set()
    for q in [
        "",
        "queue",
        "payments",
        "ana",
        "checkout",
        "a",
        "who",
        "override",
        "help",
        "resolve",
        "declare x",
        "s",
        "n",
    ]:
        urls |= {row.url for rows in ask(browser, q).values() for row in rows}
        urls |= {
            row.press.action for rows in ask(browser, q).values() for row in rows if row.press and not row.press.post
        }
    assert len(urls) > 15
    for url in urls - {""}:
        assert browser.get(url, follow=True).status_code == 200, url


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


def test_an_empty_field_says_what_can_be_done_now(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    make_page(world.ana, incident, because="primary of payments, step 1")
    browser = sign_in(world.ana)
    seen = ask(browser, "")
    assert list(seen) == ["You are paged", "Do", "Go to"]
    assert press(browser, seen["You are paged"][0]).status_code == 303
    assert list(ask(browser, "")) == ["You have it", "Do", "Go to"]
    assert "Declare an incident" not in browser.get("/find/?q=queue").content.decode()


def test_a_script_gets_the_part_and_a_page_the_page(world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)
    page, part = browser.get("/find/?q=on-call"), browser.get("/find/?q=on-call", headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert part.content.decode().lstrip().startswith('<div class="found"')
    assert "HX-Request" in page.headers["Vary"]
    assert "no-cache" in part.headers["Cache-Control"]


def test_looking_changes_nothing(world: World, sign_in: SignIn) -> None:
    incident = make_incident("Queue stuck", service=world.service)
    browser = sign_in(world.ana)
    before = Incident.objects.get().version
    for q in [f"ack {incident.pk}", f"resolve {incident.pk}", f"escalate {incident.pk}", "page me", "sign out"]:
        ask(browser, q)
        assert browser.post("/find/", {"q": q}).status_code == 405
    assert Incident.objects.get().version == before
    assert not incident.pages.exists()
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    "q", ["", "payments", "queue", "person", "number", "ack", "ack queue", "who", "override", "page per"]
)
def test_the_number_of_queries_does_not_grow(q: str, world: World, sign_in: SignIn) -> None:
    browser = sign_in(world.ana)

    def grow(count: int) -> None:
        for number in range(count):
            person = make_user(role=Role.RESPONDER)
            team = make_team(members=(person, world.ana), name=f"Payments queue {number}")
            make_schedule("", person, team=team, name=f"Person of payments queue {person.pk}")
            service = make_service(team=team)
            make_source(service=service)
            over = make_incident(
                "Queue of payments", service=service, state="resolved", at=AT + timedelta(seconds=number)
            )
            make_item(postmortem_of(over, AT), "Person queue payments")
            held = make_incident("Queue person payments", service=service)
            lifecycle.acknowledge(held, by=world.ana, at=AT)
            make_page(world.ana, make_incident("Queue person payments", service=service))

    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            ask(browser, q)
        return len(seen)

    grow(2)
    q = str(Incident.objects.latest("pk").pk) if q == "number" else q  # one that is there both times
    few = count()
    grow(8)
    assert count() <= few
    assert few <= 45
