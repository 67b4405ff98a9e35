"""The dead man's switch: the call leaves only after a page came all the way, and nobody sees that page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import Error as DatabaseError
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from foundation.models import Process
from incidents import lifecycle
from incidents.lifecycle import Opening
from incidents.models import Incident, TimelineEntry
from paging import heartbeat, indicators
from paging.models import Delivery, Escalation, Page
from teams.models import Notice, Role, User
from tests.clock import work_off
from tests.factories import AT, make_incident, make_method, make_user

pytestmark = pytest.mark.django_db


class Ear(ThreadingHTTPServer):
    """Whatever stands at HEARTBEAT_URL."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Call)


class Call(BaseHTTPRequestHandler):
    """Keeps every call."""

    server: Ear

    def do_GET(self) -> None:
        """Take it."""
        self.server.heard.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Nothing."""


@pytest.fixture
def ear(settings: Settings) -> Iterator[Ear]:
    """Listening on loopback."""
    with Ear() as there:
        thread = threading.Thread(target=there.serve_forever, daemon=True)
        thread.start()
        settings.HEARTBEAT_URL = f"http://127.0.0.1:{there.server_address[1]}/ping"
        yield there
        there.shutdown()
        thread.join()


@pytest.fixture
def at(ear: Ear) -> datetime:
    """This instant, with a dispatcher heard."""
    instant = timezone.now()
    Process.objects.create(name="d", role="dispatch", started_at=instant, beat_at=instant)
    return instant


def test_the_call_leaves_when_the_page_came_and_not_before(ear: Ear, at: datetime) -> None:
    assert heartbeat.beat(at) is True
    assert ear.heard == []
    assert work_off(at, "sending") == 1
    assert ear.heard == ["/ping"]
    assert heartbeat.last(at) is not None


def test_nothing_is_left_and_no_number_is_burnt(ear: Ear, at: datetime) -> None:
    make_method(make_user("Root", role=Role.ADMIN))
    before = make_incident().pk
    lifecycle.resolve(Incident.objects.get(pk=before), at=AT)
    told = TimelineEntry.objects.count()
    for minute in range(3):
        heartbeat.beat(at + timedelta(minutes=minute))
        heartbeat.rehearse(at)
    assert make_incident().pk == before + 1
    assert TimelineEntry.objects.count() == told + 1
    assert not Escalation.objects.exists()
    assert not Notice.objects.exists()
    assert not Page.objects.filter(incident__isnull=False).exists()
    assert [person.email for person in User.objects.all()] == ["root@example.com"]
    assert indicators.windows(at)[0].pages == 0
    assert indicators.media(at) == []


def test_old_ones_go_and_one_is_on_its_way_at_a_time(ear: Ear, at: datetime) -> None:
    heartbeat.page_itself(at)
    heartbeat.page_itself(at)
    assert Delivery.objects.count() == 1
    work_off(at, "sending")
    heartbeat.page_itself(at + timedelta(hours=2))
    assert Page.objects.count() == 1


def test_a_late_page_and_a_refused_call_are_no_sign_of_life(ear: Ear, at: datetime) -> None:
    heartbeat.page_itself(at - timedelta(minutes=2))
    work_off(at, "sending")
    assert ear.heard == []
    ear.status = 500
    heartbeat.page_itself(at)
    work_off(at + timedelta(seconds=1), "sending")
    assert ear.heard == ["/ping"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    assert heartbeat.last(at) is None


def test_no_heartbeat_while_something_real_is_late(ear: Ear, at: datetime) -> None:
    incident = make_incident(at=at)
    Incident.objects.filter(pk=incident.pk).update(page_due_at=at - timedelta(minutes=1))
    assert heartbeat.beat(at) is False
    assert not Page.objects.exists()


REFUSE = """
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no page is written'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON paging_escalation EXECUTE FUNCTION pg_temp.refuse();
"""


def test_a_database_that_takes_no_escalation_stops_the_heartbeat(ear: Ear, at: datetime) -> None:
    make_method(make_user("Root", role=Role.ADMIN))
    with connection.cursor() as cursor:
        cursor.execute(REFUSE)
    with pytest.raises(DatabaseError, match="no page is written"):
        heartbeat.beat(at)
    assert not Page.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_is_never_kept() -> None:
    with pytest.raises(RuntimeError):
        lifecycle.rehearse(Opening("x", None, "critical"), at=AT)
    heartbeat.rehearse(AT)
    assert not Incident.objects.exists()


def test_without_an_address_nothing_runs(settings: Settings) -> None:
    settings.HEARTBEAT_URL = ""
    assert heartbeat.beat(AT) is False
    assert not Page.objects.exists()


def test_the_machine_cannot_be_found(ear: Ear, at: datetime, client: Client) -> None:
    heartbeat.page_itself(at)
    client.force_login(make_user("Root", role=Role.ADMIN))
    assert "sharp-end.invalid" not in client.get("/settings/people/").content.decode()
    assert "No synthetic page" in client.get("/services/pager/").content.decode()
