"""What became of a message: receipts in any order, early, doubled, overtaken or lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

import pytest
import time_machine

from incidents.models import Kind
from paging import answers, receipts
from paging.channels import known
from paging.channels.base import Message, Receipt, SendFailed
from paging.models import ContactMethod, Delivery, PersonalRule
from teams.models import Notice, Role
from tests.clock import work_off
from tests.factories import AT, make_user
from tests.paging.conftest import World, with_mail

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
State = Delivery.State


class Phone:
    """A medium of the tests that gives receipts: it keeps what it was handed, and answers what the test says."""

    kind, receipts = "sms", True
    handed: ClassVar[list[tuple[str, Message]]] = []
    fails: ClassVar[list[SendFailed]] = []
    knows: ClassVar[dict[str, Receipt]] = {}

    def send(self, address: str, message: Message) -> str:
        """Take it, or fail as the test says."""
        if self.fails:
            raise self.fails.pop(0)
        self.handed.append((address, message))
        return f"ref-{len(self.handed)}"

    def ask(self, reference: str) -> Receipt | None:
        """What the test says."""
        return self.knows.get(reference)


@pytest.fixture(autouse=True)
def _phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The medium is there, and time stands."""
    monkeypatch.setitem(known.MEDIA, "sms", (f"{Phone.__module__}.Phone", ()))
    for kept in (Phone.handed, Phone.fails, Phone.knows):
        kept.clear()
    with time_machine.travel(AT, tick=False):
        yield


def with_phone(world: World, *, then_mail: int = 120) -> ContactMethod:
    """Alice is rung by phone, then by mail so many seconds later."""
    phone = with_mail(world.alice, slug="phone", kind="sms", address="+447700900001")
    mail = world.alice.contact_methods.get(slug="mail")
    PersonalRule.objects.create(user=world.alice, method=phone, position=0, after=0)
    PersonalRule.objects.create(user=world.alice, method=mail, position=1, after=then_mail)
    return phone


def row(kind: str = "sms") -> Delivery:
    """The delivery of this kind to Alice."""
    return Delivery.objects.get(kind=kind, page__person__email="alice@example.com")


def handed_over(world: World) -> Delivery:
    """A page to Alice's phone has left."""
    with_phone(world)
    world.open()
    work_off(AT, "paging", "sending")
    sent = row()
    assert (sent.state, sent.provider_ref, sent.receipt_due_at) == (State.SENT, "ref-1", AT + MINUTE)
    return sent


def test_a_receipt_says_that_it_arrived(world: World) -> None:
    sent = handed_over(world)
    assert sent.batch is not None
    assert receipts.record(sent.batch, Receipt("delivered"), at=AT + SECOND) == 1
    assert receipts.record(sent.batch, Receipt("delivered"), at=AT + 2 * SECOND) == 0, "a doubled one changes nothing"
    assert receipts.record(sent.batch, Receipt("sent"), at=AT + 3 * SECOND) == 0, "an overtaken one changes nothing"
    sent.refresh_from_db()
    assert (sent.state, sent.receipt_due_at, sent.sent_at) == (State.DELIVERED, None, AT)
    work_off(AT + 2 * MINUTE - SECOND, "receipts", "sending")
    assert row("email").state == State.QUEUED, "the mail keeps its time"


def test_numbered_receipts_follow_their_numbers(world: World) -> None:
    sent = handed_over(world)
    assert sent.batch is not None
    assert receipts.record(sent.batch, Receipt("delivered", sequence=3), at=AT) == 1
    assert receipts.record(sent.batch, Receipt("failed", "busy", sequence=2), at=AT) == 0
    assert row().state == State.DELIVERED


def test_nobody_knows_such_a_message(world: World) -> None:
    handed_over(world)
    assert receipts.record(uuid4(), Receipt("delivered"), at=AT) == 0


def test_an_early_receipt_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def arrives_before_the_answer(self: Phone, _address: str, message: Message) -> str:
        assert receipts.record(message.batch, Receipt("delivered", reference="ref-early"), at=AT) == 1
        return "ref-early"

    monkeypatch.setattr(Phone, "send", arrives_before_the_answer)
    with_phone(world)
    world.open()
    work_off(AT, "paging", "sending")
    assert (row().state, row().provider_ref, row().receipt_due_at) == (State.DELIVERED, "ref-early", None)
    assert row().attempts.get().outcome == "sent"


