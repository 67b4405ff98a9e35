"""Real programs and files from elsewhere; tests that need one skip with a sentence without it, and fail with CI=true."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "build" / "peers"
PLACES = {
    "prometheus-alertmanager": FOLDER / "usr" / "bin" / "prometheus-alertmanager",
    "chromium": Path("/usr/bin/chromium"),
    "nginx": FOLDER / "usr" / "sbin" / "nginx",
    "node": Path("/usr/bin/node"),
    "pdjs": FOLDER / "node" / "node_modules" / "@pagerduty" / "pdjs",
    "axe.min.js": FOLDER / "axe.min.js",
}


def peer(name: str) -> str:
    """Path of what `fetch` brings; skips the test (fails it with CI=true) when it is not there."""
    found = shutil.which(name) or (str(PLACES[name]) if PLACES[name].exists() else "")
    if found:
        return found
    sentence = f"{name} is not here: run tests/peers/fetch (Debian), or install it."
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)
