"""Every preset, with bodies as its vendor documents them: what fires opens, what ends resolves the same incident."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alerts.kinds import KINDS, reader_of
from alerts.models import Alert, Body
from alerts.payloads import READERS, Mark
from alerts.payloads.mapping import compile_mapping
from alerts.payloads.presets import NAMES as PRESETS
from alerts.payloads.presets import written
from alerts.sample import send_test_alert
from incidents.models import Incident
from tests.alerts.posting import AT, KEY, make_am, minutes, only, post
from tests.factories import make_user

pytestmark = pytest.mark.django_db
RECORDED = Path(__file__).parent.parent / "fixtures" / "senders"
BY = {"sender": {"login": "octocat", "id": 1}}
OF_OTHERS = {"pagerduty", "opsgenie", "healthchecks", "email"}


@dataclass(frozen=True)
class Case:
    """Two deliveries of one sender about one thing."""

    kind: str
    name: str
    title: str
    severity: str
    labels: dict[str, str]
    content_type: str
    headers: dict[str, str]
    firing: Any
    then: str
    ending: Any

    def send(self, said: Any, **more: Any) -> Any:
        """Post one of them as the sender does."""
        body = said.encode() if isinstance(said, str) else said
        path = f"/api/in/{self.kind}/{KEY}"
        return post(body, path=path, content_type=self.content_type, headers=self.headers, **more)


CASES = [
    Case(path.stem, **case)
    for path in sorted(RECORDED.glob("*.json"))
    for case in json.loads(path.read_text())["cases"]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.name}")
def test_fires_and_ends(case: Case) -> None:
    make_am(kind=case.kind)
    opened = case.send(case.firing)
    assert opened.status_code == 202, opened.content
    incident = only()
    assert opened.json().items() >= {"accepted": 1, "incidents": [incident.number]}.items()
    assert incident.title == case.title
    alert = Alert.objects.get()
    assert alert.labels.get("severity", "") == case.severity
    assert alert.labels.items() >= case.labels.items()
    assert all(link["url"].startswith("http") for link in alert.links)
    marks = Body.objects.get().outcome.get("alert_marks", {})
    assert not {Mark.STATUS_UNKNOWN, Mark.UNMAPPED, Mark.READ_AS_GENERIC, Mark.LINK_DROPPED} & set().union(
        *marks.values()
    )

    ended = case.send(case.ending, at=minutes(5))
    assert ended.json().items() >= {"accepted": 1, "incidents": [incident.number]}.items()
    incident = only()
    assert Alert.objects.get().firing == (case.then == "firing")
    assert incident.is_open == (case.then == "firing")


def test_every_kind_has_a_reader_and_every_preset_a_recording() -> None:
    assert READERS.keys() >= KINDS - OF_OTHERS
    assert {case.kind for case in CASES} == PRESETS & KINDS


@pytest.mark.parametrize("kind", sorted(PRESETS))
def test_presets_compile_and_their_severities_are_ours(kind: str) -> None:
    compile_mapping(written(kind))
    for shape in written(kind):
        severity = shape.get("severity")
        words = severity.get("words", {}) if isinstance(severity, dict) else {}
        assert set(words.values()) <= {"critical", "error", "warning", "info", ""}


@pytest.mark.parametrize("kind", sorted(READERS.keys() & KINDS))
def test_the_test_alert_fires_and_ends_in_every_kind(kind: str) -> None:
    source, ana = make_am(kind=kind), make_user("Ana")
    send_test_alert(source, by=ana, at=AT)
    assert only().is_open
    assert "Test alert" in only().title
    send_test_alert(source, by=ana, at=minutes(1), resolved=True)
    assert not only().is_open


@pytest.mark.parametrize("kind", sorted(PRESETS & KINDS))
def test_what_a_preset_is_not_for_pages_all_the_same(kind: str) -> None:
    make_am(kind=kind)
    response = post({"strange": {"thing": 1}}, path=f"/api/in/{kind}/{KEY}")
    assert response.status_code == (400 if kind == "grafana" else 202)
    if kind != "grafana":
        assert only().title == "Unmapped event from am"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("github", {"action": "requested", "workflow_run": {"name": "Build", "event": "push"}}),
        ("github", {"zen": "Speak like a human.", "hook_id": 1}),
        ("github", {"action": "completed", "workflow_run": {"event": "pull_request", "conclusion": "failure"}}),
        ("github", {"ref": "refs/heads/main", "commits": [{"id": "1"}], "repository": {"full_name": "a/b"}} | BY),
        ("github", {"action": "opened", "pull_request": {"title": "x"}, "repository": {"full_name": "a/b"}} | BY),
        ("github", {"action": "completed", "check_suite": {"conclusion": "failure"}} | BY),
        ("github", {"id": 1, "sha": "1", "state": "failure", "context": "ci"} | BY),
        ("zabbix", {"event_id": "1", "event_value": "1", "event_update_status": "1", "event_name": "x"}),
        ("sentry", {"action": "assigned", "data": {"issue": {"id": "1", "title": "x"}}}),
        ("uptime_kuma", {"heartbeat": {"status": 2}, "monitor": {"name": "x"}}),
        ("nagios", {"notificationtype": "DOWNTIMESTART", "hostname": "x"}),
        ("rundeck", {"trigger": "start", "execution": {"id": 1, "job": {"name": "x"}}}),
        ("sns", {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:x", "Message": "You have chosen"}),
    ],
)
def test_what_is_no_news_opens_nothing_and_says_so(kind: str, body: dict[str, Any]) -> None:
    make_am(kind=kind)
    assert post(body, path=f"/api/in/{kind}/{KEY}").json() == {"accepted": 0, "incidents": []}
    assert not Incident.objects.exists()
    assert Mark.IGNORED in Body.objects.get().outcome["marks"]


@pytest.mark.parametrize("conclusion", ["failure", "timed_out", "startup_failure", "a new word", None])
@pytest.mark.parametrize("action", ["completed", "a new action"])
def test_no_failed_run_at_github_is_passed_over(conclusion: str | None, action: str) -> None:
    make_am(kind="github")
    run = {"name": "Build", "event": "push", "head_branch": "main", "workflow_id": 1, "conclusion": conclusion}
    body = {"action": action, "workflow_run": run, "repository": {"full_name": "a/b"}} | BY
    assert post(body, path=f"/api/in/github/{KEY}").json()["accepted"] == 1
    assert only().title == "Build failed on main in a/b"


def test_words_are_whole_words() -> None:
    make_am(kind="pingdom")
    for state in ("not up", "broken", "UP?", "upset"):
        response = post({"check_id": 1, "check_name": "x", "current_state": state}, path=f"/api/in/pingdom/{KEY}")
        assert response.status_code == 202
    assert only().is_open


def test_a_batch_is_read_whole() -> None:
    make_am(kind="cloudevents")
    one = {"specversion": "1.0", "type": "x.firing", "source": "/a", "id": "1", "data": {"title": "One"}}
    two = one | {"id": "2", "subject": "two", "data": {"title": "Two"}}
    response = post([one, two], path=f"/api/in/cloudevents/{KEY}", content_type="application/cloudevents-batch+json")
    assert response.json()["accepted"] == 2
    assert set(Incident.objects.values_list("title", flat=True)) == {"One", "Two"}


def test_what_stands_in_the_address_is_read_when_there_is_no_body() -> None:
    make_am(kind="uptimerobot")
    query = "monitorID=7&monitorFriendlyName=Shop&alertType=1&alertDetails=Timeout"
    assert post(b"", path=f"/api/in/uptimerobot/{KEY}?{query}").status_code == 202
    assert only().title == "Shop: Timeout"


def test_the_readers_of_kinds_without_one_are_generic() -> None:
    assert reader_of("healthchecks") == "generic"
