"""Sequences of events in any order, doubled; and bodies that nobody means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.models import Alert, Episode, Source
from alerts.payloads import Malformed, Parsed
from alerts.payloads.opsgenie import read_opsgenie
from alerts.payloads.pagerduty import read_change, read_pagerduty, read_version_1
from alerts.payloads.reading import Reading, read_value
from incidents.models import OPEN, Incident
from tests.alerts.posting import KEY, fire, group, minutes, post
from tests.factories import make_service, make_source

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    (
        "event_action",
        "event_type",
        "dedup_key",
        "incident_key",
        "description",
        "details",
        "contexts",
        "payload",
        "images",
    )
    + ("links", "client", "client_url", "message", "alias", "tags", "responders", "priority", "entity", "note", "user")
    + ("service_key", "teams")
)
WORDS = st.sampled_from(("trigger", "acknowledge", "resolve", "P1", "critical", "", "http://a.example", "javascript:x"))
FIELDS = ("summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details")
PAYLOAD = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, WORDS | VALUES))
BODIES = st.dictionaries(st.sampled_from(NAMES), WORDS | VALUES | PAYLOAD | st.lists(PAYLOAD, max_size=2), max_size=10)


def _is_a_sentence(error: Malformed) -> None:
    assert str(error).endswith(".")


@given(BODIES)
@example({"event_action": "trigger", "payload": {"summary": "x" * 1024, "source": "a", "severity": "info"}})
def test_readers_read_or_say_why(body: dict[str, Any]) -> None:
    for read in (read_pagerduty, read_version_1, read_opsgenie):
        try:
            parsed: Parsed = read(Reading(body))
        except Malformed as error:
            _is_a_sentence(error)
        else:
            (one,) = (*parsed.alerts, *parsed.acks)
            assert one.event
            assert one.title
            assert 0 < len(one.fingerprint) <= 128
            assert all(url.startswith(("http://", "https://")) for _label, url in one.links)
            assert all(isinstance(text, str) for text in (*one.labels.values(), *one.annotations.values()))
    try:
        read_change(Reading(body))
    except Malformed as error:
        _is_a_sentence(error)


@given(st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_pagerduty, read_version_1, read_opsgenie, read_change):
        try:
            read(read_value(body))
        except Malformed as error:
            _is_a_sentence(error)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(("trigger", "acknowledge", "resolve")), st.sampled_from("ab")), max_size=9))
def test_the_last_word_counts_and_twice_is_once(told: list[tuple[str, str]]) -> None:
    """PagerDuty's events have no time of their own, so their order is the order in which they come; doubled is once."""
    once, twice = _stands(told, 1), _stands(told, 2)
    assert once == twice
    fires = {key: action != "resolve" for action, key in told if action != "acknowledge"}
    first = {key: next((action for action, other in told if other == key), "") for key in "ab"}
    for key in "ab":
        expected = any(action == "trigger" for action, other in told if other == key) and fires.get(key, False)
        assert once[key][0] == expected, (told, first)


def _stands(told: list[tuple[str, str]], times: int) -> dict[str, tuple[bool, bool, int]]:
    """Key -> whether it fires, whether its incident is held, and how many incidents it had; of a source of its own."""
    number = make_source(kind="pagerduty").pk
    secret = f"{KEY}-{number}"
    source = make_source(f"pd-{number}", kind="pagerduty", key=secret, service=make_service())
    for step, (action, key) in enumerate(told):
        payload = {"summary": "x", "source": "s", "severity": "critical"}
        body = {"routing_key": secret, "event_action": action, "dedup_key": key, "payload": payload}
        for _again in range(times):
            assert post(body, path="/v2/enqueue", at=minutes(step)).status_code == 202
    of_source = Episode.objects.filter(alert__source=source)
    found = {}
    for key in "ab":
        mine = of_source.filter(alert__fingerprint=key)
        firing = Alert.objects.filter(source=source, fingerprint=key, firing=True).exists()
        assert mine.filter(closed_at=None).exists() == firing
        live = Incident.objects.filter(pk__in=mine.values("incident"), state__in=OPEN)
        assert live.count() == firing
        found[key] = (firing, any(one.is_held for one in live), mine.count())
    return found


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What happens to two keys, in two orders: each key's own events stay in theirs, and any of them may come twice."""
    happened = {key: draw(st.lists(st.sampled_from(("fire", "ack", "end")), max_size=4)) for key in "ab"}

    def told() -> list[tuple[str, str]]:
        left = {key: list(events) for key, events in happened.items()}
        order: list[tuple[str, str]] = []
        while any(left.values()):
            key = draw(st.sampled_from([one for one, events in left.items() if events]))
            event = left[key].pop(0)
            order += [(event, key)] * draw(st.integers(1, 2))
        return order

    return told(), told()


