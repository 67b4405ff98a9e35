"""What we keep of other people's work is what we said we keep."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
TEMPLATES = STATIC.parent / "templates"
LIST = tomllib.loads((STATIC / "vendor" / "vendor.toml").read_text())
ENTRIES = [*LIST["file"], *LIST["sprite"]]
SYMBOL = "{http://www.w3.org/2000/svg}symbol"


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
def test_the_file_has_the_hash_in_the_list(entry: dict[str, Any]) -> None:
    assert hashlib.sha256((STATIC / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["licence"]
    assert entry["version"] in entry["file"] or entry["file"] == "icons.svg"


def test_nothing_is_vendored_that_is_not_in_the_list() -> None:
    there = {str(path.relative_to(STATIC)) for path in (STATIC / "vendor").rglob("*") if path.is_file()}
    assert there - {entry["file"] for entry in ENTRIES} == {"vendor/vendor.toml", "vendor/fetch"}


def _icons() -> set[str]:
    return {str(symbol.get("id")) for symbol in ElementTree.parse(STATIC / "icons.svg").iter(SYMBOL)}


def test_the_sprite_has_every_icon_that_pages_use() -> None:
    from foundation.ui.words import CLASSES, STATES, STORY

    used = {
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"""{% icon ["']([^"']+)""", path.read_text())
    }
    used |= {icon for _, icon in STATES.values()} | set(STORY.values()) | set(CLASSES) | {"circle-dashed"}
    assert used <= _icons()


def test_the_style_sheet_stays_small() -> None:
    import gzip

    assert len(gzip.compress((STATIC / "css" / "sharp-end.css").read_bytes())) <= 25 * 1024
