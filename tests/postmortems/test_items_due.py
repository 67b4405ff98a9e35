"""Reminders and the return of a risk, by the clock of the owner."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from postmortems import item_due, items
from postmortems.blocked import block
from postmortems.models import Remediation
from teams.models import Notice, User
from tests.clock import work_off
from tests.factories import AT, make_item, make_user

FRIDAY = date(2026, 12, 11)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(person: User) -> list[str]:
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("subject", flat=True))[1:]


@pytest.fixture
def ana(db: None) -> User:
    return make_user("Ana", timezone="Europe/Berlin")


@pytest.fixture
def item(ana: User) -> Remediation:
    return items.accept(make_item(title="Alert on depth", owner=ana, due=FRIDAY, by=ana), by=make_user(), at=AT)


def test_the_owner_is_reminded_before_at_and_after_the_date(item: Remediation, ana: User) -> None:
    instants = ["2026-12-08 08:00", "2026-12-11 08:00", "2026-12-14 08:00", "2026-12-18 08:00"]
    for number, instant in enumerate(instants):
        assert work_off(utc(instant) - timedelta(seconds=1), "items") == 0
        assert work_off(utc(instant), "items") == 1
        assert len(told(ana)) == number + 1
    assert told(ana)[:3] == [
        "Due Fri 11 Dec 2026: Alert on depth",
        "Due Fri 11 Dec 2026: Alert on depth",
        "Was due Fri 11 Dec 2026: Alert on depth",
    ]
    last = Notice.objects.filter(person=ana).latest("pk")
    assert "What is in its way?" in last.body
    assert last.path == item.path
    assert list(item.events.values_list("kind", flat=True))[-1] == "asked_why"
    item.refresh_from_db()
    assert item.look_due_at is None


def test_missed_ones_collapse_into_the_latest(item: Remediation, ana: User) -> None:
    assert work_off(utc("2026-12-30 08:00"), "items") == 1
    assert len(told(ana)) == 1


def test_who_said_what_blocks_is_not_asked_again(item: Remediation, ana: User) -> None:
    block(item, code="vendor", text="They are late", by=ana, at=AT)
    work_off(utc("2026-12-18 08:00"), "items")
    assert Notice.objects.filter(person=ana).latest("pk").body == ""


def test_a_moved_date_moves_the_reminders(item: Remediation, ana: User) -> None:
    items.move_date(item, to=date(2026, 12, 31), reason="Freeze", by=ana, at=AT)
    assert work_off(utc("2026-12-27 08:00"), "items") == 0
    assert work_off(utc("2026-12-28 08:00"), "items") == 1


def test_what_is_done_reminds_nobody(item: Remediation, ana: User) -> None:
    items.done(item, evidence="https://git.example.com/1", by=ana, at=AT)
    assert work_off(utc("2027-06-01 08:00"), "items") == 0


def test_a_risk_returns_when_its_time_is_over(item: Remediation, ana: User) -> None:
    items.accept_risk(item, until=date(2026, 12, 24), by=make_user(), at=AT)
    assert work_off(utc("2026-12-25 07:59"), "items") == 0
    assert work_off(utc("2026-12-25 08:00"), "items") == 1
    item.refresh_from_db()
    assert (item.state, item.risk_name, item.risk_until, item.due) == ("accepted", "", None, FRIDAY)
    assert told(ana)[-1] == "The accepted risk is over: Alert on depth"
    # It is owed again, and late: the reminders go on where they are.
    assert work_off(utc("2026-12-30 08:00"), "items") == 0


def test_a_risk_that_nobody_had_promised_returns_as_a_proposal(ana: User) -> None:
    item = items.accept_risk(make_item(owner=ana), until=date(2026, 12, 24), by=ana, at=AT)
    work_off(utc("2026-12-25 08:00"), "items")
    item.refresh_from_db()
    assert item.state == "proposed"


@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_once() -> None:
    ana = make_user("Ana", timezone="Europe/Berlin")
    item = items.accept(make_item(owner=ana, due=FRIDAY, by=ana), by=make_user(), at=AT)
    at, done = utc("2026-12-08 08:00"), []

    def work() -> None:
        try:
            done.append(item_due.look(item.pk, at))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]
    assert len(told(ana)) == 1
