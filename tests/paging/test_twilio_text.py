"""How long a text is on the air, what is left out first, and what a reply asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging import replies
from paging.channels import twilio_sms, twilio_twiml
from paging.channels.base import Item, Message
from paging.channels.twilio_numbers import clean, dialled
from paging.channels.twilio_text import cut, is_gsm, parts, places, plain
from paging.replies import Code

LINK = "https://pager.example.com/p/123456-12.1vMabc.abcdefghijklmnopqrstuvwxyz0123456789_-ABCDE/"


def item(number: str = "INC-1710", title: str = "Queue stuck", **fields: str) -> Item:
    """A page."""
    values = {
        "severity": "critical",
        "service": "checkout",
        "because": "primary of payments, step 1",
        "reason": "first",
    }
    values |= {"link": LINK, **fields}
    return Item(1, number, title, since=datetime(2026, 11, 21, 2, 4, tzinfo=UTC), **values)


def message(*items: Item, repeat: bool = False) -> Message:
    """What one person is told."""
    return Message(items or (item(),), "Alice", "UTC", repeat=repeat)


@pytest.mark.parametrize(
    ("text", "counted", "travels"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("a" * 152 + "€" + "a" * 152, 306, 3),  # the sign is not cut in the middle
        ("ж" * 70, 70, 1),
        ("ж" * 71, 71, 2),
        ("🔥" * 35, 70, 1),
        ("🔥" * 36, 72, 2),
    ],
)
def test_length_on_the_air(text: str, counted: int, travels: int) -> None:
    assert (places(text), parts(text)) == (counted, travels)


def test_typographic_signs_and_pictures_do_not_cost_half_the_room() -> None:
    assert plain("🔥 “Queue” — stuck… it’s Łódź, naïve café\t") == '"Queue" - stuck... it\'s Łodz, naive café'
    assert plain("Очередь стоит") == "Очередь стоит", "what cannot be said otherwise stays"
    assert is_gsm(plain("Zażółć gęślą jaźń".replace("ł", "l")))


def test_the_usual_page_is_one_message() -> None:
    text = twilio_sms.body(message())
    assert text.startswith("INC-1710 critical: Queue stuck (")
    assert "Reply 1710a" in text
    assert text.endswith(f" {LINK}")
    assert (parts(text), is_gsm(text)) == (1, True)


def test_with_room_it_says_what_the_code_does() -> None:
    text = twilio_sms.body(message(item(link="https://p.io/p/1/")))
    assert text == (
        "INC-1710 critical: Queue stuck (primary of payments, step 1). Reply 1710a to acknowledge https://p.io/p/1/"
    )


@given(st.text(max_size=300), st.text(max_size=300), st.booleans())
def test_whatever_the_title_the_code_and_the_link_stay_whole(title: str, because: str, repeat: bool) -> None:
    text = twilio_sms.body(message(item(title=title, because=because), repeat=repeat))
    assert text.endswith((f"Reply 1710a {LINK}", f"Reply 1710a to acknowledge {LINK}"))
    assert parts(text) == 1 if is_gsm(text) else parts(text) <= 3
    assert text.startswith("(repeat) INC-1710 critical: " if repeat else "INC-1710 critical: ")


def test_a_bundle_names_every_number() -> None:
    items = [item(f"INC-{number}", title="x" * 300) for number in range(1, 101)]
    text = twilio_sms.body(message(*items))
    assert text.startswith("100 incidents. INC-1 critical: xxx")
    assert all(f"INC-{number}" in text for number in range(1, 101))
    assert len(text) <= 1600
    assert text.endswith(LINK)


def test_a_test_page_says_so() -> None:
    text = twilio_sms.body(message(item("", "", reason="test")))
    assert "test page" in text
    assert "Reply 0a" in text
    assert parts(text) == 1


def test_cut_says_that_something_is_left_out() -> None:
    assert (cut("abcdefgh", 8), cut("abcdefgh", 6), cut("ab", 1)) == ("abcdefgh", "abcd..", "")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1710a", [Code(1710, "acknowledge")]),
        (" 1710 A ", [Code(1710, "acknowledge")]),
        ("INC-1710 ack.", [Code(1710, "acknowledge")]),
        ("12r", [Code(12, "resolve")]),
        ("12 e", [Code(12, "escalate")]),
        ("12a 13a, 14 r", [Code(12, "acknowledge"), Code(13, "acknowledge"), Code(14, "resolve")]),
        ("12a 12a", [Code(12, "acknowledge")]),
        ("0a", [Code(0, "acknowledge")]),
        ("call me at 12 a.m.", []),
        ("12", []),
        ("a", []),
        ("1710x", []),
        ("99999999999999999999a", []),
        ("١٢a", []),
        ("12a please", []),
        ("", []),
        ("a" * 1600, []),
    ],
)
def test_what_a_reply_asks_for(text: str, meant: list[Code]) -> None:
    assert replies.codes(text) == meant


@pytest.mark.parametrize("text", ["STOP", " stop. ", "End", "quit", "cancel", "Unsubscribe", "stopall"])
def test_words_of_telephone_companies_are_not_ours(text: str) -> None:
    assert replies.is_providers(text)
    assert replies.codes(text) == []


@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_a_title_holds_the_call_is_readable(title: str, because: str) -> None:
    document = twilio_twiml.call(message(item(title=title, because=because)), "https://pager.example.com/x/")
    assert len(document) < 4000 or "&" in title + because
    assert document.count("<Gather") == 1


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+44 7700 900001", "+447700900001"),
        ("0044 7700 900001", "+447700900001"),
        ("+1 (415) 555-2671", "+14155552671"),
        (" +491711234567 ", "+491711234567"),
    ],
)
def test_numbers_as_people_write_them(typed: str, number: str) -> None:
    assert clean(typed) == number
    assert dialled(typed.replace("0044", "+44")) == number


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("07700 900001", "Begin with +"),
        ("ana@example.com", "Begin with +"),
        ("+", "no phone number"),
        ("+44 77", "so few or so many"),
        ("+1 900 555 1234", "cost extra"),
        ("+14155552671 ext. 5", "Extensions"),
        ("+999999999999", "no phone number"),
    ],
)
def test_what_is_no_number_gets_a_sentence(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("+", r"\+")):
        clean(typed)
