"""The reference set is built only where nothing else is, and always the same; its command says what it does."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from provisioning.demo.build import AlreadyThere
from provisioning.demo.mark import NotTheDemo
from provisioning.reference.build import build
from tests.factories import make_user
from tests.provisioning.demos import AT, digest, small

pytestmark = pytest.mark.django_db


def test_the_same_instant_gives_the_same_set() -> None:
    build(AT, 60, say=lambda _line: None, months=0.3)
    once = digest()
    build(AT, 60, say=lambda _line: None, months=0.3, reset=True)
    assert digest() == once


def test_only_where_nothing_else_is() -> None:
    small(months=0.05)
    with pytest.raises(AlreadyThere):
        build(AT, 60, say=lambda _line: None, months=0.05)
    make_user("Stranger")
    with pytest.raises(NotTheDemo):
        build(AT, 60, say=lambda _line: None, months=0.05, reset=True)


@pytest.mark.parametrize("words", [["--incidents", "0"], ["--at", "yesterday"], ["--at", "2026-11-21T12:00"]])
def test_the_command_refuses_what_it_cannot_build(words: list[str]) -> None:
    with pytest.raises(CommandError, match="--incidents 1 to"):
        call_command("reference", *words)


def test_the_command_says_what_is_there_already() -> None:
    small(months=0.05)
    with pytest.raises(CommandError, match="--reset"):
        call_command("reference", "--incidents", "60", stderr=StringIO())
