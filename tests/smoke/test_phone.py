"""The main job by telephone, with all processes: an alert, a text and its reply, a call and its key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.twilio import ACCOUNT, FROM, TOKEN, Twilio, by_http
from tests.system import ORG, System

ALICE, BOB = "+447700900001", "+447700900002"
PUBLIC = "http://pager.example.com"
ALICE_MAIL = "mail: {kind: email, address: alice@example.com, verified: true}"
BOB_MAIL = "mail: {kind: email, address: bob@example.com, verified: true}"
PHONES = (
    ORG.replace(ALICE_MAIL, f'mail: {{kind: sms, address: "{ALICE}", verified: true}}')
    .replace(BOB_MAIL, f'mail: {{kind: voice, address: "{BOB}", verified: true}}')
    .replace("wait: 30s", "wait: 10m")
)


@pytest.fixture
def provider() -> Iterator[Twilio]:
    """Twilio, which knows us by a public name."""
    with Twilio(public=PUBLIC) as there:
        yield there


@pytest.fixture
def system(provider: Twilio) -> Iterator[System]:
    """Everything, with an account at that provider."""
    with System(
        PHONES,
        SHARPEND_URL=PUBLIC,
        TWILIO_BASE_URL=provider.url,
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKEN=TOKEN,
        TWILIO_FROM=FROM,
    ) as running:
        provider.reach = by_http(running.url, PUBLIC)
        yield running


def states(system: System, number: str) -> list[tuple[str, str]]:
    """Who was paged, and what became of it."""
    pages: list[dict[str, Any]] = system.api(f"/incidents/{number}/pages/")
    return [(page["person"], one["state"]) for page in pages for one in page["deliveries"]]


def test_from_the_alert_to_the_key(system: System, provider: Twilio) -> None:
    begun = time.monotonic()
    taken = system.post("/api/in/generic/use-a-long-random-key-0002", {"title": "Queue stuck", "class": "critical"})
    (number,) = taken.json()["incidents"]
    text = provider.text(ALICE, within=20)
    assert text.body.startswith(f"{number} ")
    assert time.monotonic() - begun < 10
    assert text.tells("delivered") == 204
    assert "next step" in provider.writes(ALICE, f"{number.removeprefix('INC-')}e")

    call = provider.ring(BOB, within=20)
    assert call.tells("ringing", sequence=1) == 204
    assert "Queue stuck" in call.answer()
    assert system.api(f"/incidents/{number}/")["acked_by"] is None, "an answered call acknowledges nothing"
    assert "You have" in call.press("1")
    call.hang_up()
    assert system.api(f"/incidents/{number}/")["acked_by"] == "bob@example.com"
    assert states(system, number) == [("alice@example.com", "delivered"), ("bob@example.com", "read")]
    assert provider.writes(ALICE, "a") == "No page asks you now. Reply to a page with the code that it names."
