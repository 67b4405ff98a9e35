"""What every chat must do on the wire: the stand-ins, and the services themselves where an account of theirs is given.

    REAL_SLACK_BOT_TOKEN=xoxb-... REAL_SLACK_ADDRESS=U0123 \
        .venv/bin/pytest -n 0 --force-enable-socket tests/paging/test_chats_wire.py

The same with TELEGRAM_TOKEN (the chat must have been opened), MATTERMOST_URL and MATTERMOST_TOKEN, MATRIX_URL and
MATRIX_TOKEN. Somebody gets four short messages of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from paging.channels.base import Channel, Edits, News, SendFailed, Speaks
from paging.channels.known import channel
from tests.paging import test_matrix, test_mattermost, test_slack, test_telegram
from tests.paging.media import message


@dataclass(frozen=True)
class Chat:
    """A chat: what tells us who we are there, where its address is set, and somebody whom the stand-in knows."""

    kind: str
    token: str
    stand_in: str
    at: str = ""
    base: str = ""

    @property
    def given(self) -> dict[str, str]:
        """What is known of the real one, from the environment."""
        return {name: os.environ.get(f"REAL_{name}", "") for name in (self.token, self.at) if name}

    @property
    def address(self) -> str:
        """Somebody there."""
        return os.environ.get(f"REAL_{self.kind.upper()}_ADDRESS", "")


CHATS = (
    Chat("slack", "SLACK_BOT_TOKEN", test_slack.ALICE, base="https://slack.com/api/"),
    Chat("telegram", "TELEGRAM_TOKEN", test_telegram.ALICE, base="https://api.telegram.org"),
    Chat("mattermost", "MATTERMOST_TOKEN", test_mattermost.ALICE, at="MATTERMOST_URL"),
    Chat("matrix", "MATRIX_TOKEN", test_matrix.ALICE, at="MATRIX_URL"),
)


def real(chat: Chat) -> object:
    """The service itself, when all of it is given."""
    there = chat.address and all(chat.given.values())
    return pytest.param((chat, True), id=f"{chat.kind}-real", marks=pytest.mark.skipif(not there, reason="no account"))


@dataclass(frozen=True)
class There:
    """The chat that is asked, and somebody in it."""

    chat: Chat
    medium: Channel
    address: str


@pytest.fixture(params=[*(pytest.param((chat, False), id=chat.kind) for chat in CHATS), *map(real, CHATS)])
def there(request: pytest.FixtureRequest, settings: Settings, db: None) -> There:
    """The stand-in or the real one."""
    chat, is_real = request.param
    request.getfixturevalue(chat.kind)
    if is_real:
        cache.clear()
        for name, value in chat.given.items():
            setattr(settings, name, value)
        if chat.base:
            setattr(settings, f"{chat.kind.upper()}_BASE_URL", chat.base)
    medium = channel(chat.kind)
    assert medium is not None
    return There(chat, medium, chat.address if is_real else chat.stand_in)


def test_a_page_is_taken_and_edited_in_place(there: There) -> None:
    page = message("A test of the wire: nothing burns")
    reference = there.medium.send(there.address, page)
    assert reference
    assert isinstance(there.medium, Edits)
    there.medium.edit(there.address, reference, page, {1: News("Alice has it.", ("resolve",))})
    there.medium.edit(there.address, reference, page, {1: News("It is over.", ())})


def test_a_bundle_and_a_few_words_are_taken(there: There) -> None:
    assert there.medium.send(there.address, message("One & <two>", "*three* @channel", repeat=True))
    assert isinstance(there.medium, Speaks)
    assert there.medium.say(there.address, "Your code is 123456.")


def test_a_wrong_token_is_the_installations_fault(there: There, settings: Settings) -> None:
    wrong = "xoxb-0-wrong" if there.chat.kind == "slack" else "7000000001:wrong-wrong-wrong"
    setattr(settings, there.chat.token, wrong)
    cache.clear()
    with pytest.raises(SendFailed) as refused:
        there.medium.send(there.address, message("Nobody reads this"))
    assert (refused.value.administrators, refused.value.switch_off) == (True, False)
    assert wrong not in str(refused.value)
