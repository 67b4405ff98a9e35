"""What the provider says on the wire: the stand-in, and Twilio itself where test credentials are given.

    REAL_TWILIO_ACCOUNT_SID=AC... REAL_TWILIO_AUTH_TOKEN=... \
        .venv/bin/pytest -n 0 --force-enable-socket tests/paging/test_twilio_wire.py

with the *test* credentials of an account (they reach nobody, cost nothing, and know the same numbers).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from paging.channels import twilio_api
from paging.channels.base import SendFailed
from tests.fakes.twilio import FROM, Twilio
from tests.paging.conftest import point_at

REAL = {name: os.environ.get(f"REAL_TWILIO_{name}", "") for name in ("ACCOUNT_SID", "AUTH_TOKEN")}
GOOD = "+14155552671"
TWIML = "<Response><Say>Hello</Say></Response>"


@pytest.fixture(
    params=["stand-in", pytest.param("real", marks=pytest.mark.skipif(not all(REAL.values()), reason="no account"))]
)
def provider(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """Whom we talk to."""
    with Twilio() as there:
        point_at(there, settings)
        if request.param == "real":
            settings.TWILIO_BASE_URL = "https://api.twilio.com"
            settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = REAL["ACCOUNT_SID"], REAL["AUTH_TOKEN"]
        settings.TWILIO_FROM = FROM
        yield request.param
        for made in there.made:
            made.taken = True


@pytest.mark.parametrize(("kind", "fields"), [("Messages", {"Body": "Hello"}), ("Calls", {"Twiml": TWIML})])
def test_what_is_taken_has_a_sid(kind: str, fields: dict[str, str], provider: str) -> None:
    sid = twilio_api.create(kind, {"To": GOOD, **fields})
    assert sid.startswith("SM" if kind == "Messages" else "CA")
    assert len(sid) == 34


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("Messages", "+15005550001", 21211),
        ("Messages", "+15005550002", 21612),
        ("Messages", "+15005550003", 21408),
        ("Messages", "+15005550004", 21610),
        ("Messages", "+15005550009", 21614),
        ("Calls", "+15005550001", 21217),
        ("Calls", "+15005550002", 21214),
        ("Calls", "+15005550003", 21215),
        ("Calls", "+15005550004", 21216),
    ],
)
def test_numbers_of_no_use(kind: str, number: str, code: int, provider: str) -> None:
    fields = {"Body": "Hello"} if kind == "Messages" else {"Twiml": TWIML}
    with pytest.raises(SendFailed, match=str(code)) as refused:
        twilio_api.create(kind, {"To": number, **fields})
    assert (refused.value.switch_off, refused.value.administrators) == (True, False)


def test_a_wrong_token(provider: str, settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "wrong"
    with pytest.raises(SendFailed, match="20003") as refused:
        twilio_api.create("Messages", {"To": GOOD, "Body": "Hello"})
    assert (refused.value.administrators, refused.value.switch_off) == (True, False)
    assert twilio_api.ask("SM" + "0" * 32) is None


def test_a_number_that_is_not_ours(provider: str, settings: Settings) -> None:
    settings.TWILIO_FROM = "+15005550007"
    with pytest.raises(SendFailed, match="21606") as refused:
        twilio_api.create("Messages", {"To": GOOD, "Body": "Hello"})
    assert refused.value.administrators
