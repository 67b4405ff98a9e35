"""Sending: bundles, leases, failures and their consequences, against a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents import lifecycle
from incidents.models import Incident, Kind
from oncall.models import EscalationStep
from paging import answers, asking, delivery
from paging.models import Delivery, DeliveryAttempt, PersonalRule
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.smtp import MailServer
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
State = Delivery.State


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    """Sending asks the one clock for the time at which the provider answered."""
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """A mail server that takes everything until a test scripts it."""
    with MailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = running.host, running.port
        yield running


def states() -> list[str]:
    """State of every delivery, in order."""
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_one_mail_with_everything_that_two_in_the_morning_needs(world: World, server: MailServer) -> None:
    incident = world.open(title="Queue <b>stuck</b> {{ 7*7 }}")
    work_off(AT, "paging", "sending")
    (mail,) = server.received
    assert mail.recipient == "alice@example.com"
    assert mail.mail["Subject"] == f"[{incident.number}] critical: Queue <b>stuck</b> {{{{ 7*7 }}}}"
    assert incident.number in mail.text
    assert "Queue <b>stuck</b> {{ 7*7 }}" in mail.text
    assert len(mail.links) == 1
    assert mail.mail["Auto-Submitted"] == "auto-generated"
    assert f"<{incident.number}@testserver>" in mail.mail["References"]
    html = mail.mail.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;stuck&lt;/b&gt; {{ 7*7 }}" in html.get_content()
    assert states() == [State.SENT]
    row = Delivery.objects.get()
    assert (row.sent_at, row.provider_ref, row.attempt) == (AT, mail.mail["Message-ID"], 1)
    incident.refresh_from_db()
    assert incident.first_page_at == AT


def test_nothing_is_sent_after_an_acknowledgement(world: World, server: MailServer) -> None:
    incident = world.open()
    work_off(AT, "paging")
    answers.acknowledge(incident, by=world.bob, at=AT)
    work_off(AT, "sending")
    assert (server.received, states()) == ([], [State.CANCELLED])


def test_later_pages_leave_as_one_bundle_the_worst_first(world: World, server: MailServer) -> None:
    world.open(title="one")
    work_off(AT, "paging", "sending")
    incidents = [
        world.open(at=AT + SECOND, title="two", severity="major"),
        world.open(at=AT + 2 * SECOND, title="three"),
    ]
    work_off(AT + 3 * SECOND, "paging", "sending")
    assert len(server.received) == 1
    with time_machine.travel(AT + 10 * SECOND, tick=False):
        work_off(AT + 10 * SECOND, "sending")
    assert len(server.received) == 2
    bundle = server.received[1]
    assert bundle.mail["Subject"].startswith(f"2 incidents, the worst is [{incidents[1].number}] critical: three")
    assert len(bundle.links) == 2
    assert all(f"{incident.number} {incident.title}" in bundle.text for incident in incidents)
    assert states() == [State.SENT] * 3


def test_a_temporary_failure_goes_on_to_the_next_step_and_tries_again(world: World, server: MailServer) -> None:
    server.handler.script = ["451 try later"]
    incident = world.open()
    work_off(AT, "paging", "sending")
    assert [mail.recipient for mail in server.received] == ["bob@example.com"], "the next step was due at once"
    row = Delivery.objects.order_by("pk")[0]
    assert (row.state, row.due_at, row.attempt) == (State.QUEUED, AT + 5 * SECOND, 1)
    assert incident.timeline.filter(kind=Kind.NOT_SENT).count() == 1
    with time_machine.travel(AT + 5 * SECOND, tick=False):
        work_off(AT + 5 * SECOND, "sending")
    assert [mail.recipient for mail in server.received] == ["bob@example.com", "alice@example.com"]


def test_a_failed_method_rings_the_next_one_now(world: World, server: MailServer) -> None:
    second = with_mail(world.alice, slug="other", address="alice.home@example.com")
    mail = world.alice.contact_methods.get(slug="mail")
    PersonalRule.objects.create(user=world.alice, method=mail, position=0, after=0)
    PersonalRule.objects.create(user=world.alice, method=second, position=1, after=120)
    server.handler.script = ["550 no such person"]
    world.open()
    work_off(AT, "paging", "sending")
    assert [mail.recipient for mail in server.received] == ["alice.home@example.com"]
    incident_due = EscalationStep.objects.get(position=0).wait
    assert incident_due == 300
    assert not Delivery.objects.filter(page__person=world.bob).exists(), "Alice was reached: her step keeps its time"


def test_a_sender_that_died_is_followed_by_the_next_method_as_a_repeat(world: World, server: MailServer) -> None:
    second = with_mail(world.alice, slug="other", address="alice.home@example.com")
    mail = world.alice.contact_methods.get(slug="mail")
    PersonalRule.objects.create(user=world.alice, method=mail, position=0, after=0)
    PersonalRule.objects.create(user=world.alice, method=second, position=1, after=120)
    world.open()
    work_off(AT, "paging")
    batch = delivery.claim(mail.pk, AT)
    assert batch is not None
    assert delivery.leases_over(AT + 29 * SECOND, 10) == []
    with time_machine.travel(AT + 30 * SECOND, tick=False):
        work_off(AT + 30 * SECOND, "leases", "sending")
    assert [m.recipient for m in server.received] == ["alice.home@example.com"]
    assert "(repeat)" in str(server.received[0].mail["Subject"])
    assert states() == [State.UNKNOWN, State.SENT]


def test_with_one_method_the_same_is_sent_again_once(world: World, server: MailServer) -> None:
    world.open()
    work_off(AT, "paging")
    batch = delivery.claim(world.alice.contact_methods.get().pk, AT)
    assert batch is not None
    with time_machine.travel(AT + 30 * SECOND, tick=False):
        work_off(AT + 30 * SECOND, "leases", "sending")
    assert len(server.received) == 1
    assert "(repeat)" in str(server.received[0].mail["Subject"])
    delivery.sent(batch, "late", at=AT + 40 * SECOND)
    row = Delivery.objects.get()
    assert (row.state, row.attempt) == (State.SENT, 2)
    assert row.provider_ref != "late", "a stale attempt writes nothing"


def test_a_person_deactivated_between_claim_and_send_gets_nothing_new(world: World, server: MailServer) -> None:
    world.open()
    work_off(AT, "paging")
    world.alice.is_active = False
    world.alice.save()
    work_off(AT, "sending")
    assert (server.received, states()) == ([], [State.CANCELLED])
    incident = Incident.objects.get()
    assert incident.page_due_at == AT, "whoever comes next is paged now"
    assert incident.timeline.filter(kind=Kind.NOT_SENT).count() == 1


def test_claiming_twice_gives_once(world: World) -> None:
    world.open()
    work_off(AT, "paging")
    method = world.alice.contact_methods.get()
    assert delivery.claim(method.pk, AT) is not None
    assert delivery.claim(method.pk, AT) is None
    assert DeliveryAttempt.objects.count() == 1


def test_a_test_page_rings_every_method_of_oneself(world: World, server: MailServer) -> None:
    page = asking.page_me(world.alice, at=AT)
    work_off(AT, "sending")
    (mail,) = server.received
    assert "Test page" in mail.mail["Subject"]
    assert len(mail.links) == 1
    assert page.incident is None


def test_pulling_in_somebody_pages_them_although_another_has_it(world: World, server: MailServer) -> None:
    incident = world.open()
    work_off(AT, "paging", "sending")
    answers.acknowledge(incident, by=world.alice, at=AT)
    asking.pull_in(incident, person=world.mia, by=world.alice, reason="database", at=AT)
    work_off(AT, "paging", "sending")
    assert [mail.recipient for mail in server.received] == ["alice@example.com", "mia@example.com"]
    assert "Alice asks for your help: database" in server.received[1].text


def test_nothing_leaves_after_the_incident_is_over(world: World, server: MailServer) -> None:
    incident = world.open()
    work_off(AT, "paging")
    lifecycle.resolve(incident, by=world.bob, at=AT)
    work_off(AT, "sending", "paging")
    assert server.received == []


def test_the_others_hear_that_somebody_has_it_and_that_it_is_over(world: World, server: MailServer) -> None:
    incident = world.open()
    work_off(AT, "paging", "sending")
    with time_machine.travel(AT + timedelta(minutes=5), tick=False):
        work_off(AT + timedelta(minutes=5), "paging", "sending")
    answers.acknowledge(incident, by=world.bob, at=AT + timedelta(minutes=6))
    lifecycle.resolve(incident, by=world.bob, at=AT + timedelta(minutes=7))
    work_off(AT + timedelta(minutes=7), "announcing", "notices")
    subjects = [(mail.recipient, str(mail.mail["Subject"])) for mail in server.received[2:]]
    assert subjects == [
        ("alice@example.com", f"Bob has it: {incident.number} Queue stuck"),
        ("alice@example.com", f"Resolved: {incident.number} Queue stuck"),
    ]