Tell = Callable[[str, str, str, int], None]
"""Posts an event of a key with a source's secret, at a step."""


def tell_pagerduty(secret: str, event: str, key: str, step: int) -> None:
    action = {"fire": "trigger", "ack": "acknowledge", "end": "resolve"}[event]
    payload = {"summary": "x", "source": "s", "severity": "critical"}
    body = {"routing_key": secret, "event_action": action, "dedup_key": key, "payload": payload}
    assert post(body, path="/v2/enqueue", at=minutes(step)).status_code == 202


def tell_opsgenie(secret: str, event: str, key: str, step: int) -> None:
    act = {"fire": "", "ack": f"/{key}/acknowledge", "end": f"/{key}/close"}[event]
    body = {} if act else {"message": "x", "alias": key, "priority": "P1"}
    path = f"/v2/alerts{act}{'?identifierType=alias' if act else ''}"
    assert post(body, path=path, at=minutes(step), headers={"Authorization": f"GenieKey {secret}"}).status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "tell"), [("pagerduty", tell_pagerduty), ("opsgenie", tell_opsgenie)])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=rounds())
def test_shuffled_and_doubled_events_end_alike(
    kind: str, tell: Tell, orders: tuple[list[tuple[str, str]], list[tuple[str, str]]]
) -> None:
    """Events have no time, so only those of one key have an order: whatever comes between them, the end is the same."""
    first, second = (_after(kind, tell, order) for order in orders)
    assert first == second


def _after(kind: str, tell: Tell, order: list[tuple[str, str]]) -> dict[str, list[tuple[str, bool, bool]]]:
    """Key -> the state of each of its incidents, whether it is held, and whether its alert fires; of a fresh source."""
    secret = f"{KEY}-{make_source().pk}"
    source = make_source(kind=kind, key=secret, service=make_service())
    for step, (event, key) in enumerate(order):
        tell(secret, event, key, step)
    return state_of(source, "ab")


def state_of(source: Source, names: Iterable[str]) -> dict[str, list[tuple[str, bool, bool]]]:
    """What stands in the end: for each alert its incidents' states, holders, and whether it fires in them."""
    found = {}
    for name in names:
        mine = Episode.objects.filter(alert__source=source, alert__fingerprint=name).select_related("incident")
        told = [(one.incident, one.closed_at is None) for one in mine.order_by("starts_at", "pk")]
        found[name] = [(str(one.state), one.is_held, fires) for one, fires in told if one]
        firing = Alert.objects.filter(source=source, fingerprint=name, firing=True).exists()
        assert firing == any(fires for _one, fires in told)
    return found


ALERTMANAGER = [
    group(fire("a")),
    group(fire("a"), fire("b", starts=minutes(2))),
    group(fire("a", ends=minutes(3)), fire("b", starts=minutes(2))),
    group(fire("b", starts=minutes(2), ends=minutes(5)), status="resolved"),
    group(fire("a", starts=minutes(8))),
    group(fire("a", starts=minutes(8), ends=minutes(9)), fire("c", starts=minutes(9))),
]
"""Two episodes of a, one of b, and c fires in the end."""


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_late_copies_of_alertmanagers_deliveries_change_nothing(copies: list[tuple[int, int]]) -> None:
    """Any delivery may come again, at any later moment and in any order: after it comes the one of the pair, or a retry."""
    sent = [[body] for body in ALERTMANAGER]
    for which, after in copies:
        sent[max(which, after)].append(ALERTMANAGER[which])
    assert _heard([body for bodies in sent for body in bodies]) == _heard(ALERTMANAGER)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]))
def test_alertmanagers_deliveries_in_any_order_converge_with_the_last_word(order: list[int]) -> None:
    """Shuffled and doubled; what Alertmanager then repeats of how things stand makes the firing set what it is."""
    bodies = [ALERTMANAGER[number] for number in order]
    last = group(fire("a", starts=minutes(8), ends=minutes(9)), fire("c", starts=minutes(9)))
    ends = group(fire("a", ends=minutes(3)), fire("b", starts=minutes(2), ends=minutes(5)))
    firing = {name: any(fires for *_rest, fires in spans) for name, spans in _heard([*bodies, ends, last]).items()}
    assert firing == {"fp-a": False, "fp-b": False, "fp-c": True}


def _heard(bodies: list[dict[str, Any]]) -> dict[str, list[tuple[str, bool, bool]]]:
    """What a fresh source stands at after these deliveries, one each minute from the tenth on."""
    secret = f"{KEY}-{make_source().pk}"
    source = make_source(key=secret, service=make_service(), resolve_hold=timedelta(0))
    for step, body in enumerate(bodies):
        response = post(body, path=f"/api/in/alertmanager/{secret}", at=minutes(10 + step))
        assert response.status_code == 202
    return state_of(source, ("fp-a", "fp-b", "fp-c"))
