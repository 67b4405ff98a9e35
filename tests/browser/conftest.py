"""One Chromium for the tests of a module, and a small organisation with Alice at her desk for those that want no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import Visitor, chromium
from tests.system import ORG, System

KEY = "/api/in/generic/use-a-long-random-key-0002"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all of them; it ends with the module."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def system(browser: Browser) -> Iterator[System]:
    """The whole system with three people."""
    with System(ORG) as running:
        yield running


@pytest.fixture(scope="module")
def cookies(browser: Browser, system: System) -> Any:
    """What signs Alice in."""
    with Visitor(browser, system) as visitor:
        return visitor.sign_in("alice@example.com").cookies


@pytest.fixture
def alice(browser: Browser, system: System, cookies: Any) -> Iterator[Visitor]:
    """Alice at her desk, signed in; every breach of the content security policy is a complaint."""
    with Visitor(browser, system) as visitor:
        visitor.context.add_cookies(cookies)
        yield visitor


@pytest.fixture
def burning(system: System) -> Iterator[Callable[[str], str]]:
    """Opens incidents, and ends them when the test is over."""
    opened: list[str] = []

    def burn(title: str) -> str:
        answer = system.post(KEY, {"title": title, "dedup_key": title, "severity": "critical"})
        assert answer.status == 202
        opened.append(title)
        return f"/incidents/{answer.json()['incidents'][0]}/"

    yield burn
    for title in opened:
        system.post(KEY, {"title": title, "dedup_key": title, "status": "resolved"})
