"""Whatever comes in: a clear answer below 500, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.awful import HEADERS, IN_A_PATH, PARAMETERS, VALUES, WORST, Forms, bodies
from tests.furniture import ROLES, House, furnished
from tests.test_matrix import ROWS

# It tells that it is not ready, which is its job: no dispatcher runs here.
SAYS_503 = ("/healthz/ready", "/healthz/paging")
PLACES = sorted({row["at"].partition("?")[0] for row in ROWS})
READABLE = sorted({row["at"].partition("?")[0] for row in ROWS if 200 in row.get("GET", [])})
POSTED = sorted({row["at"].partition("?")[0] for row in ROWS if "POST" in row or "PATCH" in row})
METHODS = {row["at"].partition("?")[0]: set(row) for row in ROWS}
# Headers are read by what stands before the views, so one address of each kind is enough.
HEARD = [
    "/",
    "/incidents/{incident}/live/",
    "/incidents/{incident}/note/",
    "/account/login/",
    "/p/{page}/",
    "/settings/",
]
HEARD += ["/api/v1/incidents/", "/api/v1/incidents/{incident}/notes/", "/api/in/alertmanager/{key}/", "/healthz/live"]
BODIES = bodies()
SENT: set[str] = set()  # forms that stand on every page are filled once

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """One for all tests: every request is taken back."""
    with furnished(django_db_blocker) as made:
        yield made


def check(house: House, method: str, path: str, what: str, *, role: str = "admin", **options: Any) -> Any:
    """Send it. An exception that nobody caught fails the test by itself."""
    response = house.send(role, method, path, **options)
    fine = response.status_code < 500 or (response.status_code == 503 and path.startswith(SAYS_503))
    assert fine, f"{method} {path[:200]} with {what}: {response.status_code}"
    return response


@pytest.mark.parametrize("place", PLACES)
def test_awful_names_in_the_path(house: House, place: str) -> None:
    blanks = [name for name in (*house.names, "slug") if f"{{{name}}}" in place]
    shapes = (
        [place]
        if blanks
        else [place.replace(slug, "{slug}") for slug in ("payments-primary", "checkout", "/am/") if slug in place]
    )
    for shape in shapes:
        for awful in IN_A_PATH:
            ready = shape.replace("{slug}", f"/{awful}/" if shape.count("/") < place.count("/") else awful)
            path = ready.format(**dict.fromkeys(house.names, awful)) if blanks else ready
            for method in ("GET", "POST"):
                check(house, method, path, f"{awful[:30]!r} in the path")


@pytest.mark.parametrize("place", READABLE)
def test_awful_questions(house: House, place: str) -> None:
    path = place.format(**house.names)
    drawn = not path.startswith("/api/")  # a page costs ten times what an answer of the API costs
    # In each of them at once, and then in one at a time: the first refusal hides what the others would do.
    for what in WORST if drawn else VALUES:
        together = "&".join(f"{name}={VALUES[what][:1000]}" for name in PARAMETERS)
        check(house, "GET", f"{path}?{together}", f"{what} everywhere")
    for name in PARAMETERS:
        for what in ("NUL", "beyond bigint") if drawn else WORST:
            check(house, "GET", f"{path}?{name}={VALUES[what]}", f"{what} as {name}")


@pytest.mark.parametrize("place", POSTED)
def test_awful_bodies(house: House, place: str) -> None:
    path = place.format(**house.names)
    scripted = path.startswith("/api/")
    for what, (body, kind) in BODIES.items():
        if scripted or kind != "application/json":
            check(house, "POST", path, what, data=body, content_type=kind)
        if path.startswith("/api/v1/") and "PATCH" in METHODS[place]:
            check(house, "PATCH", path, what, data=body, content_type=kind)


@pytest.mark.parametrize("place", HEARD)
def test_awful_headers(house: House, place: str) -> None:
    path = place.format(**house.names)
    for headers in HEADERS:
        for method in ("GET", "POST"):
            check(house, method, path, str(headers)[:80], headers=headers, data=b"\x1f\x8b\x08garbage")


@pytest.mark.parametrize("place", [place for place in READABLE if not place.startswith(("/api/", "/healthz"))])
def test_every_form_with_one_awful_field_at_a_time(house: House, place: str) -> None:
    path = place.format(**house.names)
    page = check(house, "GET", path, "nothing")
    for action, method, fields in Forms(page.content.decode()).forms:
        form = f"{action or path} {sorted(fields)}"
        if method != "post" or "logout" in action or form in SENT:
            continue
        SENT.add(form)
        for name in fields:
            for what in WORST:
                others = "&".join(f"{quote(key)}={quote(value)}" for key, value in fields.items() if key != name)
                body = f"{others}&{quote(name)}={VALUES[what]}"
                kind = "application/x-www-form-urlencoded"
                check(house, "POST", action or path, f"{what} as {name}", data=body, content_type=kind)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "path", ["/" + "x" * 10_000, "/%00", "/%FF", "//", "/..%2f..", "/api/v1/%00/", "/api/", "/static/%00"]
)
def test_addresses_that_are_none(house: House, role: str, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "TRACE", "NONSENSE"):
        response = check(house, method, path, "an address that is none", role=role)
        assert b"Traceback" not in response.content
