"""Alerts by mail: over real SMTP and LMTP; the envelope's recipient is the key, and 250 comes after the commit."""

from __future__ import annotations

import asyncio
import json
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import OperationalError
from hypothesis import given
from hypothesis import strategies as st

from alerts import keys
from alerts.door import Refused
from alerts.mail_door import key_in, take_mail
from alerts.mail_in import AGAIN, WRONG_HERE, Handler, _asked, protocol_of
from alerts.models import Body, RejectedDelivery
from alerts.payloads import Malformed
from alerts.payloads.generic import State
from alerts.payloads.mail import mail_as_json, status_of
from config.environment import BadSetting, MailPlace, mail_place
from incidents.models import Incident
from tests.alerts.posting import AT
from tests.factories import make_service, make_source, make_team, make_user

KEY = "a-long-random-key-0009"
FIRING, RESOLVED = State.FIRING, State.RESOLVED


@pytest.mark.parametrize(
    ("subject", "state", "topic"),
    [
        ("[FIRING:2] DiskFull (db-1)", FIRING, "DiskFull (db-1)"),
        ("[RESOLVED] DiskFull (db-1)", RESOLVED, "DiskFull (db-1)"),
        ("Problem: High CPU on web-3", FIRING, "High CPU on web-3"),
        ("Resolved in 5m 3s: High CPU on web-3", RESOLVED, "High CPU on web-3"),
        ("** PROBLEM Service Alert: db/Disk is CRITICAL **", FIRING, "Service Alert: db/Disk is CRITICAL"),
        ("** RECOVERY Service Alert: db/Disk is OK **", RESOLVED, "Service Alert: db/Disk is OK"),
        ('OK: "queue depth" in EU (Ireland)', RESOLVED, '"queue depth" in EU (Ireland)'),
        ("Re: Fwd: [Resolved] Disk", RESOLVED, "Disk"),
        ("[acknowledged] Disk", State.ACK, "Disk"),
        ("Broken pipe in checkout", FIRING, "Broken pipe in checkout"),
        ("Ok computer crashed", FIRING, "Ok computer crashed"),
        ("[not ok] Disk", FIRING, "[not ok] Disk"),
        ("Unresolved: Disk", FIRING, "Unresolved: Disk"),
        ("Upstream: timeout", FIRING, "Upstream: timeout"),
        ("[RESOLVED]", RESOLVED, "[RESOLVED]"),
        ("", FIRING, ""),
    ],
)
def test_a_subject_ends_something_only_by_a_whole_word_in_front(subject: str, state: State, topic: str) -> None:
    assert status_of(subject) == (state, topic)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail_or_refused_in_words(content: bytes) -> None:
    with suppress(Malformed):
        assert json.loads(mail_as_json(content))["title"]


@pytest.mark.parametrize(
    "text", ["localhost", "http://127.0.0.1:25", "smtp://127.0.0.1", "smtp://h:99999", "lmtp://h:1/x"]
)
def test_a_place_that_is_none_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(BadSetting, match="MAIL_IN looks like"):
        mail_place("MAIL_IN", text)
    assert mail_place("MAIL_IN", "lmtp://[::1]:2424") == MailPlace("lmtp", "::1", 2424)
    assert mail_place("MAIL_IN", "") is None


def test_where_the_key_stands() -> None:
    assert [key_in(one) for one in ("k@x", "<k@x>", "alerts+k@x", "a+b+k@x", "k")] == ["k"] * 5


def mail(subject: str = "[FIRING:1] Disk full", text: str = "db-1 has 2 % left.", **headers: str) -> EmailMessage:
    """A mail as a monitoring tool writes it."""
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, "Nagios <nagios@example.com>", "ops@example.com"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def test_it_opens_and_ends_an_incident(db: None) -> None:
    make_source("mail", kind="email", key=KEY, service=make_service("db"), resolve_hold=AT - AT)
    take_mail(f"{KEY}@alerts.example.com", "10.0.0.1", mail().as_bytes(), AT)
    incident = Incident.objects.get()
    assert (incident.title, incident.is_open) == ("Disk full", True)
    body = Body.objects.get()
    assert body.content_type == "message/rfc822"
    assert b"db-1 has 2 % left." in bytes(body.content)
    alert = incident.alerts.get()
    assert alert.labels == {"from": "nagios@example.com"}
    take_mail(f"x+{KEY}@x", "10.0.0.1", mail("Re: [RESOLVED] Disk full").as_bytes(), AT)
    incident.refresh_from_db()
    assert not incident.is_open


def test_a_sender_may_name_its_key(db: None) -> None:
    make_source("mail", kind="email", key=KEY, service=make_service("db"))
    for number in range(3):
        words = mail(f"Job {number} failed", X_Dedup_Key="nightly").as_bytes()
        take_mail(f"{KEY}@x", "", words, AT)
    assert Incident.objects.count() == 1


def test_a_mapping_of_its_own_reads_a_mail(db: None) -> None:
    mapping = {"title": {"paths": ["subject", "from"], "join": " / "}, "dedup_key": "headers.x-host"}
    source = make_source("mail", kind="email", key=KEY, service=make_service("db"), mapping=mapping)
    for text in ("one", "two"):
        take_mail(f"{KEY}@x", "", mail("Disk", text, X_Host="db-1").as_bytes(), AT)
    assert list(source.alerts.values_list("fingerprint", flat=True)) == ["db-1"]
    assert Incident.objects.get().title == "Disk / Nagios <nagios@example.com>"


def test_html_alone_is_read_without_its_scripts(db: None) -> None:
    make_source("mail", kind="email", key=KEY, service=make_service("db"))
    made = EmailMessage()
    made["Subject"] = "Down"
    made.set_content("<style>p{}</style><p>Web <b>3</b> is down</p><script>alert(1)</script>", subtype="html")
    take_mail(f"{KEY}@x", "", made.as_bytes(), AT)
    assert b'"description": "Web 3 is down"' in bytes(Body.objects.get().content)


