"""Customers read the page while everything else is down: told by a person, published by the web process, served by nginx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.nginx import Nginx
from tests.system import ORG, System

pytestmark = pytest.mark.peer
COMPONENTS = """\
components:
  - {slug: checkout, name: Checkout, service: checkout, group: Shop, public: true}
"""


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Everything, publishing into a folder of its own."""
    with System(ORG + COMPONENTS, STATUS_ROOT=str(tmp_path / "public")) as running:
        yield running


def public(tree: Path) -> dict[str, bytes]:
    """Address -> what stands there on disk."""
    files = [path for path in tree.rglob("*") if path.suffix in {".html", ".json", ".atom"} and path.name[0] != "."]
    found = {f"/status/{path.relative_to(tree).as_posix()}".removesuffix("index.html"): path for path in files}
    found |= {place.removeprefix("/status"): path for place, path in found.items() if path.suffix == ".json"}
    return {place: path.read_bytes() for place, path in found.items()}


def test_with_everything_stopped_each_public_address_still_answers(system: System, tmp_path: Path) -> None:
    tree = tmp_path / "public" / "default"
    system.api("/incidents/")  # signs the administrator in
    told = {"title": "QueueStuck on db-7", "service": "checkout", "class": "critical"}
    declared = system.post("/api/v1/incidents/", told, token=system.token)
    number = declared.json()["number"]
    update = {
        "title": "Payments fail",
        "status": "investigating",
        "body": "We are looking into it.",
        "components": {"checkout": "major_outage"},
    }
    assert system.post(f"/api/v1/incidents/{number}/updates/", update, token=system.token).status == 201
    front = system.get("/status/")  # at once: it was published before the answer came
    assert front.status == 200
    assert b"Major outage</h1>" in front.body
    assert b"Payments fail" in front.body
    assert system.get("/api/v2/summary.json").json()["status"]["indicator"] == "critical"

    assert system.stop() == 0
    before = public(tree)
    assert len(before) >= 14
    (tmp_path / "nginx").mkdir()
    asked = 0
    with Nginx(tmp_path / "nginx", tree) as nginx:
        while asked < 1000:
            for place, body in before.items():
                status, answered, _headers = nginx.get(place)
                assert (status, answered == body) == (200, True), place
                asked += 1
        missing = nginx.get("/status/nothing/")
    assert missing[:2] == (404, (tree / "404.html").read_bytes())
    assert public(tree) == before
    assert re.search(rb"QueueStuck|db-7|INC-|alice", b"".join(before.values())) is None
