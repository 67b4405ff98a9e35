"""One laboratory for all, and the table of what became of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos import lab as laboratory
from tests.chaos.table import ROWS, WRITTEN, table, write


@pytest.fixture(scope="session")
def house() -> Iterator[laboratory.Lab]:
    """A running system; each test leaves it as it found it."""
    with laboratory.running() as lab:
        yield lab


@pytest.fixture
def lab(house: laboratory.Lab) -> Iterator[laboratory.Lab]:
    """The same, at peace again afterwards."""
    yield house
    house.broker.set("pass")
    house.database.set("pass")
    house.twilio.script.clear()
    house.mails.handler.script.clear()
    house.quiet()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long ones only when they were asked for."""
    if not config.getoption("--chaos"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table; keep it when that was asked for."""
    if not ROWS or not (config.getoption("--chaos") or config.getoption("--write")):
        return
    terminalreporter.write_sep("=", "what became of the pages")
    terminalreporter.write_line(table(ROWS))
    if config.getoption("--write"):
        write(ROWS)
        terminalreporter.write_line(f"kept in {WRITTEN}")
