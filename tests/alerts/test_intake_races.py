"""Several deliveries at the same instant, and in any order: one story comes out."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from alerts.models import Alert, Body, Episode
from incidents.models import Incident, Kind, State, TimelineEntry
from tests.alerts.posting import KEY, accepted, captured, fire, group, make_am, minutes, recorded, statuses
from tests.threads import together

PATH = f"/api/in/alertmanager/{KEY}"


def poster(body: dict[str, Any]) -> Callable[[], int]:
    data = json.dumps(body).encode()

    def go() -> int:
        return int(Client().post(PATH, data, content_type="application/json").status_code)

    return go


@pytest.mark.django_db(transaction=True)
def test_a_pair_posts_the_same_group_at_the_same_time() -> None:
    make_am()
    for step in (1, 2, 3):
        body = captured(step)
        works = [poster(body | {"externalURL": f"http://am{number}:9093"}) for number in range(4)]
        assert together(*works) == [202] * 4
        assert Incident.objects.count() == 1
    assert Alert.objects.count() == Episode.objects.count() == 2
    incident = Incident.objects.get()
    assert incident.state == State.RESOLVED
    assert incident.reopened == 0
    assert TimelineEntry.objects.filter(kind=Kind.OPENED).count() == 1
    assert Body.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_overlapping_groups_in_opposite_orders_do_not_deadlock() -> None:
    make_am(grouping="none")
    names = [f"n{number}" for number in range(30)]
    for round_ in range(5):
        bodies = []
        for seed in range(4):
            chosen = random.Random(seed + round_ * 10).sample(names, 20)
            bodies.append(group(*[fire(name, starts=minutes(round_)) for name in chosen], groupLabels={"s": str(seed)}))
        assert together(*[poster(body) for body in bodies]) == [202] * 4
    # each alert fires once and lives in one incident that is open
    assert Episode.objects.filter(closed_at=None).count() == Alert.objects.count()
    assert not Episode.objects.filter(closed_at=None).exclude(incident__state="triage").exists()


@pytest.mark.django_db(transaction=True)
def test_one_alert_under_two_group_keys_at_once() -> None:
    make_am()
    bodies = [group(fire("a"), groupLabels={"by": str(number)}) for number in range(4)]
    assert together(*[poster(body) for body in bodies]) == [202] * 4
    assert Alert.objects.count() == Episode.objects.count() == 1
    assert Incident.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_recorded_pair_converges() -> None:
    make_am()
    for number, body in enumerate(recorded("13-ha-two-instances.json")):
        accepted(body, at=minutes(number / 10))
    groups = {json.dumps(body["groupLabels"], sort_keys=True) for body in recorded("13-ha-two-instances.json")}
    assert Incident.objects.count() == len(groups)
    assert not Incident.objects.exclude(reopened=0).exists()
    assert TimelineEntry.objects.filter(kind=Kind.OPENED).count() == len(groups)


def _episodes_story() -> Iterator[dict[str, Any]]:
    for step in (1, 2, 3):
        yield captured(step)


@pytest.mark.django_db
def test_doubled_deliveries_come_to_the_same() -> None:
    make_am()
    for number, body in enumerate(itertools.chain.from_iterable((b, b) for b in _episodes_story())):
        accepted(body, at=minutes(number / 60))
    assert set(statuses().values()) == {"resolved"}
    assert Incident.objects.get().reopened == 0


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(10))
def test_late_second_copies_come_to_the_same(seed: int) -> None:
    """Each body comes once in order; its second copies come any time later, in any order."""
    make_am()
    story = list(_episodes_story())
    order = list(range(len(story)))
    copies = random.Random(seed)
    for number in range(len(story)):
        order.insert(copies.randint(order.index(number) + 1, len(order)), number)
    for minute, number in enumerate(order):
        accepted(story[number] | {"externalURL": f"http://am{minute}:9093"}, at=minutes(minute))
    assert set(statuses().values()) == {"resolved"}
    incident = Incident.objects.get()
    assert (incident.state, incident.reopened) == (State.RESOLVED, 0)


@pytest.mark.django_db(transaction=True)
def test_the_server_ending_our_connection_is_503_and_the_next_one_is_in() -> None:
    make_am()
    accepted(group(fire("a")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    together(end)
    response = Client().post(PATH, json.dumps(group(fire("b"))), content_type="application/json")
    assert response.status_code == 503
    connection.close()
    accepted(group(fire("b")))
    assert set(statuses()) == {"fp-a", "fp-b"}
