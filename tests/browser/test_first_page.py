"""The same way without a script in the browser: whatever comes by itself comes by a reload."""

from __future__ import annotations

import pytest

from tests.browser.newcomer import Newcomer, walk
from tests.browser.visitor import Visitor, chromium
from tests.fakes.smtp import MailServer
from tests.system import System

pytestmark = pytest.mark.peer


def test_from_nothing_to_the_first_page_without_scripts() -> None:
    with (
        MailServer() as mails,
        System(EMAIL_URL=mails.url) as system,
        chromium() as browser,
        Visitor(browser, system, scripts=False) as visitor,
    ):
        new = Newcomer(visitor.page, scripts=False)
        walk(new, system, mails)
        assert len(new.screens) == 3
        visitor.open("/start/")
        assert "You can be woken" in visitor.page.inner_text("h1")
        visitor.open("/start/try/")
        assert visitor.page.locator(".chain > [data-done]").count() == 4
