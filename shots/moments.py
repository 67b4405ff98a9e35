"""What happens to a page before it is looked at: a lost connection, a silent dispatcher, a database that is gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from shots.stage import Company

Happening = Callable[[Company, Page], None]
LONGER = 11_000
"""Milliseconds of the page's clock: two polls."""
AWAY = "incidents_incident", "incidents_incident_away"


@dataclass(frozen=True)
class Moment:
    """`before` the page is opened, `after` it was; `undo` brings back what was."""

    before: Happening | None = None
    after: Happening | None = None
    undo: Happening | None = None


def _own_clock(_company: Company, page: Page) -> None:
    page.clock.install()


def _lost(_company: Company, page: Page) -> None:
    page.context.set_offline(True)
    page.clock.run_for(LONGER)
    page.locator("#connection:not([hidden])").wait_for()


def _found(_company: Company, page: Page) -> None:
    page.context.set_offline(False)


def _signal(number: signal.Signals) -> Happening:
    def send(company: Company, _page: Page) -> None:
        for pid in company.stage.system.children("manage.py dispatch"):
            os.kill(pid, number)

    return send


def _silence_seen(_company: Company, page: Page) -> None:
    page.locator("#page-banner .strip").wait_for()


def _statement(text: str) -> Happening:
    def run(company: Company, _page: Page) -> None:
        code = f"from django.db import connection; connection.cursor().execute({text!r})"
        company.stage.system.manage("shell", "-v0", "-c", code)

    return run


def _press(name: str) -> Happening:
    def press(_company: Company, page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).first.click()
        page.wait_for_load_state("networkidle")

    return press


def _instead(status: int) -> Happening:
    """The page for `status`, drawn by its template: a whole system seldom answers so."""

    def answer(company: Company, page: Page) -> None:
        code = f"from django.template.loader import render_to_string; print(render_to_string('{status}.html'))"
        body = company.stage.system.manage("shell", "-v0", "-c", code)
        page.route(
            f"**/offline/?{status}", lambda route: route.fulfill(status=status, body=body, content_type="text/html")
        )

    return answer


def _menu(_company: Company, page: Page) -> None:
    page.locator("[popovertarget=menu]:visible").first.click()


def _keys(_company: Company, page: Page) -> None:
    page.keyboard.press("?")


MOMENTS = {
    "400": Moment(before=_instead(400)),
    "503": Moment(before=_instead(503)),
    "offline": Moment(before=_own_clock, after=_lost, undo=_found),
    "silent": Moment(before=_signal(signal.SIGSTOP), after=_silence_seen, undo=_signal(signal.SIGCONT)),
    "broken": Moment(
        before=_statement(f"ALTER TABLE {AWAY[0]} RENAME TO {AWAY[1]}"),
        undo=_statement(f"ALTER TABLE {AWAY[1]} RENAME TO {AWAY[0]}"),
    ),
    "menu": Moment(after=_menu),
    "keys": Moment(after=_keys),
    "saved": Moment(after=_press("Save")),
    "asked": Moment(after=_press("Resolve")),
}
