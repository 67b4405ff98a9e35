"""What the pager measures of itself, by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from desk.pager_health import Check, verdict
from foundation.models import Process
from incidents import lifecycle
from paging import indicators
from paging.models import Delivery, DeliveryAttempt, Page
from tests.clock import work_off
from tests.factories import AT, make_incident, make_method, make_page, make_user
from tests.paging.conftest import World

pytestmark = pytest.mark.django_db
S = timedelta(seconds=1)


def called(at: datetime, *, state: str, after: float | None, kind: str = "email") -> Page:
    """A page of an incident of its own at `at`, tried `after` seconds later."""
    person = make_user()
    page = make_page(person, make_incident(at=at), at=at)
    sent_at = at if state in indicators.SENT else None
    row = Delivery.objects.create(
        page=page, method=make_method(person), kind=kind, state=state, due_at=at, sent_at=sent_at
    )
    if after is not None:
        DeliveryAttempt.objects.create(delivery=row, number=1, started_at=at + after * S)
    return page


def test_nothing_is_known_of_no_pages() -> None:
    day, week = indicators.windows(AT)
    assert (day.pages, day.share, day.accepted, day.half) == (0, None, 0, None)
    assert day == week


def test_first_attempts_within_five_seconds() -> None:
    called(AT - 60 * S, state="sent", after=5)
    called(AT - 60 * S, state="sent", after=5.001)
    called(AT - 60 * S, state="queued", after=None)  # late: it should have been tried by now
    called(AT - 2 * S, state="queued", after=None)  # not yet
    called(AT - 60 * S, state="cancelled", after=None)  # answered first
    called(AT - timedelta(days=2), state="sent", after=1)
    called(AT - timedelta(days=8), state="sent", after=1)
    day, week = indicators.windows(AT)
    assert (day.pages, day.tried, day.early) == (5, 3, 1)
    assert (week.pages, week.tried, week.early) == (6, 4, 2)
    counts, total = indicators.first_attempts(AT)
    assert sum(counts) == 2
    assert total == pytest.approx(10.001)


def test_lost_is_what_failed_on_every_way_and_nobody_answered() -> None:
    called(AT - 60 * S, state="failed", after=1)
    answered = called(AT - 60 * S, state="failed", after=1)
    lifecycle.acknowledge(answered.incident, by=make_user(), at=AT)  # type: ignore[arg-type]
    second = called(AT - 60 * S, state="failed", after=1)
    other = make_method(second.person, slug="other", address="other@example.com")
    Delivery.objects.create(page=second, method=other, kind="email", state="unknown", due_at=AT)
    make_page(make_user(), make_incident(at=AT), at=AT)
    day, _week = indicators.windows(AT)
    assert (day.lost, day.no_way) == (1, 1)
    (mail,) = indicators.media(AT)
    assert (mail.of("failed"), mail.of("unknown"), mail.of(*indicators.SENT)) == ((3, 3), (1, 1), (0, 0))


def test_tests_to_oneself_do_not_count() -> None:
    person = make_user()
    page = make_page(person, at=AT)
    Delivery.objects.create(page=page, method=make_method(person), kind="email", state="failed", due_at=AT)
    assert indicators.windows(AT)[0].pages == 0
    assert indicators.media(AT) == []


def test_from_taken_in_to_the_first_page(world: World) -> None:
    for late in (0, 1, 9):
        world.open()
        work_off(AT + late * S, "paging")
    day, _week = indicators.windows(AT + 60 * S)
    assert (day.accepted, day.half, day.longest) == (3, 1.0, 9.0)


@pytest.mark.parametrize(
    ("known", "well"), [([True, True], True), ([True, None], None), ([None, False], False), ([], None)]
)
def test_unknown_is_never_well(known: list[bool | None], well: bool | None) -> None:
    assert verdict([Check(ok, "") for ok in known]) is well


def test_the_page_asks_the_same_however_much_there_is(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(AT, tick=False)
    client.force_login(make_user("Ana", role="observer"))
    first = client.get("/services/pager/")
    assert "Nothing was sent" in first.content.decode()
    assert first.context["well"] is False
    Process.objects.create(name="dispatch@one", role="dispatch", started_at=AT, beat_at=AT)
    for _number in range(3):
        called(AT - 60 * S, state="sent", after=1)
    with CaptureQueriesContext(connection) as few:
        client.get("/services/pager/")
    for _number in range(5):
        called(AT - 60 * S, state="failed", after=7)
    with django_assert_num_queries(len(few)):
        page = client.get("/services/pager/").content.decode()
    assert "dispatch@one" in page


def test_without_a_dispatcher_no_page_leaves_and_it_is_said_what_to_do(
    client: Client, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(AT, tick=False)
    client.force_login(make_user("Ana", role="observer"))
    silent = AT - timedelta(minutes=10)
    Process.objects.create(name="worker@one", role="worker", started_at=silent, beat_at=silent)
    row = Process.objects.create(name="dispatch@one", role="dispatch", started_at=silent, beat_at=silent)
    dispatcher, worker = client.get("/services/pager/").context["checks"][:2]
    assert "manage.py dispatch" in dispatcher.text
    assert "pages still leave" not in worker.text
    Process.objects.filter(pk=row.pk).update(beat_at=AT)
    assert "pages still leave" in client.get("/services/pager/").context["checks"][1].text


def test_a_chat_that_nobody_asks_is_wrong_only_where_it_is_wanted(
    client: Client, time_machine: TimeMachineFixture, settings: Settings
) -> None:
    time_machine.move_to(AT, tick=False)
    client.force_login(make_user("Ana", role="observer"))

    def said() -> list[tuple[bool | None, str]]:
        checks: list[Check] = client.get("/services/pager/").context["checks"]
        return [(check.ok, check.text.split(":", maxsplit=1)[0]) for check in checks if "Telegram" in check.text]

    assert said() == []
    settings.TELEGRAM_TOKEN = "7:abc"
    assert said() == [(False, "The connection to Telegram is not heard")]
    row = Process.objects.create(name="telegram@one", role="telegram", started_at=AT, beat_at=AT - 120 * S)
    assert said() == [(True, "The connection to Telegram is heard.")]
    Process.objects.filter(pk=row.pk).update(beat_at=AT - 121 * S)
    assert said() == [(False, "The connection to Telegram is not heard")]
    settings.TELEGRAM_WEBHOOK_SECRET = "told-to-call"
    assert said() == []


SCRAPED = ('sharpend_incidents_open{class="critical"} 1.0', 'sharpend_deliveries_24h{kind="email",state="sent"} 1.0')


def test_metrics_answer_this_machine(client: Client, time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(AT, tick=False)
    called(AT - 60 * S, state="sent", after=3)
    answer = client.get("/metrics", REMOTE_ADDR="127.0.0.1")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    for line in SCRAPED:
        assert line in text
    assert 'sharpend_queue_age_seconds{work="paging"} 60.0' in text
    assert 'sharpend_heard_age_seconds{role="dispatch"} +Inf' in text
    assert 'le="2.5"} 0.0' in text
    assert 'le="5.0"} 1.0' in text
    assert "Queue stuck" not in text


@pytest.mark.parametrize(
    "odd", [{"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": ""}, {"headers": {"X-Forwarded-For": "198.51.100.1"}}]
)
def test_metrics_answer_nobody_else(client: Client, odd: dict[str, object]) -> None:
    assert client.get("/metrics", **odd).status_code == 403  # type: ignore[arg-type]


def test_metrics_by_token(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-token"
    for given, status in (("", 401), ("Bearer wrong", 401), ("Bearer a-token", 200)):
        answer = client.get("/metrics", headers={"Authorization": given}, REMOTE_ADDR="192.0.2.1")
        assert answer.status_code == status
    assert client.get("/metrics", REMOTE_ADDR="127.0.0.1").status_code == 401
