"""Sequences of events in any order, doubled; and bodies that nobody means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alerts.models import Alert, Episode
from alerts.payloads import Malformed, Parsed
from alerts.payloads.opsgenie import read_opsgenie
from alerts.payloads.pagerduty import read_change, read_pagerduty, read_version_1
from alerts.payloads.reading import Reading, read_value
from incidents.models import OPEN, Incident
from tests.alerts.posting import KEY, minutes, post
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
