"""The style page shows every component and every token; only administrators see it."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.test import Client

from desk.style import tokens
from teams.models import Role
from tests.factories import make_user

COMPONENTS = {
    "ask",
    "btn",
    "callout",
    "check-chip",
    "checks",
    "chip",
    "choice",
    "class-badge",
    "clock-face",
    "data",
    "dotted",
    "empty",
    "errorlist",
    "field",
    "figure",
    "finding",
    "helptext",
    "kept",
    "more",
    "paged",
    "pairs",
    "part-row",
    "presses",
    "preview",
    "rows",
    "secret",
    "seg",
    "slim",
    "slug",
    "snippet",
    "state",
    "steps",
    "story",
    "strip",
    "subnav",
    "tabs",
    "tag",
    "theirs",
    "tiles",
    "toast",
}
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def test_every_component_is_shown(db: None, client: Client) -> None:
    client.force_login(make_user(role=Role.ADMIN))

    page = client.get("/style/").content.decode()

    named = (TEMPLATES / "desk" / "style.html").read_text()
    assert [one.name for one in (TEMPLATES / "components").glob("*.html") if one.name not in named] == []
    for name in tokens()["colours"]:
        assert page.count(f'fill="var(--{name})"') >= 2  # light and dark
    assert 'style="' not in page


def test_what_the_sheet_makes_of_a_page_is_shown(db: None, client: Client) -> None:
    client.force_login(make_user(role=Role.ADMIN))

    page = client.get("/style/").content.decode()

    shown = {name for names in re.findall(r'class="([^"]+)"', page) for name in names.split()}
    assert COMPONENTS - shown == set()


def test_every_token_has_its_place() -> None:
    found = tokens()
    assert {"bg", "accent", "critical", "on-fill"} <= set(found["colours"])
    assert found["types"][0] == "t12"
    assert "s48" not in found["distances"]
    assert any(line.startswith("--radius:") for line in found["other_tokens"])


def test_it_is_not_for_others(db: None, client: Client) -> None:
    client.force_login(make_user(role=Role.MANAGER))
    assert client.get("/style/").status_code == 403
