"""Instants and days are written by the tags of `{% load ui %}` only, so that every page says zone, UTC and length alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.foundation.test_templates import COMMENT, PAGES, TEMPLATES

FILTER = re.compile(r"\|(?:date|time)\b(?::(?:\"([^\"]*)\"|'([^']*)'))?")
HOURS = set("aAfgGhHiPsucrTeOZIU")
"""Letters of a format that tell of an instant and not of a day."""

# page: formats, and why no tag is needed
KNOWN: dict[str, tuple[set[str], str]] = {
    "desk/away.html": ({"D j M Y H:i"}, "the wall clock of who is away"),
    "desk/_changed.html": ({"U"}, "a number in an address"),
    "teams/people.html": ({"j M Y"}, "days, which have no zone"),
    "desk/coverage.html": ({"U"}, "a number in an address"),
    "desk/_training_group.html": ({"j M Y"}, "days, as somebody wrote them down"),
    "desk/swap.html": ({"U"}, "a number in an address"),
    "desk/_segment.html": ({"U"}, "a number in an address"),
    "desk/_incident_live.html": ({"Ymd"}, "a name of a row"),
    "desk/review.html": ({"j", "M", "j M Y"}, "the days of a week, as its heading"),
    "desk/schedule.html": (
        {"D", "F Y", "j M", "D j", "M", "D j M", "D j M H:i"},
        "columns of days, and the wall clock of the schedule",
    ),
    "status/incidents.html": ({"F"}, "months, under their year"),
    "status/month.html": ({"F Y"}, "a month, as the heading"),
    "status/index.html": ({"j M", "j M Y"}, "days of the public page, which has one zone"),
}


def formats(page: str) -> set[str]:
    """The formats that a page uses by itself."""
    text = COMMENT.sub("", (TEMPLATES / page).read_text())
    return {double or single for double, single in FILTER.findall(text)}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_formats_an_instant_by_itself(page: str) -> None:
    assert formats(page) - KNOWN.get(page, (set(), ""))[0] == set()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_only_how_long_ago(page: str) -> None:
    text = COMMENT.sub("", (TEMPLATES / page).read_text())
    assert re.findall(r"\|(?:timesince|timeuntil|naturaltime|naturalday)\b", text) == []
    if page not in {"base.html", "bare.html"}:  # there it tells the scripts what time the server has
        assert re.findall(r"{%\s*now\b", text) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_time_names_its_instant(page: str) -> None:
    found = re.findall(r"<time\b[^>]*>", COMMENT.sub("", (TEMPLATES / page).read_text()))
    assert [one for one in found if "datetime=" not in one] == []


def test_what_is_known_is_still_there() -> None:
    assert {page: seen - formats(page) for page, (seen, _why) in KNOWN.items() if seen - formats(page)} == {}


def test_only_where_the_wall_clock_is_another_hours_are_shown_by_themselves() -> None:
    """A schedule's rows and a person's absences stand on a clock that is not the viewer's: the page names the zone."""
    hours = {page for page, (seen, _why) in KNOWN.items() if any(set(one) & (HOURS - {"U"}) for one in seen)}
    assert hours == {"desk/schedule.html", "desk/away.html"}


def test_words_of_times_are_told_from_the_clock_of_the_server() -> None:
    """No script asks this machine's clock what time it is, except to count what passed since (times.js)."""
    scripts = sorted((Path(TEMPLATES).parent / "static" / "js").glob("*.js"))
    told = {
        script.name for script in scripts if re.search(r"toLocale(Time|Date)?String|new Date\(\)", script.read_text())
    }
    assert told == set()
