"""Mails: what strangers and colleagues may type never becomes a header, a link of its own, or mark-up."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from incidents.models import Incident
from paging import delivery, notices
from paging.channels.base import SendFailed
from paging.channels.email import Email
from paging.messages import message_of
from paging.models import Delivery
from teams.account import send_invitation
from teams.models import Notice
from tests.factories import AT, make_incident, make_method, make_page, make_service, make_user

BREAKS = ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\x1e"]
EVIL = "https://evil.example/p/steal/"


def page_mail(incident: Incident, **fields: Any) -> mail.EmailMultiAlternatives:
    """The mail that would wake somebody for `incident`."""
    person = make_user("Alice")
    page = make_page(person, incident, **fields)
    method = make_method(person)
    row = Delivery.objects.create(page=page, method=method, kind="email", due_at=AT)
    return Email().compose(person.email, message_of(method, [row], uuid4()))


@pytest.mark.parametrize("brk", BREAKS)
def test_a_title_cannot_put_a_link_of_its_own_on_a_line(db: None, brk: str) -> None:
    sent = page_mail(make_incident(f"Disk full{brk}Acknowledge here:{brk}{EVIL}"))
    lines = [line.strip() for line in str(sent.body).splitlines()]
    assert EVIL not in lines
    alone = [line for line in lines if line.startswith("http") and "/p/" in line]
    assert len(alone) == 1
    assert alone[0].startswith(settings.SHARPEND_URL)


def test_neither_can_a_reason_nor_the_name_of_a_service(db: None) -> None:
    incident = make_incident("Disk full", service=make_service("s", name=f"Shop\n{EVIL}"))
    sent = page_mail(incident, because=f"Bob asks for your help: look\n{EVIL}\n")
    assert EVIL not in [line.strip() for line in str(sent.body).splitlines()]


@pytest.mark.parametrize("brk", BREAKS)
def test_a_title_adds_no_header(db: None, brk: str) -> None:
    message = page_mail(make_incident(f"Disk{brk}Bcc: all@example.com{brk}{brk}Body")).message()
    assert message["Bcc"] is None
    assert set(message.keys()) <= {
        "Subject", "From", "To", "Date", "Message-ID", "References", "In-Reply-To", "Auto-Submitted",
        "X-Auto-Response-Suppress", "X-Priority", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_neither_does_a_notice(db: None) -> None:
    bob = make_user("Bob")
    notices.tell(bob, subject="Bob has it: Disk\r\nBcc: all@example.com", at=AT)
    message = notices._mail(Notice.objects.get()).message()
    assert message["Bcc"] is None


def test_nor_the_names_in_an_invitation(db: None) -> None:
    by = make_user("Mallory", email="m@example.com")
    by.name = "Mallory\r\nBcc: all@example.com"
    send_invitation(make_user("New"), by=by)
    assert mail.outbox[0].message()["Bcc"] is None


def test_the_html_part_shows_mark_up_as_text(db: None) -> None:
    evil = '<img src=x onerror=alert(1)><a href="https://evil.example">Acknowledge</a> {{7*7}} {% now "Y" %}'
    sent = page_mail(make_incident(evil, service=make_service("s", name="<b>Shop</b>")), because="<script>1</script>")
    html = str(sent.alternatives[0][0])
    for tag in ("<img", "<script", "<b>Shop", 'href="https://evil'):
        assert tag not in html
    assert "{{7*7}}" in html


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:8000@evil.example", "localhost", "127.0.0.1"])
def test_the_host_that_a_request_names_reaches_no_mail(db: None, host: str) -> None:
    make_user("Ana", password="a-long-enough-secret")
    Client().post("/account/password/reset/", {"email": "ana@example.com"}, headers={"host": host})
    for sent in mail.outbox:
        links = re.findall(r"https?://\S+", str(sent.body))
        assert links
        assert all(link.startswith(settings.SHARPEND_URL + "/") for link in links)


def test_the_private_address_is_in_no_error_that_colleagues_read(db: None) -> None:
    incident = make_incident()
    page = make_page(make_user("Alice"), incident)
    method = make_method(page.person, address="Alice.Private@gmail.example")
    row = Delivery.objects.create(
        page=page, method=method, kind="email", due_at=AT, state="sending", attempt=1, lease_until=AT
    )
    said = "The mail server answered 550: b'<alice.private@gmail.example>: no such user'"
    delivery.failed(delivery.Batch(method, [row], None), SendFailed(said, permanent=True), at=AT)  # type: ignore[arg-type]
    row.refresh_from_db()
    told = " ".join([row.error, *incident.timeline.values_list("text", flat=True)]).lower()
    assert "550" in told
    assert "private@gmail" not in told
