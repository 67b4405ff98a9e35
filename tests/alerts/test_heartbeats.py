"""Heartbeats by the wire of Healthchecks: what pages, when, and what never does."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts import heartbeat_keys, heartbeats, keys
from alerts.keys import TooManyKeys
from alerts.models import Heartbeat, Ping, RejectedDelivery
from incidents import lifecycle
from incidents.models import Incident, State
from tests.alerts.beating import AT, KEY, make_heartbeat, now, pass_to, ping
from tests.factories import make_service, make_source

pytestmark = pytest.mark.django_db


def incident() -> Incident:
    return Incident.objects.get()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize(
    ("after", "word", "code"),
    [
        ("", "success", None),
        ("/", "success", None),
        ("/0", "success", 0),
        ("/0/", "success", 0),
        ("/start", "start", None),
        ("/start/", "start", None),
        ("/fail", "fail", None),
        ("/fail/", "fail", None),
        ("/log", "log", None),
        ("/log/", "log", None),
        ("/7", "fail", 7),
        ("/255/", "fail", 255),
    ],
)
def test_every_form_of_a_ping(method: str, after: str, word: str, code: int | None) -> None:
    make_heartbeat()
    response = ping(after, method=method)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain")
    assert response.content == (b"" if method == "HEAD" else b"OK")
    said = Ping.objects.get()
    assert (said.word, said.exit_code, said.at) == (word, code, AT)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_say_nothing(method: str) -> None:
    make_heartbeat()
    response = ping(method=method)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")
    assert not Ping.objects.exists()


def test_a_key_that_nobody_has_is_not_found_and_is_listed() -> None:
    make_heartbeat()
    response = ping(key="nobodys-key-0000000001")
    assert (response.status_code, response.content) == (404, b"not found")
    assert RejectedDelivery.objects.get().reason == "unknown_key"


@pytest.mark.parametrize(
    ("after", "words"),
    [("/256", b"invalid url format"), ("/999", b"invalid url format"), ("?rid=nonsense", b"invalid uuid format")],
)
def test_what_healthchecks_refuses_is_refused_in_its_words(after: str, words: bytes) -> None:
    make_heartbeat()
    response = ping(after)
    assert (response.status_code, response.content) == (400, words)
    assert not Ping.objects.exists()


@pytest.mark.parametrize("key", ["%00", "%ED%A0%80", "a" * 5000, "' OR 1=1"])
def test_odd_keys_are_keys_that_nobody_has(key: str) -> None:
    assert ping(key=key).status_code == 404


@pytest.mark.parametrize("data", [b"\x00\xff" * 10, b"\xed\xa0\x80", b"x" * 10_001, b""])
def test_bodies_are_kept_as_they_are_up_to_ten_kilobytes(data: bytes) -> None:
    make_heartbeat()
    assert ping("/log", method="POST", data=data).content == b"OK"
    said = Ping.objects.get()
    assert (bytes(said.content), said.size) == (data[:10_000], len(data))


def test_silence_is_late_first_and_pages_after_the_grace() -> None:
    beat = make_heartbeat()
    pass_to(10_000)
    assert now().state == "new"
    assert not Incident.objects.exists()
    ping()
    assert (now().state, now().expected_at) == ("up", AT + timedelta(hours=1))
    pass_to(59)
    assert now().state == "up"
    pass_to(60)
    assert now().state == "late"
    assert not Incident.objects.exists()
    pass_to(65)
    assert now().state == "down"
    assert incident().title == "No word from Nightly backup"
    assert incident().service == beat.service
    assert incident().page_due_at == AT + timedelta(minutes=65)
    pass_to(5_000)
    assert Incident.objects.count() == 1


def test_one_look_long_after_finds_it_down() -> None:
    make_heartbeat()
    ping()
    pass_to(600)
    assert (now().state, now().down_since) == ("down", AT + timedelta(minutes=65))
    assert incident().alerts.get().starts_at == AT + timedelta(minutes=65)


def test_the_next_ping_resolves() -> None:
    make_heartbeat()
    ping()
    pass_to(65)
    source = incident().alerts.get().source
    assert (source.kind, source.slug, source.service) == ("healthchecks", "heartbeats", None)
    source.resolve_hold = timedelta(0)
    source.save()
    ping(minute=70)
    assert incident().state == State.RESOLVED
    assert (now().state, now().expected_at) == ("up", AT + timedelta(minutes=130))


def test_a_late_one_that_is_heard_is_up_and_paged_nobody() -> None:
    make_heartbeat()
    ping()
    pass_to(62)
    ping(minute=64)
    pass_to(123)
    assert now().state == "up"
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("after", "title"), [("/fail", "Nightly backup failed"), ("/3", "Nightly backup failed with exit code 3")]
)
def test_a_failure_pages_at_once(after: str, title: str) -> None:
    make_heartbeat()
    ping(after, method="POST", data=b"disk full")
    assert now().state == "down"
    assert (incident().title, incident().page_due_at) == (title, AT)
    assert bytes(Ping.objects.get().content) == b"disk full"


def test_a_failure_after_somebody_resolved_the_last_one_is_news() -> None:
    make_heartbeat()
    ping("/fail")
    lifecycle.resolve(incident(), at=AT + timedelta(minutes=1), cause="by hand")
    ping("/fail", minute=1440)
    assert Incident.objects.filter(state=State.TRIAGE).count() == 1
    assert Incident.objects.count() == 2


def test_a_start_without_an_end_pages_after_the_grace() -> None:
    make_heartbeat()
    ping()
    ping("/start", minute=30)
    pass_to(34)
    assert now().state == "up"
    pass_to(35)
    assert (now().state, now().why) == ("down", "unfinished")
    assert incident().title == "Nightly backup started and did not finish"


def test_a_first_start_without_an_end_pages_too() -> None:
    make_heartbeat()
    ping("/start")
    assert now().state == "new"
    pass_to(5)
    assert now().state == "down"


def test_a_run_has_a_duration_and_overlapping_runs_are_told_apart_by_their_ids() -> None:
    make_heartbeat()
    one, two = uuid4(), uuid4()
    ping("/start")
    ping(minute=2)
    ping(f"/start?rid={one}", minute=10)
    ping(f"/start?rid={two}", minute=11)
    ping(f"?rid={one}", minute=12)
    assert now().started_at == AT + timedelta(minutes=11)
    ping(f"/0?rid={two}", minute=14)
    assert now().started_at is None
    took = list(Ping.objects.filter(word="success").order_by("pk").values_list("took", flat=True))
    assert took == [timedelta(minutes=2), timedelta(minutes=2), timedelta(minutes=3)]


def test_a_log_line_changes_nothing_but_is_kept() -> None:
    make_heartbeat()
    ping()
    ping("/log", minute=62, method="POST", data=b"still at it")
    pass_to(65)
    assert now().state == "down"
    assert Ping.objects.count() == 2


def test_nobody_waits_for_a_paused_one_until_it_is_heard() -> None:
    beat = make_heartbeat()
    ping()
    pass_to(65)
    heartbeats.pause(beat, at=AT + timedelta(minutes=66))
    assert not incident().alerts.get().firing
    pass_to(10_000)
    ping("/start", minute=10_000)
    assert now().state == "paused"
    ping(minute=10_001)
    assert now().state == "up"


def test_resumed_it_waits_for_its_first_ping() -> None:
    beat = make_heartbeat()
    ping()
    heartbeats.pause(beat, at=AT)
    heartbeats.resume(beat)
    pass_to(10_000)
    assert now().state == "new"
    heartbeats.resume(beat)
    assert not Incident.objects.exists()


def test_archived_and_revoked_are_gone() -> None:
    beat = make_heartbeat()
    key = beat.keys.get()
    heartbeat_keys.revoke(key, at=AT)
    assert ping().status_code == 410
    fresh = heartbeat_keys.make_key(beat, at=AT)
    assert ping(key=fresh).status_code == 200
    Heartbeat.objects.update(archived_at=AT)
    assert ping(key=fresh).status_code == 410
    pass_to(10_000)
    assert not Incident.objects.exists()


def test_a_key_of_a_source_is_gone_once_it_is_revoked() -> None:
    source = make_source("jobs", kind="healthchecks", key="a-long-random-key-0011", service=make_service("db"))
    make_heartbeat("backup", service=source.service, source=source)
    with time_machine.travel(AT, tick=False):
        assert Client().get("/ping/a-long-random-key-0011/backup").status_code == 200
        assert Client().get("/ping/a-long-random-key-0011/other").status_code == 404
        keys.revoke(source.keys.get(), at=AT)
        assert Client().get("/ping/a-long-random-key-0011/backup").status_code == 410
        assert Client().get("/ping/a-long-random-key-0012/backup").status_code == 404
    found = RejectedDelivery.objects.order_by("pk").values_list("reason", "sentence")
    assert list(found) == [
        ("malformed", "No heartbeat of this source is called other."),
        ("revoked_key", "This key was revoked."),
        ("unknown_key", "No source has this key."),
    ]


def test_two_keys_live_while_one_replaces_the_other() -> None:
    beat = make_heartbeat()
    fresh = heartbeat_keys.make_key(beat, at=AT)
    with pytest.raises(TooManyKeys):
        heartbeat_keys.make_key(beat, at=AT)
    assert ping().status_code == ping(key=fresh, minute=1).status_code == 200
    assert set(beat.keys.values_list("last_used_at", flat=True)) == {AT, AT + timedelta(minutes=1)}


def test_a_ping_is_two_statements() -> None:
    make_heartbeat()
    ping()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        ping(minute=1)
    asked = [one["sql"] for one in seen.captured_queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) == 2, asked


def test_only_the_last_pings_are_kept() -> None:
    make_heartbeat()
    for minute in range(heartbeats.KEPT + 5):
        ping(minute=minute)
    assert Ping.objects.count() == heartbeats.KEPT
    assert Ping.objects.order_by("pk")[0].at == AT + timedelta(minutes=5)


def test_two_heartbeats_of_a_service_are_two_incidents() -> None:
    service = make_service("checkout")
    make_heartbeat(service=service)
    make_heartbeat("report", key="another-ping-key-000001", service=service)
    ping("/fail")
    ping("/fail", key="another-ping-key-000001")
    assert Incident.objects.count() == 2


def genie(name: str = "backup", *, tree: str = "", method: str = "POST", key: str = "a-genie-key-000000001") -> Any:
    with time_machine.travel(AT, tick=False):
        return Client().generic(
            method, f"{tree}/v2/heartbeats/{name}/ping", b"", headers={"Authorization": f"GenieKey {key}"}
        )


@pytest.mark.parametrize("tree", ["/v2", "/jsm/ops/integration/v2", "/jsm/ops/integration", "/jsm/ops/integration/v1"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", ["backup", "backup/", "Nightly%20backup"])
def test_opsgenie_pings_the_same_thing_by_name(tree: str, method: str, name: str) -> None:
    source = make_source("genie", key="a-genie-key-000000001", kind="opsgenie")
    make_heartbeat(source=source)
    response = Client().generic(
        method,
        f"{tree}/heartbeats/{name.rstrip('/')}/ping{'/' if name.endswith('/') else ''}",
        b"",
        headers={"Authorization": "GenieKey a-genie-key-000000001"},
    )
    assert response.status_code == 202, response.content
    assert response.json()["result"] == "PONG - Heartbeat received"
    assert now().state == "up"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_jira_service_management_names_it_behind_the_question_mark(method: str) -> None:
    source = make_source("genie", key="a-genie-key-000000001", kind="opsgenie")
    make_heartbeat(source=source)
    pair = base64.b64encode(b"ana@example.com:a-genie-key-000000001").decode()
    tree, headers = "/jsm/ops/api/cloud-1/v1/teams/team-1/heartbeats/ping", {"Authorization": f"Basic {pair}"}
    for asked, status in (("?name=Nightly%20backup", 202), ("?name=other", 404), ("", 404), ("/?name=%00", 404)):
        assert Client().generic(method, f"{tree}{asked}", b"", headers=headers).status_code == status
    assert now().state == "up"


def test_opsgenie_refusals() -> None:
    make_source("genie", key="a-genie-key-000000001", kind="opsgenie")
    make_heartbeat()
    assert genie().status_code == 404  # it belongs to no source
    assert genie(key="nobodys-key-000000001").status_code == 401
    assert genie(method="PUT").status_code == 405
    assert genie("%00").status_code == 404
    assert now().state == "new"


@pytest.mark.parametrize("after", ["/backup", "/backup/start", "/backup/7/"])
def test_a_sources_key_and_a_name_ping_as_healthchecks_has_it(after: str) -> None:
    make_heartbeat(source=make_source("hc", key="a-source-key-00000001", kind="healthchecks"))
    assert ping(after, key="a-source-key-00000001").content == b"OK"
    assert Ping.objects.count() == 1
    assert ping("/nothing", key="a-source-key-00000001").status_code == 404
    assert ping("/backup", key=KEY).status_code == 404
