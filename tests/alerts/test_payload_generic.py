"""Generic JSON and forms."""

import json
from datetime import UTC, datetime

import pytest

from alerts.payloads import IncomingAlert, Malformed, Mark, parse


def one(event: object, slug: str = "cron") -> IncomingAlert:
    (alert,) = parse("generic", json.dumps(event).encode(), source_name=slug).alerts
    return alert


def test_the_whole_format() -> None:
    alert = one(
        {
            "title": "Disk full",
            "dedup_key": "disk/a",
            "status": "firing",
            "severity": "critical",
            "description": "92 %",
            "links": [{"href": "https://x.example/d", "text": "Dashboard"}, "javascript:alert(1)", "http://y.example"],
            "labels": {"host": "a", "disk": 3},
            "service": "checkout",
            "timestamp": 1795226190,
        }
    )
    assert (alert.title, alert.dedup_key, alert.fingerprint) == ("Disk full", "disk/a", "disk/a")
    assert (alert.resolved, alert.severity, alert.description) == (False, "critical", "92 %")
    assert alert.labels == {"host": "a", "disk": "3", "severity": "critical", "service": "checkout"}
    assert alert.links == (("Dashboard", "https://x.example/d"), ("Link", "http://y.example"))
    assert alert.starts_at == datetime(2026, 11, 21, 1, 56, 30, tzinfo=UTC)
    assert alert.raw_starts_at == "1795226190"
    assert alert.marks == (Mark.LINK_DROPPED,)


def test_own_labels_win_over_fields() -> None:
    alert = one({"title": "x", "severity": "info", "labels": {"severity": "critical"}})
    assert alert.labels["severity"] == "critical"


def test_a_list_and_a_tree_of_events() -> None:
    events = [{"title": "a"}, {"title": "b", "status": "resolved"}]
    for body in (events, {"alerts": events}):
        alerts = parse("generic", json.dumps(body).encode()).alerts
        assert [(a.title, a.resolved) for a in alerts] == [("a", False), ("b", True)]
    assert parse("generic", b"[]").alerts == ()
    assert parse("generic", b'{"alerts": []}').alerts == ()


@pytest.mark.parametrize(
    ("status", "resolved"),
    [(None, False), ("firing", False), ("resolved", True), ("Ok", True), ("not ok", False), ("unresolved", False)]
    + [("closed", True), ("disclosed", False), ("critical", False), ("up", True), ("upgrade", False), (0, False)],
)
def test_status_by_exact_words(status: object, resolved: bool) -> None:
    assert one({"title": "x", "status": status}).resolved is resolved


def test_an_unknown_status_fires_with_a_mark() -> None:
    assert Mark.STATUS_UNKNOWN in one({"title": "x", "dedup_key": "k", "status": "resolved?"}).marks


@pytest.mark.parametrize("word", ["ack", "acknowledged", "Acknowledge"])
def test_an_acknowledgement_is_no_alert(word: str) -> None:
    parsed = parse("generic", json.dumps({"dedup_key": "k", "status": word}).encode())
    assert parsed.alerts == ()
    assert [ack.fingerprint for ack in parsed.acks] == ["k"]


def test_version_title_message_type() -> None:
    event = {"version": "1.0", "title": "Backup", "message": "done in 3 s", "type": "success"}
    assert one(event).resolved
    failed = one(event | {"type": "error"})
    assert (failed.resolved, failed.severity, failed.description) == (False, "error", "done in 3 s")
    assert failed.fingerprint == one(event).fingerprint  # so that success closes what error opened
    assert not one(event | {"status": "firing"}).resolved  # the status says more than the type


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "", "application/json"])
def test_forms(content_type: str) -> None:
    body = b"title=Disk+full&status=resolved&dedup_key=k%2F1&labels=%7B%22host%22%3A%22a%22%7D"
    (alert,) = parse("generic", body, content_type).alerts
    assert (alert.title, alert.resolved, alert.dedup_key) == ("Disk full", True, "k/1")
    assert alert.labels == {"host": "a"}


def test_a_form_with_one_payload() -> None:
    (alert,) = parse("generic", b"payload=%7B%22title%22%3A%22Hi%22%7D", "application/x-www-form-urlencoded").alerts
    assert alert.title == "Hi"


@pytest.mark.parametrize(
    "event", [{}, {"foo": 1}, 7, "disk full", None, [1], {"event": {"a": 1}}, {"status": "resolved"}]
)
def test_what_maps_to_nothing_is_an_unmapped_alert(event: object) -> None:
    alert = one(event)
    assert alert.unmapped
    assert alert.title == "Unmapped event from cron"
    assert not alert.resolved
    assert alert.fingerprint


def test_unmapped_events_of_one_shape_are_one_alert() -> None:
    assert one({"foo": 1}).fingerprint == one({"foo": 2}).fingerprint != one({"bar": 1}).fingerprint


@pytest.mark.parametrize(
    "bad", [b"", b"hello", b"{", b"a b=c", b"<a b='c'/>", b"\x00", b"--x\r\nContent-Disposition: a=b"]
)
def test_what_does_not_parse_is_refused(bad: bytes) -> None:
    with pytest.raises(Malformed):
        parse("generic", bad)


def test_alertmanager_like_entries() -> None:
    parsed = parse(
        "generic",
        json.dumps(
            {
                "alerts": [
                    {
                        "status": "resolved",
                        "labels": {"alertname": "Down", "instance": "a"},
                        "annotations": {"summary": "a is down"},
                        "startsAt": "2026-11-21T01:56:30Z",
                        "endsAt": "0001-01-01T00:00:00Z",
                    }
                ]
            }
        ).encode(),
    )
    alert = parsed.alerts[0]
    assert (alert.title, alert.resolved, alert.ends_at) == ("a is down", True, None)


def test_times_that_cannot_be_read_leave_a_mark_once() -> None:
    alert = one({"title": "x", "dedup_key": "k", "starts_at": "soon", "ends_at": "later"})
    assert alert.starts_at is None
    assert alert.raw_starts_at == "soon"
    assert alert.marks == (Mark.TIME_UNREADABLE,)


def test_odd_labels_and_links() -> None:
    alert = one(
        {"title": "x", "labels": ["a=1", "b", 3], "links": {"Docs": "https://d.example"}, "url": "https://u.example"}
    )
    assert alert.labels == {"a": "1", "b": "", "3": ""}
    assert alert.links == (("Link", "https://u.example"), ("Docs", "https://d.example"))
