"""The list of items, the page of one with its acts, and what is not yours is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert, Episode
from postmortems import items
from postmortems.blocked import block
from postmortems.item_door import postmortem_of
from postmortems.models import Postmortem, Remediation
from teams.models import Role, User
from tests.desk.conftest import World
from tests.factories import AT, make_incident, make_item, make_service, make_source, make_team, make_user

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def postmortem(world: World) -> Postmortem:
    return postmortem_of(make_incident(service=world.service, state="resolved"), AT)


@pytest.fixture
def mia(world: World) -> User:
    mia = make_user("Mia", role=Role.MANAGER)
    world.team.manager = mia
    world.team.save()
    return mia


def titles(browser: Client, query: str = "") -> list[str]:
    return [row["item"].title for row in browser.get(f"/remediation/{query}").context["rows"]]


def act(browser: Client, item: Remediation, name: str, /, **form: Any) -> Any:
    return browser.post(f"{item.path}{name}/", form)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["late", "stuck", "young", "old"]),
        ("?show=nonsense", ["late", "stuck", "young", "old"]),
        ("?show=mine", ["stuck"]),
        ("?show=team", ["late", "stuck", "young"]),
        ("?show=overdue", ["late"]),
        ("?show=blocked", ["stuck"]),
        ("?show=all", ["late", "stuck", "declined", "young", "old"]),
        ("?age=0-7", ["young"]),
        ("?age=8-30", ["stuck"]),
        ("?age=31-90", ["late"]),
        ("?age=over-90", ["old"]),
        ("?age=%00", ["late", "stuck", "young", "old"]),
        ("?team=payments", ["late", "stuck", "young"]),
        ("?team=none", []),
        ("?after=x.y", ["late", "stuck", "young", "old"]),
    ],
)  # fmt: skip
def test_filters(query: str, found: list[str], world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    def made(title: str, days: int, **fields: Any) -> Remediation:
        return make_item(postmortem, title, at=AT - timedelta(days=days), **fields)

    items.accept(made("late", 90), by=world.bob, at=AT - timedelta(days=60))
    items.accept(stuck := made("stuck", 8), by=world.ana, at=AT)
    block(stuck, code="vendor", text="late", by=world.ana, at=AT)
    items.decline(made("declined", 1), reason="no", by=world.bob, at=AT)
    made("young", 7)
    made("old", 91, team=make_team("other"))
    assert titles(sign_in(world.ana), query) == found


def test_figures_open_their_rows(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    for days in (0, 7, 8, 30, 31, 90, 91):
        make_item(postmortem, str(days), at=AT - timedelta(days=days))
    browser = sign_in(world.olga)
    figures = browser.get("/remediation/").context["figures"]
    assert (figures["open"], figures["overdue"], figures["blocked"]) == (7, 0, 0)
    assert figures["ages"] == [("0-7", 2), ("8-30", 2), ("31-90", 2), ("over-90", 1)]
    for name, count in figures["ages"]:
        assert len(titles(browser, f"?age={name}")) == count


def test_the_record_of_90_days_counted_by_hand(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    ana = world.ana

    def finished(accepted: int, done: int, verified: int | None = None) -> None:
        """Days ago; due 30 days after it was accepted."""
        item = make_item(postmortem, at=AT - timedelta(days=accepted))
        items.accept(item, by=ana, at=AT - timedelta(days=accepted))
        items.done(item, evidence="https://git.example.com/1", by=ana, at=AT - timedelta(days=done))
        if verified is not None:
            items.verify(item, by=ana, at=AT - timedelta(days=verified))

    finished(120, 91, 80)  # done before the window
    finished(119, 89, 79)  # on its day: 40 days from accepted to verified
    finished(100, 69)  # a day late, not verified
    finished(20, 10, 8)
    for since, ended in ((100, 80), (4, None)):
        item = items.accept(make_item(postmortem), by=ana, at=AT - timedelta(days=101))
        block(item, code="no_time", text="On call", by=ana, at=AT - timedelta(days=since))
        if ended:
            items.start(item, by=ana, at=AT - timedelta(days=ended))
    page = sign_in(world.olga).get("/remediation/")
    record = page.context["record"]
    assert (record.done, record.kept, record.lead.values) == (3, 2, (12 * 86400, 40 * 86400))
    assert [(one.code, one.days, one.items) for one in record.lost] == [("no_time", 14.0, 2)]
    for words in ("2 of 3", "12 d, 40 d", "14.0 days: no time"):
        assert words in page.content.decode()


def test_pages_by_key_hold_every_item_once(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    for number in range(120):
        item = make_item(postmortem, f"item {number}")
        if number % 3:
            Remediation.objects.filter(pk=item.pk).update(due=date(2026, 12, 1 + number % 7))
    browser, query, seen = sign_in(world.ana), "?show=open", []
    while query:
        page = browser.get(f"/remediation/{query}").context
        seen += [(row["item"].due or date.max, row["item"].pk) for row in page["rows"]]
        query = page["next_url"]
    assert len(seen) == 120
    assert seen == sorted(set(seen))


def test_as_many_queries_for_forty_as_for_two(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    browser, counts = sign_in(world.ana), []
    for more in (2, 38):
        for number in range(more):
            item = items.accept(make_item(postmortem, f"item {number}"), by=make_user(), at=AT)
            block(item, code="vendor", text="late", by=world.ana, at=AT)
        for where in ("/remediation/", "/manage/blocked/?show=all"):
            browser.get(where)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert browser.get(where).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_what_belongs_to_a_restricted_incident_is_not_there(world: World, sign_in: SignIn) -> None:
    incident = make_incident(service=make_service("secret"), state="resolved", restricted=True)
    item = items.accept(make_item(postmortem_of(incident, AT), "Rotate the key"), by=world.ada, at=AT)
    block(item, code="vendor", text="hidden", by=world.ada, at=AT)
    browser = sign_in(world.ana)
    assert titles(browser, "?show=all") == []
    assert browser.get("/remediation/").context["figures"]["open"] == 0
    assert browser.get("/manage/blocked/?show=all").context["rows"] == []
    assert browser.get(item.path).status_code == act(browser, item, "start").status_code == 404
    assert titles(sign_in(world.ada)) == ["Rotate the key"]


def test_every_act_by_plain_forms(world: World, sign_in: SignIn, mia: User, postmortem: Postmortem) -> None:
    ana, boss, number = sign_in(world.ana), sign_in(mia), postmortem.incident.number
    words = {"incident": number, "title": "Alert on depth", "type": "detect", "priority": "P1", "done_when": "It rang."}
    made = ana.post("/remediation/", words)
    item = Remediation.objects.get()
    assert (made.status_code, made["Location"]) == (303, item.path)
    steps: list[tuple[Client, str, dict[str, Any], str]] = [
        (ana, "accept", {"owner": world.ana.email}, "accepted"),
        (ana, "move", {"to": "2026-12-24", "reason": "A freeze"}, "accepted"),
        (ana, "start", {}, "in_progress"),
        (ana, "block", {"code": "needs_decision", "text": "Two designs", "unblocks": "Pick one"}, "blocked"),
        (boss, "answer", {"answer": "decide", "text": "The first.", "next": "/manage/blocked/"}, "in_progress"),
        (ana, "done", {"evidence": "https://git.example.com/1"}, "done"),
        (boss, "verify", {"proof": "It rang on Tuesday."}, "verified"),
    ]
    for browser, name, form, state in steps:
        answer = act(browser, item, name, **form)
        assert (answer.status_code, answer["Location"]) == (303, form.get("next", item.path))
        item.refresh_from_db()
        assert item.state == state
    page = ana.get(item.path)
    assert page.context["first"] == []
    for sentence in ("Ana moved the date to Thu 24 Dec 2026", "Mia answered: decide", "Mia verified it"):
        assert sentence in page.content.decode()


def test_the_likeliest_act_stands_first(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    browser, item = sign_in(world.ana), make_item(postmortem)

    def first() -> list[str]:
        return [offered.name for offered in browser.get(item.path).context["first"]]

    assert first() == ["accept", "edit"]
    items.accept(item, by=world.ana, at=AT)
    assert first() == ["start", "done"]
    block(item, code="vendor", text="late", by=world.ana, at=AT)
    assert first() == ["start", "done"]  # to answer is the manager's
    assert sign_in(world.olga).get(item.path).context["first"] == []


def test_refused_with_a_sentence_and_what_was_typed(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    browser, item = sign_in(world.ana), make_item(postmortem)
    items.accept(item, by=world.ana, at=AT)
    answer = act(browser, item, "done", evidence="see the wiki")
    assert answer.status_code == 422
    assert b"Give the address of what shows it" in answer.content
    assert b'value="see the wiki"' in answer.content
    assert b'id="ask-done" name="acts" open' in answer.content
    late = act(browser, item, "accept", owner="")
    assert (late.status_code, b"accepted already, by Ana Ames" in late.content) == (409, True)
    assert act(browser, item, "edit", title="x", type="learn", priority="P2", version=99).status_code == 409
    assert act(browser, item, "supersede", item=str(item.pk)).status_code == 422
    assert act(browser, item, "supersede", item="9" * 19).status_code == 422
    item.refresh_from_db()
    assert item.state == "accepted"


@pytest.mark.parametrize(
    ("form", "field"),
    [({"incident": "the last one"}, "incident"), ({"title": " "}, "title"), ({"priority": "P9"}, "priority")],
)
def test_a_proposal_that_cannot_be(
    form: dict[str, str], field: str, world: World, sign_in: SignIn, postmortem: Postmortem
) -> None:
    words = {"incident": postmortem.incident.number, "title": "Alert", "type": "detect", "priority": "P1"}
    answer = sign_in(world.ana).post("/remediation/", words | form)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert not Remediation.objects.exists()


def test_overdue_for_a_week_asks_what_blocks(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    item = items.accept(make_item(postmortem), by=world.ana, at=AT - timedelta(days=37))
    page = sign_in(world.ana).get(item.path)
    assert "7 days over its date." in page.content.decode()
    assert b"What is in its way?" in page.content


def test_silent_alerts_prove_it(world: World, sign_in: SignIn, postmortem: Postmortem) -> None:
    item = items.accept(make_item(postmortem, done_when=""), by=world.ana, at=AT)
    items.done(item, evidence="https://git.example.com/1", by=world.ana, at=AT)
    alert = Alert.objects.create(
        source=make_source("am"), fingerprint="f", starts_at=AT, first_seen_at=AT, last_seen_at=AT
    )
    Episode.objects.create(
        alert=alert, incident=postmortem.incident, starts_at=AT, opened_at=AT, closed_at=AT - timedelta(days=29)
    )
    browser = sign_in(world.ana)
    assert act(browser, item, "verify").status_code == 422
    Episode.objects.update(closed_at=AT - timedelta(days=30))
    assert act(browser, item, "verify").status_code == 303


def test_the_page_of_what_cannot_go_on(world: World, sign_in: SignIn, mia: User, postmortem: Postmortem) -> None:
    stuck = [items.accept(make_item(postmortem, f"item {n}"), by=world.ana, at=AT - timedelta(days=9)) for n in (1, 2)]
    for item, days in zip(stuck, (8, 1), strict=True):
        block(
            item,
            code="needs_budget",
            text="No money",
            unblocks="500 a month",
            by=world.ana,
            at=AT - timedelta(days=days),
        )
    page = sign_in(mia).get("/manage/blocked/")
    rows = page.context["rows"]
    assert [(row.asked.item.title, row.days, row.pending, row.late, bool(row.form)) for row in rows] == [
        ("item 1", 8, True, True, True),
        ("item 2", 1, True, False, True),
    ]
    for words in ("my answer pending", "Ana cannot go on: money is missing.", "500 a month", "8 days"):
        assert words in page.content.decode()
    theirs = sign_in(world.ana).get("/manage/blocked/")
    assert theirs.context["show"] == "all"
    assert b"waits for Mia" in theirs.content
    assert [row.form for row in theirs.context["rows"]] == [None, None]
    act(sign_in(mia), stuck[0], "answer", answer="grant_hours", hours="16")
    assert len(sign_in(mia).get("/manage/blocked/").context["rows"]) == 1
