"""Each test publishes into a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def root(settings: Settings, tmp_path: Path) -> Path:
    """Where the tree of this test stands."""
    settings.STATUS_ROOT = tmp_path / "status"
    return tmp_path / "status" / "default"
