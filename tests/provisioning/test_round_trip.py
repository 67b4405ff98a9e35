"""Export, apply on an empty installation, export: the same bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.db import connection

from provisioning.applying import apply
from provisioning.exporting import export
from provisioning.reading import read
from tests.provisioning.organisations import CONTRACT, RICH

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def wipe() -> None:
    """An empty installation."""
    rooms = {"teams", "oncall", "incidents", "paging", "alerts", "status", "review"}
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.app_label in rooms]
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE {} CASCADE".format(", ".join(f'"{table}"' for table in tables)))


@pytest.mark.parametrize("text", [CONTRACT, RICH], ids=["contract", "rich"])
def test_export_apply_export_is_byte_equal(text: str) -> None:
    apply(text.encode(), at=AT)
    first = export()
    wipe()
    assert "alice" not in export()
    apply(first.encode(), at=LATER)
    assert export() == first


@pytest.mark.parametrize("text", [CONTRACT, RICH], ids=["contract", "rich"])
def test_applying_twice_changes_nothing(text: str) -> None:
    assert apply(text.encode(), at=AT).changes
    before = export()
    assert apply(text.encode(), at=LATER).changes == []
    assert apply(before.encode(), at=LATER).changes == []
    assert apply(before.encode(), at=LATER, prune=True).changes == []
    assert export() == before


def test_the_export_says_what_was_meant() -> None:
    apply(RICH.encode(), at=AT)
    said: dict[str, Any] = yaml.safe_load(export())
    users = {user["email"]: user for user in said["users"]}
    assert users["root@example.com"] == {
        "email": "root@example.com",
        "timezone": "America/New_York",
        "role": "admin",
    }
    assert users["ann@example.com"]["rules"]["default"] == [
        {"via": "cell", "after": "90s"},
        {"via": "mail", "after": "1h"},
    ]
    assert users["zoe@example.com"]["name"] == "no"
    assert users["zoe@example.com"]["active"] is False
    layers = said["schedules"][1]["layers"]
    assert layers[0]["starts"] == "2026-01-31T20:00:30"
    assert layers[0]["windows"][1] == {"days": ["mon"], "from": "00:00", "to": "24:00"}
    site = next(service for service in said["services"] if service["slug"] == "site")
    assert [book["title"] for book in site["playbooks"]] == ["Zebra", "Aardvark"]
    assert site["playbooks"][1]["match"]["port"] == "9100"
    assert site["playbooks"][1]["body"].endswith("ünïcode, \ttab\n")
    assert (site["target"], site["exposure_per_hour"]) == (99.95, 1234.5)
    hook = next(source for source in said["sources"] if source["slug"] == "hook")
    assert hook["key_hash"] == "sha256:" + "a" * 64
    assert hook["more_key_hashes"] == ["sha256:" + "b" * 64]
    assert [component["slug"] for component in said["components"]] == ["zz", "aa"]


def test_the_export_is_yaml_for_our_own_reader() -> None:
    apply(RICH.encode(), at=AT)
    assert read(export().encode()).entries


def test_the_guides_example_applies() -> None:
    guide = Path(__file__).parents[2] / "docs" / "organisation-file.md"
    example = guide.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```\n")[0]
    assert len(apply(example.encode(), at=AT).changes) == 18
    assert apply(export().encode(), at=AT).changes == []
