"""What people and fuzzers send: a clear 4xx with one sentence, or accepted with a mark; no other row touched."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from alerts.models import Alert
from incidents.models import Incident, TimelineEntry
from tests.alerts.posting import AT, KEY, fire, group, make_am, post

pytestmark = pytest.mark.django_db


def labels(**more: Any) -> bytes:
    return json.dumps(group(fire("a") | {"labels": {"alertname": "x", **more}})).encode()


def event(**fields: Any) -> bytes:
    return json.dumps({"title": "x"} | fields).encode()


def times(starts: object) -> bytes:
    alert = fire("a") | {"startsAt": starts, "endsAt": starts}
    return json.dumps(group(alert) | {"title": "x", "starts_at": starts}).encode()


DEEP = b"[" * 1000 + b"]" * 1000
BODIES: dict[str, bytes] = {
    "empty": b"",
    "spaces": b"  \n ",
    "null": b"null",
    "number": b"7",
    "text": b'"x"',
    "list": b"[]",
    "list of lists": b"[[[]]]",
    "object": b"{}",
    "not json": b"{'a': 1}",
    "cut": b'{"version": "4", "alerts": [',
    "no alerts": b'{"version": "4", "alerts": []}',
    "null alerts": b'{"version": "4", "alerts": null}',
    "nul": rb'{"version":"4","title":"a\u0000b","alerts":[{"labels":{"a\u0000":"\u0000"},"fingerprint":"\u0000"}]}',
    "raw nul": b'{"version":"4","title":"a\x00b","alerts":[{"labels":{"a":"\x00"},"status":"firing"}]}',
    "surrogates": rb'{"version":"4","title":"\ud800","alerts":[{"labels":{"a\udc00":"\ud83d"},"status":"firing"}]}',
    "javascript": event(links=["javascript:alert(1)"], url="javascript:x", labels={"a": "b"}),
    "html and templates": labels(a="<script>{{7*7}}</script>{% now %}%s%(x)s"),
    "deep": DEEP,
    "deep in labels": b'{"version":"4","title":"x","alerts":[{"labels":{"a":' + DEEP + b"}}]}",
    "duplicate keys": b'{"version":"4","version":"4","title":"a","title":"b","alerts":[]}',
    "nan": b'{"version":"4","title":NaN,"alerts":[{"labels":{"a":NaN,"b":-Infinity},"status":"firing"}],"truncatedAlerts":NaN}',
    "huge integer": b'{"version":"4","title":' + b"9" * 5000 + b',"alerts":[],"truncatedAlerts":' + b"9" * 5000 + b"}",
    "huge exponent": b'{"version":"4","title":1e999,"alerts":[],"truncatedAlerts":1e999}',
    "gzip": gzip.compress(event()),
    "broken gzip": gzip.compress(event())[:-6],
    "bomb": gzip.compress(b"0" * 60_000_000),
    "bom": b"\xef\xbb\xbf" + event(),
    "utf-16": event().decode().encode("utf-16"),
    "invalid utf-8": b'{"version":"4","title":"\xff\xfe\xfa","alerts":[{"labels":{"a":"\xff"},"status":"firing"}]}',
    "nine digits": times("2026-11-21T01:56:30.294866274Z"),
    "+0000": times("2026-11-21T01:56:30+0000"),
    "epoch ms": times(1795226190000),
    "year 0": times("0000-01-01T00:00:00Z"),
    "year 1": times("0001-01-01T00:00:00Z"),
    "year 2": times("0002-01-01T00:00:00+14:00"),
    "year 9999": times("9999-12-31T23:59:59.999999-12:00"),
    "negative time": times(-(10**30)),
    "a list as time": times([1]),
    "10k labels": labels(**{f"label{number}": "x" for number in range(10_000)}),
    "5 MB in a label": labels(a="x" * 5_000_000),
    "a long fingerprint": json.dumps(group(fire("a") | {"fingerprint": "f" * 10_000})).encode(),
    "a long group": json.dumps(group(fire("a"), groupKey="k" * 9999, groupLabels={"a": "b" * 99_999})).encode(),
    "wrong types": b'{"version":4,"alerts":[{"labels":{"a":[1,{"b":null}]},"annotations":[1],"status":{},"startsAt":{},'
    b'"endsAt":[],"generatorURL":7,"fingerprint":{"a":1}}],"groupLabels":[1],"truncatedAlerts":{},"externalURL":[]}',
    "odd generic": event(labels=[1, None, {"a": 2}], links={"a": 1}, status=[1], severity={"a": 1}, service=[[]]),
    "form": b"title=a&status=%00&labels=%7B%22a%22%3A1%7D",
    "many fields": b"&".join(b"a=%d" % number for number in range(20_000)),
    "binary": bytes(range(256)) * 40,
}
TYPES = (
    "application/json",
    "",
    "text/plain; charset=nonsense",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
)


@pytest.mark.parametrize("kind", ["alertmanager", "generic", "grafana", "zabbix", "cloudevents", "sns"])
@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_sentence_or_accepted(kind: str, name: str) -> None:
    other = make_am(slug="other", key="another-long-random-key", kind=kind)
    post(b'{"version":"4","title":"mine","alerts":[]}', path=f"/api/in/{kind}/another-long-random-key")
    before = list(Alert.objects.filter(source=other).values())
    make_am(kind=kind, service=other.service)
    response = post(BODIES[name], path=f"/api/in/{kind}/{KEY}", content_type=TYPES[len(name + kind) % len(TYPES)])
    answer = response.json()
    if response.status_code == 202:
        assert {"accepted", "incidents"} <= set(answer) <= {"accepted", "incidents", "decisions", "delivery"}
        assert answer["accepted"] >= len(answer["incidents"])
    else:
        assert response.status_code == 400
        assert answer["error"]["message"].endswith(".")
        assert len(answer["error"]["message"]) < 500
        assert b"Traceback" not in response.content
    assert list(Alert.objects.filter(source=other).values()) == before


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("encoding", ["", "gzip", "br, identity", "\x01"])
def test_headers_are_hints(content_type: str, encoding: str) -> None:
    make_am()
    response = post(group(fire("a")), content_type=content_type, headers={"Content-Encoding": encoding})
    assert response.status_code == 202


def test_words_stay_words() -> None:
    make_am()
    post(group(fire("a") | {"annotations": {"summary": "<b>{{7*7}}</b> %(x)s"}}))
    assert Incident.objects.get().title == "<b>{{7*7}}</b> %(x)s"
    assert TimelineEntry.objects.get().data["titles"] == ["<b>{{7*7}}</b> %(x)s"]


def test_the_earliest_times_do_not_date_impact_back_for_ever() -> None:
    make_am()
    post(group(fire("a") | {"startsAt": "0002-01-01T00:00:00Z"}))
    assert Incident.objects.get().impact_started_at == AT


EVENTS = {
    "/v2/enqueue": "pagerduty",
    "/v2/change/enqueue": "pagerduty",
    "/generic/2010-04-15/create_event.json": "pagerduty",
    f"/api/in/pagerduty/{KEY}": "pagerduty",
    f"/api/in/opsgenie/{KEY}": "opsgenie",
    "/v2/alerts": "opsgenie",
    "/jsm/ops/integration/v2/alerts/": "opsgenie",
    "/v2/alerts/a%00b/close": "opsgenie",
    "/v2/alerts/%ED%A0%80/acknowledge?identifierType=%00": "opsgenie",
    f"/v2/alerts/{'9' * 400}/notes?identifierType=tiny": "opsgenie",
    "/v2/alerts/a/b/c/snooze?identifierType=alias": "opsgenie",
    "/v2/alerts/x/tags?identifierType=alias": "opsgenie",
    "/v2/alerts/x/details?identifierType=alias": "opsgenie",
    "/v2/alerts/x/assign?identifierType=alias": "opsgenie",
}
PUTS = ("message", "description", "priority")


@pytest.mark.parametrize("path", sorted(EVENTS))
def test_events_are_taken_or_refused_in_a_sentence(path: str) -> None:
    make_am(kind=EVENTS[path])
    headers = {"X-Routing-Key": KEY, "Authorization": f"GenieKey {KEY}"}
    assert post({"message": "x", "alias": "x"}, path="/v2/alerts", headers=headers).status_code in (202, 400)
    long = path in ("/v2/enqueue", "/v2/alerts")  # the others read with the same eyes
    for name, body in BODIES.items():
        if len(body) > 50_000 and not long:
            continue
        response = post(body, path=path, headers=headers, content_type=TYPES[len(name) % len(TYPES)])
        assert response.status_code in (200, 202, 400), name
        assert b"Traceback" not in response.content


@pytest.mark.parametrize("what", [*PUTS, "", "requests/"])
def test_other_methods_of_events(what: str) -> None:
    make_am(kind="opsgenie")
    headers = {"Authorization": f"GenieKey {KEY}"}
    post({"message": "x", "alias": "x"}, path="/v2/alerts", headers=headers)
    for odd in ("x", "%00", "%FF%FE", "9" * 5000, "00000000-0000-0000-0000-000000000000", "-1", "x/y//z", "%0A"):
        for kind in ("", "id", "alias", "tiny", "%00"):
            if what in PUTS:
                path = f"/v2/alerts/{odd}/{what}?identifierType={kind}"
                for body in (
                    b"",
                    BODIES["wrong types"],
                    BODIES["surrogates"],
                    event(message={}, priority=[], description=7),
                ):
                    assert Client().generic("PUT", path, body, headers=headers).status_code in (202, 400)
            else:
                path = f"/v2/alerts/{what}{odd}?identifierType={kind}&user={odd}"
                assert Client().get(path, headers=headers).status_code in (200, 404)
                assert Client().delete(path, headers=headers).status_code in (202, 405)
                assert Client().get(
                    f"/v2/alerts?query={odd}&sort={kind}&offset={odd}", headers=headers
                ).status_code in (200, 422)
