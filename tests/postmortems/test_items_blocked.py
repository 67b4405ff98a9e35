""" "Cannot go on because ...": who is asked, what may be answered, and who hears of silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from incidents.models import NotAllowed
from postmortems import blocked, items
from postmortems.blocked import answer_block, block
from postmortems.item_door import postmortem_of
from postmortems.models import Remediation
from teams.models import Notice, Team, User
from tests.clock import work_off
from tests.factories import AT, make_incident, make_item, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
THURSDAY = MONDAY + timedelta(days=3)


@pytest.fixture
def ana() -> User:
    return make_user("Ana")


@pytest.fixture
def mia() -> User:
    return make_user("Mia", role="manager")


@pytest.fixture
def dora() -> User:
    return make_user("Dora", role="director")


@pytest.fixture
def team(ana: User, mia: User, dora: User) -> Team:
    return make_team("payments", members=(ana,), manager=mia, director=dora)


@pytest.fixture
def item(ana: User, team: Team) -> Remediation:
    incident = make_incident(service=make_service("checkout", team=team), state="resolved")
    return items.accept(make_item(postmortem_of(incident, AT), "Alert on depth"), by=ana, at=AT)


def told(person: User) -> list[str]:
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("subject", flat=True))


def stuck(item: Remediation, by: User, at: datetime = MONDAY) -> Remediation:
    block(item, code="needs_decision", text="Two designs", unblocks="Pick one", by=by, at=at)
    item.refresh_from_db()
    return item


def test_the_manager_is_asked(item: Remediation, ana: User, mia: User) -> None:
    asked = block(item, code="no_time", text="On call for two weeks", unblocks="A week off call", by=ana, at=MONDAY)
    assert (asked.manager, asked.due_at, asked.answer) == (mia, THURSDAY, "")
    item.refresh_from_db()
    assert item.state == "blocked"
    mail = Notice.objects.get(person=mia)
    assert mail.subject == "Ana cannot go on: Alert on depth"
    assert mail.body == "no time: On call for two weeks\n\nA week off call"
    assert mail.path == f"/manage/blocked/#item-{item.pk}"


def test_a_team_without_a_manager_asks_who_answers_for_it(item: Remediation, ana: User, mia: User, team: Team) -> None:
    ada = make_user("Ada", role="admin")
    mia.is_active = False
    mia.save()
    assert block(item, code="vendor", text="No reply", by=ana, at=MONDAY).manager == ada


@pytest.mark.parametrize(
    ("answer", "words"),
    [("grant_hours", {"hours": 16, "text": "Next week is yours."}), ("decide", {"text": "The first design."})],
)
def test_an_answer_lets_it_go_on(answer: str, words: dict[str, Any], item: Remediation, ana: User, mia: User) -> None:
    stuck(item, ana)
    item = answer_block(item, answer=answer, by=mia, at=THURSDAY, **words)
    asked = item.blocks.get()
    assert (item.state, asked.answer, asked.answered_by, asked.ended_at) == ("in_progress", answer, mia, THURSDAY)
    assert told(ana)[-1].endswith(": Alert on depth")
    assert work_off(THURSDAY + timedelta(days=9), "unblocks") == 0


def test_reassigned(item: Remediation, ana: User, mia: User) -> None:
    bob = make_user("Bob")
    item = answer_block(stuck(item, ana), answer="reassign", owner=bob, by=mia, at=MONDAY)
    assert (item.owner, item.state) == (bob, "in_progress")
    assert told(bob) == ["Yours now: Alert on depth"]


def test_bringing_a_team_asks_its_manager_and_the_item_waits_on(item: Remediation, ana: User, mia: User) -> None:
    tom = make_user("Tom", role="manager")
    other = make_team("network", manager=tom)
    item = answer_block(stuck(item, ana), answer="bring_team", team=other, text="Please open it", by=mia, at=MONDAY)
    first, second = item.blocks.all()
    assert (item.state, first.answer, first.ended_at) == ("blocked", "bring_team", MONDAY)
    assert (second.manager, second.code, second.unblocks, second.ended_at) == (tom, "other_team", "Pick one", None)
    assert told(tom) == ["Mia cannot go on: Alert on depth"]


def test_accepting_the_risk_ends_it(item: Remediation, ana: User, mia: User) -> None:
    item = answer_block(stuck(item, ana), answer="accept_risk", until=date(2026, 12, 24), by=mia, at=MONDAY)
    assert (item.state, item.risk_name, item.blocks.filter(ended_at=None).count()) == ("risk_accepted", "Mia", 0)


@pytest.mark.parametrize(
    ("answer", "words", "field"),
    [
        ("grant_hours", {}, "hours"),
        ("grant_hours", {"hours": -1}, "hours"),
        ("decide", {"text": " "}, "text"),
        ("reassign", {}, "owner"),
        ("bring_team", {}, "team"),
        ("accept_risk", {}, "until"),
        ("accept_risk", {"until": date(2027, 6, 1)}, "until"),
    ],
)
def test_an_answer_that_lacks_something_changes_nothing(
    answer: str, words: dict[str, Any], field: str, item: Remediation, ana: User, mia: User
) -> None:
    stuck(item, ana)
    with pytest.raises(NotAllowed) as refused:
        answer_block(item, answer=answer, by=mia, at=MONDAY, **words)
    assert refused.value.fields.keys() == {field}
    item.refresh_from_db()
    assert (item.state, item.blocks.get().answer) == ("blocked", "")


def test_the_second_answer_hears_who_was_first(item: Remediation, ana: User, mia: User, dora: User) -> None:
    answer_block(stuck(item, ana), answer="decide", text="The first.", by=mia, at=MONDAY)
    with pytest.raises(NotAllowed, match="Mia answered already: decide") as refused:
        answer_block(item, answer="decide", text="The second.", by=dora, at=MONDAY)
    assert refused.value.lost_race


def test_nobody_asked_nothing_to_answer(item: Remediation, mia: User) -> None:
    with pytest.raises(NotAllowed, match="Nobody waits") as refused:
        answer_block(item, answer="decide", text="x", by=mia, at=MONDAY)
    assert not refused.value.lost_race


def test_the_director_hears_after_three_working_days_once(item: Remediation, ana: User, dora: User) -> None:
    stuck(item, ana)
    assert work_off(THURSDAY - timedelta(microseconds=1), "unblocks") == 0
    assert work_off(THURSDAY, "unblocks") == 1
    assert told(dora) == ["No answer for three working days: Alert on depth"]
    assert work_off(THURSDAY + timedelta(days=30), "unblocks") == 0
    assert not blocked.tell_director(item.blocks.get().pk, THURSDAY)
    assert item.blocks.get().escalated_at == THURSDAY


def test_what_goes_on_again_asks_nobody(item: Remediation, ana: User) -> None:
    items.start(stuck(item, ana), by=ana, at=MONDAY)
    assert work_off(THURSDAY, "unblocks") == 0
    assert item.blocks.get().ended_at == MONDAY