def test_a_failure_after_all_rings_the_next_method_now(world: World) -> None:
    sent = handed_over(world)
    assert sent.batch is not None
    receipts.record(sent.batch, Receipt("failed", "30003 unreachable +447700900001"), at=AT + 5 * SECOND)
    sent.refresh_from_db()
    assert (sent.state, sent.error) == (State.FAILED, "30003 unreachable the address")
    assert row("email").due_at == AT + 5 * SECOND
    assert sent.page.incident is not None
    assert sent.page.incident.timeline.filter(kind=Kind.NOT_SENT).count() == 1


def test_delivered_and_then_undelivered_rings_the_next_method(world: World) -> None:
    sent = handed_over(world)
    assert sent.batch is not None
    receipts.record(sent.batch, Receipt("delivered"), at=AT + SECOND)
    receipts.record(sent.batch, Receipt("failed", "undelivered"), at=AT + 2 * SECOND)
    assert (row().state, row("email").due_at) == (State.FAILED, AT + 2 * SECOND)


def test_a_number_that_is_of_no_use_is_switched_off_and_its_person_told(world: World) -> None:
    sent = handed_over(world)
    assert sent.batch is not None
    receipts.record(sent.batch, Receipt("failed", "30006 landline", switch_off=True), at=AT)
    phone = ContactMethod.objects.get(kind="sms")
    assert (phone.disabled_at, phone.disabled_because) == (AT, "30006 landline")
    assert "cannot wake you" in Notice.objects.get(person=world.alice).subject


def test_a_missed_receipt_is_asked_for(world: World) -> None:
    handed_over(world)
    Phone.knows["ref-1"] = Receipt("delivered")
    work_off(AT + MINUTE, "receipts")
    assert row().state == State.DELIVERED
    assert row("email").due_at == AT + 2 * MINUTE, "it arrived: the mail keeps its time"


def test_without_a_receipt_the_next_method_rings_now(world: World) -> None:
    handed_over(world)
    work_off(AT + MINUTE - SECOND, "receipts")
    assert row("email").due_at == AT + 2 * MINUTE
    work_off(AT + MINUTE, "receipts")
    assert (row().state, row("email").due_at) == (State.SENT, AT + MINUTE), "sent is never shown as delivered"
    Phone.knows["ref-1"] = Receipt("delivered")
    work_off(AT + 3 * MINUTE, "receipts")
    assert row().state == State.DELIVERED, "the ledger tells the truth in the end"


def test_without_a_receipt_and_another_method_the_next_step_is_due_now(world: World) -> None:
    with_mail(world.alice, slug="phone", kind="sms", address="+447700900001")
    world.alice.contact_methods.filter(kind="email").delete()
    incident = world.open()
    work_off(AT, "paging", "sending")
    with time_machine.travel(AT + MINUTE, tick=False):
        work_off(AT + MINUTE, "receipts", "paging")
    assert Delivery.objects.filter(page__person=world.bob).exists()
    assert incident.timeline.filter(kind=Kind.NOT_SENT, data__person="alice@example.com").exists()


def test_after_an_acknowledgement_a_missed_receipt_rings_nobody(world: World) -> None:
    sent = handed_over(world)
    assert sent.page.incident is not None
    answers.acknowledge(sent.page.incident, by=world.bob, at=AT + SECOND)
    with time_machine.travel(AT + MINUTE, tick=False):
        work_off(AT + MINUTE, "receipts", "sending", "paging")
    assert row("email").state == State.CANCELLED


def test_a_provider_that_asks_for_a_pause_gets_it_and_the_next_method_rings(world: World) -> None:
    Phone.fails.append(SendFailed("429 slow down", retry_after=120))
    with_phone(world, then_mail=600)
    world.open()
    work_off(AT, "paging", "sending")
    assert (row().state, row().due_at) == (State.QUEUED, AT + 120 * SECOND)
    assert row("email").state == State.SENT


def test_our_own_account_refused_is_told_to_the_administrators_once(world: World) -> None:
    root = make_user("Root", role=Role.ADMIN)
    Phone.fails += [SendFailed("20003 authenticate", administrators=True)] * 2
    with_phone(world)
    world.open()
    work_off(AT, "paging", "sending")
    with time_machine.travel(AT + 5 * SECOND, tick=False):
        work_off(AT + 5 * SECOND, "sending")
    assert Notice.objects.filter(person=root, subject__contains="refuses our account").count() == 1
    assert ContactMethod.objects.get(kind="sms").disabled_at is None