@pytest.mark.parametrize(
    "broken", ["Message-ID: <", 'From: "', "From: =?x?", "Content-Type: ;;", "To: (" + "a," * 9000]
)
def test_a_broken_header_does_not_lose_the_mail(broken: str) -> None:
    said = json.loads(mail_as_json(f"{broken}\r\nSubject: Disk full\r\n\r\ndb-1 has 2 % left.".encode()))
    assert (said["title"], said["description"]) == ("Disk full", "db-1 has 2 % left.")


def test_words_before_a_broken_declaration_stay() -> None:
    page = b"Subject: Down\r\nContent-Type: text/html\r\n\r\n<p>Web 3 is down</p><![foo[ x ]]> more"
    assert json.loads(mail_as_json(page))["description"] == "Web 3 is down"


def _nested(levels: int) -> bytes:
    parts = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one) for one in range(levels))
    return b"".join(parts)


@pytest.mark.parametrize(
    "content",
    [
        b"From: " + b"a," * 112_000 + b"\r\n\r\n",
        (b"From: " + b"a," * 4_000 + b"\r\n") * 60 + b"\r\n",
        _nested(400) + b"\n" * 1_000_000,
        _nested(1) + b'Content-Type: text/plain; a="' + b";" * 900_000 + b"\r\n\r\n",
    ],
    ids=["one long header", "many headers", "parts in parts", "a long parameter"],
)
def test_mails_made_to_be_slow_are_read_in_seconds(content: bytes) -> None:
    begun = time.process_time()
    assert json.loads(mail_as_json(b"Subject: Disk full\r\n" + content))["title"] == "Disk full"
    assert time.process_time() - begun < 5, "reading took the square of the length"


def test_what_nobody_foresaw_leaves_the_mail_with_its_sender(db: None, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise RuntimeError("a mistake of ours")

    def gone() -> str:
        raise OperationalError("the server closed the connection")

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_asked, broken).result() == WRONG_HERE
        assert "could not be taken in" in caplog.text
        assert pool.submit(_asked, gone).result() == AGAIN


def refused(address: str, content: bytes = b"") -> tuple[int, str]:
    """What is said to a mail that is not taken."""
    with pytest.raises(Refused) as said:
        take_mail(address, "10.0.0.1", content or mail().as_bytes(), AT)
    return said.value.status, said.value.code


def test_what_is_refused_is_listed_and_opens_nothing(db: None) -> None:
    source = make_source("mail", kind="email", key=KEY, service=make_service(team=make_team(lead=make_user("Lea"))))
    make_source("am", key="a-long-random-key-0001")
    assert refused("nobody@x") == (401, "unauthorized")
    assert refused("a-long-random-key-0001@x") == (400, "wrong_kind")
    assert refused(f"{KEY}@x", b"\r\n\r\n") == (400, "malformed")
    keys.revoke(source.keys.get(), at=AT)
    assert refused(f"{KEY}@x") == (410, "revoked")
    assert not Incident.objects.exists()
    assert list(RejectedDelivery.objects.order_by("pk").values_list("reason", flat=True)) == [
        "unknown_key",
        "wrong_kind",
        "malformed",
        "revoked_key",
    ]


def test_one_that_is_too_large_pages_its_owner(db: None) -> None:
    make_source("mail", kind="email", key=KEY, service=make_service("db"))
    take_mail(f"{KEY}@x", "", mail().as_bytes() + b"x" * (20 * 1024 * 1024), AT)
    assert Incident.objects.get().title == "Oversize body from mail"
    assert len(Body.objects.get().content) == 1024 * 1024


def test_keys_made_for_mail_survive_small_letters(db: None) -> None:
    source = make_source("mail", kind="email", service=make_service("db"))
    secret = keys.make_key(source, at=AT)
    assert secret == secret.lower()
    take_mail(f"{secret.upper()}@x", "", mail().as_bytes(), AT)


@pytest.fixture
def listening(transactional_db: None) -> Iterator[Callable[[str], int]]:
    """The server on a free port of loopback, by protocol."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: list[Any] = []

    def start(protocol: str) -> int:
        async def listen() -> Any:  # noqa: ANN401
            handler, place = Handler(), MailPlace(protocol, "127.0.0.1", 0)
            return await loop.create_server(lambda: protocol_of(place, handler), place.host, place.port)

        servers.append(asyncio.run_coroutine_threadsafe(listen(), loop).result(10))
        return int(servers[-1].sockets[0].getsockname()[1])

    yield start

    async def end() -> None:
        for server in servers:
            server.close()
        await loop.shutdown_default_executor()

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_over_the_wire(protocol: str, listening: Callable[[str], int]) -> None:
    make_source("mail", kind="email", key=KEY, service=make_service("db"))
    client: type[smtplib.SMTP] = smtplib.SMTP if protocol == "smtp" else smtplib.LMTP
    with client("127.0.0.1", listening(protocol), timeout=20) as door:
        door.ehlo("nagios.example.com")
        refused = door.send_message(mail(), "nagios@example.com", [f"{KEY}@x", f"other-{KEY}@x"])
        assert [code for code, _words in refused.values()] == [452]
        assert Incident.objects.get().title == "Disk full"
        with pytest.raises(smtplib.SMTPRecipientsRefused) as stranger:
            door.send_message(mail(), "nagios@example.com", ["stranger@x"])
        assert [code for code, _words in stranger.value.recipients.values()] == [550]
        door.send_message(mail("[RESOLVED] Disk full"), "nagios@example.com", [f"{KEY}@x"])
    assert Body.objects.count() == 2
