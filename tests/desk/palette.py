"""Asking the field that finds and acts, as a browser does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from desk.palette_rows import Row
from teams.models import User

SignIn = Callable[[User], Client]


def ask(browser: Client, q: str) -> dict[str, list[Row]]:
    """The groups that `q` finds, by their titles."""
    response = browser.get("/find/", {"q": q})
    assert response.status_code == 200
    return {str(group.title): group.rows for group in response.context["groups"]}


def titles(browser: Client, q: str, group: str) -> list[str]:
    """The lines of one group."""
    return [str(row.title) for row in ask(browser, q).get(group, [])]


def do(browser: Client, q: str) -> Row:
    """The first thing that can be done."""
    return ask(browser, q)["Do"][0]


def press(browser: Client, row: Row) -> Any:
    """What the button of the line does."""
    assert row.press is not None
    assert row.press.post
    return browser.post(row.press.action, dict(row.press.fields))
