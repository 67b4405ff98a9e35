"""Every address with every method for every role, as `matrix.yaml` says; an address without a row fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.conf import settings
from django.urls import Resolver404, resolve

from tests.addresses import addresses
from tests.furniture import KEY, ROLES, House, furnished

MATRIX = yaml.safe_load((Path(__file__).parent / "matrix.yaml").read_text())
ROWS: list[dict[str, Any]] = MATRIX["rows"]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Values that are as good as any, to find out which pattern an address belongs to.
ANY = {
    "incident": "INC-1",
    "over": "INC-2",
    "learned": "INC-3",
    "page": "x",
    "link": "x",
    "person": 1,
    "token": 1,
    "key": KEY,
    "delivery": 1,
    "silence": 1,
    "route": 1,
    "ping": "x",
}
ANY |= dict.fromkeys(("item", "running", "stuck", "finished"), 1)


def route(row: dict[str, Any]) -> str:
    """The pattern that answers the row's address."""
    path = row["at"].format(**ANY).partition("?")[0]
    try:
        return resolve(path, settings.DIRECT_URLCONF).route
    except Resolver404:
        return resolve(path).route


def test_every_address_has_a_row() -> None:
    assert {one.replace("^", "") for one in addresses()} - {route(row).replace("^", "") for row in ROWS} == set()


def body(row: dict[str, Any], method: str) -> dict[str, Any]:
    """What is sent: the row's `json` or `form`, else nothing."""
    if method == "GET":
        return {}
    if "json" in row or row["at"].startswith("/api/"):
        return {"data": json.dumps(row.get("json", {})), "content_type": "application/json"}
    return {"data": urlencode(row.get("form", {})), "content_type": "application/x-www-form-urlencoded"}


def sent_to_sign_in(response: Any) -> bool:
    """Whether a stranger got nothing but the way in."""
    if response.status_code == 302:
        return str(response["Location"]).startswith("/account/login/")
    return response.status_code in {401, 405}


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """One for all rows."""
    with furnished(django_db_blocker) as made:
        yield made


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["at"])
def test_row(house: House, row: dict[str, Any]) -> None:
    path = row["at"].format(**house.names)
    found: dict[str, list[int]] = {}
    opened = False
    for method in METHODS:
        asked = ROLES if method in row else ("admin",)
        seen = {role: house.send(role, method, path, **body(row, method)) for role in asked}
        opened |= "anonymous" in seen and not sent_to_sign_in(seen["anonymous"])
        if method in row or seen["admin"].status_code != 405:
            found[method] = [response.status_code for response in seen.values()]
    assert found == {method: row[method] for method in METHODS if method in row}
    assert opened == (row["at"] in MATRIX["anonymous"])
