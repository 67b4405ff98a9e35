"""What somebody sees when a page breaks: a page of ours for a person, a sentence for a part of a page, JSON for a script."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from foundation.errors import server_error


def broken(path: str, error: Exception, **headers: str) -> HttpResponse:
    """What is answered while `error` is on its way up."""
    try:
        raise error
    except type(error):
        return server_error(RequestFactory().get(path, headers=headers))


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [(ZeroDivisionError(), 500, "This page broke, paging did not"), (OperationalError("gone"), 503, "Not ready")],
)
def test_a_person_gets_a_page_with_a_way_on(error: Exception, status: int, heading: str) -> None:
    answer = broken("/incidents/", error)

    assert answer.status_code == status
    assert f"<h1>{heading}</h1>" in answer.text
    assert 'href="/"' in answer.text
    assert "gone" not in answer.text


def test_a_part_of_a_page_is_a_sentence_without_a_page_around_it() -> None:
    answer = broken("/incidents/INC-1/note/", ZeroDivisionError(), **{"HX-Request": "true"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/plain; charset=utf-8")
    assert "<html" not in answer.text


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError(), "error"), (OperationalError(), "unavailable")])
def test_a_script_gets_the_one_shape_of_errors(error: Exception, code: str) -> None:
    assert json.loads(broken("/api/v1/incidents/", error).content)["error"]["code"] == code
