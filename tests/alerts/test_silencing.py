"""Silences and maintenance windows: what they keep quiet, until when, and that their end lets the page out."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from alerts import silencing
from alerts.intake import letter_of, receive
from alerts.kinds import read_as
from alerts.models import Silence, Source
from alerts.quieted import kept_by, silence_of
from alerts.routing import Routing
from alerts.silencing import Wish
from incidents import lifecycle
from incidents.models import Incident, Kind, NotAllowed
from paging.escalation import escalate_one
from paging.models import Page
from teams.models import Service, User
from tests.alerts.posting import AT, accepted, fire, group, make_am, minutes, only
from tests.factories import make_service, make_source, make_user
from tests.threads import raised, together

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def am() -> Source:
    """Alertmanager of checkout; its alerts are major unless they say critical."""
    return make_am(
        service=make_service("checkout"),
        class_from={"label": "severity", "map": {"critical": "critical"}, "default": "major"},
    )


@pytest.fixture
def ana() -> User:
    """Who makes the silences."""
    return make_user("Ana")


def wish(**changes: Any) -> Wish:
    """Two hours for instance a, from AT."""
    usual: dict[str, Any] = {
        "kind": Silence.Kind.SILENCE,
        "match": {"instance": "a"},
        "services": [],
        "starts_at": AT,
        "ends_at": AT + 2 * HOUR,
        "reason": "known",
    }
    return Wish(**usual | changes)


def look(at: datetime) -> int:
    """What the dispatcher does; how many silences it looked at."""
    found = silencing.due(at, 10)
    return sum(silencing.look(key, at) for key in found)


def test_a_new_silence_makes_what_is_open_quiet_and_ending_it_pages(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    made = silencing.make(wish(ends_at=minutes(90)), by=ana, at=minutes(1))
    incident = only()
    assert (incident.silenced_until, incident.silenced_because) == (minutes(90), "known")
    assert incident.page_due_at == minutes(90)
    assert silence_of(incident) == made
    assert not escalate_one(incident.pk, minutes(5))
    silencing.end(made, by=ana, at=minutes(6))
    incident = only()
    assert (incident.silenced_until, incident.page_due_at) == (None, minutes(6))
    assert incident.timeline.filter(kind=Kind.QUIET, text="The silence was ended: known").exists()


def test_the_end_of_a_silence_pages_what_still_fires(am: Source, ana: User) -> None:
    silencing.make(wish(ends_at=minutes(30)), by=ana, at=AT)
    accepted(group(fire("a")), at=minutes(1))
    assert not escalate_one(only().pk, minutes(29))
    escalate_one(only().pk, minutes(30))
    assert Page.objects.filter(incident=only()).exists() or only().page_due_at is not None
    assert only().timeline.exclude(kind__in=[Kind.OPENED, Kind.QUIET]).exists()


def test_one_loud_alert_keeps_the_incident_loud(am: Source, ana: User) -> None:
    accepted(group(fire("a"), fire("b")))
    silencing.make(wish(), by=ana, at=minutes(1))
    assert only().silenced_until is None
    silencing.make(wish(match={"instance": "b"}, ends_at=minutes(60)), by=ana, at=minutes(2))
    assert only().silenced_until == minutes(60)  # the first of the two to end


def test_ending_one_of_two_leaves_it_to_the_other(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    short = silencing.make(wish(ends_at=minutes(60)), by=ana, at=minutes(1))
    longer = silencing.make(wish(match={"alertname": "Down"}), by=ana, at=minutes(2))
    assert only().silenced_until == minutes(120)
    silencing.end(longer, by=ana, at=minutes(3))
    assert (only().silenced_until, only().page_due_at, kept_by(only())) == (minutes(60), minutes(60), short.pk)
    silencing.end(short, by=ana, at=minutes(4))
    assert only().page_due_at == minutes(4)


def test_the_end_moves_both_ways(am: Source, ana: User) -> None:
    made = silencing.make(wish(), by=ana, at=AT)
    accepted(group(fire("a")), at=minutes(1))
    silencing.move_end(made, ends_at=minutes(240), at=minutes(2))
    assert (only().silenced_until, only().page_due_at) == (minutes(240), minutes(240))
    silencing.move_end(made, ends_at=minutes(10), at=minutes(3))
    assert (only().silenced_until, only().page_due_at) == (minutes(10), minutes(10))
    with pytest.raises(NotAllowed):
        silencing.move_end(made, ends_at=minutes(30), at=minutes(11))


def test_a_coming_silence_begins_by_itself(am: Source, ana: User) -> None:
    silencing.make(wish(starts_at=minutes(30)), by=ana, at=AT)
    accepted(group(fire("a")), at=minutes(1))
    assert (look(minutes(29)), only().silenced_until) == (0, None)
    assert (look(minutes(30)), only().silenced_until) == (1, minutes(120))
    assert look(minutes(31)) == 0


@pytest.mark.parametrize("how", ["ended", "shortened", "over"])
def test_a_delivery_that_read_a_silence_before_its_end_is_decided_anew(am: Source, ana: User, how: str) -> None:
    made = silencing.make(wish(), by=ana, at=AT)
    parsed = read_as(am.kind, am, json.dumps(group(fire("a"))).encode(), "")
    before = Routing.of(am, minutes(1))
    if how == "ended":
        silencing.end(made, by=ana, at=minutes(1))
    elif how == "shortened":
        silencing.move_end(made, ends_at=minutes(10), at=minutes(1))
    else:
        assert look(minutes(120)) == 1
    receive(am, parsed, letter=letter_of(b"x", parsed, size=1), at=minutes(1), routing=before)
    assert only().silenced_until == (minutes(10) if how == "shortened" else None)
    assert only().page_due_at == (minutes(10) if how == "shortened" else minutes(1))


def test_a_silence_that_is_over_is_looked_at_once(am: Source, ana: User) -> None:
    silencing.make(wish(), by=ana, at=AT)
    ended = silencing.make(wish(reason="other"), by=ana, at=AT)
    silencing.end(ended, by=ana, at=minutes(1))
    assert [look(minutes(n)) for n in (119, 120, 121)] == [0, 1, 0]
    assert not Silence.objects.filter(settled_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_silence_waits_for_the_deliveries_that_read_it(am: Source, ana: User) -> None:
    made = silencing.make(wish(), by=ana, at=AT)
    silenced, ended = threading.Event(), threading.Event()

    def deliver() -> None:
        parsed = read_as(am.kind, am, json.dumps(group(fire("a"))).encode(), "")
        with transaction.atomic():
            receive(am, parsed, letter=letter_of(b"x", parsed, size=1), at=minutes(1))
            silenced.set()
            while not ended.is_set() and not _somebody_waits():
                pass

    def end() -> None:
        assert silenced.wait(20)
        silencing.end(made, by=ana, at=minutes(2))
        ended.set()

    assert raised(together(deliver, end)) == []
    assert (only().silenced_until, only().page_due_at) == (None, minutes(2))


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_critical_one_is_quiet_for_an_hour_at_most_but_in_maintenance(am: Source, ana: User) -> None:
    silencing.make(wish(match={"alertname": "Down"}), by=ana, at=AT)
    accepted(group(fire("a", severity="critical")), at=minutes(1))
    assert only().silenced_until == minutes(61)
    window = wish(kind="maintenance", match={}, services=[am.service], ends_at=minutes(300), reason="new disks")
    silencing.make(window, by=ana, at=minutes(2))
    assert (only().silenced_until, only().silenced_because) == (minutes(300), "new disks")


def test_a_maintenance_window_is_about_its_services_only(am: Source, ana: User) -> None:
    other = make_service("search")
    make_source("am2", key="another-long-random-key-1", service=other)
    silencing.make(wish(kind="maintenance", match={}, services=[am.service]), by=ana, at=AT)
    accepted(group(fire("a")), at=minutes(1))
    accepted(group(fire("a")), at=minutes(1), path="/api/in/alertmanager/another-long-random-key-1")
    quiet = {one.service: one.silenced_until for one in Incident.objects.select_related("service")}
    assert quiet == {am.service: minutes(120), other: None}


def test_who_asked_for_quiet_or_for_a_page_by_hand_is_not_overruled(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    lifecycle.quiet_until(only(), until=minutes(180), because="I look at six", by=ana, at=minutes(1))
    made = silencing.make(wish(), by=ana, at=minutes(2))
    assert (only().silenced_until, kept_by(only())) == (minutes(180), None)
    silencing.end(made, by=ana, at=minutes(3))
    assert only().silenced_until == minutes(180)
    lifecycle.escalate(only(), by=ana, at=minutes(4))
    assert (only().silenced_until, only().page_due_at) == (None, minutes(4))


def test_a_silenced_alert_that_brings_an_incident_back_does_not_page(am: Source, ana: User) -> None:
    accepted(group(fire("a")))
    accepted(group(fire("a", ends=minutes(2))), at=minutes(2))
    assert not only().is_open
    silencing.make(wish(), by=ana, at=minutes(3))
    accepted(group(fire("a", starts=minutes(4))), at=minutes(4))
    assert (only().is_open, only().silenced_until, only().page_due_at) == (True, minutes(120), minutes(120))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"ends_at": AT}, "ends"),
        ({"ends_at": AT + 8 * 24 * HOUR}, "ends"),
        ({"starts_at": AT - HOUR}, "starts"),
        ({"starts_at": AT + 91 * 24 * HOUR, "ends_at": AT + 91 * 24 * HOUR + HOUR}, "starts"),
        ({"match": {}}, "all_of_it"),
        ({"match": {"alertname": "!=Down"}}, "all_of_it"),
        ({"match": {"alertname": "=~("}}, "match"),
        ({"kind": "maintenance", "match": {}}, "services"),
    ],
)
def test_what_is_refused(am: Source, ana: User, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        silencing.make(wish(**changes), by=ana, at=AT)
    assert field in refusal.value.fields
    assert not Silence.objects.exists()


def test_a_day_of_maintenance_at_most(am: Source, ana: User) -> None:
    services: list[Service] = [am.service] if am.service else []
    window = {"kind": "maintenance", "match": {}, "services": services}
    with pytest.raises(NotAllowed):
        silencing.make(wish(**window, ends_at=AT + 25 * HOUR), by=ana, at=AT)
    made = silencing.make(wish(**window, ends_at=AT + 24 * HOUR), by=ana, at=AT)
    with pytest.raises(NotAllowed):
        silencing.move_end(made, ends_at=AT + 25 * HOUR, at=AT)
    assert silencing.move_end(made, ends_at=AT + 40 * HOUR, at=AT + 20 * HOUR).ends_at == AT + 40 * HOUR


def test_all_of_it_by_an_explicit_word_and_twice_is_once(am: Source, ana: User) -> None:
    everything = wish(match={}, all_of_it=True)
    made = silencing.make(everything, by=ana, at=AT)
    assert silencing.make(everything, by=ana, at=minutes(1)) == made
    first = silencing.end(made, by=ana, at=minutes(2)).removed_at
    assert silencing.end(made, by=make_user("Bob"), at=minutes(3)).removed_at == first == minutes(2)
    assert silencing.make(everything, by=ana, at=minutes(4)) != made
