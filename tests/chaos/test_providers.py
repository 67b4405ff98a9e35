"""Providers are slow, broken, full, liars or gone: the person's next method rings, and what failed is really tried again."""

from __future__ import annotations

import time

import pytest

from tests.chaos.lab import PUBLIC, Lab
from tests.chaos.organisation import mail_of, phone_of
from tests.fakes.provider import Reply, Request
from tests.fakes.smtp import Received
from tests.fakes.twilio import Text, refusal

pytestmark = pytest.mark.chaos
HOUR = 3600


def phone(lab: Lab) -> int:
    """A place whose person is rung by text message first."""
    return next(lab.phones)


def test_a_send_that_fails_once_is_tried_again(lab: Lab) -> None:
    refused: list[Received] = []

    def once(mail: Received) -> str | None:
        if not mail.links or refused:
            return None
        refused.append(mail)
        return "451 try again later"

    lab.mails.handler.refuse = once
    try:
        shot = lab.fire()
        lab.arrived([shot], 30)
    finally:
        lab.mails.handler.refuse = None
    assert len([one for one in lab.attempts if one.incident == shot.incident]) == 2
    lab.judge("A send that fails once: tried again on the same method", [shot])


@pytest.mark.long
def test_a_provider_that_does_not_answer_in_time(lab: Lab) -> None:
    place = phone(lab)
    lab.twilio.script[:] = [Reply(drip=True)]
    shot = lab.fire(place)
    lab.system.until(lambda: mail_of(place) in lab.to(shot.incident), 40, "the next method")
    lab.judge("Provider time-out (10 s): the next method rings", [shot], crashes=1)


@pytest.mark.long
def test_a_provider_that_breaks_three_times(lab: Lab) -> None:
    place = phone(lab)
    lab.twilio.script[:] = [refusal(500)] * 3
    shot = lab.fire(place)
    lab.system.until(lambda: mail_of(place) in lab.to(shot.incident), 30, "the next method")
    lab.moves_until(lambda: phone_of(place) in lab.to(shot.incident), 240, step=20, what="the fourth attempt")
    lab.judge("Provider answers 500 three times: next method now, the fourth attempt arrives", [shot], clock="3 min")


def test_a_provider_that_is_full_for_an_hour(lab: Lab) -> None:
    place, full = phone(lab), True
    asked: list[Request] = []
    own = lab.twilio.judge

    def judge(request: Request) -> Reply:
        if full and request.method == "POST":
            asked.append(request)
            return refusal(429, Retry_After=str(HOUR))
        return own(request)

    lab.twilio.judge = judge
    try:
        shot = lab.fire(place)
        lab.system.until(lambda: mail_of(place) in lab.to(shot.incident), 30, "the next method")
        lab.move(5 * 60)
        time.sleep(3)
        assert len(asked) == 1, "it said when"
        full = False
        lab.moves_until(lambda: phone_of(place) in lab.to(shot.incident), HOUR, step=5 * 60, what="the text message")
    finally:
        lab.twilio.judge = own
    lab.judge("Provider answers 429 for an hour: next method now", [shot], crashes=9, clock="1 h")


def test_delivered_and_then_undelivered(lab: Lab) -> None:
    place = phone(lab)
    shot = lab.fire(place)
    lab.system.until(lambda: phone_of(place) in lab.to(shot.incident), 30, "the text message")
    made = next(one for one in reversed(lab.twilio.made) if isinstance(one, Text) and shot.incident in one.body)
    assert made.callback.startswith(PUBLIC)
    assert made.tells("delivered") == 204
    time.sleep(1.5)
    assert mail_of(place) not in lab.to(shot.incident), "it rang"
    assert made.tells("undelivered", error=30005) == 204
    lab.system.until(lambda: mail_of(place) in lab.to(shot.incident), 30, "the next method")
    lab.sql("UPDATE paging_contactmethod SET disabled_at = NULL, disabled_because = '' WHERE kind = 'sms'")
    lab.judge("Delivered, then undelivered: the next method rings", [shot])


@pytest.mark.long
def test_all_providers_are_down_for_ten_minutes(lab: Lab) -> None:
    own, place = lab.twilio.judge, phone(lab)
    lab.twilio.judge = lambda _request: refusal(503)
    lab.mails.handler.script[:] = ["421 closed"] * 10_000
    try:
        shots = [lab.fire(place), lab.fire()]
        asked = lambda: {shot.incident for shot in shots} <= {one.incident for one in list(lab.attempts)}  # noqa: E731
        lab.system.until(asked, 30, "an attempt at each")
        for _minute in range(20):
            time.sleep(1.3)
            lab.move(30)
    finally:
        lab.twilio.judge = own
        lab.mails.handler.script.clear()
    back = lab.now()
    there = lambda: all(lab.to(shot.incident) for shot in shots)  # noqa: E731
    lab.moves_until(there, 16 * 60, step=20, what="pages once they are back")
    took = lab.now() - back
    assert took <= 15 * 60 + 30, "the catch-all's turn at the latest"
    fault = f"All providers down for ten minutes: paged {took:.0f} s after they are back"
    lab.judge(fault, shots, crashes=9, clock="10 min and the wait")
