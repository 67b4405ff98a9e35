"""Words to a person: by mail, and by a direct message beside it where somebody proved their Slack."""

from __future__ import annotations

from django.core.mail import EmailMessage

from paging import notices
from paging.models import ContactMethod
from teams.models import Notice, User
from tests.clock import work_off
from tests.factories import AT
from tests.fakes.slack import Slack
from tests.fakes.slack_words import refusal
from tests.paging.conftest import World, with_mail

ALICE = "U000ALICE"


def proved(person: User, **fields: object) -> ContactMethod:
    """Slack beside the mail."""
    return with_mail(person, slug="slack", kind="slack", address=ALICE, **fields)


def told(person: User, subject: str = "Bob asks you to take a shift", *, thread: str = "") -> Notice:
    """One notice, and everything that is due for it."""
    said = notices.tell(person, subject=subject, body="Monday 9 to 17.", path="/oncall/rota/", thread=thread, at=AT)
    work_off(AT, notices.NOTICES)
    said.refresh_from_db()
    return said


def test_it_comes_by_mail_and_by_slack(world: World, slack: Slack, mailoutbox: list[EmailMessage]) -> None:
    proved(world.alice)
    assert told(world.alice).state == Notice.State.SENT
    assert [mail.subject for mail in mailoutbox] == ["Bob asks you to take a shift"]
    (message,) = slack.asked("chat.postMessage")
    assert message["channel"] == ALICE
    assert message["text"].split("\n\n")[:2] == ["Bob asks you to take a shift", "Monday 9 to 17."]
    assert "/oncall/rota/" in message["text"]


def test_what_is_told_of_an_incident_stands_in_its_messages(world: World, slack: Slack) -> None:
    proved(world.alice)
    told(world.alice, "Bob has it: INC-1 Queue stuck", thread="INC-1")
    assert slack.asked("chat.postMessage") == []


def test_an_address_that_nobody_proved_hears_nothing(world: World, slack: Slack) -> None:
    proved(world.alice, verified_at=None)
    told(world.alice)
    assert slack.asked("chat.postMessage") == []


def test_a_slack_that_refuses_costs_no_mail_and_no_second_one(
    world: World, slack: Slack, mailoutbox: list[EmailMessage]
) -> None:
    proved(world.alice)
    slack.script = [refusal("account_inactive")]
    assert told(world.alice).state == Notice.State.SENT
    work_off(AT, notices.NOTICES)
    assert len(mailoutbox) == 1


def test_no_word_calls_everybody(world: World, slack: Slack) -> None:
    proved(world.alice)
    told(world.alice, "<!channel> & <@U0000BOB>")
    (message,) = slack.asked("chat.postMessage")
    assert message["text"].startswith("&lt;!channel&gt; &amp; &lt;@U0000BOB&gt;")
