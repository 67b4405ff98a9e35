"""Hints: whole words, any case, not in quotations or code, each with a question that looks at the system."""

from __future__ import annotations

import pytest

from postmortems.language import FLAGS, hints


def words(text: str, *people: str) -> list[str]:
    """What is hinted at."""
    return [hint.words for hint in hints(text, people)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We should have seen it", ["should have"]),
        ("They shouldn’t have", ["shouldn’t have"]),
        ("SHE FORGOT it", ["FORGOT"]),
        ("Human error, in short", ["Human error"]),
        ("The root cause was a lock", ["root cause"]),
        ("It was done carelessly", ["carelessly"]),
        ("It just stopped", ["just"]),
        ("That brought down the shop", ["brought down"]),
        ("Why did Bob push it?", ["Why did Bob"]),
        ("Please be more careful", ["be more careful"]),
        ("This never happens", ["never"]),
        ("A freak event", ["freak"]),
        ("We ignored the procedure", ["ignored the procedure"]),
        ("The adjustment was unjust", []),
        ("Nevertheless it held", []),
        ("The log said “human error”", []),
        ('The log said "human error"', []),
        ("`just test` runs it", []),
        ("```\nroot cause\n```\nA lock", []),
        ("> whose fault is it?\nNobody asked", []),
    ],
)
def test_each_flag(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_person_as_the_subject_of_a_negative_verb() -> None:
    assert words("Bob deleted it", "Bob Bell") == ["Bob deleted"]
    assert words("Bob Bell missed it", "Bob Bell") == ["Bob Bell missed", "missed"]
    assert words("@bob crashed it") == ["@bob crashed"]
    assert words("The responder deleted it", "Bob Bell") == []
    assert words("Bob found it", "Bob Bell") == []


def test_places_are_those_of_the_text() -> None:
    text = "`x` then obviously\nit was trivial"
    found = hints(text)
    assert [text[hint.start : hint.end] for hint in found] == ["obviously", "trivial"]
    assert all(hint.question.endswith("?") for hint in found)
    assert len(FLAGS) == 12
