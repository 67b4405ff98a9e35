"""No page is forgotten: every address that answers a person with a page is in the matrix, or says why it is not."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from shots.pages import DOCS, FINDS, NOT_PAGES, SHOTS
from shots.states import STATES
from tests.test_matrix import ROWS, route

ANY = {
    "open": "INC-1",
    "held": "INC-1",
    "over": "INC-1",
    "closed": "INC-1",
    "none": "INC-1",
    "postmortem": "INC-1",
    "filed": "INC-1",
    "reviewable": "INC-1",
    "item": "1",
    "week": "2026-W47",
    "told": "incidents/x",
    "link": "/p/x/",
    "signin": "/signin/x/",
    "person": "1",
    "token": "1",
    "route": "1",
    "silence": "1",
    "delivery": "1",
}
"""Values that are as good as any to find out which pattern an address belongs to; everything else is called `x`."""


def routed(path: str) -> str:
    """The pattern that answers the address of a shot."""
    names = {name: ANY.get(name, "x") for name in re.findall(r"{(\w+)}", path)}
    plain = path.format(**names).partition("?")[0]
    try:
        return resolve(plain, settings.DIRECT_URLCONF).route
    except Resolver404:
        return resolve(plain).route


def shows(row: dict[str, Any]) -> bool:
    """Whether somebody gets something to look at."""
    return HTTPStatus.OK in row.get("GET", ()) and not row["at"].startswith(("/api/", "/healthz/"))


def test_every_page_is_in_the_matrix_or_says_why_not() -> None:
    taken = {routed(shot.path) for shot in SHOTS}
    pages = {route(row) for row in ROWS if shows(row)}
    assert sorted(pages - taken - set(NOT_PAGES)) == []
    assert sorted(set(NOT_PAGES) & taken) == [], "it says why not, and is there"
    assert sorted(set(NOT_PAGES) - pages) == [], "it says why not, and is no page any more"


def test_names_are_told_apart_and_every_name_in_an_address_can_be_found() -> None:
    names = [shot.name for shot in SHOTS]
    assert len(names) == len(set(names))
    assert {picture.shot for picture in DOCS.values()} <= set(names)
    wanted = {name for shot in SHOTS for name in re.findall(r"{(\w+)}", shot.path)}
    assert wanted - {"link", "signin"} <= set(FINDS)


@pytest.mark.parametrize("state", STATES.values(), ids=lambda state: state.name)
def test_a_state_shows_pages_that_are_there(state: Any) -> None:
    names = [shot.name for shot in state.shots]
    assert len(names) == len(set(names))
    for shot in state.shots:
        if shot.status != HTTPStatus.NOT_FOUND:
            routed(shot.path)  # raises when nothing is there
