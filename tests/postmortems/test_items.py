"""A remediation item from the proposal to the proof, and every way that it can end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from incidents import lifecycle
from incidents.models import NotAllowed
from postmortems import items
from postmortems.item_door import postmortem_of
from postmortems.models import Postmortem, Remediation
from teams.models import Notice, User
from tests.factories import AT, make_incident, make_item, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
EVIDENCE = "https://git.example.com/change/1"


@pytest.fixture
def ana() -> User:
    return make_user("Ana")


@pytest.fixture
def mia() -> User:
    return make_user("Mia", role="manager")


@pytest.fixture
def postmortem(ana: User, mia: User) -> Postmortem:
    service = make_service("checkout", team=make_team("payments", members=(ana,), manager=mia))
    return postmortem_of(make_incident(service=service, state="resolved"), AT)


def history(item: Remediation) -> list[str]:
    return [event.kind for event in item.events.all()]


def told(person: User) -> list[str]:
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("subject", flat=True))


def refused(act: Any, *args: Any, **words: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as found:
        act(*args, **words)
    return found.value


def test_from_the_proposal_to_the_proof(postmortem: Postmortem, ana: User, mia: User) -> None:
    item = items.propose(postmortem, title=" Alert  on depth\n", by=mia, at=AT, owner=ana, done_when="it fired once")
    assert (item.title, item.state, item.due) == ("Alert on depth", "proposed", None)
    assert item.team == postmortem.incident.service.team  # type: ignore[union-attr]
    item = items.accept(item, by=mia, at=AT)
    assert (item.owner, item.due, item.first_due, item.accepted_at) == (ana, date(2026, 12, 21), item.due, AT)
    item = items.start(item, by=ana, at=AT)
    item = items.done(item, evidence=EVIDENCE, by=ana, at=AT + timedelta(days=1))
    assert (item.state, item.evidence, item.look_due_at) == ("done", EVIDENCE, None)
    item = items.verify(item, by=mia, at=AT + timedelta(days=2), proof="It rang on Tuesday.")
    assert (item.state, item.verified_at) == ("verified", AT + timedelta(days=2))
    assert history(item) == ["proposed", "accepted", "in_progress", "done", "verified"]
    assert told(ana) == [
        "Proposed to you: Alert on depth",
        "Yours, due Mon 21 Dec 2026: Alert on depth",
        "Verified: Alert on depth",
    ]
    assert told(mia) == ["Done, to be verified: Alert on depth"]


def test_who_accepts_without_an_owner_owns_it(postmortem: Postmortem, ana: User) -> None:
    assert items.accept(make_item(postmortem), by=ana, at=AT).owner == ana


def test_twice_is_a_lost_race_that_says_who_won(postmortem: Postmortem, ana: User, mia: User) -> None:
    item = make_item(postmortem)
    items.accept(item, by=ana, at=AT)
    late = refused(items.accept, item, by=mia, at=AT)
    assert (late.lost_race, str(late)) == (True, "It is accepted already, by Ana.")
    early = refused(items.verify, item, by=mia, at=AT)
    assert not early.lost_race
    assert "only while it is: done" in str(early)


@pytest.mark.parametrize(
    ("wished", "due", "first", "moves"),
    [("2026-11-30", "2026-11-30", "2026-11-30", 0), ("2027-02-01", "2027-02-01", "2026-12-21", 1)],
)
def test_a_wished_date(wished: str, due: str, first: str, moves: int, postmortem: Postmortem, ana: User) -> None:
    item = items.accept(make_item(postmortem, due=date.fromisoformat(wished)), by=ana, at=AT)
    assert (str(item.due), str(item.first_due), item.moves) == (due, first, moves)


def test_moves_are_counted_and_the_first_date_is_kept(postmortem: Postmortem, ana: User, mia: User) -> None:
    item = items.accept(make_item(postmortem), by=ana, at=AT)
    for day in (date(2027, 1, 5), date(2027, 1, 9), date(2027, 1, 9)):
        item = items.move_date(item, to=day, reason="The vendor is late.", by=ana, at=AT)
    assert (item.due, item.first_due, item.moves) == (date(2027, 1, 9), date(2026, 12, 21), 2)
    assert len(told(mia)) == 2
    assert refused(items.move_date, item, to=date(2027, 2, 1), reason=" ", by=ana, at=AT).fields.keys() == {"reason"}
    for never in (date(2026, 11, 1), date(9999, 12, 31)):
        assert refused(items.move_date, item, to=never, reason="x", by=ana, at=AT).fields.keys() == {"due"}


def test_at_most_five_urgent_items(postmortem: Postmortem, ana: User) -> None:
    urgent = [make_item(postmortem, priority=priority) for priority in ("P0", "P0", "P1", "P1", "P1")]
    normal = make_item(postmortem)
    assert refused(make_item, postmortem, priority="P1").fields.keys() == {"priority"}
    assert refused(items.edit, normal, values={"priority": "P0"}, by=ana, at=AT).fields.keys() == {"priority"}
    items.edit(urgent[0], values={"priority": "P1"}, by=ana, at=AT)  # it was counted already
    items.decline(urgent[0], reason="The queue goes away.", by=ana, at=AT)
    make_item(postmortem, priority="P0")


@pytest.mark.parametrize(
    "evidence",
    ["", " ", "see the wiki", "ftp://x.example.com/", "javascript:alert(1)", "https://" + "x" * 600 + ".com"],
)
def test_done_needs_an_address_that_shows_it(evidence: str, postmortem: Postmortem, ana: User) -> None:
    item = items.accept(make_item(postmortem), by=ana, at=AT)
    assert refused(items.done, item, evidence=evidence, by=ana, at=AT).fields.keys() == {"evidence"}
    item.refresh_from_db()
    assert (item.state, history(item)) == ("accepted", ["proposed", "accepted"])


@pytest.mark.parametrize(("days", "may"), [(None, False), (29, False), (30, True)])
def test_without_done_when_only_silence_proves_it(
    days: int | None, may: bool, postmortem: Postmortem, ana: User
) -> None:
    item = items.accept(make_item(postmortem, done_when=""), by=ana, at=AT)
    item = items.done(item, evidence=EVIDENCE, by=ana, at=AT)
    heard = None if days is None else AT - timedelta(days=days)
    if may:
        assert items.verify(item, by=ana, at=AT, heard_at=heard).state == "verified"
    else:
        assert refused(items.verify, item, by=ana, at=AT, heard_at=heard).fields.keys() == {"done_when"}


def test_declined_says_why(postmortem: Postmortem, ana: User) -> None:
    item = make_item(postmortem)
    assert refused(items.decline, item, reason=" ", by=ana, at=AT).fields.keys() == {"reason"}
    item = items.decline(item, reason="The service goes away in May.", by=ana, at=AT)
    assert (item.state, item.decline_reason) == ("declined", "The service goes away in May.")


@pytest.mark.parametrize(("days", "may"), [(0, False), (1, True), (90, True), (91, False)])
def test_a_risk_is_accepted_for_at_most_90_days(days: int, may: bool, postmortem: Postmortem, mia: User) -> None:
    item, until = make_item(postmortem), AT.date() + timedelta(days=days)
    if not may:
        assert refused(items.accept_risk, item, until=until, by=mia, at=AT).fields.keys() == {"until"}
        return
    item = items.accept_risk(item, until=until, by=mia, at=AT)
    assert (item.state, item.risk_name, item.risk_until) == ("risk_accepted", "Mia", until)


def test_superseded_never_leads_back(postmortem: Postmortem, ana: User) -> None:
    first, second, third = (make_item(postmortem) for _n in range(3))
    items.supersede(first, by_item=second, by=ana, at=AT)
    items.supersede(second, by_item=third, by=ana, at=AT)
    first.refresh_from_db()
    assert refused(items.supersede, third, by_item=first, by=ana, at=AT).fields.keys() == {"item"}


def test_editing_keeps_what_was_before(postmortem: Postmortem, ana: User, mia: User) -> None:
    item = items.accept(make_item(postmortem), by=ana, at=AT)
    item = items.edit(item, values={"title": "Alert earlier", "owner": mia, "priority": "P0"}, by=ana, at=AT)
    assert (item.title, item.owner, item.due, item.first_due) == (
        "Alert earlier", mia, date(2026, 11, 28), date(2026, 12, 21),
    )  # fmt: skip
    edited = item.events.last()
    assert edited is not None
    assert edited.data["owner"] == ["ana@example.com", "mia@example.com"]
    item = items.edit(item, values={"priority": "P3"}, by=ana, at=AT)
    assert item.due == date(2026, 11, 28)  # a later date is a move, with its reason
    assert refused(items.edit, item, values={"owner": None}, by=ana, at=AT).fields.keys() == {"owner"}
    assert refused(items.edit, item, values={"title": "x"}, by=ana, at=AT, version=1).lost_race
    assert items.edit(item, values={"priority": "P3"}, by=ana, at=AT).version == item.version


def test_nobody_who_left_is_given_anything(postmortem: Postmortem, ana: User) -> None:
    gone = make_user("Gone", is_active=False)
    item = make_item(postmortem)
    assert refused(items.accept, item, owner=gone, by=ana, at=AT).fields.keys() == {"owner"}


def test_a_cancelled_incident_teaches_nothing(db: None) -> None:
    cancelled = make_incident()
    lifecycle.cancel(cancelled, by=make_user(), at=AT)
    cancelled.refresh_from_db()
    assert "teaches nothing" in str(refused(postmortem_of, cancelled, AT))
