"""What the field finds for each person, in which order, and what never leaks."""

from __future__ import annotations

import pytest

from postmortems.item_door import postmortem_of
from tests.desk.conftest import World
from tests.desk.palette import SignIn, ask, do, press, titles
from tests.factories import (
    AT,
    make_incident,
    make_item,
    make_page,
    make_service,
    make_source,
    make_user,
)

pytestmark = pytest.mark.usefixtures("now")


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
