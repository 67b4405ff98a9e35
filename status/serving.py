"""Serves the public tree from disk: no database, no session, no cookie. nginx does the same faster (deploy/nginx)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from html import unescape
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase, HttpResponsePermanentRedirect
from django.utils.cache import patch_vary_headers

from foundation.direct import refusal
from status import atom, tree

CACHING = "public, max-age=10, s-maxage=10, stale-while-revalidate=30, stale-if-error=86400"
TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json", ".atom": f"{atom.TYPE}; charset=utf-8"}
POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]*)"')
LONGEST = 200
NAME = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z]+)?")
GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<q>[0-9.]+))?\s*(?:,|$)")


@dataclass(frozen=True)
class File:
    """A file as it stood when it was read; `policy` is the one that an HTML page gives itself."""

    body: bytes
    etag: str
    policy: str


@lru_cache(maxsize=256)
def _load(path: Path, changed: int, size: int) -> File:
    """Read it once for each time it was replaced."""
    body = path.read_bytes()
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    found = POLICY.search(plain.read_bytes()) if plain.suffix == ".html" else None
    policy = unescape(found[1].decode()) if found else "default-src 'none'"
    return File(body, f'"{sha256(body).hexdigest()[:32]}"', f"{policy}; frame-ancestors 'none'")


def load(path: Path) -> File | None:
    """The file, from memory when it was not replaced; None when there is none."""
    try:
        found = path.stat()
        return _load(path, found.st_mtime_ns, found.st_size)
    except OSError:
        return None


def page(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """A page, feed or document below `/status/`."""
    names = path.split("/")
    if len(path) > LONGEST or not all(NAME.fullmatch(name) for name in names if name) or "" in names[:-1]:
        return _missing(request)
    name = names[-1]
    if name and "." not in name:
        inside = (tree.folder() / path / "index.html").is_file()
        return HttpResponsePermanentRedirect(f"{request.path}/") if inside else _missing(request)
    return _answer(request, path if name else f"{path}index.html")


def front(request: HttpRequest) -> HttpResponseBase:
    """`/status`: relative links need the slash."""
    return HttpResponsePermanentRedirect("/status/")


def document(request: HttpRequest, name: str) -> HttpResponseBase:
    """A document of Statuspage's API at the address that its readers know."""
    return _answer(request, f"api/v2/{name}")


def _answer(request: HttpRequest, path: str) -> HttpResponseBase:
    plain = tree.folder() / path
    packed = load(plain.with_name(f"{plain.name}.gz")) if _takes_gzip(request) else None
    found = packed or load(plain)
    if found is None or plain.suffix not in TYPES:
        return _missing(request)
    response = HttpResponseNotModified() if _has(request, found.etag) else HttpResponse(found.body)
    if packed and response.status_code != 304:  # noqa: PLR2004  (Not Modified)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = found.etag
    if plain.suffix != ".html":
        response.headers["Access-Control-Allow-Origin"] = "*"
    return _headed(response, TYPES[plain.suffix], found.policy)


def _headed(response: HttpResponse, kind: str, policy: str) -> HttpResponse:
    if response.status_code != 304:  # noqa: PLR2004  (Not Modified)
        response.headers["Content-Type"] = kind
        response.headers["Content-Length"] = str(len(response.content))
    response.headers["Cache-Control"] = CACHING
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "same-origin"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _missing(request: HttpRequest) -> HttpResponseBase:
    """404 as a page of the tree; before the first publishing there is none, and trying again helps."""
    found = load(tree.folder() / "404.html")
    if found is None:
        response: HttpResponse = refusal(
            503, "unavailable", "The public page is not written yet. Try again in a moment."
        )
        response.headers["Retry-After"] = "5"
        return response
    return _headed(HttpResponse(found.body, status=404), TYPES[".html"], found.policy)


def _takes_gzip(request: HttpRequest) -> bool:
    found = GZIP.search(request.headers.get("Accept-Encoding", ""))
    return found is not None and (found["q"] is None or any(digit in "123456789" for digit in found["q"]))


def _has(request: HttpRequest, etag: str) -> bool:
    """Whether the visitor's copy is this one; a weak mark of a proxy in between counts (RFC 9110, 13.1.2)."""
    asked = request.headers.get("If-None-Match", "")
    return asked.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in asked.split(",")]
