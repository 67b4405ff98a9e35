"""Alertmanager's webhook, read from recorded deliveries of a real one and from broken ones."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.payloads import Malformed, Mark, Parsed, UnsupportedKind, parse

RECORDED = Path(__file__).parent.parent / "fixtures" / "alertmanager"


def deliveries(name: str) -> list[Parsed]:
    recorded = json.loads((RECORDED / name).read_text())
    return [parse("alertmanager", json.dumps(one["request"]["body"]).encode()) for one in recorded["deliveries"]]


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "Down", "instance": "a"},
        "annotations": {},
        "startsAt": "2026-11-21T01:56:30.294866274Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": "7f40277234eb63d8",
    } | changes


def body(*alerts: Any, **changes: Any) -> bytes:
    whole = {"version": "4", "groupKey": "{}", "status": "firing", "groupLabels": {}, "alerts": list(alerts)}
    return json.dumps(whole | changes).encode()


def read(*alerts: Any, **changes: Any) -> Parsed:
    return parse("alertmanager", body(*alerts, **changes))


def test_group_lifecycle_each_alert_has_its_own_state() -> None:
    states = [[(a.fingerprint[:4], a.resolved) for a in one.alerts] for one in deliveries("01-group-lifecycle.json")]
    assert states == [
        [("7f40", False)],
        [("7f40", False), ("305e", False)],
        [("7f40", True), ("305e", False)],
        [("305e", True)],
    ]


def test_recorded_alert_is_read_whole() -> None:
    alert = deliveries("01-group-lifecycle.json")[2].alerts[0]
    assert alert.title == "Life on a"
    assert alert.description.startswith("µ-test “quotes” <b>& html</b>")
    assert alert.starts_at == datetime(2026, 11, 21, 1, 56, 30, 294866, tzinfo=UTC)
    assert alert.ends_at == datetime(2026, 11, 21, 1, 56, 46, 296435, tzinfo=UTC)
    assert alert.raw_starts_at == "2026-11-21T01:56:30.294866274Z"
    assert alert.severity == "critical"
    assert alert.group_labels == {"alertname": "Life", "cluster": "c1"}
    assert alert.links == (
        ("Runbook", "https://runbooks.example/DiskFull"),
        ("Source", "http://prom.example/graph?g0.expr=up%3D%3D0"),
        ("Alertmanager", "http://am.example:9093"),
    )
    assert alert.marks == ()


def test_truncation_is_told() -> None:
    assert [one.truncated for one in deliveries("02-max-alerts-truncated.json")][:3] == [3, 3, 1]


def test_a_pair_of_alertmanagers_differs_in_its_address_only() -> None:
    by_group: dict[str, set[str]] = {}
    for one in deliveries("13-ha-two-instances.json"):
        by_group.setdefault(one.group_key, set()).add(one.external_url)
        assert all(alert.fingerprint for alert in one.alerts)
    assert max(map(len, by_group.values())) == 2


@pytest.mark.parametrize("step", sorted(RECORDED.glob("captured_*.json")), ids=lambda path: path.stem)
def test_captured_bodies_read_without_a_mark(step: Path) -> None:
    parsed = parse("alertmanager", step.read_bytes())
    assert parsed.alerts
    assert parsed.marks == ()
    assert parsed.receiver == "hook"
    assert all(alert.marks == () for alert in parsed.alerts)


def test_version_3_has_no_fingerprint_and_an_integer_group_key() -> None:
    old = entry()
    del old["fingerprint"]
    parsed = read(old, entry(labels={"instance": "a", "alertname": "Down"}, fingerprint=None), version="3", groupKey=7)
    assert parsed.group_key == "7"
    first, second = parsed.alerts
    assert first.fingerprint == second.fingerprint  # the order of labels does not matter
    assert first.marks == (Mark.FINGERPRINT_MADE,)
    assert read(entry(labels={"alertname": "Down"}, fingerprint="")).alerts[0].fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"[]", "object"),
        (b'"firing"', "object"),
        (b"null", "object"),
        (b"{}", "version"),
        (b'{"alerts": []}', "version"),
        (b'{"version": "4"}', "alerts"),
        (b'{"version": "4", "alerts": {}}', "list"),
        (b'{"version": "4", "alerts": "x"}', "list"),
        (b'{"version": "4", "alerts": [1]}', "Alert 1"),
        (b'{"version": "4", "alerts": [{"status": "firing"}]}', "labels"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<xml/>", "JSON"),
        (b'{"version": "4", "alerts": [', "JSON"),
    ],
)
def test_what_is_no_delivery_is_refused_with_one_sentence(bad: bytes, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse("alertmanager", bad)
    sentence = str(caught.value)
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_body_without_version_that_is_a_generic_event_is_not_lost() -> None:
    parsed = parse("alertmanager", b'{"title": "Disk full", "status": "firing"}', source_name="am")
    assert parsed.alerts[0].title == "Disk full"
    assert Mark.READ_AS_GENERIC in parsed.marks


@pytest.mark.parametrize("none", [[], None])
def test_no_alerts_is_fine(none: object) -> None:
    parsed = read(alerts=none)
    assert parsed.alerts == ()
    assert parsed.bad == 0


def test_a_good_alert_beside_bad_ones_is_kept() -> None:
    parsed = read(3, entry(), {"labels": []}, *["x"] * 50)
    assert [alert.fingerprint for alert in parsed.alerts] == ["7f40277234eb63d8"]
    assert parsed.bad == 52
    assert parsed.bad_reasons[:2] == ("Alert 1 is not an object.", "Alert 3 has no `labels` object.")
    assert len(parsed.bad_reasons) == 10
    assert Mark.BAD_ALERTS in parsed.marks


@pytest.mark.parametrize(
    ("status", "resolved", "marks"),
    [
        ("firing", False, ()),
        ("resolved", True, ()),
        ("RESOLVED ", True, ()),
        ("unresolved", False, (Mark.STATUS_UNKNOWN,)),
        ("not resolved", False, (Mark.STATUS_UNKNOWN,)),
        (None, False, (Mark.STATUS_UNKNOWN,)),
        (["resolved"], False, (Mark.STATUS_UNKNOWN,)),
    ],
)
def test_status_words_are_exact(status: object, resolved: bool, marks: tuple[str, ...]) -> None:
    alert = read(entry(status=status)).alerts[0]
    assert (alert.resolved, alert.marks) == (resolved, marks)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "JaVaScRiPt://x", "data:text/html,x", "/graph", "http://", "//x"]
)
def test_only_web_links_are_kept(url: str) -> None:
    alert = read(entry(generatorURL=url, annotations={"runbook_url": url}), externalURL=url).alerts[0]
    assert alert.links == ()
    assert alert.generator_url == ""
    assert Mark.LINK_DROPPED in alert.marks


@pytest.mark.parametrize(
    ("given", "truncated"),
    [(0, 0), (None, 0), (3, 3), ("4", 4), (True, 1), (-1, 0), ("?", 1), ([], 1), (10**30, 10**9)],
)
def test_truncation_that_cannot_be_read_counts_as_one(given: object, truncated: int) -> None:
    assert read(entry(), truncatedAlerts=given).truncated == truncated


def test_values_of_any_type_become_text() -> None:
    labels = {"a": 1, "b": None, "c": True, "d": {"x": [1]}, "e": 1.5, "f": 10**4000}
    alert = parse(
        "alertmanager", body(entry()).replace(b'"instance"', f'"x": {"9" * 5000}, "instance"'.encode())
    ).alerts[0]
    assert alert.labels["x"] == "9" * 5000
    del labels["f"]
    assert read(entry(labels=labels)).alerts[0].labels == {"a": "1", "b": "", "c": "true", "d": '{"x":[1]}', "e": "1.5"}


def test_newer_and_unknown_fields_are_accepted() -> None:
    parsed = read(entry(silenceURL="x", values={"B": 1}), notification_reason="firing", routeLabels={"a": "b"})
    assert parsed.marks == ()


def test_a_version_that_we_do_not_know_is_read_with_a_mark() -> None:
    parsed = read(entry(), version=5)
    assert len(parsed.alerts) == 1
    assert parsed.marks == (Mark.VERSION_UNKNOWN,)


def test_huge_things_are_kept_whole() -> None:
    many = {f"label{n}": "v" for n in range(10_000)}
    long = "x" * 5_000_000
    parsed = read(
        entry(labels=many),
        entry(labels={"alertname": long}, fingerprint="f" * 2000),
        groupKey="k" * 5000,
        externalURL="http://a/" + "b" * 2048,
    )
    first, second = parsed.alerts
    assert len(first.labels) == 10_000
    assert second.labels["alertname"] == long
    assert len(second.title) <= 200
    assert len(second.fingerprint) <= 128
    assert parsed.group_key == "k" * 5000
    assert len(parsed.external_url) == 2057


def test_markup_stays_text() -> None:
    alert = read(entry(annotations={"summary": "<script>{{7*7}}</script>\n%s \u202e\u0007"})).alerts[0]
    assert alert.title == "<script>{{7*7}}</script> %s"


def test_an_alert_without_labels_has_a_title() -> None:
    assert read(entry(labels={})).alerts[0].title == "Alert 7f40277234eb63d8"


def test_other_kinds_are_refused_clearly() -> None:
    with pytest.raises(UnsupportedKind, match="pigeon"):
        parse("carrier_pigeon", b"{}")
