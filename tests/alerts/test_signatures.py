"""Signed deliveries: each scheme fits, and nothing else does."""

from __future__ import annotations

import base64
import gzip
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from alerts.models import Body, Episode, RejectedDelivery
from alerts.signatures import is_usable
from teams.models import Notice
from tests.alerts.posting import AT, KEY, fire, group, make_am, minutes, post, statuses
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db
SECRET = "a-shared-secret"
NOW = int(AT.timestamp())
BODY = json.dumps(group(fire("a"))).encode()


def digest(signed: bytes, secret: bytes = SECRET.encode()) -> bytes:
    return hmac.new(secret, signed, "sha256").digest()


def github(body: bytes, _at: int) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + digest(body).hex()}


def sentry(body: bytes, _at: int) -> dict[str, str]:
    return {"Sentry-Hook-Signature": digest(body).hex()}


def grafana(body: bytes, _at: int) -> dict[str, str]:
    return {"X-Grafana-Alerting-Signature": digest(body).hex()}


def grafana_timed(body: bytes, at: int) -> dict[str, str]:
    signed = digest(b"%d:" % at + body).hex()
    return {"X-Grafana-Alerting-Signature": signed, "X-Grafana-Alerting-Timestamp": str(at)}


def slack(body: bytes, at: int) -> dict[str, str]:
    return {"X-Slack-Signature": "v0=" + digest(b"v0:%d:" % at + body).hex(), "X-Slack-Request-Timestamp": str(at)}


def standard(body: bytes, at: int) -> dict[str, str]:
    signed = base64.b64encode(digest(b"msg_1.%d." % at + body)).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": f"v1,bm9wZQ== v1,{signed}"}


PLAIN = [github, sentry, grafana]
TIMED = [grafana_timed, slack, standard]
Scheme = Callable[[bytes, int], dict[str, str]]


def send(headers: dict[str, str], body: bytes = BODY, **more: Any) -> Any:
    return post(body, headers=headers, **more)


@pytest.mark.parametrize("scheme", [*PLAIN, *TIMED])
def test_signed_is_taken_and_changed_is_not(scheme: Scheme) -> None:
    make_am(signing_secret=SECRET)
    assert send(scheme(BODY, NOW)).status_code == 202
    refused = send(scheme(BODY, NOW), BODY.replace(b"Down on a", b"Down on b"))
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "signature"
    assert send(scheme(BODY, NOW), at=minutes(4)).status_code == 202


@pytest.mark.parametrize("scheme", TIMED)
@pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=400)])
def test_a_signed_time_has_a_window(scheme: Scheme, off: timedelta) -> None:
    make_am(signing_secret=SECRET)
    refused = send(scheme(BODY, NOW), at=AT + off)
    assert refused.status_code == 401
    assert "five minutes" in refused.json()["error"]["message"]


@pytest.mark.parametrize("stamp", ["", "x", "-1", "9" * 400, "١٢٣", "nan"])
def test_odd_times(stamp: str) -> None:
    make_am(signing_secret=SECRET)
    headers = standard(BODY, NOW) | {"webhook-timestamp": stamp}
    assert send(headers).status_code == 401


def test_a_timed_signature_without_its_time_does_not_fit() -> None:
    make_am(signing_secret=SECRET)
    headers = grafana_timed(BODY, NOW)
    headers.pop("X-Grafana-Alerting-Timestamp")
    assert send(headers).status_code == 401


def test_a_secret_in_the_form_of_standard_webhooks() -> None:
    key = b"0123456789abcdef0123456789abcdef"
    make_am(signing_secret="whsec_" + base64.b64encode(key).decode())
    signed = base64.b64encode(digest(b"m.%d." % NOW + BODY, key)).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": str(NOW), "webhook-signature": f"v1,{signed}"}
    assert send(headers).status_code == 202


def test_the_bytes_as_sent_are_signed() -> None:
    make_am(signing_secret=SECRET)
    packed = gzip.compress(BODY)
    assert send(github(packed, NOW) | {"Content-Encoding": "gzip"}, packed).status_code == 202
    assert send(github(BODY, NOW) | {"Content-Encoding": "gzip"}, packed).status_code == 401


def test_unsigned_is_refused_listed_and_told_once() -> None:
    ana = make_user("Ana")
    make_am(make_service("checkout", team=make_team(lead=ana)), signing_secret=SECRET)
    for _again in range(2):
        assert send({}).status_code == 401
    assert RejectedDelivery.objects.filter(reason="signature").count() == 2
    assert Notice.objects.filter(person=ana).count() == 1
    assert SECRET not in Notice.objects.get(person=ana).body
    assert not Body.objects.exists()


