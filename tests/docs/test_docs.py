"""The documentation stays true: its links lead somewhere, its settings are those that are read."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.test import Client
from django.urls import resolve

from config.environment import SETTINGS, Setting
from incidents.models import Incident

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
ADDRESS = re.compile(r"https?://127\.0\.0\.1:8000(/[^\s'\"`?]+)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert missing == []


def test_every_setting_is_told_with_its_default() -> None:
    text = (ROOT / "docs" / "operator.md").read_text()
    told = text[text.index("| Setting |") :].splitlines()[2:]
    assert told == [_row(one) for one in SETTINGS]


def _row(one: Setting) -> str:
    default, later = f"`{one.default}`" if one.default else "", "*Later.* " if one.later else ""
    return f"| `{one.name}` | {default} | {later}{one.about} |"


def test_what_is_read_now_is_not_said_to_come_later() -> None:
    """A setting that does nothing must not be trusted at night, nor one that works be overlooked."""
    rooms = ("desk", "paging", "alerts", "incidents", "oncall", "teams", "foundation", "status")
    code = "\n".join(path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py"))
    wrong = [one.name for one in SETTINGS if one.later and re.search(rf"settings\.{one.name}\b", code)]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_addresses_in_commands_exist(page: Path) -> None:
    for path in ADDRESS.findall(page.read_text()):
        if "..." in path:
            continue
        door = settings.DIRECT_URLCONF if path.startswith(("/api/in/", "/healthz/")) else settings.ROOT_URLCONF
        match = resolve(path, door)
        assert match.url_name != "nowhere", path


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_commands_exist(page: Path) -> None:
    known = get_commands()
    for name in re.findall(r"\./run manage ([a-z_]+)|`manage\.py ([a-z_]+)", page.read_text()):
        assert "".join(name) in known


def test_the_first_alert_of_the_readme(db: None, tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    assert "./run manage apply docs/first.yaml" in readme
    call_command("apply", str(ROOT / "docs" / "first.yaml"), stdout=StringIO())
    curl = re.search(r"-d '(\{.*?\})' \\\n\s+http://127\.0\.0\.1:8000(\S+)", readme)
    assert curl
    answer = Client().post(curl[2], curl[1], content_type="application/json")
    assert answer.status_code == 202
    (incident,) = Incident.objects.all()
    assert answer.json().items() >= {"accepted": 1, "incidents": [incident.number]}.items()
    assert (incident.title, incident.severity) == ("Queue stuck", "critical")
    end = {**json.loads(curl[1]), "status": "resolved"}
    assert Client().post(curl[2], end, content_type="application/json").status_code == 202
    block = re.search(r'url: "http://127\.0\.0\.1:8000(\S+)"', readme)
    assert block
    alert = {"status": "firing", "labels": {"alertname": "DiskFull", "severity": "warning"}}
    answer = Client().post(block[1], {"version": "4", "alerts": [alert]}, content_type="application/json")
    assert answer.status_code == 202
    assert Incident.objects.order_by("pk").last().severity == "major"  # type: ignore[union-attr]
