"""The public page over HTTP: right headers, no database, no cookie, nothing but the tree."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from status import html, tree
from tests.factories import AT
from tests.status.publicity import MINUTE, make_component, say

CACHING = "public, max-age=10, s-maxage=10, stale-while-revalidate=30, stale-if-error=86400"


@pytest.fixture
def code(db: None, root: Path) -> str:
    """A published incident."""
    make_component()
    code = say(checkout="major_outage").public.code
    tree.publish(AT)
    return code


def get(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def test_every_public_address_without_a_query_or_a_cookie(
    code: str, root: Path, django_assert_num_queries: Any
) -> None:
    places = {
        "/status/": ("index.html", "text/html; charset=utf-8"),
        f"/status/incidents/{code}/": (f"incidents/{code}/index.html", "text/html; charset=utf-8"),
        "/status/incidents/": ("incidents/index.html", "text/html; charset=utf-8"),
        "/status/history.atom": ("history.atom", "application/atom+xml; charset=utf-8"),
        "/status/api/v2/summary.json": ("api/v2/summary.json", "application/json"),
        "/api/v2/summary.json": ("api/v2/summary.json", "application/json"),
        "/api/v2/status.json": ("api/v2/status.json", "application/json"),
        "/api/v2/components.json": ("api/v2/components.json", "application/json"),
        "/api/v2/incidents.json": ("api/v2/incidents.json", "application/json"),
        "/api/v2/incidents/unresolved.json": ("api/v2/incidents/unresolved.json", "application/json"),
    }
    for path, (name, kind) in places.items():
        with django_assert_num_queries(0):
            response = get(path)
        assert response.status_code == 200, path
        assert response.content == (root / name).read_bytes()
        assert response["Content-Type"] == kind
        assert response["Cache-Control"] == CACHING
        assert response["Vary"] == "Accept-Encoding"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Length"] == str(len(response.content))
        assert not response.cookies
        assert ("Access-Control-Allow-Origin" in response) == (kind != "text/html; charset=utf-8")


def test_the_policy_lets_the_page_do_nothing_but_show_its_own_style(code: str) -> None:
    response = get("/status/")
    assert response["Content-Security-Policy"] == f"{html.policy()}; frame-ancestors 'none'"
    assert "default-src 'none'; style-src 'sha256-" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]


def test_packed_for_those_who_take_it(code: str, root: Path) -> None:
    packed = get("/status/", accept_encoding="br, gzip;q=0.8")
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == (root / "index.html").read_bytes()
    for asked in ("", "br", "gzip;q=0", "identity"):
        plain = get("/status/", accept_encoding=asked)
        assert "Content-Encoding" not in plain
        assert plain["ETag"] != packed["ETag"]


def test_the_etag_is_strong_and_changes_with_the_words(code: str) -> None:
    first = get("/status/")
    etag = first["ETag"]
    assert etag.startswith('"')
    for asked in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = get("/status/", if_none_match=asked)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        assert again["Cache-Control"] == CACHING
    assert get("/status/", if_none_match='"other"').status_code == 200
    tree.publish(AT + MINUTE)
    assert get("/status/", if_none_match=etag).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/status/nothing/", "/status/nothing", "/status/incidents/0123456789ab/", "/status/../secrets/SECRET_KEY",
        "/status/%2e%2e/%2e%2e/SECRET_KEY", "/status/.manifest.json", "/status/.new/file", "/status//etc/passwd",
        "/status/index.html.gz", "/status/incidents//", "/status/%00", "/status/" + "x" * 5000, "/status/api/v2/",
    ],
)  # fmt: skip
def test_any_other_address_is_a_page_that_says_so(code: str, path: str) -> None:
    response = get(path)
    assert response.status_code == 404
    assert b"There is nothing at this address" in response.content
    assert 'href="http://testserver/status/"' in response.content.decode()
    assert "ETag" not in response


def test_addresses_without_their_slash_lead_to_those_with_it(code: str) -> None:
    assert get("/status")["Location"] == "/status/"
    assert get(f"/status/incidents/{code}")["Location"] == f"/status/incidents/{code}/"


def test_reading_only(code: str) -> None:
    for path in ("/status", "/status/", "/api/v2/status.json", "/status/nothing/"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(Client(), method)(path).status_code == 405
    assert Client().head("/status/").status_code == 200


def test_before_anything_is_written_it_says_to_try_again() -> None:
    response = get("/status/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_addresses_of_senders_are_not_taken(code: str) -> None:
    assert get("/api/v2/alertmanager/incoming").status_code == 404
    assert b"<html" not in get("/api/v2/nothing.json").content
