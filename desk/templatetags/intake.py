"""`{% load intake %}`: kinds of sources, decisions and marks of bodies in words."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from desk.intake_words import decision_word, kind_word, mark_word

register = template.Library()
register.filter("kind_word", kind_word)
register.filter("decision_word", decision_word)


@register.filter
def mark_words(marks: Iterable[str]) -> str:
    """All of them, with commas between."""
    return ", ".join(map(mark_word, marks))
