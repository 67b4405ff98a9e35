"""The documentation stays true: its links lead somewhere, its settings are those that are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.environment import SETTINGS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_every_setting_is_told_with_its_default() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    told = text[text.index("| Setting |") :].splitlines()[2:]
    assert told == [f"| `{one.name}` | {f'`{one.default}`' if one.default else ''} | {one.about} |" for one in SETTINGS]
