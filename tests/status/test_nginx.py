"""The same page by nginx, with the file that we ship: same bytes, same headers, nothing else behind it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from status import tree
from tests.factories import AT
from tests.peers.nginx import Nginx
from tests.status.publicity import MINUTE, make_component, say

pytestmark = [pytest.mark.peer, pytest.mark.django_db]
SAME = (
    "content-type",
    "cache-control",
    "vary",
    "access-control-allow-origin",
    "x-content-type-options",
    "content-length",
)


@pytest.fixture
def code(root: Path) -> str:
    """A published incident."""
    make_component()
    code = say(checkout="major_outage").public.code
    tree.publish(AT)
    return code


@pytest.fixture
def nginx(code: str, tmp_path: Path, root: Path) -> Iterator[Nginx]:
    """Serving the tree."""
    with Nginx(tmp_path, root) as running:
        yield running


def test_it_answers_as_the_application_does(nginx: Nginx, code: str) -> None:
    paths = [
        "/status/", "/status/incidents/", f"/status/incidents/{code}/", "/status/history.atom", "/status/api/v2/summary.json",
        "/api/v2/summary.json", "/api/v2/incidents/unresolved.json", "/api/v2/status.json",
    ]  # fmt: skip
    for path in paths:
        for encoding in ("identity", "gzip"):
            status, body, headers = nginx.get(path, Accept_Encoding=encoding)
            ours = Client().get(path, headers={"accept-encoding": encoding})
            assert (status, body) == (200, ours.content), path
            assert {name: headers.get(name) for name in SAME} == {name: ours.get(name) for name in SAME}, path
            assert headers.get("content-encoding") == ours.get("Content-Encoding")
            assert headers["etag"].startswith('"')
            assert "set-cookie" not in headers
            assert nginx.get(path, Accept_Encoding=encoding, If_None_Match=headers["etag"])[0] == 304


def test_its_mark_of_a_page_changes_with_each_publishing(nginx: Nginx) -> None:
    seen = {nginx.get("/status/")[2]["etag"]}
    for minute in range(1, 4):
        tree.publish(AT + minute * MINUTE)
        seen.add(nginx.get("/status/")[2]["etag"])
    assert len(seen) == 4


@pytest.mark.parametrize(
    "path",
    [
        "/status/nothing/", "/status/api/", "/status/x.html", "/status/.manifest.json", "/status/.new/", "/status/index.html.gz",
        "/status/incidents/0123456789ab/", "/status/%2e%2e/", "/status/404.html.gz",
    ],
)  # fmt: skip
def test_any_other_address_is_a_page_that_says_so(nginx: Nginx, path: str) -> None:
    status, body, headers = nginx.get(path)
    assert (status, b"There is nothing at this address" in body) == (404, path != "/status/%2e%2e/")
    assert headers["content-type"].startswith("text/html")


def test_addresses_without_their_slash(nginx: Nginx, code: str) -> None:
    for path in ("/status", "/status/incidents", f"/status/incidents/{code}"):
        status, _body, headers = nginx.get(path)
        assert (status, headers["location"]) == (301, f"{path}/")


def test_packed_is_the_same_page(nginx: Nginx, root: Path) -> None:
    assert gzip.decompress(nginx.get("/status/", Accept_Encoding="gzip")[1]) == (root / "index.html").read_bytes()
