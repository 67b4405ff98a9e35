"""Proving a phone number in the browser: a code that is texted, or spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from paging.models import ContactMethod
from tests.factories import AT, make_user
from tests.fakes.provider import Reply
from tests.fakes.twilio import Twilio, refusal

pytestmark = pytest.mark.django_db
PAGE = "/settings/methods/"


@pytest.fixture
def browser() -> Iterator[Client]:
    """Ana's."""
    cache.clear()
    with time_machine.travel(AT, tick=False):
        client = Client()
        client.force_login(make_user("Ana"))
        yield client


def method() -> ContactMethod:
    """The only one."""
    return ContactMethod.objects.get()


def add(browser: Client, kind: str, address: str) -> str:
    """Type it in; what the page says then."""
    response = browser.post(PAGE, {"act": "add", "kind": kind, "address": address}, follow=True)
    return response.content.decode()


def test_by_text(browser: Client, twilio: Twilio) -> None:
    assert "We sent a code to" in add(browser, "sms", "0044 7700 900-001")
    assert (method().slug, method().address, method().usable) == ("sms", "+447700900001", False)
    text = twilio.text("+447700900001")
    assert text.callback == ""
    found = re.search(r"\d{6}", text.body)
    assert found
    browser.post(PAGE, {"act": "verify", "method": "sms", "code": found[0]})
    assert method().verified_at == AT


def test_by_call_figure_by_figure(browser: Client, twilio: Twilio) -> None:
    add(browser, "voice", "+44 7700 900001")
    heard = twilio.ring("+447700900001").answer()
    spoken = re.findall(r"(?:\d, ){5}\d", heard)
    assert len(spoken) == 3
    browser.post(PAGE, {"act": "verify", "method": "phone", "code": spoken[0].replace(", ", "")})
    assert method().verified_at == AT


def test_a_number_that_was_switched_off_works_again_once_it_is_proved(browser: Client, twilio: Twilio) -> None:
    add(browser, "sms", "+447700900001")
    twilio.text("+447700900001")
    ContactMethod.objects.update(verified_at=AT, disabled_at=AT, disabled_because="21610")
    add(browser, "sms", "+447700900001")
    found = re.search(r"\d{6}", twilio.text("+447700900001").body)
    assert found
    browser.post(PAGE, {"act": "verify", "method": "sms", "code": found[0]})
    assert (method().usable, method().disabled_because) == (True, "")


def test_what_is_no_number_is_a_sentence(browser: Client, twilio: Twilio) -> None:
    for typed in ("07700 900001", "ana@example.com", "+44", "\x00", "+1 900 555 1234", "٠" * 12):
        response = browser.post(PAGE, {"act": "add", "kind": "sms", "address": typed})
        assert response.status_code == 422
        assert 'class="error' in response.content.decode() or "errorlist" in response.content.decode()
    assert not ContactMethod.objects.exists()


def test_what_the_provider_says_is_shown(browser: Client, twilio: Twilio) -> None:
    assert "21211" in add(browser, "sms", "+15005550001")
    twilio.script.append(refusal(500))
    assert "The code could not be sent" in add(browser, "sms", "+447700900001")
    twilio.script.append(Reply(hang=True))
    assert "The code could not be sent" in add(browser, "sms", "+447700900002")
    twilio.text("+447700900002")  # it had arrived all the same


def test_only_what_this_installation_has_is_offered(browser: Client, settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert 'value="sms"' not in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"act": "add", "kind": "sms", "address": "+447700900001"}).status_code == 422


def test_phones_are_offered_where_there_is_an_account(browser: Client, twilio: Twilio) -> None:
    page = browser.get(PAGE).content.decode()
    assert 'value="sms"' in page
    assert 'value="voice"' in page
    assert "A phone number begins with +" in page