def test_a_source_without_a_secret_asks_for_no_signature() -> None:
    make_am()
    assert send({"X-Hub-Signature-256": "sha256=00"}).status_code == 202


def test_the_key_is_asked_first() -> None:
    make_am(signing_secret=SECRET)
    assert send(github(BODY, NOW), path="/api/in/alertmanager/another-key").status_code == 401
    assert not RejectedDelivery.objects.filter(reason="signature").exists()
    assert send(github(BODY, NOW), path=f"/api/in/alertmanager/{KEY}").status_code == 202


@pytest.mark.parametrize("secret", ["whsec_\u00e9", "whsec_", "whsec_!"])
def test_a_secret_that_is_no_base64_is_refused_and_breaks_nothing(secret: str) -> None:
    make_am(signing_secret=secret)
    assert not is_usable(secret)
    assert post(BODY, headers=standard(BODY, NOW)).status_code == 401


def test_usable_secrets() -> None:
    assert is_usable("whsec_c2VjcmV0")
    assert is_usable(SECRET)


def run(number: int, conclusion: str) -> bytes:
    """What GitHub posts of a workflow run."""
    said = {
        "id": number,
        "name": "CI",
        "workflow_id": 7,
        "head_branch": "main",
        "event": "push",
        "conclusion": conclusion,
    }
    return json.dumps({"action": "completed", "workflow_run": said, "repository": {"full_name": "a/b"}}).encode()


def issue(number: int, action: str) -> bytes:
    """What Sentry posts of an issue."""
    said = {"id": "1", "title": "Oops", "count": str(number)}
    return json.dumps({"action": action, "data": {"issue": said}}).encode()


@pytest.mark.parametrize(
    ("kind", "scheme", "bodies"),
    [
        ("github", github, [run(1, "failure"), run(2, "success"), run(3, "failure")]),
        ("sentry", sentry, [issue(1, "created"), issue(2, "resolved"), issue(3, "unresolved")]),
    ],
)
def test_where_no_time_is_signed_an_old_body_decides_nothing(kind: str, scheme: Scheme, bodies: list[bytes]) -> None:
    make_am(kind=kind, signing_secret=SECRET)
    path = f"/api/in/{kind}/{KEY}"
    for step, body in enumerate(bodies):
        assert send(scheme(body, NOW), body, path=path, at=minutes(step)).status_code == 202
    assert set(statuses().values()) == {"firing"}
    for number, body in enumerate(bodies):
        # Delivery ids and times are not signed, so others change nothing.
        more = {"X-GitHub-Delivery": f"new-{number}", "Request-ID": f"new-{number}"}
        again = send(scheme(body, NOW) | more, body, path=path, at=minutes(60 + number))
        assert (again.status_code, again.json()["accepted"]) == (202, 0)
        assert Body.objects.order_by("-pk")[0].outcome["marks"] == ["replayed"]
        assert set(statuses().values()) == {"firing"}


def test_grafana_without_a_time_says_when_each_alert_began() -> None:
    """So its old words are duplicates: the end of an episode that is over ends no other, and its beginning opens none."""
    make_am(kind="grafana", signing_secret=SECRET)
    path = f"/api/in/grafana/{KEY}"
    bodies = [
        json.dumps(group(alert)).encode()
        for alert in (fire("a"), fire("a", ends=minutes(5)), fire("a", starts=minutes(9)), fire("b", ends=minutes(1)))
    ]
    for step, body in enumerate(bodies):
        assert send(grafana(body, NOW), body, path=path, at=minutes(5 * step)).status_code == 202
    before = (statuses(), Episode.objects.count())
    assert before[0] == {"fp-a": "firing", "fp-b": "resolved"}
    for body in bodies:
        assert send(grafana(body, NOW), body, path=path, at=minutes(60)).status_code == 202
        assert (statuses(), Episode.objects.count()) == before


def test_without_a_secret_the_same_body_twice_is_what_the_sender_says() -> None:
    make_am(kind="github")
    for step, body in enumerate((run(1, "failure"), run(2, "success"), run(1, "failure"))):
        assert send({}, body, path=f"/api/in/github/{KEY}", at=minutes(step)).status_code == 202
    assert set(statuses().values()) == {"firing"}
