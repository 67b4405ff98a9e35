"""The list of keys (`?`) is true and complete, and each key is said where its button is."""

from __future__ import annotations

import re

from tests.foundation.test_templates import COMMENT, PAGES, TEMPLATES

PRESSED = re.compile(r"\bdata-key(?:-focus)?=\"([^\"{]+)\"|\bkey=\"([a-z])\"")


def pages() -> dict[str, str]:
    """Each template without its comments."""
    return {page: COMMENT.sub("", (TEMPLATES / page).read_text()) for page in PAGES}


def pressed() -> set[str]:
    """The keys that press or focus something on some page."""
    return {one or other for text in pages().values() for one, other in PRESSED.findall(text)}


def test_the_list_names_every_key_and_no_other() -> None:
    listed = set(re.findall(r"<kbd>([^<]+)</kbd>", pages()["components/_keys.html"]))
    assert listed - {"?", "Ctrl K"} == pressed()


def test_a_key_is_one_character_without_a_modifier() -> None:
    assert {key for key in pressed() if len(key) != 1} == set()


def test_screen_readers_hear_of_each_key() -> None:
    buttons = [tag for text in pages().values() for tag in re.findall(r"<[^<>]*\bdata-key=\"[^\"{]+\"[^<>]*>", text)]
    assert buttons
    assert [tag for tag in buttons if "aria-keyshortcuts=" not in tag] == []
