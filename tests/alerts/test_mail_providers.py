"""Mail that a provider posts: bodies as each documents them, signatures computed, and what makes it stop or try again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.conf import settings
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from alerts import keys
from alerts.mail_views import PROVIDERS
from alerts.models import Body, Key, RejectedDelivery
from config.environment import BadSetting
from config.mail_providers import MAIL_PROVIDERS, mail_providers
from incidents.models import Incident
from tests.alerts.posting import AT
from tests.factories import make_service, make_source

pytestmark = pytest.mark.django_db
KEY = "a-long-random-key-0009"
TO = f"{KEY}@alerts.example.com"
RAW = (
    "From: Nagios <nagios@example.com>\r\nTo: ops@example.com\r\nSubject: [FIRING:1] Disk full\r\n"
    "Message-ID: <1@example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ndb-1 has 2 % left.\r\n"
)
HEADERS = [["From", "Nagios <nagios@example.com>"], ["To", "ops@example.com"], ["Subject", "[FIRING:1] Disk full"]]
TEXT = "db-1 has 2 % left."
PAIR = "sharp-end:a-long-password"
BASIC = {"Authorization": "Basic " + base64.b64encode(PAIR.encode()).decode()}
SIGNER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = SIGNER.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
SECRETS = {
    "mailgun": "key-1",
    "mailersend": "key-2",
    "mandrill": "key-3",
    "postal": base64.b64encode(PUBLIC).decode(),
    **dict.fromkeys(("mailjet", "postmark", "sendgrid", "sparkpost"), PAIR),
}
Made = tuple[bytes, str, dict[str, str]]
"""Body, content type, headers."""


@pytest.fixture(autouse=True)
def providers(settings: Settings) -> None:
    settings.MAIL_PROVIDERS = mail_providers(" ".join(f"{name}={secret}" for name, secret in SECRETS.items()))
    make_source("mail", kind="email", key=KEY, service=make_service("db"))


def form(fields: dict[str, str]) -> tuple[bytes, str]:
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


def parts(fields: dict[str, str]) -> tuple[bytes, str]:
    """A form as parts, as providers post what may have attachments."""
    lines = [
        f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    ]
    return ("".join(lines) + "--xYzZY--\r\n").encode(), "multipart/form-data; boundary=xYzZY"


def signed(secret: str, text: str, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), text.encode(), algorithm).digest()


def mailgun(to: str = TO, secret: str = "key-1", **more: str) -> Made:
    fields = {
        "recipient": to,
        "sender": "nagios@example.com",
        "subject": "[FIRING:1] Disk full",
        "from": "nagios@example.com",
        "body-plain": TEXT,
        "stripped-text": TEXT,
        "message-headers": json.dumps(HEADERS),
        "timestamp": "1795226640",
        "token": "t" * 50,
        "signature": signed(secret, "1795226640" + "t" * 50).hex(),
    }
    return (*parts(fields | more), {})


def mailgun_raw(to: str = TO, secret: str = "key-1") -> Made:
    body, _type, headers = mailgun(to, secret)
    fields = {"recipient": to, "sender": "nagios@example.com", "body-mime": RAW, "timestamp": "1", "token": "t"}
    return (*form(fields | {"signature": signed(secret, "1t").hex()}), headers)


def postmark(to: str = TO, secret: str = PAIR, **more: Any) -> Made:
    body = {
        "FromName": "Nagios",
        "MessageStream": "inbound",
        "From": "nagios@example.com",
        "To": "ops@example.com",
        "FromFull": {"Email": "nagios@example.com", "Name": "Nagios", "MailboxHash": ""},
        "ToFull": [{"Email": "ops@example.com", "Name": "", "MailboxHash": ""}],
        "OriginalRecipient": to,
        "Subject": "[FIRING:1] Disk full",
        "MessageID": "22c74902-a0c1",
        "TextBody": TEXT,
        "HtmlBody": "",
        "Headers": [{"Name": "X-Spam-Status", "Value": "No"}],
        "Attachments": [],
    }
    return json.dumps(body | more).encode(), "application/json", basic(secret)


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def sendgrid(to: str = TO, secret: str = PAIR) -> Made:
    envelope = json.dumps({"to": to.split(","), "from": "nagios@example.com"})
    headers = "".join(f"{name}: {text}\n" for name, text in HEADERS)
    fields = {
        "headers": headers,
        "to": "ops@example.com",
        "from": "nagios@example.com",
        "text": TEXT,
        "envelope": envelope,
    }
    return (*parts(fields | {"charsets": '{"text": "UTF-8"}', "attachments": "0"}), basic(secret))


def mandrill(to: str = TO, secret: str = "key-3") -> Made:
    events = json.dumps([{"event": "inbound", "ts": 1795226640, "msg": {"raw_msg": RAW, "email": to}}])
    url = f"{settings.SHARPEND_URL}/api/in/mail/mandrill"
    signature = base64.b64encode(signed(secret, f"{url}mandrill_events{events}", "sha1")).decode()
    return (*form({"mandrill_events": events}), {"X-Mandrill-Signature": signature})


def mailjet(to: str = TO, secret: str = PAIR) -> Made:
    body = {
        "Sender": "nagios@example.com",
        "Recipient": to,
        "From": "Nagios <nagios@example.com>",
        "Text-part": TEXT,
        "Headers": dict(HEADERS),
        "Parts": [{"ContentRef": "Text-part"}],
        "SpamAssassinScore": "0.1",
    }
    return json.dumps(body).encode(), "application/json", basic(secret)


def sparkpost(to: str = TO, secret: str = PAIR, raw: bytes = RAW.encode()) -> Made:
    content = {"email_rfc822": base64.b64encode(raw).decode(), "email_rfc822_is_base64": True}
    message = {"content": content, "msg_from": "nagios@example.com", "rcpt_to": to, "protocol": "smtp"}
    body = [{"msys": {"relay_message": message}}, {"msys": {}}]
    return json.dumps(body).encode(), "application/json", basic(secret)


def mailersend(to: str = TO, secret: str = "key-2") -> Made:
    recipients = {"rcptTo": [{"email": one} for one in to.split(",")], "to": {"raw": "ops@example.com"}}
    data = {"id": "1", "raw": RAW, "sender": {"email": "nagios@example.com"}, "recipients": recipients}
    body = json.dumps({"type": "inbound.message", "created_at": "2026-11-21T02:04:00.0Z", "data": data})
    return body.encode(), "application/json", {"Signature": signed(secret, body).hex()}


def postal(to: str = TO, secret: str = "") -> Made:
    body = json.dumps(
        {"id": 1, "rcpt_to": to, "mail_from": "nagios@example.com", "message": RAW, "base64": False}
    ).encode()
    signature = SIGNER.sign(body + secret.encode(), padding.PKCS1v15(), hashes.SHA1())
    return body, "application/json", {"X-Postal-Signature": base64.b64encode(signature).decode()}


MAKERS: dict[str, Callable[..., Made]] = {
    "mailgun": mailgun,
    "postmark": postmark,
    "sendgrid": sendgrid,
    "mandrill": mandrill,
    "mailjet": mailjet,
    "sparkpost": sparkpost,
    "mailersend": mailersend,
    "postal": postal,
}
STOPS = {"mailgun": 406, "postmark": 403, "sendgrid": 422, "postal": 422}
"""Answers after which the provider lets it be; the others do so for 200 only."""


def send(provider: str, made: Made, path: str = "") -> Any:
    body, content_type, headers = made
    with time_machine.travel(AT, tick=False):
        return Client(headers={"host": "web:8000"}).generic(
            "POST", f"/api/in/mail/{provider}{path}", body, content_type=content_type, headers=headers
        )


def reasons() -> list[str]:
    return list(RejectedDelivery.objects.order_by("pk").values_list("reason", flat=True))


def test_every_provider_that_can_be_set_is_read_and_tested() -> None:
    assert set(MAIL_PROVIDERS) == set(PROVIDERS) == set(MAKERS)


@pytest.mark.parametrize("provider", MAKERS)
def test_a_mail_opens_an_incident(provider: str) -> None:
    response = send(provider, MAKERS[provider]())
    assert (response.status_code, json.loads(response.content)) == (200, {"accepted": 1})
    incident = Incident.objects.get()
    assert incident.title == "Disk full"
    assert incident.alerts.get().labels == {"from": "nagios@example.com"}
    said = json.loads(bytes(Body.objects.get().content))
    assert (said["description"], said["subject"]) == (TEXT, "[FIRING:1] Disk full")


def test_mailgun_posts_the_whole_mail_where_the_address_ends_in_mime() -> None:
    assert send("mailgun", mailgun_raw(), "/mime").status_code == 200
    assert Incident.objects.get().title == "Disk full"


def test_postmark_may_send_the_whole_mail() -> None:
    assert send("postmark", postmark(RawEmail=RAW), "/").status_code == 200
    assert Incident.objects.get().title == "Disk full"


@pytest.mark.parametrize("provider", MAKERS)
def test_a_stranger_proves_nothing(provider: str) -> None:
    response = send(provider, MAKERS[provider](secret="another:one"))
    assert response.status_code == 401
    body, content_type, _headers = MAKERS[provider](secret="another:one")
    assert send(provider, (body, content_type, {})).status_code == 401
    assert not Incident.objects.exists()
    assert reasons() == ["signature", "signature"]


@pytest.mark.parametrize("provider", MAKERS)
def test_nobody_tries_for_ever_to_reach_who_is_not_there(provider: str) -> None:
    response = send(provider, MAKERS[provider](to="nobody@alerts.example.com"))
    assert response.status_code == STOPS.get(provider, 200)
    assert json.loads(response.content)["error"]["message"] == "No source has this key."
    keys.revoke(Key.objects.get(), at=AT)
    assert send(provider, MAKERS[provider]()).status_code == STOPS.get(provider, 200)
    assert reasons() == ["unknown_key", "revoked_key"]


@pytest.mark.parametrize("provider", MAKERS)
def test_it_comes_again_while_the_database_is_away(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    response = send(provider, MAKERS[provider]())
    monkeypatch.undo()
    assert response.status_code == 503


@pytest.mark.parametrize("provider", ["sendgrid", "mailersend", "mailgun"])
def test_one_post_for_several_recipients(provider: str) -> None:
    make_source("other", kind="email", key="a-long-random-key-0010", service=make_service("web"))
    to = f"{TO},alerts+a-long-random-key-0010@alerts.example.com,nobody@alerts.example.com"
    assert json.loads(send(provider, MAKERS[provider](to=to)).content) == {"accepted": 2}
    assert Incident.objects.count() == 2
    assert reasons() == ["unknown_key"]


def test_a_mail_that_is_not_in_utf8_is_not_lost() -> None:
    raw = RAW.replace("utf-8", "iso-8859-1").replace("left", "übrig").encode("latin-1")
    assert send("sparkpost", sparkpost(raw=raw)).status_code == 200
    body = json.dumps({"rcpt_to": TO, "message": base64.b64encode(raw).decode(), "base64": True}).encode()
    signature = base64.b64encode(SIGNER.sign(body, padding.PKCS1v15(), hashes.SHA1())).decode()
    assert send("postal", (body, "application/json", {"X-Postal-Signature": signature})).status_code == 200
    assert Incident.objects.get().title == "Disk full"
    assert Body.objects.count() == 2
    assert all("db-1 has 2 %" in json.loads(bytes(one.content))["description"] for one in Body.objects.all())


def test_the_header_names_nobody() -> None:
    """Who writes our address into a header, and not on the envelope, reaches nobody."""
    made = postmark(to="nobody@x", ToFull=[{"Email": TO, "Name": ""}], To=TO, Cc=TO)
    assert send("postmark", made).status_code == 403
    assert not Incident.objects.exists()


def test_news_about_mail_is_no_mail() -> None:
    assert send("postmark", (b'{"RecordType": "Bounce"}', "application/json", BASIC)).status_code == 403
    assert b"no mail that came in" in send("mailgun", mailgun(event="opened")).content
    assert send("sparkpost", (b'[{"msys": {}}]', "application/json", BASIC)).status_code == 200
    assert reasons() == ["malformed", "malformed"]


AWFUL = {
    "nothing": b"",
    "no json": b"\xff\xfe{",
    "a list": b"[[1]]",
    "null": b"null",
    "a text": b'"x"',
    "deep": b"[" * 100_000,
    "names only": json.dumps(
        dict.fromkeys(("Headers", "items", "message", "rcpt_to", "OriginalRecipient"), 1)
    ).encode(),
    "parts in parts": b"--x\r\n" + b"boundary=x\r\n" * 100,
}
TYPES = (
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
)


@pytest.mark.parametrize("provider", MAKERS)
@pytest.mark.parametrize("name", AWFUL)
def test_what_nobody_posts_is_refused_in_a_sentence(provider: str, name: str) -> None:
    proof = dict(BASIC)
    if provider == "mailersend":
        proof = {"Signature": hmac.new(b"key-2", AWFUL[name], hashlib.sha256).hexdigest()}
    for content_type in TYPES:
        response = send(provider, (AWFUL[name], content_type, proof))
        assert response.status_code in (401, STOPS.get(provider, 200))
        if "error" in json.loads(response.content):
            assert json.loads(response.content)["error"]["message"].endswith((".", "?"))
        assert b"Traceback" not in response.content
    assert not Incident.objects.exists()


def test_what_is_too_large_is_listed() -> None:
    body = b" " * (20 * 1024 * 1024 + 1)
    assert send("postmark", (body, "application/json", BASIC)).status_code == 403
    assert RejectedDelivery.objects.get().sentence == "The body is larger than 20 MB."


def test_who_is_not_set_up_is_told_so(settings: Settings) -> None:
    settings.MAIL_PROVIDERS = {}
    response = send("mailgun", mailgun())
    assert response.status_code == 404
    assert "MAIL_PROVIDERS" in json.loads(response.content)["error"]["message"]
    assert Client().head("/api/in/mail/mailgun").status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/mime", "/mime/"])
def test_only_posts(path: str) -> None:
    assert Client().get(f"/api/in/mail/mailgun{path}").status_code == 405
    assert Client().head(f"/api/in/mail/mailgun{path}").status_code == 200
    assert send("mailgun", mailgun(), path).status_code == 200


@pytest.mark.parametrize("text", ["gmail=x", "mailgun", "mailgun=", "postmark=secret", "=x"])
def test_a_setting_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match="MAIL_PROVIDERS") as said:
        mail_providers(f"postal=abc {text}")
    assert "secret" not in str(said.value)
