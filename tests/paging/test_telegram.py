"""Pages by Telegram: what is said, what a refusal means, and one message that stays true."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from pytest_django.fixtures import Settings

from incidents import lifecycle
from paging import answers
from paging.channels import telegram as medium
from paging.channels import telegram_api
from paging.channels.base import SendFailed
from paging.channels.known import available, clean, provable
from paging.models import ContactMethod, Delivery, LiveMessage
from teams.models import Notice
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.provider import Reply
from tests.fakes.telegram import Telegram, refusal
from tests.paging.conftest import World, only
from tests.paging.media import message

ALICE, BOB = "70010", "70020"
State = Delivery.State
BLOCKED = refusal(403, "Forbidden: bot was blocked by the user")


def rang() -> None:
    """Everything of paging that is due at AT."""
    with time_machine.travel(AT, tick=False):
        work_off(AT, "paging", "sending")


def test_a_page_says_what_why_and_what_can_be_done(telegram: Telegram) -> None:
    assert medium.Telegram().send(ALICE, message("Queue stuck")) == "1"
    (sent,) = telegram.sent
    assert sent.words.startswith("INC-1 critical: Queue stuck\nCheckout, since")
    assert "pager of A" in sent.words
    assert '<a href="http://testserver/p/1/">INC-1</a>' in sent.text
    assert sent.labels == ["Acknowledge", "Resolve", "Escalate"]


def test_the_text_of_an_alert_stays_text(telegram: Telegram) -> None:
    medium.Telegram().send(ALICE, message('<a href="https://evil.example">log in</a> & /start evil /START@x </b> "q"'))
    (sent,) = telegram.sent
    assert '<a href="https://evil.example">log in</a> & /\u200bstart evil /\u200bSTART@x </b> "q"' in sent.words


def test_a_long_bundle_fits(telegram: Telegram) -> None:
    medium.Telegram().send(ALICE, message(*["ä&😀" * 100] * 40, repeat=True))
    (sent,) = telegram.sent
    shown = len(sent.rows)
    assert 1 < shown < 15
    assert f"And {40 - shown} more" in sent.words
    assert "(repeat" in sent.words
    assert sent.labels[:4] == ["Acknowledge INC-1", "Resolve", "Escalate", "Acknowledge INC-2"]


def test_the_longest_single_page_fits(telegram: Telegram) -> None:
    medium.Telegram().send(ALICE, message("&" * 300))
    assert "&" * 200 in telegram.sent[0].words


def test_a_test_page_has_one_button(telegram: Telegram) -> None:
    medium.Telegram().send(ALICE, message("", reason="test"))
    assert telegram.sent[0].labels == ["It rang"]


def test_a_page_whose_form_is_refused_still_wakes(telegram: Telegram) -> None:
    telegram.script = [refusal(400, "Bad Request: can't parse entities: unsupported start tag")]
    medium.Telegram().send(ALICE, message("Queue stuck"))
    assert telegram.sent[0].rows == []
    assert telegram.sent[0].text == "[INC-1] critical: Queue stuck\nhttp://testserver/p/1/"


@pytest.mark.parametrize(
    ("reply", "permanent", "administrators", "switch_off", "wait"),
    [
        (refusal(429, "Too Many Requests: retry after 7", retry_after=7), False, False, False, 7.0),
        (refusal(429, "Too Many Requests", retry_after=10**9), False, False, False, 3600.0),
        (refusal(429, "Too Many Requests", retry_after="x"), False, False, False, None),
        (Reply(429, b"[]", {"Retry-After": "8"}), False, False, False, 8.0),
        (refusal(500, "Internal Server Error"), False, False, False, None),
        (Reply(502, b"<html>"), False, False, False, None),
        (Reply(200, b"<html>"), False, False, False, None),
        (Reply(200, b'{"ok":false}'), False, False, False, None),
        (Reply(hang=True), False, False, False, None),
        (BLOCKED, True, False, True, None),
        (refusal(403, "Forbidden: user is deactivated"), True, False, True, None),
        (refusal(400, "Bad Request: chat not found"), True, False, True, None),
        (refusal(400, "Bad Request: something else"), True, False, False, None),
        (refusal(401, "Unauthorized"), True, True, False, None),
        (refusal(404, "Not Found"), True, True, False, None),
    ],
)
def test_what_telegram_refuses(
    telegram: Telegram, reply: Reply, permanent: bool, administrators: bool, switch_off: bool, wait: float | None
) -> None:
    telegram.script = [reply]
    with pytest.raises(SendFailed) as failed:
        medium.Telegram().send(ALICE, message("x"))
    told = failed.value
    seen = (told.permanent, told.administrators, told.switch_off, told.retry_after)
    assert seen == (permanent, administrators, switch_off, wait)


def test_an_answer_that_drips_ends_in_time(telegram: Telegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_api.call, "__kwdefaults__", {"limit": 0.3})
    telegram.script = [Reply(drip=True)]
    with pytest.raises(SendFailed) as failed:
        medium.Telegram().send(ALICE, message("x"))
    assert not failed.value.permanent
    assert telegram_token_is_not_in(failed.value)


def telegram_token_is_not_in(error: SendFailed) -> bool:
    """The token stands in the address of every request, and colleagues read errors."""
    return "token-of-the-tests" not in str(error)


def test_a_base_address_that_cannot_be_used_is_told_without_the_token(telegram: Telegram, settings: Settings) -> None:
    settings.TELEGRAM_BASE_URL = "ftp://x"
    with pytest.raises(SendFailed) as failed:
        medium.Telegram().send(ALICE, message("x"))
    assert failed.value.administrators
    assert telegram_token_is_not_in(failed.value)


def test_an_address_is_the_number_of_a_private_chat(telegram: Telegram) -> None:
    assert clean("telegram", f" {ALICE} ") == ALICE
    for typed in ("", "@alice", "-100123456", "7e9", "٣٣٣٣٣٣", "12", "1" * 20):
        with pytest.raises(ValueError, match="Link Telegram"):
            clean("telegram", typed)
    with pytest.raises(SendFailed) as failed:
        medium.Telegram().send("@alice", message("x"))
    assert failed.value.switch_off


def test_telegram_is_there_only_with_its_token(telegram: Telegram, settings: Settings) -> None:
    assert "telegram" in available()
    assert "telegram" in provable()
    settings.TELEGRAM_TOKEN = ""
    assert "telegram" not in available()


def test_one_message_says_who_has_it_and_that_it_is_over(world: World, telegram: Telegram) -> None:
    only(world.alice, "telegram", ALICE)
    incident = world.open()
    rang()
    assert Delivery.objects.get().provider_ref == "1"
    later = AT + timedelta(minutes=1)
    answers.acknowledge(incident, by=world.bob, at=later)
    work_off(later, "edits")
    (sent,) = telegram.sent
    assert "Bob" in sent.words.splitlines()[-1]
    assert sent.labels == ["Resolve", "Escalate"]
    incident.refresh_from_db()
    lifecycle.resolve(incident, by=world.bob, at=later)
    work_off(later, "edits")
    assert sent.words.endswith(f"{incident.number} is resolved.")
    assert (sent.labels, sent.edits, len(telegram.sent)) == ([], 2, 1)
    assert not LiveMessage.objects.exists()


def test_an_edit_that_fails_is_tried_again_as_late_as_telegram_asks(world: World, telegram: Telegram) -> None:
    only(world.alice, "telegram", ALICE)
    incident = world.open()
    rang()
    answers.acknowledge(incident, by=world.alice, at=AT)
    telegram.script = [refusal(429, "Too Many Requests", retry_after=20)]
    work_off(AT, "edits")
    work_off(AT + timedelta(seconds=19), "edits")
    assert telegram.sent[0].edits == 0
    work_off(AT + timedelta(seconds=20), "edits")
    assert telegram.sent[0].edits == 1


def test_an_edit_that_says_the_same_or_has_no_message_is_done(telegram: Telegram) -> None:
    medium.Telegram().send(ALICE, message("x"))
    medium.Telegram().edit(ALICE, "1", message("x"), {})
    medium.Telegram().edit(ALICE, "99", message("x"), {})
    medium.Telegram().edit(ALICE, "", message("x"), {})
    telegram.script = [BLOCKED]
    with pytest.raises(SendFailed):
        medium.Telegram().edit(ALICE, "1", message("y"), {})


def test_a_bot_that_was_blocked_is_switched_off_and_its_person_told(world: World, telegram: Telegram) -> None:
    only(world.alice, "telegram", ALICE)
    telegram.script = [BLOCKED]
    world.open()
    rang()
    method = ContactMethod.objects.get(kind="telegram")
    assert method.disabled_at == AT
    assert "blocked by the user" in method.disabled_because
    assert Notice.objects.get(person=world.alice, subject__contains="cannot wake you any more")
    assert Delivery.objects.filter(page__person=world.bob, state=State.SENT).exists()


def test_a_token_that_is_refused_is_told_to_the_administrators(
    world: World, telegram: Telegram, settings: Settings
) -> None:
    settings.TELEGRAM_TOKEN = "123456:wrong"
    only(world.alice, "telegram", ALICE)
    world.mia.role = "admin"
    world.mia.save()
    world.open()
    rang()
    assert Notice.objects.get(person=world.mia, subject__contains="refuses our account")
    assert ContactMethod.objects.get(kind="telegram").disabled_at is None
