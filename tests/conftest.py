"""What every test gets. The database server comes from `tests.postgres`, which must run before Django's settings."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

HERE = Path(__file__).parent
WHOLE = ("smoke", "chaos", "browser", "start", "bench")
"""Folders whose tests start the whole system: they run one after the other, or they would wait for each other's CPU."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`./run test --chaos [--write]`."""
    parser.addoption(
        "--chaos", action="store_true", help="the long ones of tests/chaos too, and what became of the pages"
    )
    parser.addoption("--write", action="store_true", help="keep that table as docs/chaos.md")


def pytest_configure() -> None:
    """In this process nothing was collected: a system that collects its files meanwhile must not disturb a test.

    What is published goes to a folder of this process, which has a database of its own.
    """
    empty = Path(tempfile.mkdtemp(prefix="sharp-end-static-"))
    atexit.register(shutil.rmtree, empty, ignore_errors=True)
    (empty / "collected").mkdir()
    settings.STATIC_ROOT = str(empty / "collected")
    settings.STATUS_ROOT = empty / "status"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of whole systems on one worker of `-n`, in front of the others."""
    for item in items:
        if item.path.relative_to(HERE).parts[0] in WHOLE:
            item.add_marker(pytest.mark.xdist_group("system"))


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Settings) -> None:
    """Passwords are hashed quickly: nobody attacks a test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
