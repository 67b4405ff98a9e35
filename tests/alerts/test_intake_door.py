"""Keys, addresses, limits: what the door does before anything is read."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts import keys
from alerts.models import Body, Key, RejectedDelivery
from alerts.payloads.reading import HEAD_BYTES, MAX_BYTES
from alerts.sample import send_test_alert
from incidents.models import Incident
from teams.models import Notice
from tests.alerts.posting import AT, KEY, accepted, fire, group, make_am, minutes, only, post
from tests.factories import make_service, make_team, make_user

pytestmark = pytest.mark.django_db
PATH = "/api/in/alertmanager"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"am:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"{PATH}/{KEY}", {}),
        (f"{PATH}/{KEY}/", {}),
        (PATH, {"Authorization": f"Bearer {KEY}"}),
        (f"{PATH}/", {"Authorization": f"bearer  {KEY}"}),
        (PATH, {"Authorization": basic(KEY)}),
        (PATH, {"X-Api-Key": KEY}),
        (PATH, {"X-Api-Key": KEY, "Authorization": "Token stray"}),
        (f"{PATH}/{KEY}", {"Host": "some_container:8000"}),
        (f"{PATH}/{KEY}", {"Host": "<script>"}),
        (f"{PATH}/{KEY}", {"X-Forwarded-Proto": "http", "Cookie": "x"}),
    ],
    ids=str,
)
def test_every_way_in(path: str, headers: dict[str, str]) -> None:
    make_am()
    response = post(group(fire("a")), path=path, headers=headers)
    assert response.status_code == 202
    said = response.json()
    assert (said["accepted"], said["incidents"]) == (1, [only().number])


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("path", [PATH, f"{PATH}/", f"{PATH}/{KEY}", f"{PATH}/{KEY}/"])
def test_only_post_and_never_a_redirect(path: str, method: str) -> None:
    make_am()
    response = getattr(Client(), method)(path)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert Key.objects.get().last_used_at is None


def test_an_unknown_kind_is_nothing() -> None:
    response = post({}, path=f"/api/in/fax/{KEY}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", [f"{PATH}/no-such-key-anywhere", PATH, f"{PATH}/%00%ff", f"{PATH}/" + "k" * 5000])
def test_an_unknown_key_is_401_and_listed_without_its_body(path: str) -> None:
    make_am()
    response = post(group(fire("secret-words")), path=path)
    assert response.status_code == 401
    assert b"secret-words" not in response.content
    row = RejectedDelivery.objects.get()
    assert (row.reason, row.source, bytes(row.content)) == ("unknown_key", None, b"")
    assert not Body.objects.exists()


@pytest.mark.parametrize("authorization", ["Basic !!!", "Basic", "Bearer", "Basic " + "A" * 5, "GenieKey x", "\x00"])
def test_broken_headers_are_no_key(authorization: str) -> None:
    make_am()
    assert post({}, path=PATH, headers={"Authorization": authorization}).status_code == 401


def test_a_flood_of_unknown_keys_fills_nothing() -> None:
    for number in range(80):
        post({}, path=f"{PATH}/wrong-{number}")
    assert RejectedDelivery.objects.count() == 60


def test_a_revoked_key_is_410_and_the_lead_is_told_once() -> None:
    lead = make_user("Lea")
    make_am(make_service(team=make_team(lead=lead)))
    keys.revoke(Key.objects.get(), at=AT)
    for _ in range(3):
        assert post(group(fire("a"))).status_code == 410
    assert RejectedDelivery.objects.filter(reason="revoked_key").count() == 3
    assert Notice.objects.get().person == lead
    assert not Incident.objects.exists()


def test_an_archived_source_is_410() -> None:
    source = make_am()
    source.archived_at = AT
    source.save()
    assert post(group(fire("a"))).status_code == 410


def test_the_wrong_kind_names_the_right_address() -> None:
    make_am()
    response = post(group(fire("a")), path=f"/api/in/generic/{KEY}")
    assert response.status_code == 400
    assert "/api/in/alertmanager" in response.json()["error"]["message"]
    assert RejectedDelivery.objects.get().reason == "wrong_kind"


def test_a_malformed_body_is_kept_and_told_once_an_hour() -> None:
    lead = make_user("Lea")
    make_am(make_service(team=make_team(lead=lead)))
    for minute in (0, 10, 59, 125):
        response = post(b'{"version": "4"', at=minutes(minute))
        assert response.status_code == 400
        assert response.json()["error"]["message"].endswith(".")
    assert bytes(RejectedDelivery.objects.latest("pk").content) == b'{"version": "4"'
    assert Notice.objects.count() == 2
    assert not Incident.objects.exists()


def test_a_good_alert_beside_a_bad_one_gets_in_and_the_bad_one_is_listed() -> None:
    make_am()
    response = post(group(fire("a"), {"status": "firing"}))
    assert (response.status_code, response.json()["accepted"]) == (202, 1)
    assert "labels" in RejectedDelivery.objects.get().sentence
    assert Body.objects.get().outcome["bad"] == 1


@pytest.mark.parametrize("packed", [False, True])
def test_an_oversize_body_opens_an_incident(packed: bool) -> None:
    make_am()
    body = b" " * (MAX_BYTES + 1)
    response = post(gzip.compress(body) if packed else body)
    assert response.status_code == 202
    assert only().title == "Oversize body from am"
    assert len(Body.objects.get().content) == HEAD_BYTES
    assert only().page_due_at == AT


def test_gzip_is_stored_as_text() -> None:
    make_am()
    accepted(gzip.compress(b'{"version": "4", "alerts": []}'), headers={"Content-Encoding": "gzip"})
    assert bytes(Body.objects.get().content) == b'{"version": "4", "alerts": []}'


def test_a_chunked_body_is_read() -> None:
    from io import BytesIO

    make_am()
    body = b'{"version": "4", "alerts": []}'
    extra: dict[str, Any] = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response = Client().generic("POST", f"{PATH}/{KEY}", b"", content_type="application/json", **extra)
    assert response.status_code == 202
    assert bytes(Body.objects.get().content) == body


def test_two_live_keys_while_one_replaces_the_other() -> None:
    source = make_am()
    second = keys.make_key(source, at=AT)
    assert len(second) >= 32
    with pytest.raises(keys.TooManyKeys):
        keys.make_key(source, at=AT)
    for key in (KEY, second):
        accepted(group(fire("a")), path=f"{PATH}/{key}")
    keys.revoke(Key.objects.get(key_hash=keys.key_hash(KEY)), at=AT)
    assert keys.make_key(source, at=AT)
    assert not Key.objects.filter(key_hash=second).exists()


def test_last_used_is_written_once_a_minute() -> None:
    make_am()
    for minute in (0, 0.5, 2):
        accepted(group(fire("a")), at=minutes(minute))
    assert Key.objects.get().last_used_at == minutes(2)


def test_the_test_alert_goes_the_whole_way() -> None:
    source, ana = make_am(), make_user("Ana")
    assert send_test_alert(source, by=ana, at=AT).incidents == [only().number]
    assert "Ana" in only().title
    send_test_alert(source, by=ana, at=minutes(1), resolved=True)
    assert not only().is_open


def statements(queries: list[dict[str, str]]) -> list[str]:
    return [query["sql"] for query in queries if query["sql"] not in ("BEGIN", "COMMIT")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 500])
def test_statements_do_not_grow_with_alerts(count: int) -> None:
    make_am(resolve_hold=None)
    accepted(group(fire("warm"), groupLabels={"n": "warm"}))
    alerts = [fire(str(number)) for number in range(count)]
    ended = [alert | {"status": "resolved", "endsAt": minutes(1).isoformat()} for alert in alerts]
    more = [fire(f"more-{number}") for number in range(count)]
    for body, most in ((group(*alerts), 9), (group(*alerts), 4), (group(*alerts, *more), 9), (group(*ended), 9)):
        with CaptureQueriesContext(connection) as found:
            accepted(body)
        told = statements(found.captured_queries)
        assert len(told) <= most, told
        assert not any("SAVEPOINT" in sql for sql in told)


def test_the_database_gone_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    make_am()
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    response = post(group(fire("a")))
    monkeypatch.undo()
    assert response.status_code == 503
