"""Silences and maintenance windows by scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts import silencing
from alerts.models import Silence
from alerts.silencing import Wish
from tests.api.conftest import Script, World
from tests.factories import AT, make_service

SILENCES = "silences/"
WINDOW = {"kind": "maintenance", "services": ["checkout"], "ends_at": "2026-11-21T08:00:00Z", "reason": "New disks"}


def test_made_read_moved_and_ended(world: World, ana: Script) -> None:
    made = ana.post(SILENCES, WINDOW, expect=201)
    assert ana.post(SILENCES, WINDOW, expect=201) == made
    assert (made["by"], made["services"], made["removed_at"]) == ("ana@example.com", ["checkout"], None)
    assert ana.get(SILENCES, state="live", service="checkout")["results"] == [made]
    assert ana.get(SILENCES, state="coming")["results"] == []
    one = f"silences/{made['id']}/"
    assert ana.call("PATCH", one, {"ends_at": "2026-11-21T09:00:00Z"}).json()["ends_at"] == "2026-11-21T09:00:00Z"
    ended = ana.post(f"{one}end/", {})
    assert (ended["removed_at"], ended["removed_by"]) == ("2026-11-21T02:04:00Z", "ana@example.com")
    assert ana.call("DELETE", one).json() == ended
    assert ana.get(SILENCES, state="past")["results"] == [ended]
    assert ana.call("PATCH", one, {"ends_at": "2026-11-21T09:00:00Z"}).status_code == 409


def test_who_made_it_may_end_it_and_no_more(world: World, ana: Script) -> None:
    wish = Wish("maintenance", {}, [make_service("search")], AT, AT + timedelta(hours=1), "New disks")
    one = f"silences/{silencing.make(wish, by=world.ana, at=AT).pk}/"
    assert ana.call("PATCH", one, {"ends_at": "2026-11-21T09:00:00Z"}).status_code == 403
    assert ana.post(f"{one}end/", {})["removed_by"] == "ana@example.com"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"reason": ""}, 400),
        ({"ends_at": "soon"}, 400),
        ({"ends_at": "2026-11-23T08:00:00Z"}, 422),
        ({"services": ["nothing"]}, 422),
        ({"services": []}, 403),
        ({"services": ["search"]}, 403),
        ({"kind": "silence"}, 422),
        ({"kind": "silence", "match": {"alertname": "=~("}}, 422),
        ({"kind": "silence", "match": {"alertname": {"deep": 1}}}, 422),
    ],
)
def test_refused_in_words(change: dict[str, Any], status: int, world: World, ana: Script) -> None:
    make_service("search")
    answer = ana.post(SILENCES, WINDOW | change, expect=status)
    assert answer["error"]["message"]
    assert not Silence.objects.exists()
