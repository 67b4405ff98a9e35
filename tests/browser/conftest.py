"""One Chromium for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all of them; it ends with the module."""
    with chromium() as running:
        yield running
