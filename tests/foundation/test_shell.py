"""The shell of the installed application: what is served, to whom, and what it may keep."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from foundation.shell import ICONS, KEPT

STATIC = Path(settings.BASE_DIR) / "static"


def test_the_manifest_is_for_everybody_and_names_icons_that_are_there(client: Client) -> None:
    answer = client.get("/manifest.webmanifest")

    assert answer.headers["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.content)
    assert (told["start_url"], told["scope"], told["display"]) == ("/", "/", "standalone")
    assert {icon["sizes"] for icon in told["icons"] if icon["type"] == "image/png"} == {"192x192", "512x512"}
    assert "maskable" in {icon["purpose"] for icon in told["icons"]}
    assert [src for src, *_rest in ICONS if not (STATIC / src).is_file()] == []


def test_icons_are_as_large_as_the_manifest_says() -> None:
    for src, size, kind, _use in ICONS:
        if kind == "image/png":
            head = (STATIC / src).read_bytes()[16:24]
            assert f"{int.from_bytes(head[:4])}x{int.from_bytes(head[4:])}" == size


def test_the_worker_may_act_for_the_whole_site_and_is_asked_for_anew(client: Client) -> None:
    answer = client.get("/sw.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_worker_keeps_static_files_and_one_page_only(client: Client) -> None:
    text = client.get("/sw.js").content.decode()

    shell = json.loads(text.partition("const SHELL = ")[2].partition(";\n")[0])
    assert shell["offline"] == "/offline/"
    assert [path for path in shell["files"] if not path.startswith(settings.STATIC_URL)] == []
    assert [name for name in KEPT if not (STATIC / name).is_file()] == []
    # What was fetched is never written into a cache; the only rows are presses that wait for a connection.
    assert re.findall(r"(?<!rows)\.(put|add)\(", text) == []


@pytest.mark.parametrize("page", ["base.html", "bare.html"])
def test_what_a_page_loads_is_kept(page: str) -> None:
    loaded = set(re.findall(r"{% static '([^']+\.(?:js|css))' %}", (STATIC.parent / "templates" / page).read_text()))
    assert loaded - set(KEPT) == set()


def test_the_page_for_no_connection_needs_no_database(client: Client) -> None:
    """Without the mark `django_db` any query fails the test."""
    answer = client.get("/offline/")

    assert "Pages still reach you by mail and phone." in answer.content.decode()
    assert answer.cookies == {}


def test_the_worker_stays_the_same_while_nothing_changes(client: Client) -> None:
    """Its version is made of what it keeps: one that moved with the clock would be installed anew with every page."""
    with time_machine.travel("2026-11-21T02:00:00Z", tick=False):
        before = client.get("/sw.js").content, client.get("/offline/").content
    with time_machine.travel("2026-11-22T03:04:05Z", tick=False):
        assert (client.get("/sw.js").content, client.get("/offline/").content) == before
